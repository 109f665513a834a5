"""The door to the objects of a store: every stored version, what it is encrypted with, and the few ways to change that.

An object's key can itself be health data: it is never part of a `repr`, and adapters put it into no exception.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from shared.domain.resource import Ref

NULL = "null"
"""The version id of what was stored while a bucket kept no versions (S3 user guide, "How S3 Versioning works")."""

CUSTOMER_KEY = "CustomerKey"
"""Code of the `Refused` for a version that can not even be looked at without the key of whoever wrote it (SSE-C)."""

type Pairs = tuple[tuple[str, str], ...]
"""Names and values, sorted by name."""


class Scheme(StrEnum):
    """Which kind of server-side encryption an object is under (S3 user guide, "Protecting data with encryption")."""

    NONE = "none"
    SSE_S3 = "sse-s3"
    SSE_KMS = "sse-kms"
    DSSE = "dsse-kms"
    SSE_C = "sse-c"
    SERVICE = "service"
    """a scheme of another service that keeps its data in S3 (`aws:backup`, `aws:fsx`)"""
    SCOPE = "encryption-scope"
    """a part of a store with data keys of its own (Azure Storage, "Encryption scopes for Blob storage")"""


class Bar(StrEnum):
    """What stands against any copy of a version onto itself, besides locks, archives and customers' keys."""

    SNAPSHOT = "snapshot"
    DELETED = "deleted"
    """it is kept for a while and can be brought back"""
    IN_PLACE = "in-place"
    """it is written into, or appended to: a copy of it would be an object of another kind"""
    LEASED = "leased"
    IMMUTABLE = "immutable"
    """of a container in which nothing can be overwritten"""
    IMPOSED = "imposed"
    """of a container that lets nobody choose another key"""
    DIRECTORIES = "directories"
    """of a store with real directories, whose access lists a copy may lose"""
    UPLOADING = "uploading"
    """somebody has sent parts of what is to take its place"""


BARRED = "Barred:"
"""Code of the `Refused` for a copy that a `Bar` stands against, before the bar's value."""


@dataclass(frozen=True, slots=True)
class Encryption:
    """What a version is encrypted with.

    `key` is the key's ARN for the two KMS schemes, the scope's resource id for `SCOPE` (the store's own where it is under none),
    else empty.
    """

    scheme: Scheme
    key: str = ""
    bucket_key: bool = False


@dataclass(frozen=True, slots=True)
class Lock:
    """S3 Object Lock of one version; `mode` is `GOVERNANCE`, `COMPLIANCE` or empty."""

    mode: str = ""
    until: datetime | None = None
    legal_hold: bool = False

    def retains(self, mode: str, now: datetime) -> bool:
        """Whether retention of this mode is in force."""
        return self.mode == mode and (self.until is None or self.until > now)


@dataclass(frozen=True, slots=True)
class Checksum:
    """A stored checksum; `whole` when it is of the content itself and not of the parts of an upload."""

    algorithm: str
    value: str
    whole: bool = True


class Version(NamedTuple):
    """One line of a store's listing: a version or a delete marker. `size` in bytes; `id` is `null` without versioning.

    `under` is what the listing says it is encrypted with, as `Encryption.key` has it; empty where it does not say. A tuple, for
    there are millions of them.
    """

    key: str
    id: str
    latest: bool
    modified: datetime
    delete_marker: bool = False
    size: int = 0
    etag: str = ""
    storage_class: str = "STANDARD"
    under: str = ""

    def __repr__(self) -> str:
        """Everything but the key."""
        return f"Version({', '.join(f'{name}={value!r}' for name, value in self._asdict().items() if name != 'key')})"


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a listing, newest version of a key first; `after` is where the next part begins, None after the last one."""

    versions: tuple[Version, ...]
    after: tuple[str, str] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a store says of one version. `headers` are those of HTTP that travel with the content (`content-type` …).

    `archived`: the content can not be read without a restore first (S3 Glacier, Deep Archive, archive tiers). `bar`: what the store
    says beforehand that a copy would be refused for.
    """

    size: int
    etag: str
    modified: datetime
    encryption: Encryption
    storage_class: str = "STANDARD"
    archived: bool = False
    lock: Lock = Lock()
    bar: Bar | None = None
    checksum: Checksum | None = None
    headers: Pairs = field(default=(), repr=False)
    metadata: Pairs = field(default=(), repr=False)
    tags: Pairs = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Attributes:
    """What GetObjectAttributes says of one version: the same facts as `Facts`, from another call."""

    size: int
    etag: str
    modified: datetime
    storage_class: str
    checksum: Checksum | None = None


