"""Let nobody but AWS services assume a quarantined role, so that no new session replaces the dead ones."""

from collections.abc import Iterator

from shared.containment import statements
from shared.containment.action import Action, Situation, blast_of
from shared.containment.statements import Condition, Ordinal
from shared.domain.facet import PolicyStatement
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref

ASSUME = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity")


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    whole = situation.quarantined(target)
    if not whole:
        return
    sid = statements.sid(situation.case, Ordinal.TRUST)
    # web identity and SAML callers carry no such key: IfExists makes its absence match, and only services are let through
    who: Condition = {"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}
    body = statements.trust_deny(sid, ASSUME, who)
    blast = blast_of(whole)
    why = "a new session would not be refused by what ends the old ones"
    yield action.change(target, PolicyStatement(sid=sid, body=body), why, blast=blast)


ACTION = Action(
    name="freeze-trust",
    title="Let only AWS services assume the role",
    wave=Wave.FENCE,
    targets=frozenset({Kind.ROLE}),
    facets=(PolicyStatement,),
    hurts="People and programs that assume this role; workloads that AWS services run under it keep their credentials.",
    undone="Our statement is removed from the trust policy; every other statement stays as it is.",
    citation="45 CFR 164.312(a)(1)",
    propose=_propose,
    aimed=True,
)
