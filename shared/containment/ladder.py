"""What is done where a policy has been made into a weapon: each rung is said, journaled, and no wider than it must be.

1. Poisoned by a deleted principal: statements that name its bare id are rewritten without it. It grants nobody anything.
2. Full: statements of nobody rightful are taken out, the largest first, until ours fit. The record keeps them.
3. Public, and public policies are blocked meanwhile: S3 then refuses to write any policy that is public still. The statements that
   let everybody in are taken out; nobody outside the account could use them any more.
4. Locked (`Deny *`): the key fence and Block Public Access stand in; a person unlocks it, and is told how.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from shared.domain.case import LeftForPeople, Scope
from shared.domain.errors import CloudError
from shared.domain.facet import PolicyStatement
from shared.domain.plan import Change, Origin, Status
from shared.domain.resource import Kind, Ref
from shared.ports import World

from .journal import Applied

DELETED = re.compile(r"A(?:IDA|ROA|GPA|NPA)[A-Z0-9]{12,}")
"""IAM shows a deleted principal in a policy by its unique id (IAM User Guide, "Principal")."""

OURS = re.compile(r"Codeblue[0-9a-f]{8}\d{4}")

type Statement = Mapping[str, object]


def climb(failed: Sequence[Applied], scope: Scope, accounts: frozenset[str], world: World) -> tuple[Change, ...]:
    """The next rung for these failures, with the changes that failed; empty where there is none."""
    stuck = [r for r in failed if r.outcome.status is Status.FAILED and r.outcome.error in RUNGS]
    changes: dict[tuple[Ref, str, str], Change] = {}
    for target, error in dict.fromkeys((r.change.target, r.outcome.error) for r in stuck):
        again = [r.change for r in stuck if r.change.target == target]
        rung = list(_rung(target, error, again[0], scope, accounts, world))
        changes |= {c.slot: c for c in (*rung, *again)} if rung else {}
    return tuple(changes.values())


def _rung(target: Ref, error: str, failed: Change, scope: Scope, accounts: frozenset[str], world: World) -> Iterator[Change]:
    try:
        found = [s for s in world.look(target, PolicyStatement) if s.body and not OURS.fullmatch(s.sid)]
    except CloudError:
        return
    for statement in RUNGS[error](found, scope, accounts):
        why = WHY[error]
        # what was there is the attacker's work, or is of no use to anybody: a rollback does not bring it back
        yield failed.but(after=statement, action="unpoison-policy", why=why, origin=Origin.ATTACKER, before=None)


def without_deleted(found: Sequence[PolicyStatement], _scope: Scope, _accounts: frozenset[str]) -> Iterator[PolicyStatement]:
    """The statements that name a deleted principal, without it; none where it was the only one."""
    for statement in found:
        content = json.loads(statement.body or "{}")
        named = _principals(content)
        alive = [name for name in named if not DELETED.fullmatch(name)]
        if alive != named:
            yield statement.but(body=_with_principals(content, alive) if alive else None)


def without_strangers(found: Sequence[PolicyStatement], scope: Scope, accounts: frozenset[str]) -> Iterator[PolicyStatement]:
    """The statements that serve nobody rightful, taken out; none while it is not known who that is."""
    if not scope.listed:
        return
    for statement in sorted(found, key=lambda s: -len(s.body or "")):
        if not _serves(json.loads(statement.body or "{}"), scope, accounts):
            yield statement.but(body=None)


def without_public(found: Sequence[PolicyStatement], scope: Scope, accounts: frozenset[str]) -> Iterator[PolicyStatement]:
    """The statements that let everybody in without a condition, taken out; none while it is not known who is rightful."""
    for statement in without_strangers(found, scope, accounts):
        was = next(json.loads(s.body or "{}") for s in found if s.part == statement.part)
        if was.get("Effect") == "Allow" and "Condition" not in was and "*" in _principals(was):
            yield statement


RUNGS = {"Poisoned": without_deleted, "DoesNotFit": without_strangers, "Refused": without_public}
"""The rung for each kind of failure."""

WHY = {
    "Poisoned": "it names a deleted principal, and the service refuses the policy as long as it does",
    "DoesNotFit": "it serves nobody rightful, and fills the policy so that a fence does not fit",
    "Refused": "it lets everybody in, and the service writes no such policy where public ones are blocked",
}


def _serves(statement: Statement, scope: Scope, accounts: frozenset[str]) -> bool:
    """Whether somebody rightful may live on it: a rightful user, an account's own delegation, an AWS service, a deny."""
    principal = statement.get("Principal")
    if statement.get("Effect") != "Allow" or (isinstance(principal, dict) and "Service" in principal):
        return not _locks_out(statement)
    roots = {f"arn:aws:iam::{account}:root" for account in accounts} | accounts
    return bool(set(_principals(statement)) & (roots | set(scope.allow)))


def _locks_out(statement: Statement) -> bool:
    return statement.get("Effect") == "Deny" and "Condition" not in statement and "*" in _principals(statement)


def _principals(statement: Statement) -> list[str]:
    principal = statement.get("Principal", ())
    named = principal.get("AWS", ()) if isinstance(principal, dict) else principal
    return [named] if isinstance(named, str) else list(_texts(named))


def _texts(named: object) -> Iterator[str]:
    yield from (name for name in named if isinstance(name, str)) if isinstance(named, Iterable) else ()


def _with_principals(statement: Statement, alive: Sequence[str]) -> str:
    principal = statement["Principal"]
    kept = {**principal, "AWS": list(alive)} if isinstance(principal, dict) else list(alive)
    return json.dumps({**statement, "Principal": kept}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


UNLOCK: dict[Kind, str] = {
    Kind.BUCKET: (
        "from the organisation's management account: aws sts assume-root --target-principal <account> "
        "--task-policy-arn arn=arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy, then delete the bucket policy; "
        "then `codeblue apply` the case"
    ),
    Kind.KEY: "open a case with AWS Support: only they unlock a key policy that nobody may change",
}
"""How a person unlocks what locks us out (IAM User Guide, "Centrally manage root access"; KMS Developer Guide, "key policy")."""


def locked(failed: Iterable[Applied]) -> tuple[LeftForPeople, ...]:
    """What a person must unlock, and how."""
    denied = {r.change.target for r in failed if r.outcome.error == "Refused" and "AccessDenied" in r.outcome.reason}
    return tuple(
        LeftForPeople(target=str(t), reason="its policy keeps even us out", next=UNLOCK[t.kind], passing=True)
        for t in sorted(denied)
        if t.kind in UNLOCK
    )
