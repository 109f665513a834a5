"""Leave an old key to those who restore backups, and to those who were seen needing it still."""

from collections.abc import Iterator

from shared.containment import statements
from shared.containment.action import Action, Situation
from shared.containment.statements import Ordinal, Statement
from shared.domain.facet import PolicyStatement
from shared.domain.plan import Blast, Change, Wave
from shared.domain.resource import Kind, Ref

USES = (
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:GenerateDataKey*",
    "kms:ReEncrypt*",
)
"""What is refused. A key's administration is not: whoever keeps the key must be able to give it back."""

RESTORES = ("kms:Decrypt", "kms:DescribeKey", "kms:ReEncryptFrom")
"""What a restore needs of the key that a backup is under (AWS Backup developer guide, "Encryption for backups")."""


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    seen = situation.observed
    needs = seen.needs.get(target)
    # who uses it is not known: whoever needs it would be refused unseen
    if needs is None or target not in {s.old for s in situation.scope.successors}:
        return
    users = sorted({need.user for need in needs if need.user})
    hurt = tuple(sorted({need.by for need in needs if need.by and not need.user}))
    roots = (f"arn:aws:iam::{account}:root" for account in sorted(situation.accounts))
    sid = statements.sid(situation.case, Ordinal.RETIRED)
    others = statements.all_but((*users, *seen.restore, *roots), situation.exempt)
    body = statements.deny(sid, USES, ["*"], others, principal=True)
    spared = f", and {', '.join(users)}, who was seen needing it still" if users else ""
    why = f"what was under it has moved: it opens for restores alone{spared}"
    yield action.change(target, PolicyStatement(sid=sid, body=body), why, blast=Blast(others=hurt))
    if seen.restore:
        yield _restores(action, target, situation)


def _restores(action: Action, target: Ref, situation: Situation) -> Change:
    sid = statements.sid(situation.case, Ordinal.RESTORE)
    allow: Statement = {"Sid": sid, "Effect": "Allow", "Action": list(RESTORES), "Resource": "*"}
    allow["Principal"] = {"AWS": sorted(situation.observed.restore)}
    after = PolicyStatement(sid=sid, body=statements.body(allow))
    return action.change(target, after, "backups and locked versions can be restored only under the key that they are under")


ACTION = Action(
    name="retire-key",
    title="Leave the old key to restores alone",
    wave=Wave.RETIRE,
    targets=frozenset({Kind.KEY}),
    facets=(PolicyStatement,),
    hurts="Who needs the old key and was not seen using it in the evidence window: ciphertext that an application keeps itself.",
    undone="Our statements are removed from the key policy; every other statement stays as it is.",
    citation="45 CFR 164.308(a)(7)(ii)(B)",
    propose=_propose,
)
