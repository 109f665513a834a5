"""Storage accounts: the ways into one, its own keys, versions and rules (Azure Storage management API).

A PATCH of an account changes what it names and keeps the rest; network rules are replaced whole.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from shared.adapters.azure import names
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.errors import call, sent
from shared.adapters.azure.facets import FacetAdapter, FacetTable, Rights
from shared.adapters.azure.network_rules import document, facet
from shared.domain.errors import Absent, Refused
from shared.domain.facet import (
    AnonymousAccess,
    CrossTenantCopy,
    LifecycleRule,
    LocalUsers,
    NetworkRules,
    SharedKeyAccess,
    SoftDelete,
    StoreKey,
    TlsFloor,
    Versioning,
)
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt

if TYPE_CHECKING:
    from azure.mgmt.storage.models import BlobServiceProperties, StorageAccount

FLOORS: Mapping[str, Any] = {"1.0": "TLS1_0", "1.1": "TLS1_1", "1.2": "TLS1_2", "1.3": "TLS1_3"}
LIFECYCLE = "default"


def account(clients: Clients, store: Ref) -> "StorageAccount":
    """The account as Azure shows it. Raises `Absent`."""
    name = names.arm(store.id)
    return call(clients.storage(store.account).storage_accounts.get_properties, name.group, name.name)


def patched(clients: Clients, store: Ref, properties: Mapping[str, object]) -> Receipt:
    """Change these properties of an account and no others (Storage Accounts - Update)."""
    name = names.arm(store.id)
    update = clients.storage(store.account).storage_accounts.update
    return Receipt((sent(update, name.group, name.name, {"properties": dict(properties)})[1],))


def _read_anonymous(clients: Clients, store: Ref) -> tuple[AnonymousAccess, ...]:
    return (AnonymousAccess(allowed=account(clients, store).allow_blob_public_access is True),)


def _write_anonymous(clients: Clients, store: Ref, wanted: Sequence[AnonymousAccess]) -> Receipt:
    (access,) = wanted
    return patched(clients, store, {"allowBlobPublicAccess": access.allowed})


def _read_shared_key(clients: Clients, store: Ref) -> tuple[SharedKeyAccess, ...]:
    """What nobody has set counts as allowed, as the service has it."""
    return (SharedKeyAccess(allowed=account(clients, store).allow_shared_key_access is not False),)


def _write_shared_key(clients: Clients, store: Ref, wanted: Sequence[SharedKeyAccess]) -> Receipt:
    (access,) = wanted
    return patched(clients, store, {"allowSharedKeyAccess": access.allowed})


def _read_local_users(clients: Clients, store: Ref) -> tuple[LocalUsers, ...]:
    """They come by SFTP, and where that is off nobody does."""
    found = account(clients, store)
    return (LocalUsers(allowed=found.is_sftp_enabled is True and found.is_local_user_enabled is not False),)


def _write_local_users(clients: Clients, store: Ref, wanted: Sequence[LocalUsers]) -> Receipt:
    """The users stay, with what they log in with: nobody of them is let in."""
    (users,) = wanted
    return patched(clients, store, {"isLocalUserEnabled": users.allowed})


def _read_copies(clients: Clients, store: Ref) -> tuple[CrossTenantCopy, ...]:
    """What nobody has set counts as allowed: accounts of before December 2023 have it so."""
    return (CrossTenantCopy(allowed=account(clients, store).allow_cross_tenant_replication is not False),)


def _write_copies(clients: Clients, store: Ref, wanted: Sequence[CrossTenantCopy]) -> Receipt:
    """The service refuses while there is a policy that crosses to another tenant."""
    (copies,) = wanted
    return patched(clients, store, {"allowCrossTenantReplication": copies.allowed})


def _read_floor(clients: Clients, store: Ref) -> tuple[TlsFloor, ...]:
    now = str(account(clients, store).minimum_tls_version or "TLS1_0")
    return tuple(TlsFloor.model_validate({"version": version}) for version, said in FLOORS.items() if now.endswith(said))


def _write_floor(clients: Clients, store: Ref, wanted: Sequence[TlsFloor]) -> Receipt:
    (floor,) = wanted
    return patched(clients, store, {"minimumTlsVersion": FLOORS[floor.version or "1.0"]})


def _read_networks(clients: Clients, store: Ref) -> tuple[NetworkRules, ...]:
    found = account(clients, store)
    return (facet(found.network_rule_set, found.public_network_access),)


def _write_networks(clients: Clients, store: Ref, wanted: Sequence[NetworkRules]) -> Receipt:
    (rules,) = wanted
    return patched(clients, store, document(rules))


def _read_keys(clients: Clients, store: Ref) -> tuple[StoreKey, ...]:
    """Names and ages: what the keys are is not asked."""
    created = account(clients, store).key_creation_time
    ages = {"key1": created.key1, "key2": created.key2} if created else {}
    return tuple(StoreKey(name=name, since=age.astimezone(UTC)) for name, age in ages.items() if age)


def _write_key(clients: Clients, store: Ref, wanted: Sequence[StoreKey]) -> Receipt:
    """Make a key anew. The answer has both keys in clear, and is dropped. Raises `Refused`: an old value can not come back."""
    (wish,) = wanted
    if wish.since is None:
        raise Refused("a key that was made anew can not be what it was")
    if any(wish.name == now.name and wish.satisfied_by(now) for now in _read_keys(clients, store)):
        return Receipt(())
    if wish.since > datetime.now(UTC):
        raise Refused("a key is made anew now, and not in the future")
    name = names.arm(store.id)
    regenerate = clients.storage(store.account).storage_accounts.regenerate_key
    return Receipt((sent(regenerate, name.group, name.name, {"keyName": wish.name})[1],))


def _service(clients: Clients, store: Ref) -> "BlobServiceProperties":
    name = names.arm(store.id)
    return call(clients.storage(store.account).blob_services.get_service_properties, name.group, name.name)


def _serviced(clients: Clients, store: Ref, properties: Mapping[str, object]) -> Receipt:
    name = names.arm(store.id)
    change = clients.storage(store.account).blob_services.set_service_properties
    return Receipt((sent(change, name.group, name.name, {"properties": dict(properties)})[1],))


def _read_versioning(clients: Clients, store: Ref) -> tuple[Versioning, ...]:
    """A store whose versions nobody has ever set has none to keep, and is not one where they were switched off."""
    on = _service(clients, store).is_versioning_enabled
    return () if on is None else (Versioning(status="Enabled" if on else "Suspended"),)


def _write_versioning(clients: Clients, store: Ref, wanted: Sequence[Versioning]) -> Receipt:
    (versioning,) = wanted
    if versioning.status == "":
        raise Refused("a store that has had versions can only suspend them")
    return _serviced(clients, store, {"isVersioningEnabled": versioning.status == "Enabled"})


def _read_soft_delete(clients: Clients, store: Ref) -> tuple[SoftDelete, ...]:
    found = _service(clients, store)
    blobs, containers = found.delete_retention_policy, found.container_delete_retention_policy
    purgeable = blobs is not None and blobs.allow_permanent_delete is True
    return SoftDelete(days=_days(blobs), purgeable=purgeable), SoftDelete(of="containers", days=_days(containers))


def _days(policy: Any) -> int:  # noqa: ANN401 - the SDK's model, whose parts may all be missing
    return (policy.days or 0) if policy and policy.enabled else 0


def _write_soft_delete(clients: Clients, store: Ref, wanted: Sequence[SoftDelete]) -> Receipt:
    (kept,) = wanted
    policy: dict[str, object] = {"enabled": True, "days": kept.days} if kept.days else {"enabled": False}
    if kept.of == "containers":
        return _serviced(clients, store, {"containerDeleteRetentionPolicy": policy})
    return _serviced(clients, store, {"deleteRetentionPolicy": policy | {"allowPermanentDelete": kept.purgeable}})


def _lifecycle(clients: Clients, store: Ref) -> list[dict[str, Any]]:
    """The rules of the account's one lifecycle policy as they are sent; none where it has no policy."""
    name = names.arm(store.id)
    try:
        found = call(clients.storage(store.account).management_policies.get, name.group, name.name, LIFECYCLE)
    except Absent:
        account(clients, store)
        return []
    rules: list[dict[str, Any]] = found.as_dict().get("properties", {}).get("policy", {}).get("rules", [])
    return rules


