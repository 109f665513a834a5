"""Let the rightful users of a key use its successor, before anything moves: their own policies often name the old key alone."""

from collections.abc import Iterator

from shared.containment import statements
from shared.containment.action import Action, Situation
from shared.containment.statements import Ordinal, Statement
from shared.domain.facet import KeyAccess, PolicyStatement
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref

USES = ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*")


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    if target.kind is Kind.KEY:
        yield from _in_the_policy(action, target, situation)
        return
    for rightful in situation.scope.users:
        if rightful.actor.principal == target:
            yield from _abroad(action, target, situation)


def _in_the_policy(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    users = sorted(r.actor.principal.id for r in situation.scope.users if r.actor.principal)
    if target in situation.scope.keys and users:
        sid = statements.sid(situation.case, Ordinal.SUCCESSOR)
        allow: Statement = {"Sid": sid, "Effect": "Allow", "Principal": {"AWS": users}, "Action": list(USES), "Resource": "*"}
        after = PolicyStatement(sid=sid, body=statements.body(allow))
        yield action.change(target.successor, after, "who may use the old key by right must not be locked out of the new one")


def _abroad(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    """A principal of another account needs its own account's permission besides the key's."""
    keys = [key for key in situation.scope.keys if key.account != target.account]
    for number, key in enumerate(keys):
        sid = statements.sid(situation.case, Ordinal.SUCCESSOR, number)
        allow: Statement = {"Sid": sid, "Effect": "Allow", "Action": list(USES), "Resource": key.successor.id}
        why = "the key is in another account, so the principal's own account must agree"
        yield action.change(target, KeyAccess(sid=sid, body=statements.body(allow)), why)


ACTION = Action(
    name="admit-to-successor",
    title="Let the rightful users use the successor",
    wave=Wave.REKEY,
    targets=frozenset({Kind.KEY, Kind.USER, Kind.ROLE}),
    facets=(PolicyStatement, KeyAccess),
    hurts="Nobody: it only allows, and only those who could use the old key.",
    undone="Our statement is removed from the successor's policy, our inline policy from the principal.",
    citation="45 CFR 164.308(a)(4)(ii)(B)",
    propose=_propose,
)
