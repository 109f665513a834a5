"""Switch ACLs off: they give access that no policy shows."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.facet import ObjectOwnership
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    why = "an ACL gives access that no policy shows"
    origin = situation.origin(target, ObjectOwnership)
    yield action.change(target, ObjectOwnership(rule="BucketOwnerEnforced"), why, origin=origin)


ACTION = Action(
    name="enforce-ownership",
    title="Switch access control lists off",
    wave=Wave.FENCE,
    targets=frozenset({Kind.BUCKET}),
    facets=(ObjectOwnership,),
    hurts="Readers of another account whose only permission is an object's ACL.",
    undone="The ownership rule is set as it was; ACLs work again.",
    citation="45 CFR 164.312(a)(1)",
    propose=_propose,
)
