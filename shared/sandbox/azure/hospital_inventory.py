"""What is stored in the hospital on Azure, as nobody but the storage itself can say: read behind the boundary.

Every version and snapshot, and under which version of which key it is.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from shared.adapters.azure.names import key as key_name
from shared.sandbox.azure import hospital_names as hospital
from shared.sandbox.azure.cloud import Cloud
from shared.sandbox.azure.storage_state import Account, Container, Version


@dataclass(frozen=True, slots=True)
class Held:
    """One stored state of a blob. `snapshot`: its id, where it is one; `content`: SHA-256; `under`: the id of a key's version."""

    tenant: str
    blob: str
    version: str
    snapshot: str
    content: str
    metadata: tuple[tuple[str, str], ...]
    tags: tuple[tuple[str, str], ...]
    scope: str
    under: str

    @property
    def place(self) -> tuple[str, str, str, str]:
        return (self.tenant, self.blob, self.version, self.snapshot)

    @property
    def lasting(self) -> tuple[object, ...]:
        """What no response changes."""
        return (self.content, self.metadata, self.tags, self.scope)

    @property
    def shape(self) -> dict[str, object]:
        """What one hospital of a seed has in common with another: no ids, no times."""
        told = {name: value for name, value in asdict(self).items() if name not in {"version", "snapshot", "under"}}
        return {**told, "snapshot": bool(self.snapshot)}


def inventory(cloud: Cloud) -> tuple[Held, ...]:
    """Every version and snapshot in the accounts of health data."""
    with cloud.lock:
        return tuple(held for name in hospital.STORES for held in _of(cloud.storage.accounts[name]))


def _of(account: Account) -> Iterator[Held]:
    for container in account.containers.values():
        for blob in container.blobs.values():
            for version in blob.all():
                yield _held(account, container, blob.name, version)


def _held(account: Account, container: Container, blob: str, version: Version) -> Held:
    wrapping = account.scopes[version.scope].wrapping if version.scope else account.wrapping
    return Held(
        tenant=container.name,
        blob=blob,
        # a current state has an id of its own only when it is overwritten
        version=version.id if not version.snapshot else "",
        snapshot=version.snapshot,
        content=hashlib.sha256(version.content).hexdigest(),
        metadata=tuple(sorted(version.metadata.items())),
        tags=tuple(sorted(version.tags.items())),
        scope=version.scope,
        under=wrapping.current if wrapping else "",
    )


def wrapped(cloud: Cloud) -> dict[str, str]:
    """The version of a key that is in use, by each account and encryption scope, and by the encryption set of disks."""
    with cloud.lock:
        found: dict[str, str] = {}
        for name in hospital.STORES:
            account = cloud.storage.accounts[name]
            placed = {name: account.wrapping} | {f"{name}/{scope}": held.wrapping for scope, held in account.scopes.items()}
            found |= {place: wrapping.current for place, wrapping in placed.items() if wrapping}
        disks = cloud.resources.get(hospital.DISKS_ID)["properties"]
        return {**found, hospital.DISKS: str(disks["activeKey"]["keyUrl"])}


def states(cloud: Cloud, keys: dict[str, str]) -> dict[str, str]:
    """`Enabled` or `Disabled`, by the id of each of these versions."""
    with cloud.lock:
        return {key: "Enabled" if _enabled(cloud, key) else "Disabled" for key in sorted(set(keys.values()))}


def _enabled(cloud: Cloud, key: str) -> bool:
    name = key_name(key)
    found = cloud.vaults.find(name.vault_url, name.name, name.version)
    return found is not None and found[2].enabled
