"""A store of objects in dictionaries, with S3's rules: versions, delete markers, locks, keys, conditions, uploads in parts.

Rules
1. People write and delete through `write` and `delete`; the port's methods are the responder's.
2. Whatever S3 refuses is refused with S3's code: an update of a locked version, SSE-C without its key, a copy of what changed.
3. Without versions, or with versioning suspended, a write replaces the version `null` and no other.
4. `beside` is called before every call of the port: others are at work in the meantime, or the worker dies.
"""

import hashlib
from collections.abc import Callable
from copy import replace
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from threading import RLock

from shared.domain.errors import Absent, Refused
from shared.domain.resource import Ref
from shared.ports.objects import (
    CUSTOMER_KEY,
    NULL,
    Attributes,
    Checksum,
    Consumer,
    Encryption,
    Facts,
    Lock,
    Moved,
    Page,
    Pairs,
    Scheme,
    StoreFacts,
    Version,
    Versioning,
)

from .clock import BEGINNING

PAGE = 1000


@dataclass(frozen=True, slots=True)
class Held:
    """One version as it is kept; `content` is None for a delete marker."""

    id: str
    content: bytes | None
    facts: Facts


@dataclass(slots=True)
class MemoryStore:
    """One store. `versions` are those of each key, newest first."""

    versioning: Versioning = Versioning.ENABLED
    consumers: tuple[Consumer, ...] = ()
    updates: bool = True
    """whether the server knows UpdateObjectEncryption; one that does not takes it for a PUT"""
    versions: dict[str, list[Held]] = field(default_factory=dict)
    uploads: dict[str, tuple[str, int]] = field(default_factory=dict)
    """upload id -> key, and how many parts it holds"""


