"""Storage accounts, containers and blobs: what the service keeps.

Source: Storage management and Blob service REST references. Times are seconds since 1970.
"""

import base64
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from shared.sandbox.azure.clock import utc

type Kind = Literal["BlockBlob", "AppendBlob", "PageBlob"]

KEY_NAMES = ("key1", "key2")
ROOT = "blobServices/default"


@dataclass(frozen=True, slots=True)
class AccountKey:
    """One of the two keys of an account. `value` is base64 of 64 bytes."""

    name: str
    value: str = field(repr=False)
    created: float

    @classmethod
    def new(cls, name: str, at: float) -> "AccountKey":
        return cls(name, base64.b64encode(secrets.token_bytes(64)).decode(), at)

    @property
    def secret(self) -> bytes:
        return base64.b64decode(self.value)


@dataclass(frozen=True, slots=True)
class DelegationKey:
    """A user-delegation key as it was handed out. The fields of `names` travel in every SAS signed with it."""

    names: tuple[str, ...]
    """object id, tenant, start, expiry, service, version; as they stand in a SAS"""
    value: str = field(repr=False)
    issued: float
    starts: float
    ends: float

    @property
    def object_id(self) -> str:
        return self.names[0]

    @property
    def secret(self) -> bytes:
        return base64.b64decode(self.value)


@dataclass(slots=True)
class Wrapping:
    """The key in Key Vault under which an account's or a scope's own key is wrapped. An empty version floats."""

    vault_uri: str
    name: str
    version: str
    current: str
    """the version in use: the key's full identifier"""
    since: float
    """when the service last moved to another version"""
    looked: float
    """when the service last looked for a newer one"""
    principal: str = ""
    """object id of the identity in whose name the service asks the vault"""
    opened: float = float("-inf")
    """when the service last asked the vault to open the wrapped key: it keeps what it got for an hour"""


@dataclass(slots=True)
class Scope:
    """An encryption scope: blobs written under it have data keys of its own. It can be disabled, never deleted."""

    name: str
    created: float
    modified: float
    enabled: bool = True
    wrapping: Wrapping | None = None
    infrastructure: bool | None = None


@dataclass(slots=True)
class Worm:
    """Version-level immutability of one blob version."""

    until: float
    locked: bool


@dataclass(slots=True)
class Lease:
    """A lease on a blob or a container; seconds is -1 for one that does not end."""

    id: str
    seconds: float
    ends: float
    broken_at: float | None = None

    def holds(self, now: float) -> bool:
        return now < min(self.ends, self.broken_at if self.broken_at is not None else float("inf"))


@dataclass(slots=True)
class Block:
    """One block of a block blob."""

    id: str
    content: bytes
    scope: str = ""


@dataclass(slots=True)
class Version:
    """One state of a blob: the current one, an earlier version or a snapshot. Both ids are moments, as text."""

    id: str
    kind: Kind
    content: bytes
    etag: str
    created: float
    modified: float
    snapshot: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    scope: str = ""
    blocks: list[Block] = field(default_factory=list)
    appends: int = 0
    sealed: bool = False
    tier: str = ""
    worm: Worm | None = None
    hold: bool = False
    copied: dict[str, str] = field(default_factory=dict)
    deleted: float | None = None
    purged: float | None = None


@dataclass(slots=True)
class Blob:
    """All that is kept under one name. `current` is None where the blob was deleted and earlier versions or snapshots remain."""

    name: str
    current: Version | None = None
    earlier: list[Version] = field(default_factory=list)
    snapshots: list[Version] = field(default_factory=list)
    uncommitted: dict[str, Block] = field(default_factory=dict)
    lease: Lease | None = None

    def all(self) -> Iterator[Version]:
        """Every version and snapshot, oldest first, the current one last."""
        yield from self.earlier
        yield from self.snapshots
        if self.current:
            yield self.current

    @property
    def empty(self) -> bool:
        return self.current is None and not self.earlier and not self.snapshots


@dataclass(slots=True)
class Policy:
    """A container's time-based retention."""

    days: int
    locked: bool
    etag: str
    appends: bool = False
    appends_all: bool = False
    history: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Identifier:
    """A stored access policy."""

    id: str
    start: str = ""
    expiry: str = ""
    permission: str = ""


@dataclass(slots=True)
class Container:
    """A container, its guards and its blobs by name."""

    name: str
    created: float
    modified: float
    etag: str
    public: str = ""
    """`blob`, `container` or nothing"""
    metadata: dict[str, str] = field(default_factory=dict)
    default_scope: str = ""
    deny_override: bool = False
    policy: Policy | None = None
    holds: list[dict[str, Any]] = field(default_factory=list)
    hold_appends: bool = False
    versioned_worm: bool = False
    identifiers: dict[str, Identifier] = field(default_factory=dict)
    blobs: dict[str, Blob] = field(default_factory=dict)
    lease: Lease | None = None
    deleted: float | None = None


@dataclass(slots=True)
class LocalUser:
    """An SFTP user, with what it may log in with."""

    name: str
    properties: dict[str, Any]
    sid: str
    shared_key: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


@dataclass(slots=True)
class Account:
    """A storage account: its ARM document, and everything behind its blob host."""

    id: str
    name: str
    location: str
    kind: str
    sku: dict[str, Any]
    properties: dict[str, Any]
    created: float
    tags: dict[str, str] = field(default_factory=dict)
    identity: dict[str, Any] = field(default_factory=dict)
    keys: dict[str, AccountKey] = field(default_factory=dict)
    wrapping: Wrapping | None = None
    service: dict[str, Any] = field(default_factory=dict)
    scopes: dict[str, Scope] = field(default_factory=dict)
    containers: dict[str, Container] = field(default_factory=dict)
    gone: list[Container] = field(default_factory=list)
    users: dict[str, LocalUser] = field(default_factory=dict)
    delegations: dict[tuple[str, ...], DelegationKey] = field(default_factory=dict)
    revoked_at: float = float("-inf")
    ticks: int = 0

    @property
    def host(self) -> str:
        return f"{self.name}.blob.core.windows.net"

    @property
    def versioning(self) -> bool:
        return self.service.get("isVersioningEnabled") is True

    @property
    def kept_days(self) -> int:
        """Days in which a deleted blob can be restored; nought without soft delete."""
        policy = self.service.get("deleteRetentionPolicy") or {}
        return int(policy.get("days") or 0) if policy.get("enabled") else 0

    def container_id(self, container: str) -> str:
        return f"{self.id}/{ROOT}/containers/{container}"

    def moment(self, at: float) -> str:
        """A version or snapshot id: a moment with seven digits of a second, each later than the last."""
        self.ticks = max(self.ticks + 1, round(at * 10**7))
        whole, rest = divmod(self.ticks, 10**7)
        return f"{utc(whole):%Y-%m-%dT%H:%M:%S}.{rest:07}Z"

    def etag(self) -> str:
        """An entity tag that was never given before."""
        return f'"0x8D{secrets.token_hex(7).upper()}"'
