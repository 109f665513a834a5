"""Take a quarantined principal's roles away at every scope: its tokens go on, and open nothing any more."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation, blast_of
from shared.domain.facet import RoleAssigned
from shared.domain.plan import Change, Origin, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    whole = situation.quarantined(target)
    for role in situation.world.look(target, RoleAssigned):
        given = situation.gave(target, role.assignment.lower())
        if role.present and given:
            why = "the actor assigned it"
            yield action.change(target, role.but(present=False), why, origin=Origin.ATTACKER)
        elif role.present and whole:
            why = "a token that was issued already is judged by the roles of the moment"
            yield action.change(target, role.but(present=False), why, blast=blast_of(whole))


ACTION = Action(
    name="remove-roles",
    title="Take role assignments away",
    wave=Wave.FENCE,
    targets=frozenset({Kind.USER, Kind.SERVICE_PRINCIPAL}),
    facets=(RoleAssigned,),
    hurts="Everybody who works as this user or application; nobody, where the actor assigned the role.",
    undone="Each role is assigned again, at the same scope, under the same id and condition; what the actor assigned is not.",
    citation="45 CFR 164.308(a)(4)(ii)(C)",
    propose=_propose,
    aimed=True,
)
