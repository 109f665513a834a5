"""What can be asked of the keys in a vault, beside their cryptography.

Source: Key Vault REST reference 2025-07-01, "Keys" and "Deleted keys".
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from shared.sandbox.azure import vault_refusals as refused
from shared.sandbox.azure.key_material import Unfit, b64, generate, new_version, restored
from shared.sandbox.azure.vault_state import (
    DAY,
    DeletedKey,
    Key,
    KeyVersion,
    Vault,
    bundle,
    deletion,
    item,
    rotation_policy,
    seconds,
    successor,
)

SHORTEST_LIFE = 28 * DAY
SHORTEST_ROTATION = 7 * DAY


@dataclass(frozen=True, slots=True)
class Ask:
    """One allowed request to a vault. `at` in seconds since 1970."""

    vault: Vault
    at: float
    name: str = ""
    version: str = ""
    body: dict[str, Any] = field(default_factory=dict)
    backups: dict[str, Key] = field(default_factory=dict)

    def key(self) -> Key:
        """The key asked for. Raises VaultProblem `KeyNotFound`."""
        found = self.vault.keys.get(self.name.lower())
        if found is None:
            raise refused.no_key(self.name)
        return found

    def which(self) -> tuple[Key, KeyVersion]:
        """The key and the version asked for: the current one where none is named. Raises VaultProblem `KeyNotFound`."""
        key = self.key()
        version = key.versions.get(self.version) if self.version else key.current
        if version is None:
            raise refused.no_key(f"{self.name}/{self.version}")
        return key, version

    def shown(self, key: Key, version: KeyVersion | None = None) -> dict[str, Any]:
        return bundle(self.vault, key, version or key.current)


type Doing = Callable[[Ask], dict[str, Any] | None]


def create(ask: Ask) -> dict[str, Any]:
    """A new key, or a new version of the key that has the name already."""
    body, key = ask.body, _home(ask)
    try:
        material = generate(str(body.get("kty", "")), int(body.get("key_size") or 2048), str(body.get("crv") or "P-256"))
    except Unfit as unfit:
        raise refused.bad(str(unfit)) from unfit
    version = KeyVersion(new_version(), material, str(body["kty"]), created=ask.at, updated=ask.at)
    return ask.shown(key, key.add(_described(version, body)))


def bring(ask: Ask) -> dict[str, Any]:
    """A key brought from elsewhere."""
    members, key = ask.body.get("key") or {}, _home(ask)
    try:
        version = KeyVersion(new_version(), restored(members), str(members["kty"]), created=ask.at, updated=ask.at)
    except Unfit as unfit:
        raise refused.bad(str(unfit)) from unfit
    return ask.shown(key, key.add(_described(version, {**ask.body, "key_ops": members.get("key_ops")})))


def _home(ask: Ask) -> Key:
    if ask.name.lower() in ask.vault.deleted:
        raise refused.recoverable(ask.name)
    return ask.vault.keys.setdefault(ask.name.lower(), Key(ask.name))


def _described(version: KeyVersion, body: dict[str, Any]) -> KeyVersion:
    given = body.get("attributes") or {}
    if given.get("enabled") is not None:
        version.enabled = bool(given["enabled"])
    version.expires = given.get("exp", version.expires)
    version.not_before = given.get("nbf", version.not_before)
    version.exportable = bool(given.get("exportable", version.exportable))
    if body.get("key_ops") is not None:
        version.operations = tuple(body["key_ops"])
    if body.get("tags") is not None:
        version.tags = dict(body["tags"])
    version.release_policy = body.get("release_policy") or version.release_policy
    return version


def show(ask: Ask) -> dict[str, Any]:
    """A disabled key can still be looked at: only its use is refused."""
    return ask.shown(*ask.which())


def update(ask: Ask) -> dict[str, Any]:
    """Change one version: the current one where none is named."""
    key, version = ask.which()
    _described(version, ask.body).updated = ask.at
    return ask.shown(key, version)


def rotate(ask: Ask) -> dict[str, Any]:
    """A new version with material of its own."""
    key = ask.key()
    return ask.shown(key, successor(key, ask.at))


def listed(ask: Ask) -> dict[str, Any]:
    """Every key, without its public half."""
    return {"value": [item(ask.vault, key, key.current, versioned=False) for key in ask.vault.keys.values()]}


def versions(ask: Ask) -> dict[str, Any]:
    """Every version; a key that is not there has none."""
    key = ask.vault.keys.get(ask.name.lower())
    return {"value": [item(ask.vault, key, each, versioned=True) for each in key.versions.values()] if key else []}


def delete(ask: Ask) -> dict[str, Any]:
    """Soft deletion: recoverable for as many days as the vault keeps."""
    key = ask.key()
    deleted = DeletedKey(ask.vault.keys.pop(key.name.lower()), ask.at, ask.at + ask.vault.retention * DAY)
    ask.vault.deleted[key.name.lower()] = deleted
    return {**ask.shown(key), **deletion(ask.vault, deleted)}


def _deleted(ask: Ask) -> DeletedKey:
    found = ask.vault.deleted.get(ask.name.lower())
    if found is None:
        raise refused.not_deleted(ask.name)
    return found


def show_deleted(ask: Ask) -> dict[str, Any]:
    """A deleted key, and when it goes."""
    deleted = _deleted(ask)
    return {**ask.shown(deleted.key), **deletion(ask.vault, deleted)}


def list_deleted(ask: Ask) -> dict[str, Any]:
    """Every deleted key."""
    vault = ask.vault
    return {
        "value": [
            {**item(vault, each.key, each.key.current, versioned=False), **deletion(vault, each)} for each in vault.deleted.values()
        ]
    }


def recover(ask: Ask) -> dict[str, Any]:
    """Take a key out of deletion."""
    deleted = _deleted(ask)
    ask.vault.keys[ask.name.lower()] = ask.vault.deleted.pop(ask.name.lower()).key
    return ask.shown(deleted.key)


def purge(ask: Ask) -> None:
    """Gone for good, unless the vault is protected against it."""
    _deleted(ask)
    if ask.vault.protected:
        raise refused.protected()
    del ask.vault.deleted[ask.name.lower()]


def show_rotation(ask: Ask) -> dict[str, Any]:
    """When the service makes a new version by itself."""
    return rotation_policy(ask.vault, ask.key())


def set_rotation(ask: Ask) -> dict[str, Any]:
    """Replace the rotation policy whole."""
    key = ask.key()
    _judge(ask.body)
    key.rotation_created = key.rotation_created or ask.at
    key.rotation, key.rotation_updated = ask.body, ask.at
    return rotation_policy(ask.vault, key)


def _judge(policy: dict[str, Any]) -> None:
    """Raises VaultProblem `BadParameter` for what the service takes for no rotation policy."""
    life = (policy.get("attributes") or {}).get("expiryTime")
    try:
        if life and seconds(life) < SHORTEST_LIFE:
            raise refused.bad("The expiryTime must be at least 28 days.")
        for action in policy.get("lifetimeActions") or ():
            after, before = (action["trigger"].get(name) for name in ("timeAfterCreate", "timeBeforeExpiry"))
            if bool(after) == bool(before):
                raise refused.bad("A trigger is either timeAfterCreate or timeBeforeExpiry.")
            if after and seconds(after) < SHORTEST_ROTATION:
                raise refused.bad("The timeAfterCreate must be at least 7 days.")
            if action["action"]["type"].lower() not in ("rotate", "notify"):
                raise refused.bad("The action type must be Rotate or Notify.")
            if before and not life and action["action"]["type"].lower() == "rotate":
                raise refused.bad("A rotation before expiry needs an expiryTime.")
    except (KeyError, TypeError, ValueError) as wrong:
        raise refused.bad("The rotation policy is not valid.") from wrong


def backup(ask: Ask) -> dict[str, Any]:
    """An opaque copy, of use only to a vault of the same cloud."""
    token = b64(new_version().encode())
    key = ask.key()
    kept = {name: replace(version) for name, version in key.versions.items()}
    ask.backups[token] = replace(key, versions=kept)
    return {"value": token}


def restore(ask: Ask) -> dict[str, Any]:
    """Bring a backup back under its name."""
    kept = ask.backups.get(str(ask.body.get("value")))
    if kept is None:
        raise refused.bad("Backup blob contains invalid or corrupt version.")
    if kept.name.lower() in ask.vault.keys:
        raise refused.VaultProblem(409, "Conflict", "Key already exists in the vault.")
    ask.vault.keys[kept.name.lower()] = kept
    return ask.shown(kept)
