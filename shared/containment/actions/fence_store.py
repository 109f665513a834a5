"""Deny a bucket or access point to the actors."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.containment.denies import against_actors
from shared.domain.facet import PolicyStatement
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref

OBJECTS = {Kind.BUCKET: "/*", Kind.ACCESS_POINT: "/object/*"}
"""How a policy names every object behind a resource, by its kind (S3 ARN forms)."""


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    if target in situation.scope.logs and target not in situation.scope.stores:
        return  # the log has a deny of its own, in the wave that preserves
    yield from against_actors(action, target, situation, ["s3:*"], [target.id, f"{target.id}{OBJECTS[target.kind]}"])


ACTION = Action(
    name="fence-store",
    title="Deny the bucket to the actors",
    wave=Wave.FENCE,
    targets=frozenset({Kind.BUCKET, Kind.ACCESS_POINT}),
    facets=(PolicyStatement,),
    hurts="Nobody but the actors.",
    undone="Our statements are removed from the policy; every other statement stays as it is.",
    citation="45 CFR 164.312(a)(1)",
    propose=_propose,
    aimed=True,
)
