"""Deny a bucket to everyone who is not known to need it."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.containment.denies import against_strangers
from shared.domain.facet import PolicyStatement
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref

from .fence_store import OBJECTS


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    # the log's own writers are services and other accounts' trails: strangers to it by design
    if target not in situation.scope.logs:
        yield from against_strangers(action, target, situation, ["s3:*"], [target.id, f"{target.id}{OBJECTS[target.kind]}"])


ACTION = Action(
    name="restrict-store",
    title="Deny the bucket to strangers",
    wave=Wave.FENCE,
    targets=frozenset({Kind.BUCKET, Kind.ACCESS_POINT}),
    facets=(PolicyStatement,),
    hurts="A principal that needs the bucket, and was neither declared, nor named by a policy, nor seen.",
    undone="Our statement is removed from the policy; every other statement stays as it is.",
    citation="45 CFR 164.312(a)(1)",
    propose=_propose,
)