def _read_lifecycle(clients: Clients, store: Ref) -> tuple[LifecycleRule, ...]:
    return tuple(
        LifecycleRule(rule_id=rule["name"], enabled=rule.get("enabled", True) is not False, destructive=_deletes(rule))
        for rule in _lifecycle(clients, store)
    )


def _deletes(rule: Mapping[str, Any]) -> bool:
    actions = rule.get("definition", {}).get("actions", {})
    return any("delete" in of for of in actions.values() if isinstance(of, Mapping))


def _write_lifecycle(clients: Clients, store: Ref, wanted: Sequence[LifecycleRule]) -> Receipt:
    """Switch rules on or off; what each does stays. Raises `Refused`: a rule is gone."""
    switches, rules = {rule.rule_id: rule.enabled for rule in wanted}, _lifecycle(clients, store)
    if any(on for name, on in switches.items() if name not in {rule["name"] for rule in rules}):
        raise Refused("the rule is gone")
    switched = [{**rule, "enabled": switches.get(rule["name"], rule.get("enabled", True))} for rule in rules]
    if switched == rules:
        return Receipt(())
    name = names.arm(store.id)
    put = clients.storage(store.account).management_policies.create_or_update
    body = {"properties": {"policy": {"rules": switched}}}
    return Receipt((sent(put, name.group, name.name, LIFECYCLE, body)[1],))


