"""Take the actor's Identity Center assignment away, so that no new session opens through the portal."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.facet import Assignment
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    people = {s.actor.source_identity for s in situation.scope.standing(target) if s.actor.source_identity}
    for assigned in situation.world.look(target, Assignment):
        if assigned.principal_type == "USER" and assigned.principal_id in people:
            why = "the session ends by the fence, the next one by this"
            yield action.change(target, assigned.but(present=False), why)


ACTION = Action(
    name="remove-assignment",
    title="Take an Identity Center assignment away",
    wave=Wave.FENCE,
    targets=frozenset({Kind.PERMISSION_SET}),
    facets=(Assignment,),
    hurts="The person whose sign-in was stolen: they have no access through this permission set until it is given back.",
    undone="The same assignment is created again.",
    citation="45 CFR 164.308(a)(4)(ii)(C)",
    propose=_propose,
    aimed=True,
)
