"""Refuse the actor's own session, or its credentials from anywhere but their rightful user's network."""

from collections.abc import Iterator

from shared.containment import statements
from shared.containment.action import Action, Situation
from shared.containment.statements import Condition, Ordinal
from shared.domain.case import Reach, Standing
from shared.domain.facet import Fence
from shared.domain.plan import Blast, Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    standings = situation.scope.standing(target)
    sessions = [s for s in standings if s.reach is Reach.SESSION]
    if sessions:
        yield _fence(action, target, situation, statements.the_actors(sessions), Ordinal.ACTORS, 0, sessions[0])
    for number, standing in enumerate(s for s in standings if s.reach is Reach.NETWORK):
        yield _fence(action, target, situation, statements.elsewhere(standing), Ordinal.NETWORK, number, standing)


def _fence(
    action: Action, target: Ref, situation: Situation, who: Condition, ordinal: Ordinal, number: int, standing: Standing
) -> Change:
    sid = statements.sid(situation.case, ordinal, number)
    body = statements.deny(sid, ["*"], ["*"], who, principal=False)
    blast = Blast(known=standing.known)
    return action.change(
        target, Fence(sid=sid, body=body), f"the narrowest fence that stops the actor: {standing.why}", blast=blast
    )


ACTION = Action(
    name="fence-session",
    title="Refuse everything to the actor's session only",
    wave=Wave.FENCE,
    targets=frozenset({Kind.USER, Kind.ROLE, Kind.PERMISSION_SET}),
    facets=(Fence,),
    hurts="Nobody else: other sessions of the role, and the same credentials from their rightful network, go on working.",
    undone="The inline policy with our name is removed.",
    citation="45 CFR 164.312(a)(1)",
    propose=_propose,
    aimed=True,
)
