"""Deny a key to the actors."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.containment.denies import against_actors
from shared.domain.facet import PolicyStatement
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    yield from against_actors(action, target, situation, ["kms:*"], ["*"])


ACTION = Action(
    name="fence-key",
    title="Deny the key to the actors",
    wave=Wave.FENCE,
    targets=frozenset({Kind.KEY}),
    facets=(PolicyStatement,),
    hurts="Nobody but the actors.",
    undone="Our statements are removed from the key policy; every other statement stays as it is.",
    citation="45 CFR 164.312(a)(2)(iv)",
    propose=_propose,
    aimed=True,
)
