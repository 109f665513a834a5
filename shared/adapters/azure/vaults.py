"""Key vaults and their keys (Azure Key Vault management and data plane APIs).

A key is named with its version: each version has a switch of its own, and an old one goes on until it is switched off by its id.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, timedelta
from typing import Any

from azure.core.rest import HttpRequest
from azure.keyvault.keys import KeyRotationLifetimeAction
from azure.mgmt.keyvault.models import Vault

from shared.adapters.azure import activity, names, vault_entries
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.errors import answered, call, every, sent
from shared.adapters.azure.facets import FacetAdapter, FacetTable, RelationAdapter, RelationTable, Rights
from shared.adapters.azure.network_rules import document, facet
from shared.domain.errors import Absent, Refused
from shared.domain.facet import KeyState, NetworkRules, PurgeProtection, Rotated, RotationPolicy
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt, Relation

SECOND = timedelta(seconds=1, microseconds=-1)


def _vault(clients: Clients, vault: Ref) -> Vault:
    name = names.arm(vault.id)
    return call(clients.vaults(vault.account).vaults.get, name.group, name.name)


def _patched(clients: Clients, vault: Ref, properties: Mapping[str, object]) -> Receipt:
    name = names.arm(vault.id)
    update = clients.vaults(vault.account).vaults.update
    return Receipt((sent(update, name.group, name.name, {"properties": dict(properties)})[1],))


def _read_protection(clients: Clients, vault: Ref) -> tuple[PurgeProtection, ...]:
    return (PurgeProtection(on=_vault(clients, vault).properties.enable_purge_protection is True),)


def _write_protection(clients: Clients, vault: Ref, wanted: Sequence[PurgeProtection]) -> Receipt:
    (protection,) = wanted
    if not protection.on:
        raise Refused("purge protection can not be switched off again")
    return _patched(clients, vault, {"enablePurgeProtection": True})


def _read_networks(clients: Clients, vault: Ref) -> tuple[NetworkRules, ...]:
    properties = _vault(clients, vault).properties
    return (facet(properties.network_acls, properties.public_network_access),)


def _write_networks(clients: Clients, vault: Ref, wanted: Sequence[NetworkRules]) -> Receipt:
    (rules,) = wanted
    return _patched(clients, vault, document(rules))


def _read_state(clients: Clients, key: Ref) -> tuple[KeyState, ...]:
    """A version that is not there may be one of a deleted key. Raises `Absent` where it is neither."""
    name = names.key(key.id)
    client = clients.keys(name.vault_url)
    try:
        found = call(client.get_key, name.name, name.version or None)
    except Absent:
        call(client.get_deleted_key, name.name)
        return (KeyState(enabled=False, deletion_pending=True),)
    return (KeyState(enabled=found.properties.enabled is True, deletion_pending=False),)


def _write_state(clients: Clients, key: Ref, wanted: Sequence[KeyState]) -> Receipt:
    """Switch one version on or off, by its id: without one, the service would take the latest. A deletion is only ever undone."""
    (state,) = wanted
    name = names.key(key.id)
    if state.deletion_pending:
        raise Refused("no deletion of a key is ever begun by the program")
    if not name.version:
        raise Refused("a key is switched on or off version by version, each by its id")
    client, ids = clients.keys(name.vault_url), []
    (now,) = _read_state(clients, key)
    if now.deletion_pending:
        ids.append(sent(client.begin_recover_deleted_key, name.name)[1])
    ids.append(sent(client.update_key_properties, name.name, name.version, enabled=state.enabled)[1])
    return Receipt(tuple(ids))


def _read_rotated(clients: Clients, key: Ref) -> tuple[Rotated, ...]:
    """When the newest version was made, if it is not the first. The service tells whole seconds: the end of one counts."""
    name = names.key(key.id)
    listed: Iterator[Any] = every(lambda: clients.keys(name.vault_url).list_properties_of_key_versions(name.name))
    made = [each.created_on for each in listed if each.created_on]
    return (Rotated(since=max(made).astimezone(UTC) + SECOND),) if len(made) > 1 else ()


def _write_rotated(clients: Clients, key: Ref, wanted: Sequence[Rotated]) -> Receipt:
    """A new version, of which no dependant with an explicit version knows yet."""
    (rotated,) = wanted
    if rotated.since is None:
        raise Refused("a rotation can not be undone")
    if any(rotated.satisfied_by(now) for now in _read_rotated(clients, key)):
        return Receipt(())
    name = names.key(key.id)
    return Receipt((sent(clients.keys(name.vault_url).rotate_key, name.name)[1],))


def _read_policy(clients: Clients, key: Ref) -> tuple[RotationPolicy, ...]:
    name = names.key(key.id)
    found = call(clients.keys(name.vault_url).get_key_rotation_policy, name.name)
    rotating = next((each for each in found.lifetime_actions or () if _rotates(each)), None)
    after, before = (rotating.time_after_create, rotating.time_before_expiry) if rotating else ("", "")
    policy = RotationPolicy(after=after or "", before_end=before or "", life=found.expires_in or "")
    return (policy,) if policy != policy.absent else ()


def _rotates(action: KeyRotationLifetimeAction) -> bool:
    return str(getattr(action.action, "value", action.action)).lower() == "rotate"


def _write_policy(clients: Clients, key: Ref, wanted: Sequence[RotationPolicy]) -> Receipt:
    """The other actions of the policy stay; the service adds a notification to every one."""
    (policy,) = wanted
    name = names.key(key.id)
    client = clients.keys(name.vault_url)
    now = call(client.get_key_rotation_policy, name.name)
    actions = [_action("Notify", each) for each in now.lifetime_actions or () if not _rotates(each)]
    when = KeyRotationLifetimeAction("Rotate", time_after_create=policy.after or None, time_before_expiry=policy.before_end or None)
    if policy.after or policy.before_end:
        actions.insert(0, _action("Rotate", when))
    body = {"lifetimeActions": actions, "attributes": {"expiryTime": policy.life or None}}
    # the SDK's own method keeps the answer's headers, and so the request id, to itself
    request = HttpRequest("PUT", f"{name.vault_url}/keys/{name.name}/rotationpolicy", json=body)
    return Receipt((answered(client.send_request, request),))


def _action(kind: str, given: KeyRotationLifetimeAction) -> dict[str, Any]:
    """An action as it is sent."""
    times = {"timeAfterCreate": given.time_after_create, "timeBeforeExpiry": given.time_before_expiry}
    return {"trigger": {name: period for name, period in times.items() if period}, "action": {"type": kind}}


_V = "Microsoft.KeyVault/vaults"
_READ = Rights(frozenset({f"{_V}/read"}))
_WRITE = Rights(frozenset({f"{_V}/write"}))
_READ_KEYS = Rights(data=frozenset({f"{_V}/keys/read"}))
_STATE = Rights(data=frozenset({f"{_V}/keys/update/action", f"{_V}/keys/recover/action"}))
_READ_POLICY = Rights(data=frozenset({f"{_V}/keyrotationpolicies/read"}))
_WRITE_POLICY = Rights(data=frozenset({f"{_V}/keyrotationpolicies/write"}))
_ROTATE = Rights(data=frozenset({f"{_V}/keys/rotate/action"}))


def _vault_of(clients: Clients, key: Ref) -> tuple[Ref, ...]:
    """The vault that a key lies in; its address does not say in which group that is. Empty where we do not see it."""
    wanted = names.key(key.id).vault_url.lower()
    for subscription in dict.fromkeys((key.account, *activity.subscriptions(clients))):
        for vault in vault_entries.listed(clients, subscription):
            if str(vault.properties.vault_uri or "").rstrip("/").lower() == wanted:
                return (names.ref(Kind.KEY_VAULT, str(vault.id)),)
    return ()


RELATIONS: RelationTable = {(Kind.KEY, Relation.VAULTS): RelationAdapter(_vault_of, vault_entries.LISTING)}

FACETS: FacetTable = {
    (Kind.KEY_VAULT, PurgeProtection): FacetAdapter(_read_protection, _write_protection, _READ, _WRITE, one_way=True),
    (Kind.KEY_VAULT, NetworkRules): FacetAdapter(_read_networks, _write_networks, _READ, _WRITE),
    (Kind.KEY, KeyState): FacetAdapter(_read_state, _write_state, _READ_KEYS, _READ_KEYS | _STATE),
    (Kind.KEY, RotationPolicy): FacetAdapter(_read_policy, _write_policy, _READ_POLICY, _READ_POLICY | _WRITE_POLICY),
    (Kind.KEY, Rotated): FacetAdapter(_read_rotated, _write_rotated, _READ_KEYS, _READ_KEYS | _ROTATE),
}
