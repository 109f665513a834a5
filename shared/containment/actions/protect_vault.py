"""Let nobody delete recovery points while the case is open."""

from collections.abc import Iterator

from shared.containment import statements
from shared.containment.action import Action, Situation
from shared.containment.statements import Ordinal
from shared.domain.facet import PolicyStatement
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref

DELETING = (
    "backup:DeleteBackupVault",
    "backup:DeleteBackupVaultAccessPolicy",
    "backup:DeleteRecoveryPoint",
    "backup:PutBackupVaultAccessPolicy",
    "backup:UpdateRecoveryPointLifecycle",
)


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    sid = statements.sid(situation.case, Ordinal.DELETION)
    body = statements.deny(sid, DELETING, ["*"], statements.all_but_ids(situation.exempt), principal=True)
    yield action.change(target, PolicyStatement(sid=sid, body=body), "without backups there is nothing to come back to")


ACTION = Action(
    name="protect-vault",
    title="Deny the deletion of backups",
    wave=Wave.PRESERVE,
    targets=frozenset({Kind.BACKUP_VAULT}),
    facets=(PolicyStatement,),
    hurts="Backup jobs that delete by hand; expiry by the service's own lifecycle goes on.",
    undone="Our statement is removed from the vault's access policy.",
    citation="45 CFR 164.308(a)(7)(ii)(A)",
    propose=_propose,
)
