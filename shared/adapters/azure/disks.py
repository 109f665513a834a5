"""Disk encryption sets, the key under which managed disks and their snapshots are wrapped; and links that hand those out.

Source: Azure Compute management API.

The address of a key has its version also where the set follows the newest one. Disks move within an hour: until then the set still
names the keys before.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.adapters.azure import names
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.errors import call, every, sent
from shared.adapters.azure.facets import FacetAdapter, FacetTable, Rights
from shared.domain.errors import Refused, Throttled
from shared.domain.facet import EncryptedWith, HandedOut
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt

NOT_LET_IN = frozenset({"KeyVaultAccessForbidden", "KeyVaultAuthenticationFailure"})
SETTLES = timedelta(minutes=10)
"""For which a role that was given may not be known everywhere (Azure RBAC, "Troubleshoot")."""
OFTEN = 2
"""Seconds between two looks at a change that the service has only begun."""


def _set(clients: Clients, held: Ref) -> Any:  # noqa: ANN401 - the SDK's model, whose parts may all be missing
    name = names.arm(held.id)
    return call(clients.compute(held.account).disk_encryption_sets.get, name.group, name.name)


def named(found: Any) -> str:  # noqa: ANN401 - the same
    """The key as the set names it: without a version where it follows the newest."""
    active = found.active_key
    if active is None:
        return ""
    address = str(active.key_url)
    return address.rpartition("/")[0] if found.rotation_to_latest_key_version_enabled else address


def _read(clients: Clients, held: Ref) -> tuple[EncryptedWith, ...]:
    found = _set(clients, held)
    active = str(found.active_key.key_url) if found.active_key else ""
    return (EncryptedWith(key=active, follows=found.rotation_to_latest_key_version_enabled is True),)


def _write(clients: Clients, held: Ref, wanted: Sequence[EncryptedWith]) -> Receipt:
    """Raises `Refused`: a set of a customer's key has no way back to the service's own."""
    wish = followed(clients, *wanted)
    if not wish.key:
        raise Refused("a disk encryption set is always under a key of ours")
    name = names.arm(held.id)
    body = {"properties": {"activeKey": {"keyUrl": wish.key}, "rotationToLatestKeyVersionEnabled": wish.follows}}
    update = clients.compute(held.account).disk_encryption_sets.begin_update
    with settled(clients, wish.key):
        poller, request_id = sent(update, name.group, name.name, body, polling_interval=OFTEN)
        done = call(poller.result)
    error = done.auto_key_rotation_error
    return Receipt((request_id,), (f"the service could not rotate: {error.code}",) if error else ())


def followed(clients: Clients, wish: EncryptedWith) -> EncryptedWith:
    """The wish, if it can be. Raises `Refused`: who follows the newest version can not be put under an older one."""
    if wish.key and not names.key(wish.key).version:
        raise Refused("a key is named with its version; whether later ones are taken is said apart")
    if wish.key and wish.follows and newest(clients, names.key(wish.key)) != wish.key:
        raise Refused("a newer version exists, and what follows the newest one would be under that")
    return wish


def newest(clients: Clients, key: names.KeyName) -> str:
    """The newest version of a key, by its address."""
    return str(call(clients.keys(key.vault_url).get_key, key.name).id)


@contextmanager
def settled(clients: Clients, key: str) -> Iterator[None]:
    """Telling something of a key. Raises `Throttled` where the key is so new that its users' role need not be known everywhere."""
    try:
        yield
    except Refused as refused:
        if not key or refused.code not in NOT_LET_IN:
            raise
        name = names.key(key)
        made = call(clients.keys(name.vault_url).get_key, name.name, name.version).properties.created_on
        if made is None or datetime.now(UTC) - made > SETTLES:
            raise
        raise Throttled("who may use the new key is not known everywhere yet", refused.code, refused.request_id) from None


def listed(clients: Clients, subscription: str) -> Iterator[tuple[Ref, str]]:
    """Every set of a subscription with the key that it names."""
    sets: Iterator[Any] = every(clients.compute(subscription).disk_encryption_sets.list)
    return ((names.ref(Kind.DISK_ENCRYPTION_SET, str(each.id)), named(each)) for each in sets)


def _operations(clients: Clients, disk: Ref) -> Any:  # noqa: ANN401 - two groups with the same operations
    client = clients.compute(disk.account)
    return client.snapshots if disk.kind is Kind.SNAPSHOT else client.disks


def _read_link(clients: Clients, disk: Ref) -> tuple[HandedOut, ...]:
    name = names.arm(disk.id)
    state = call(_operations(clients, disk).get, name.group, name.name).disk_state
    return (HandedOut(on=str(getattr(state, "value", state)).startswith("ActiveSAS")),)


def _write_link(clients: Clients, disk: Ref, wanted: Sequence[HandedOut]) -> Receipt:
    """Every link to it is dead at once (Disks - Revoke Access)."""
    (link,) = wanted
    if link.on:
        raise Refused("a link is asked for by whoever needs one")
    name = names.arm(disk.id)
    poller, request_id = sent(_operations(clients, disk).begin_revoke_access, name.group, name.name, polling_interval=OFTEN)
    call(poller.result)
    return Receipt((request_id,))


def _links(kind: str) -> FacetAdapter[HandedOut]:
    """`kind`: as the provider calls disks or snapshots."""
    of = f"Microsoft.Compute/{kind}"
    reads, writes = Rights(frozenset({f"{of}/read"})), Rights(frozenset({f"{of}/endGetAccess/action"}))
    began = frozenset({f"{of}/beginGetAccess/action"})
    return FacetAdapter(_read_link, _write_link, reads, writes, one_way=True, lingers=timedelta(), shows=began)


READ = Rights(frozenset({"Microsoft.Compute/diskEncryptionSets/read"}))
NEWEST = Rights(data=frozenset({"Microsoft.KeyVault/vaults/keys/read"}))
_WRITE = Rights(frozenset({"Microsoft.Compute/diskEncryptionSets/write"})) | NEWEST

FACETS: FacetTable = {
    (Kind.DISK_ENCRYPTION_SET, EncryptedWith): FacetAdapter(_read, _write, READ, _WRITE),
    (Kind.VOLUME, HandedOut): _links("disks"),
    (Kind.SNAPSHOT, HandedOut): _links("snapshots"),
}
