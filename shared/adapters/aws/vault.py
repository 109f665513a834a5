"""Backup vaults: who may touch the recovery points in them (AWS Backup API)."""

from collections.abc import Sequence

from shared.adapters.aws import policies
from shared.adapters.aws.arns import named
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call, pages
from shared.adapters.aws.facets import FacetAdapter, FacetTable, RelationAdapter, RelationTable
from shared.adapters.aws.rewrite import PolicyPlace, rewrite, statements, unless
from shared.domain.facet import PolicyStatement
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt, Relation


def _read_policy(clients: Clients, vault: Ref) -> tuple[PolicyStatement, ...]:
    return statements(_policy(clients, vault))


def _write_policy(clients: Clients, vault: Ref, changes: Sequence[PolicyStatement]) -> Receipt:
    return rewrite(_policy(clients, vault), changes)


def _policy(clients: Clients, vault: Ref) -> PolicyPlace:
    client, name = clients.backup(vault.account, vault.region), vault.name

    def read() -> policies.Document | None:
        answer = unless("ResourceNotFoundException", client.get_backup_vault_access_policy, BackupVaultName=name)
        return policies.parse(answer["Policy"]) if answer and "Policy" in answer else None

    return PolicyPlace(
        read=read,
        write=lambda text: call(client.put_backup_vault_access_policy, BackupVaultName=name, Policy=text),
        remove=lambda: call(client.delete_backup_vault_access_policy, BackupVaultName=name),
    )


def _vaults(clients: Clients, account: Ref) -> tuple[Ref, ...]:
    """The account's vaults in one Region: the account's, or where it names none, the environment's."""
    paginator = clients.backup(account.account, account.region).get_paginator("list_backup_vaults")
    listed = (vault for page in pages(paginator) for vault in page["BackupVaultList"])
    return tuple(named(Kind.BACKUP_VAULT, vault["BackupVaultArn"]) for vault in listed)


_READ_POLICY = frozenset({"backup:GetBackupVaultAccessPolicy"})

FACETS: FacetTable = {
    (Kind.BACKUP_VAULT, PolicyStatement): FacetAdapter(
        _read_policy,
        _write_policy,
        _READ_POLICY,
        _READ_POLICY | {"backup:DeleteBackupVaultAccessPolicy", "backup:PutBackupVaultAccessPolicy"},
    ),
}

RELATIONS: RelationTable = {
    (Kind.ACCOUNT, Relation.VAULTS): RelationAdapter(_vaults, frozenset({"backup:ListBackupVaults"})),
}