class MemoryObjects:
    """Stores by ref. Safe to use from several threads; every public attribute may be changed at any time."""

    def __init__(self, page: int = PAGE) -> None:
        self.stores: dict[Ref, MemoryStore] = {}
        self.beside: Callable[[str], None] = lambda _: None
        self._page = page
        self._numbers = count(1)
        self._lock = RLock()

    def write(self, store: Ref, key: str, content: bytes, encryption: Encryption, **facts: object) -> str:
        """Somebody stores an object; `facts` are further fields of `Facts`. The new version's id."""
        with self._lock:
            number, modified = self._tick()
            etag = hashlib.sha256(f"{number}".encode() + content).hexdigest()[:32]
            checksum = Checksum("SHA256", hashlib.sha256(content).hexdigest())
            stored = Facts(size=len(content), etag=etag, modified=modified, encryption=encryption, checksum=checksum)
            return self._add(self.stores[store], key, content, replace(stored, **facts), number)  # type: ignore[arg-type]

    def delete(self, store: Ref, key: str) -> None:
        """Somebody deletes an object: a delete marker where versions are kept, the object itself where not."""
        with self._lock:
            held = self.stores[store]
            number, modified = self._tick()
            if held.versioning is Versioning.NEVER:
                held.versions.pop(key, None)
                return
            self._add(held, key, None, Facts(0, "", modified, Encryption(Scheme.NONE)), number)

    def delete_version(self, store: Ref, key: str, version: str) -> None:
        """Somebody deletes one version for ever."""
        with self._lock:
            kept = [each for each in self.stores[store].versions.get(key, []) if each.id != version]
            self.stores[store].versions[key] = kept

    def store(self, store: Ref) -> StoreFacts:
        held = self._answer("store", store)
        return StoreFacts(held.versioning, held.consumers)

    def list(self, store: Ref, after: tuple[str, str] | None) -> Page:
        held = self._answer("list", store)
        with self._lock:
            keys = sorted(key for key in held.versions if after is None or key > after[0])
            lines: list[Version] = []
            while keys and len(lines) < self._page:
                key = keys.pop(0)
                lines += [_line(key, each, latest=n == 0) for n, each in enumerate(held.versions[key])]
            return Page(tuple(lines), (lines[-1].key, "") if keys and lines else None)

    def head(self, store: Ref, key: str, version: str) -> Facts:
        return self._readable("head", store, key, version).facts

    def attributes(self, store: Ref, key: str, version: str) -> Attributes:
        facts = self._readable("attributes", store, key, version).facts
        return Attributes(facts.size, facts.etag, facts.modified, facts.storage_class, facts.checksum)

    def update(self, store: Ref, key: str, version: str, encryption: Encryption) -> Moved:
        held = self._answer("update", store)
        with self._lock:
            if not held.updates:
                self.write(store, key, b"<ObjectEncryption/>", Encryption(Scheme.SSE_S3))
                return Moved(version, "", (self._request(),))
            found = self._find(held, key, version)
            if found.facts.encryption.scheme not in (Scheme.SSE_S3, Scheme.SSE_KMS):
                raise Refused("UpdateObjectEncryption: InvalidRequest", "InvalidRequest")
            if _locked(found.facts.lock, self._now()):
                raise Refused("UpdateObjectEncryption: AccessDenied", "AccessDenied")
            changed = replace(found, facts=replace(found.facts, encryption=encryption))
            held.versions[key] = [changed if each.id == version else each for each in held.versions[key]]
            return Moved(version, "", (self._request(),))

    def copy(self, store: Ref, version: Version, facts: Facts, encryption: Encryption) -> Moved:
        held = self._answer("copy", store)
        with self._lock:
            return self._copy(store, held, version, facts, encryption)

    def copy_parts(
        self, store: Ref, version: Version, facts: Facts, encryption: Encryption, part: int, begun: Callable[[str], None]
    ) -> Moved:
        held = self._answer("begin", store)
        upload = self._request()
        held.uploads[upload] = (version.key, 0)
        begun(upload)
        for number, _ in enumerate(range(0, facts.size, part), start=1):
            self._answer("part", store)
            held.uploads[upload] = (version.key, number)
        self._answer("complete", store)
        with self._lock:
            try:
                return self._copy(store, held, version, facts, encryption)
            finally:
                held.uploads.pop(upload, None)

    def abort(self, store: Ref, key: str, upload: str) -> None:
        held = self._answer("abort", store)
        if held.uploads.get(upload, ("", 0))[0] == key:
            del held.uploads[upload]

    def put(self, store: Ref, key: str, content: bytes) -> str:
        self._answer("put", store)
        return self.write(store, key, content, Encryption(Scheme.SSE_S3))

    def read(self, store: Ref, key: str, version: str) -> bytes:
        return self._readable("read", store, key, version).content or b""

    def _copy(self, store: Ref, held: MemoryStore, version: Version, facts: Facts, encryption: Encryption) -> Moved:
        latest = next(iter(held.versions.get(version.key, [])), None)
        if latest is None or latest.content is None:
            raise Absent("CopyObject: NoSuchKey", "NoSuchKey")
        if latest.facts.etag != facts.etag:
            raise Refused("CopyObject: PreconditionFailed", "PreconditionFailed")
        if latest.facts.archived:
            raise Refused("CopyObject: InvalidObjectState", "InvalidObjectState")
        kept: dict[str, Pairs] = {name: getattr(latest.facts, name) for name in ("headers", "metadata", "tags")}
        made = self.write(store, version.key, latest.content, encryption, storage_class=latest.facts.storage_class, **kept)
        return Moved(made, held.versions[version.key][0].facts.etag, (self._request(),))

    def _add(self, held: MemoryStore, key: str, content: bytes | None, facts: Facts, number: int) -> str:
        kept = held.versions.get(key, [])
        made = Held(f"v{number}" if held.versioning is Versioning.ENABLED else NULL, content, facts)
        held.versions[key] = [made, *(each for each in kept if each.id != made.id)]
        return made.id

    def _answer(self, call: str, store: Ref) -> MemoryStore:
        self.beside(call)
        if store not in self.stores:
            raise Absent(f"{store} does not exist", "NoSuchBucket")
        return self.stores[store]

    def _readable(self, call: str, store: Ref, key: str, version: str) -> Held:
        held = self._answer(call, store)
        with self._lock:
            found = self._find(held, key, version)
        if found.facts.encryption.scheme is Scheme.SSE_C:
            raise Refused("HeadObject: 400", CUSTOMER_KEY)
        return found

    def _find(self, held: MemoryStore, key: str, version: str) -> Held:
        found = next((each for each in held.versions.get(key, []) if each.id == version), None)
        if found is None:
            raise Absent("NoSuchVersion", "NoSuchVersion")
        if found.content is None:
            raise Refused("a delete marker has no content", "405")
        return found

    def _tick(self) -> tuple[int, datetime]:
        """A number that was never used, and a moment later than any before."""
        number = next(self._numbers)
        return number, BEGINNING + timedelta(seconds=number)

    def _now(self) -> datetime:
        return self._tick()[1]

    def _request(self) -> str:
        return f"request-{next(self._numbers)}"


def _line(key: str, held: Held, *, latest: bool) -> Version:
    facts = held.facts
    marker = held.content is None
    return Version(key, held.id, latest, facts.modified, marker, facts.size, facts.etag, facts.storage_class)


def _locked(lock: Lock, now: datetime) -> bool:
    return lock.legal_hold or lock.retains("COMPLIANCE", now) or lock.retains("GOVERNANCE", now)
