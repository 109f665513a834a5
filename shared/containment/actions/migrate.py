"""Move what is stored from a key to its successor. It is planned from the keys' succession and done by `shared.reencryption`."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.facet import Migrated
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(_action: Action, _target: Ref, _situation: Situation) -> Iterator[Change]:
    return iter(())


ACTION = Action(
    name="migrate",
    title="Re-encrypt every stored version under the successor",
    wave=Wave.MIGRATE,
    targets=frozenset({Kind.BUCKET}),
    facets=(Migrated,),
    hurts="Nobody: bytes, metadata and order of versions stay; what can not be moved unharmed is left and listed.",
    undone="One-way: the old key goes on opening what was not moved.",
    citation="45 CFR 164.312(a)(2)(iv)",
    propose=_propose,
)
