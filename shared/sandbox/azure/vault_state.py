"""Key vaults and their keys: what the service keeps, and how it shows it.

Source: Key Vault REST reference 2025-07-01 (KeyBundle, DeletedKeyBundle, KeyRotationPolicy). Times are seconds since 1970.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from shared.sandbox.azure.key_material import OPERATIONS, Private, alike, jwk, new_version

DAY = 86_400.0
RECOVERABLE = "Recoverable"
_PERIOD = re.compile(r"P(?:(?P<Y>\d+)Y)?(?:(?P<M>\d+)M)?(?:(?P<W>\d+)W)?(?:(?P<D>\d+)D)?$")
_DAYS = {"Y": 365, "M": 30, "W": 7, "D": 1}
NOTIFY: dict[str, Any] = {"trigger": {"timeBeforeExpiry": "P30D"}, "action": {"type": "Notify"}}


def seconds(period: str) -> float:
    """An ISO 8601 period of years, months, weeks and days in seconds. Raises ValueError."""
    found = _PERIOD.match(period)
    if not found or period == "P":
        raise ValueError(f"not a period: {period}")
    return DAY * sum(int(count) * _DAYS[unit] for unit, count in found.groupdict().items() if count)


@dataclass(slots=True)
class KeyVersion:
    """One version: a key pair of its own, and its own switch."""

    name: str
    private: Private
    kty: str
    created: float
    updated: float
    enabled: bool = True
    expires: float | None = None
    not_before: float | None = None
    operations: tuple[str, ...] = ()
    exportable: bool = False
    release_policy: dict[str, Any] | None = None
    tags: dict[str, str] = field(default_factory=dict)

    def allows(self, operation: str) -> bool:
        return operation in (self.operations or OPERATIONS[self.kty.removesuffix("-HSM")])


@dataclass(slots=True)
class Key:
    """A key by name: its versions in the order of their creation, the last one current."""

    name: str
    versions: dict[str, KeyVersion] = field(default_factory=dict)
    rotation: dict[str, Any] | None = None
    rotation_created: float = 0.0
    rotation_updated: float = 0.0

    @property
    def current(self) -> KeyVersion:
        return next(reversed(self.versions.values()))

    def add(self, version: KeyVersion) -> KeyVersion:
        self.versions[version.name] = version
        return version

    def rotates_after(self) -> float | None:
        """Seconds after creation, or None where nothing rotates by itself; a time before expiry counts from the period set."""
        for action in (self.rotation or {}).get("lifetimeActions", ()):
            trigger = action["trigger"]
            if action["action"]["type"].lower() != "rotate":
                continue
            if trigger.get("timeAfterCreate"):
                return seconds(trigger["timeAfterCreate"])
            if self.expiry() is not None:
                return (self.expiry() or 0.0) - seconds(trigger["timeBeforeExpiry"])
        return None

    def expiry(self) -> float | None:
        """The life of a new version in seconds, as the rotation policy sets it."""
        period = ((self.rotation or {}).get("attributes") or {}).get("expiryTime")
        return seconds(period) if period else None


@dataclass(slots=True)
class DeletedKey:
    """A key in its soft-deleted state, and when it goes for good."""

    key: Key
    at: float
    purged_at: float


@dataclass(slots=True)
class Vault:
    """A vault: its ARM document, and the keys behind its own host."""

    id: str
    name: str
    location: str
    properties: dict[str, Any]
    tags: dict[str, str] = field(default_factory=dict)
    created: float = 0.0
    keys: dict[str, Key] = field(default_factory=dict)
    deleted: dict[str, DeletedKey] = field(default_factory=dict)

    @property
    def host(self) -> str:
        return f"{self.name.lower()}.vault.azure.net"

    @property
    def uri(self) -> str:
        return f"https://{self.host}/"

    @property
    def protected(self) -> bool:
        return self.properties.get("enablePurgeProtection") is True

    @property
    def by_roles(self) -> bool:
        return self.properties.get("enableRbacAuthorization") is True

    @property
    def retention(self) -> int:
        """Days in which what was deleted can be recovered."""
        return int(self.properties.get("softDeleteRetentionInDays") or 90)

    @property
    def recovery_level(self) -> str:
        customized = "Customized" if self.retention < 90 else ""  # noqa: PLR2004 - the service's default period
        return f"{customized}{RECOVERABLE}{'' if self.protected else '+Purgeable'}"

    def versions(self) -> Iterator[tuple[Key, KeyVersion]]:
        for key in self.keys.values():
            for version in key.versions.values():
                yield key, version

    def kid(self, key: Key, version: KeyVersion | None = None) -> str:
        return f"{self.uri}keys/{key.name}" + (f"/{version.name}" if version else "")

    def tend(self, now: float, made: list[KeyVersion] | None = None) -> None:
        """Do what the service does by itself: rotate what is due, purge what has been deleted long enough."""
        for name in [name for name, deleted in self.deleted.items() if deleted.purged_at <= now]:
            del self.deleted[name]
        for key in self.keys.values():
            after = key.rotates_after()
            while after and key.current.enabled and key.current.created + after <= now:
                version = successor(key, key.current.created + after)
                if made is not None:
                    made.append(version)


def successor(key: Key, at: float) -> KeyVersion:
    """A new version like the current one, with material of its own; its expiry is what the rotation policy says."""
    last, life = key.current, key.expiry()
    return key.add(
        KeyVersion(
            new_version(),
            alike(last.private),
            last.kty,
            created=at,
            updated=at,
            expires=at + life if life else None,
            operations=last.operations,
            exportable=last.exportable,
            release_policy=last.release_policy,
            tags=dict(last.tags),
        )
    )


def attributes(vault: Vault, version: KeyVersion) -> dict[str, Any]:
    """A version's attributes as the service shows them."""
    shown: dict[str, Any] = {
        "enabled": version.enabled,
        "created": int(version.created),
        "updated": int(version.updated),
        "recoveryLevel": vault.recovery_level,
        "recoverableDays": vault.retention,
        "exportable": version.exportable,
    }
    if version.expires is not None:
        shown["exp"] = int(version.expires)
    if version.not_before is not None:
        shown["nbf"] = int(version.not_before)
    return shown


