"""Take a quarantined principal's roles away at every scope: its tokens go on, and open nothing any more."""

from collections.abc import Iterator
from datetime import timedelta

from shared.containment.action import Action, Situation, taken
from shared.domain.facet import RoleAssigned
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref

ANSWERED = timedelta(minutes=5)
"""A record may bear the time of the answer: what it tells of was made before, by so much at most."""


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    held = ((_known(role, target, situation), role.but(present=False)) for role in situation.held(target, RoleAssigned))
    why = ("the actor assigned it", "a token that was issued already is judged by the roles of the moment")
    yield from taken(action, target, situation, held, why, situation.quarantined(target))


def _known(role: RoleAssigned, target: Ref, situation: Situation) -> str:
    """The name by which the record would tell who assigned it; none where it was there before: that record is of a change to it."""
    if role.created is None or role.created < (situation.scope.begun or situation.since) - ANSWERED:
        return ""
    return role.right if situation.gave(target, role.right) else role.assignment.lower()


ACTION = Action(
    name="remove-roles",
    title="Take role assignments away",
    wave=Wave.FENCE,
    targets=frozenset({Kind.USER, Kind.SERVICE_PRINCIPAL, Kind.GROUP}),
    facets=(RoleAssigned,),
    hurts="Everybody who works as this user or application; nobody, where the actor assigned the role.",
    undone="Each role is assigned again, at the same scope, with its id and condition; what the actor assigned is not.",
    citation="45 CFR 164.308(a)(4)(ii)(C)",
    propose=_propose,
    aimed=True,
)
