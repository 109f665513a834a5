"""What a fence leaves behind in the clinic's Azure, in a form that two runs can be compared by: names for ids, and no times."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.adapters.azure.custody_places import Places
from shared.adapters.azure.key_versions import CASE
from shared.sandbox.azure import clinic_names as names
from shared.sandbox.azure.cloud import Cloud
from shared.sandbox.azure.storage_state import Account
from tests.contract.azure.thief_scenes import DISK

RECENT = 30 * 86400.0
"""Seconds: the clinic's keys were a year old when it was robbed."""

OPEN = {"defaultAction": "Allow", "bypass": "AzureServices", "ipRules": [], "virtualNetworkRules": []}
"""What holds where nobody has said anything (Key Vault and Storage REST references, network rule sets)."""


def state_of(cloud: Cloud) -> dict[str, Any]:
    """Everything that a fence may touch, by what it is."""
    store = cloud.storage.accounts[names.ACCOUNT]
    vault, disk = cloud.vaults.living[names.VAULT], cloud.resources.by_id.get(DISK.lower())
    logs = sorted(each.rpartition("/providers/")[0] for each in cloud.resources.by_id if "/diagnosticsettings/" in each)
    return {
        "sign-in": {who.name: who.enabled for who in _people(cloud)},
        "credentials": {each.name: len(tuple(each.credentials.known(cloud.clock.now()))) for each in _holders(cloud)},
        "roles": sorted(_roles(cloud)),
        "keys made anew": _renewed(store, cloud.clock.now()),
        "store": {name: value for name, value in store.properties.items() if name not in {"networkAcls", "publicNetworkAccess"}},
        "network": _network(store.properties),
        "vault": {"network": _network(vault.properties), "entries": vault.properties.get("accessPolicies") or []},
        "disk": (disk or {}).get("properties", {}).get("networkAccessPolicy"),
        "logs": logs,
    }


def _network(properties: Mapping[str, Any]) -> tuple[object, object]:
    return properties.get("networkAcls") or OPEN, properties.get("publicNetworkAccess") or "Enabled"


def _people(cloud: Cloud) -> Iterator[Any]:
    directory = cloud.entra.directory
    yield from (*directory.users.values(), *directory.principals.values())


def _holders(cloud: Cloud) -> Iterator[Any]:
    directory = cloud.entra.directory
    yield from (*directory.applications.values(), *directory.principals.values())


def _roles(cloud: Cloud) -> Iterator[tuple[str, str, str]]:
    """Who has which role where."""
    known = {who.id: who.name for who in _people(cloud)}
    for held in cloud.rbac.current():
        yield known.get(held.principal_id, "somebody who is gone"), cloud.rbac.role(held.role_id).name, held.scope.lower()


def _renewed(store: Account, now: float) -> dict[str, bool]:
    return {name: key.created > now - RECENT for name, key in store.keys.items()}


def legitimate(state: dict[str, Any], actors: frozenset[str]) -> dict[str, Any]:
    """The same without the actors themselves, and without what only makes it safer."""
    return {
        "sign-in": {who: may for who, may in state["sign-in"].items() if who not in actors},
        "roles": [role for role in state["roles"] if role[0] not in actors],
        "network": state["network"],
        "vault": state["vault"],
        "disk": state["disk"],
    }


def kept(cloud: Cloud, at: Places) -> Iterator[bytes]:
    """Every byte that custody holds, with the names that it is kept under."""
    for container in cloud.storage.accounts[at.account].containers.values():
        for blob in container.blobs.values():
            yield blob.name.encode()
            for version in blob.all():
                yield version.content
                yield repr((version.headers, version.metadata, version.tags)).encode()


def stored(cloud: Cloud) -> dict[object, object]:
    """Every version of every blob of the clinic's store, by container, name and id."""
    found: dict[object, object] = {}
    for container in cloud.storage.accounts[names.ACCOUNT].containers.values():
        for blob in container.blobs.values():
            for each in blob.all():
                found[container.name, blob.name, each.id] = (each.content, each.etag, each.metadata, each.tags, each.modified)
    return found


def astray(cloud: Cloud) -> list[str]:
    """Scopes, and the store itself, that are not under the one version that was made of their key, or do not follow the newest."""
    store = cloud.storage.accounts[names.ACCOUNT]
    places = {names.ACCOUNT: store.wrapping, **{name: scope.wrapping for name, scope in store.scopes.items()}}
    made = _made(cloud)
    wrong = (f"{len(ours)} successors of {name}" for name, ours in made.items() if len(ours) != 1)
    under = {place: each for place, each in places.items() if each}
    return [*wrong, *(at for at, each in under.items() if each.version or each.current.rpartition("/")[2] not in made[each.name])]


def unclaimed(cloud: Cloud) -> list[str]:
    """Versions that were made for a case and are not their key's newest."""
    vault = cloud.vaults.living[names.VAULT]
    return [each for name, ours in _made(cloud).items() for each in ours if each != vault.keys[name].current.name]


def _made(cloud: Cloud) -> dict[str, list[str]]:
    """By key, the versions that were made for a case."""
    vault = cloud.vaults.living[names.VAULT]
    return {name: [each.name for each in key.versions.values() if CASE in each.tags] for name, key in vault.keys.items()}
