"""AWS Backup, what moto lacks: vault access policies, which the authoriser enforces, and recovery points that can be deleted.

Source: AWS Backup API reference, PutBackupVaultAccessPolicy, DeleteRecoveryPoint; developer guide, "Vault access policies".
"""

import json
from typing import Any

from moto.backup.models import backup_backends

from shared.sandbox.aws.cloud import Ask, Cloud, Rule
from shared.sandbox.aws.http import Reply
from shared.sandbox.aws.refusals import FORBIDDEN, Refusal
from shared.sandbox.aws.resource_policies import InvalidPrincipal


def _vault(ask: Ask) -> tuple[str, str]:
    """Name and ARN of the vault in a request; one that does not exist is refused as if forbidden, as Backup does."""
    name = str(ask.params["BackupVaultName"])
    if name not in backup_backends[ask.account][ask.region].vaults:
        raise Refusal("AccessDeniedException", "Insufficient privileges to perform this action.", FORBIDDEN)
    return name, f"arn:aws:backup:{ask.region}:{ask.account}:backup-vault:{name}"


def put_policy(cloud: Cloud, ask: Ask) -> Reply:
    """PutBackupVaultAccessPolicy: with statements, for principals that exist."""
    _, arn = _vault(ask)
    text = str(ask.params.get("Policy", ""))
    try:
        if not json.loads(text)["Statement"]:
            raise Refusal("InvalidParameterValueException", "The policy has no statements")
        cloud.policies.put(arn, text)
    except InvalidPrincipal as invalid:
        raise Refusal("InvalidParameterValueException", "Invalid principal in policy") from invalid
    except (KeyError, TypeError, ValueError) as malformed:
        raise Refusal("InvalidParameterValueException", "The policy is not valid JSON with statements") from malformed
    return ask.answer({})


def get_policy(cloud: Cloud, ask: Ask) -> Reply:
    """GetBackupVaultAccessPolicy."""
    name, arn = _vault(ask)
    text = cloud.policies.text(arn)
    if not text:
        raise Refusal("ResourceNotFoundException", "Backup vault has no access policy")
    return ask.answer({"BackupVaultName": name, "BackupVaultArn": arn, "Policy": text})


def delete_policy(cloud: Cloud, ask: Ask) -> Reply:
    """DeleteBackupVaultAccessPolicy."""
    cloud.policies.delete(_vault(ask)[1])
    return ask.answer({})


def _points(cloud: Cloud, ask: Ask) -> list[dict[str, Any]]:
    return cloud.books.recovery_points.setdefault((ask.account, ask.region, _vault(ask)[0]), [])


def list_recovery_points(cloud: Cloud, ask: Ask) -> Reply:
    """ListRecoveryPointsByBackupVault."""
    return ask.answer({"RecoveryPoints": _points(cloud, ask)})


def delete_recovery_point(cloud: Cloud, ask: Ask) -> Reply:
    """DeleteRecoveryPoint; whether the vault's policy allows it was asked before."""
    points, arn = _points(cloud, ask), ask.params["RecoveryPointArn"]
    kept = [point for point in points if point["RecoveryPointArn"] != arn]
    if len(kept) == len(points):
        raise Refusal("ResourceNotFoundException", "Recovery point not found")
    points[:] = kept
    return ask.answer({})


RULES: dict[str, Rule] = {
    "DeleteBackupVaultAccessPolicy": delete_policy,
    "DeleteRecoveryPoint": delete_recovery_point,
    "GetBackupVaultAccessPolicy": get_policy,
    "ListRecoveryPointsByBackupVault": list_recovery_points,
    "PutBackupVaultAccessPolicy": put_policy,
}
