"""Refuse sessions that somebody opens of a rightful role during the breach: an actor who may assume it needs no key of its own."""

from collections.abc import Iterator

from shared.containment import statements
from shared.containment.action import Action, Situation
from shared.containment.statements import Ordinal
from shared.domain.facet import Fence
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    for rightful in situation.scope.rightful:
        if rightful.actor.principal == target:
            sid = statements.sid(situation.case, Ordinal.NEW_SESSIONS)
            who = statements.new_sessions(rightful.actor, rightful.sessions, situation.since)
            body = statements.deny(sid, ["*"], ["*"], who, principal=False)
            why = "the log shows new sessions minutes late; the actor may open one now"
            yield action.change(target, Fence(sid=sid, body=body), why)


ACTION = Action(
    name="fence-new-sessions",
    title="Refuse a rightful role's sessions opened since the attack began, under names never seen",
    wave=Wave.FENCE,
    targets=frozenset({Kind.ROLE}),
    facets=(Fence,),
    hurts="A person who opens a session of the role under a name not seen before; compute of EC2 and Lambda goes on.",
    undone="The inline policy with our name is removed.",
    citation="45 CFR 164.312(a)(1)",
    propose=_propose,
)