_A = "Microsoft.Storage/storageAccounts"
READ = Rights(frozenset({f"{_A}/read"}))
WRITE = Rights(frozenset({f"{_A}/write"}))
_READ_SERVICE = Rights(frozenset({f"{_A}/blobServices/read"}))
_WRITE_SERVICE = Rights(frozenset({f"{_A}/blobServices/write"}))
_READ_LIFECYCLE = Rights(frozenset({f"{_A}/managementPolicies/read"}))
_WRITE_LIFECYCLE = Rights(frozenset({f"{_A}/managementPolicies/write"}))
_SHOWS = frozenset(f"{_A}/{call}/action" for call in ("listKeys", "listAccountSas", "listServiceSas"))
"""What gives a key away, or signs a link with it for the caller."""
_USERS = frozenset(f"{_A}/localUsers/{call}" for call in ("write", "regeneratePassword/action", "listKeys/action"))
"""What makes a user of the store's own, or gives away what one logs in with."""
_REGENERATE = Rights(frozenset({f"{_A}/regenerateKey/action"}))

FACETS: FacetTable = {
    (Kind.BUCKET, AnonymousAccess): FacetAdapter(_read_anonymous, _write_anonymous, READ, WRITE),
    (Kind.BUCKET, SharedKeyAccess): FacetAdapter(_read_shared_key, _write_shared_key, READ, WRITE),
    (Kind.BUCKET, LocalUsers): FacetAdapter(_read_local_users, _write_local_users, READ, WRITE, shows=_USERS),
    (Kind.BUCKET, CrossTenantCopy): FacetAdapter(_read_copies, _write_copies, READ, WRITE),
    (Kind.BUCKET, TlsFloor): FacetAdapter(_read_floor, _write_floor, READ, WRITE),
    (Kind.BUCKET, NetworkRules): FacetAdapter(_read_networks, _write_networks, READ, WRITE),
    (Kind.BUCKET, StoreKey): FacetAdapter(
        _read_keys, _write_key, READ, READ | _REGENERATE, one_way=True, lingers=timedelta(), shows=_SHOWS
    ),
    (Kind.BUCKET, Versioning): FacetAdapter(_read_versioning, _write_versioning, _READ_SERVICE, _WRITE_SERVICE),
    (Kind.BUCKET, SoftDelete): FacetAdapter(_read_soft_delete, _write_soft_delete, _READ_SERVICE, _WRITE_SERVICE),
    (Kind.BUCKET, LifecycleRule): FacetAdapter(
        _read_lifecycle, _write_lifecycle, _READ_LIFECYCLE, _READ_LIFECYCLE | _WRITE_LIFECYCLE
    ),
}
