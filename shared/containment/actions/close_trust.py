"""Let no foreign account assume a role that the actor entered: its trust policy may have been opened from inside."""

from collections.abc import Iterator

from shared.containment import statements
from shared.containment.action import Action, Situation
from shared.containment.statements import Ordinal
from shared.domain.facet import PolicyStatement
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref

from .freeze_trust import ASSUME


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    if target in {r.actor.principal for r in situation.scope.rightful if r.entered}:
        sid = statements.sid(situation.case, Ordinal.TRUST, 1)
        body = statements.trust_deny(sid, ASSUME, statements.outsiders(situation.accounts))
        yield action.change(target, PolicyStatement(sid=sid, body=body), "the actor may have let its own account in")


ACTION = Action(
    name="close-trust",
    title="Let no foreign account assume a role that the actor entered",
    wave=Wave.FENCE,
    targets=frozenset({Kind.ROLE}),
    facets=(PolicyStatement,),
    hurts="A supplier whose own account assumes this role; people who sign in through an identity provider are not concerned.",
    undone="Our statement is removed from the trust policy; every other statement stays as it is.",
    citation="45 CFR 164.312(a)(1)",
    propose=_propose,
)