def bundle(vault: Vault, key: Key, version: KeyVersion) -> dict[str, Any]:
    """A KeyBundle."""
    operations = list(version.operations or OPERATIONS[version.kty.removesuffix("-HSM")])
    web_key = {"kid": vault.kid(key, version), "kty": version.kty, "key_ops": operations, **jwk(version.private)}
    shown: dict[str, Any] = {"key": web_key, "attributes": attributes(vault, version)}
    if version.tags:
        shown["tags"] = dict(version.tags)
    if version.release_policy:
        shown["release_policy"] = version.release_policy
    return shown


def item(vault: Vault, key: Key, version: KeyVersion, *, versioned: bool) -> dict[str, Any]:
    """A KeyItem of a listing: without the public half."""
    shown: dict[str, Any] = {
        "kid": vault.kid(key, version if versioned else None),
        "attributes": attributes(vault, version),
    }
    if version.tags:
        shown["tags"] = dict(version.tags)
    return shown


def deletion(vault: Vault, deleted: DeletedKey) -> dict[str, Any]:
    """What a DeletedKeyBundle adds."""
    return {
        "recoveryId": f"{vault.uri}deletedkeys/{deleted.key.name}",
        "deletedDate": int(deleted.at),
        "scheduledPurgeDate": int(deleted.purged_at),
    }


def rotation_policy(vault: Vault, key: Key) -> dict[str, Any]:
    """The rotation policy with the Notify action that the service adds to every one."""
    policy = key.rotation or {}
    actions = list(policy.get("lifetimeActions") or [])
    if not any(action["action"]["type"].lower() == "notify" for action in actions):
        actions.append(NOTIFY)
    life: dict[str, Any] = {"expiryTime": (policy.get("attributes") or {}).get("expiryTime")}
    if key.rotation is not None:
        life |= {"created": int(key.rotation_created), "updated": int(key.rotation_updated)}
    return {"id": f"{vault.kid(key)}/rotationpolicy", "lifetimeActions": actions, "attributes": life}
