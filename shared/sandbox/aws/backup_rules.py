"""AWS Backup: the access policies of vaults, which moto lacks (AWS Backup API reference)."""

import json

from moto.backup.models import backup_backends

from shared.sandbox.aws.cloud import Ask, Cloud, Rule
from shared.sandbox.aws.http import Reply
from shared.sandbox.aws.refusals import FORBIDDEN, Refusal

type Place = tuple[str, str, str]
"""Account, Region and name of a vault."""


def get_policy(cloud: Cloud, ask: Ask) -> Reply:
    """GetBackupVaultAccessPolicy: refused where the vault has none, and for a vault that does not exist."""
    vault = _vault(ask)
    if vault not in cloud.vault_policies:
        raise Refusal("ResourceNotFoundException", "Backup vault has no access policy")
    return ask.answer({"BackupVaultName": vault[-1], "Policy": cloud.vault_policies[vault]})


def put_policy(cloud: Cloud, ask: Ask) -> Reply:
    """PutBackupVaultAccessPolicy: replaces the whole document, which must have statements."""
    vault, policy = _vault(ask), str(ask.params["Policy"])
    if not json.loads(policy).get("Statement"):
        raise Refusal("InvalidParameterValueException", "The policy has no statements")
    cloud.vault_policies[vault] = policy
    return ask.answer({})


def delete_policy(cloud: Cloud, ask: Ask) -> Reply:
    """DeleteBackupVaultAccessPolicy: also where there is none."""
    cloud.vault_policies.pop(_vault(ask), None)
    return ask.answer({})


def _vault(ask: Ask) -> Place:
    """The vault asked for. The service does not tell a vault that is absent from one that is not yours."""
    name = str(ask.params["BackupVaultName"])
    if name not in backup_backends[ask.account][ask.region].vaults:
        raise Refusal("AccessDeniedException", "Insufficient privileges to perform this action.", FORBIDDEN)
    return (ask.account, ask.region, name)


RULES: dict[str, Rule] = {
    "GetBackupVaultAccessPolicy": get_policy,
    "PutBackupVaultAccessPolicy": put_policy,
    "DeleteBackupVaultAccessPolicy": delete_policy,
}
