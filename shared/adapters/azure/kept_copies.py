"""Copies that stay under the version of a key that they were made under, whatever is used since: only people can move those.

Recovery points, long-term backups of databases, and disks and snapshots on their way from one version to the next. What holds
such copies is told wherever we see it and whichever version it names: no service lists what is under which.

Sources: "Encryption of backup data by using customer-managed keys" (Azure Backup), "Azure SQL transparent data encryption with
customer-managed key" (a server keeps every key that its backups may need), "Server-side encryption of Azure Disk Storage".
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from shared.adapters.azure import activity, disks, names
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.errors import every
from shared.adapters.azure.facets import RelationAdapter, RelationTable, Rights
from shared.adapters.azure.rest import ARM
from shared.adapters.azure.store_keys import same
from shared.containment.parallel import in_parallel
from shared.domain.errors import Absent, CloudError, Refused
from shared.domain.resource import Kind, Ref
from shared.ports import Relation

NOT_THERE = frozenset({"InvalidResourceNamespace", "MissingSubscriptionRegistration", "SubscriptionNotRegistered"})
"""A subscription in which a service was never used has nothing of it."""

type Named = Callable[[Clients, Mapping[str, Any]], Iterator[str]]
"""The addresses of the keys that something names."""


def _recovery(_: Clients, vault: Mapping[str, Any]) -> Iterator[str]:
    yield _within(vault, "properties", "encryption", "keyVaultProperties", "keyUri")


def _backup(_: Clients, vault: Mapping[str, Any]) -> Iterator[str]:
    yield _within(vault, "properties", "securitySettings", "encryptionSettings", "keyVaultProperties", "keyUri")


def _databases(clients: Clients, server: Mapping[str, Any]) -> Iterator[str]:
    for each in clients.rest(ARM).every(f"{server['id']}/keys?api-version={SQL}"):
        yield _within(each, "properties", "uri")


def _within(held: Mapping[str, Any], *steps: str) -> str:
    found: Any = held
    for step in steps:
        found = found.get(step) if isinstance(found, Mapping) else None
    return str(found or "")


SQL = "2023-08-01"

HOLDING: tuple[tuple[str, str, Kind, Named], ...] = (
    ("Microsoft.RecoveryServices/vaults", "2025-02-01", Kind.BACKUP_VAULT, _recovery),
    ("Microsoft.DataProtection/backupVaults", "2025-01-01", Kind.BACKUP_VAULT, _backup),
    ("Microsoft.Sql/servers", SQL, Kind.DATABASE, _databases),
    ("Microsoft.Sql/managedInstances", SQL, Kind.DATABASE, _databases),
)
"""What holds such copies: its type, the version of its API, what it is to us, and the keys that it names."""


def _kept(clients: Clients, key: Ref) -> tuple[Ref, ...]:
    seen = dict.fromkeys((key.account, *activity.subscriptions(clients)))
    found = in_parallel(lambda subscription: list(_in(clients, subscription, key)), list(seen))
    return tuple(ref for refs in found for ref in refs)


def _in(clients: Clients, subscription: str, key: Ref) -> Iterator[Ref]:
    wanted = names.key(key.id)
    for kind, version, what, named in HOLDING:
        for held in _listed(clients, f"/subscriptions/{subscription}/providers/{kind}?api-version={version}"):
            if any(_is(address, wanted) for address in named(clients, held)):
                yield names.ref(what, str(held["id"]))
    sets: Iterator[Any] = every(clients.compute(subscription).disk_encryption_sets.list)
    for each in sets:
        if any(str(before.key_url).lower() == key.id.lower() for before in each.previous_keys or ()):
            yield names.ref(Kind.DISK_ENCRYPTION_SET, str(each.id))


def _listed(clients: Clients, path: str) -> Iterator[Mapping[str, Any]]:
    try:
        yield from clients.rest(ARM).every(path)
    except CloudError as error:
        if error.code not in NOT_THERE or not isinstance(error, Absent | Refused):
            raise


def _is(address: str, wanted: names.KeyName) -> bool:
    """Whether it is the same key. What is no key's address is nothing of ours."""
    try:
        return same(address, wanted)
    except Refused:
        return False


_RIGHTS = Rights(
    frozenset({f"{kind}/read" for kind, *_ in HOLDING})
    | {"Microsoft.Sql/servers/keys/read", "Microsoft.Sql/managedInstances/keys/read"}
)

RELATIONS: RelationTable = {
    (Kind.KEY, Relation.LISTED): RelationAdapter(_kept, _RIGHTS | disks.READ | activity.SUBSCRIPTIONS),
}