class Versioning(StrEnum):
    """Whether a store keeps what is overwritten (S3 GetBucketVersioning)."""

    NEVER = ""
    ENABLED = "Enabled"
    SUSPENDED = "Suspended"


@dataclass(frozen=True, slots=True)
class Consumer:
    """Somebody who is told of new objects, in S3's words: `s3:ObjectCreated:*`, and a key's prefix and suffix."""

    events: tuple[str, ...]
    prefix: str = field(default="", repr=False)
    suffix: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """What of a store decides how its objects can be moved.

    `in_place`: its service can change the key of what is stored without writing it again. `copy_limit`: bytes that one copy can
    hold there, and `largest` those of an object that is copied in parts; None: as S3 has it.
    """

    versioning: Versioning
    consumers: tuple[Consumer, ...] = ()
    in_place: bool = True
    copy_limit: int | None = None
    largest: int | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """What came of a move: the version that holds the content now, its ETag if that is new, and what could not be carried along."""

    id: str
    etag: str
    request_ids: tuple[str, ...]
    lost: tuple[str, ...] = ()


class Objects(Protocol):
    """The objects of every store. Safe to call from several threads. Every method may raise `CloudError`.

    Nothing here deletes a version, copies one that is not the latest, or lifts a lock.
    """

    def store(self, store: "Ref") -> StoreFacts:
        """Versioning and consumers. Raises `Absent`: the store is gone."""
        ...

    def list(self, store: "Ref", after: tuple[str, str] | None) -> Page:
        """The next part of the listing of all versions and delete markers, by key."""
        ...

    def head(self, store: "Ref", key: str, version: str) -> Facts:
        """One version. Raises `Absent` for what is gone, `Refused` where we may not look, with code `CUSTOMER_KEY` for SSE-C."""
        ...

    def attributes(self, store: "Ref", key: str, version: str) -> Attributes:
        """The same version asked in another way. Raises as `head`."""
        ...

    def update(self, store: "Ref", key: str, version: str, encryption: Encryption) -> Moved:
        """Another key for this version, in place (S3 UpdateObjectEncryption).

        A server that does not know the call destroys the object: never used before a canary has proved it there.
        """
        ...

    def copy(self, store: "Ref", version: Version, facts: Facts, encryption: Encryption) -> Moved:
        """The latest version copied onto itself, if it still has this ETag; else `Refused` with code `PreconditionFailed`.

        `Refused` with `BARRED` and a `Bar` where the store lets nobody overwrite it so.
        """
        ...

    def copy_parts(
        self, store: "Ref", version: Version, facts: Facts, encryption: Encryption, part: int, begun: Callable[[str], None]
    ) -> Moved:
        """As `copy`, in parts of `part` bytes. `begun` is told the upload's id before any part is copied.

        An upload that fails is abandoned (`abort`); one whose worker died is the caller's to abort.
        """
        ...

    def abort(self, store: "Ref", key: str, upload: str) -> None:
        """Abandon an upload and free its parts; one that is over already is fine."""
        ...

    def put(self, store: "Ref", key: str, content: bytes) -> str:
        """Store a new object and return its version id. For canaries in a store of the responder's own, never for data."""
        ...

    def read(self, store: "Ref", key: str, version: str) -> bytes:
        """The content. For canaries only: no object of a patient is ever read."""
        ...
