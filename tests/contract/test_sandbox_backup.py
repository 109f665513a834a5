"""What moto lacks of AWS Backup, as an unmodified client sees it; and an account owns no images but its own."""

import json

import pytest
from botocore.exceptions import ClientError

from shared.sandbox.aws.server import ACCOUNT, Sandbox
from tests.contract.sandbox_scenes import document, refused, statement, user

POLICY = document(statement("Deny", "backup:DeleteRecoveryPoint", "*", "*"))


def test_a_vault_without_a_policy_says_so_and_one_with_a_policy_returns_it(sandbox: Sandbox) -> None:
    backup = sandbox.root().client("backup")
    backup.create_backup_vault(BackupVaultName="charts")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        backup.get_backup_vault_access_policy(BackupVaultName="charts")
    backup.put_backup_vault_access_policy(BackupVaultName="charts", Policy=POLICY)
    assert json.loads(backup.get_backup_vault_access_policy(BackupVaultName="charts")["Policy"]) == json.loads(POLICY)
    backup.delete_backup_vault_access_policy(BackupVaultName="charts")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        backup.get_backup_vault_access_policy(BackupVaultName="charts")


def test_a_vault_that_does_not_exist_is_refused_as_one_that_is_not_yours(sandbox: Sandbox) -> None:
    with pytest.raises(ClientError, match="AccessDeniedException"):
        sandbox.root().client("backup").get_backup_vault_access_policy(BackupVaultName="nowhere")


def test_a_policy_without_statements_is_refused(sandbox: Sandbox) -> None:
    backup = sandbox.root().client("backup")
    backup.create_backup_vault(BackupVaultName="charts")
    empty = json.dumps({"Version": "2012-10-17", "Statement": []})
    with pytest.raises(ClientError, match="InvalidParameterValueException"):
        backup.put_backup_vault_access_policy(BackupVaultName="charts", Policy=empty)


def test_a_new_account_owns_no_snapshots(sandbox: Sandbox) -> None:
    assert sandbox.root().client("ec2").describe_snapshots(OwnerIds=["self"])["Snapshots"] == []


def test_a_vault_policy_keeps_recovery_points_from_an_administrator(sandbox: Sandbox) -> None:
    backup = sandbox.root().client("backup")
    backup.create_backup_vault(BackupVaultName="charts")
    arn = f"arn:aws:backup:us-east-1:{ACCOUNT}:recovery-point:1"
    sandbox.cloud.books.recovery_points[ACCOUNT, "us-east-1", "charts"] = [{"RecoveryPointArn": arn, "Status": "COMPLETED"}]
    backup.put_backup_vault_access_policy(BackupVaultName="charts", Policy=POLICY)
    thief = user(sandbox).client("backup")
    assert refused(thief.delete_recovery_point, BackupVaultName="charts", RecoveryPointArn=arn)[0] == "AccessDeniedException"
    backup.delete_backup_vault_access_policy(BackupVaultName="charts")
    thief.delete_recovery_point(BackupVaultName="charts", RecoveryPointArn=arn)
    assert backup.list_recovery_points_by_backup_vault(BackupVaultName="charts")["RecoveryPoints"] == []
