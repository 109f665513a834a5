"""What the Blob service says of stored blobs, read into the domain's words. Pure: no call is made here.

A version is named by its id, a snapshot by its time behind `SNAPSHOT`, what soft delete keeps behind `DELETED`; a blob of an
account that keeps no versions is `null`. An object's key is container and blob, with a `/` between them.
"""

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared.domain.resource import Ref
from shared.ports.objects import (
    NULL,
    Attributes,
    Bar,
    Checksum,
    Consumer,
    Encryption,
    Facts,
    Lock,
    Pairs,
    Scheme,
    Version,
)

SNAPSHOT, DELETED = "snapshot ", "deleted "
INFERRED = " by default"
"""Behind a tier that nobody chose for the blob: it follows the account's."""

ARCHIVE = "Archive"
OWN_KEY = "$account-encryption-key"
"""The scope's name of what is under the account's own key."""

HEADERS = {
    "cache-control": "cache_control",
    "content-disposition": "content_disposition",
    "content-encoding": "content_encoding",
    "content-language": "content_language",
    "content-type": "content_type",
}
"""HTTP header, and its name in the SDK."""

MODES = {"locked": "COMPLIANCE", "unlocked": "GOVERNANCE"}
"""A version's policy that nobody can shorten, and one that people may take away."""

CREATED = "Microsoft.Storage.BlobCreated"


@dataclass(frozen=True, slots=True)
class Place:
    """What of a container, and of its account, stands against writing over anything in it."""

    held: bool = False
    imposed: bool = False
    directories: bool = False

    @property
    def bar(self) -> Bar | None:
        said = ((Bar.IMMUTABLE, self.held), (Bar.IMPOSED, self.imposed), (Bar.DIRECTORIES, self.directories))
        return next((bar for bar, so in said if so), None)


def place(properties: Any, *, directories: bool) -> Place:  # noqa: ANN401 - the SDK's model, whose parts may all be missing
    """A container as a listing or its own properties show it. Version-level immutability is each version's own matter."""
    scope = properties.encryption_scope
    held = properties.has_legal_hold or (properties.has_immutability_policy and not _versioned(properties))
    return Place(bool(held), bool(scope and scope.prevent_encryption_scope_override), directories)


def _versioned(properties: Any) -> bool:  # noqa: ANN401 - the same
    return bool(properties.immutable_storage_with_versioning_enabled)


def version(store: Ref, container: str, blob: Any) -> Version:  # noqa: ANN401 - the same
    """One line of List Blobs."""
    return Version(
        key=f"{container}/{blob.name}",
        id=_id(blob),
        latest=not blob.snapshot and not blob.deleted and (blob.is_current_version is True or not blob.version_id),
        modified=_moment(blob.last_modified),
        size=int(blob.size or 0),
        etag=unquoted(blob.etag),
        storage_class=_tier(blob),
        under=_encryption(store, blob).key,
    )


def _id(blob: Any) -> str:  # noqa: ANN401 - the same
    named = f"{SNAPSHOT}{blob.snapshot}" if blob.snapshot else str(blob.version_id or NULL)
    return f"{DELETED}{named} {_moment(blob.deleted_time).isoformat()}" if blob.deleted else named


def facts(store: Ref, blob: Any, tags: Pairs, within: Place) -> Facts:  # noqa: ANN401 - the same
    """A blob as Get Blob Properties shows it, or as List Blobs does, with the tags that another call told."""
    return Facts(
        size=int(blob.size or 0),
        etag=unquoted(blob.etag),
        modified=_moment(blob.last_modified),
        encryption=_encryption(store, blob),
        storage_class=_tier(blob),
        archived=str(blob.blob_tier or "") == ARCHIVE,
        lock=_lock(blob),
        bar=_bar(blob) or within.bar,
        checksum=_checksum(blob),
        headers=tuple(_headers(blob.content_settings)),
        metadata=pairs(blob.metadata),
        tags=tags,
    )


def attributes(blob: Any) -> Attributes:  # noqa: ANN401 - the same
    """A line of List Blobs, for the proof."""
    return Attributes(int(blob.size or 0), unquoted(blob.etag), _moment(blob.last_modified), _tier(blob), _checksum(blob))


def pairs(given: Mapping[str, str] | None) -> Pairs:
    """Names and values, sorted by name."""
    return tuple(sorted((given or {}).items()))


def unquoted(etag: str | None) -> str:
    """An ETag without the quotes that headers have and listings have not."""
    return str(etag or "").strip('"')


def consumers(subscriptions: Iterable[Mapping[str, Any]]) -> Iterator[Consumer]:
    """Who is told of new blobs by Event Grid: of a whole copy and of one in blocks alike."""
    for each in subscriptions:
        said: Mapping[str, Any] = (each.get("properties") or {}).get("filter") or {}
        types = said.get("includedEventTypes")
        if types is None or CREATED in types:
            begins = str(said.get("subjectBeginsWith") or "")
            _, _, below = begins.partition("/containers/")
            yield Consumer(("s3:ObjectCreated:*",), below.replace("/blobs/", "/", 1), str(said.get("subjectEndsWith") or ""))


def _encryption(store: Ref, blob: Any) -> Encryption:  # noqa: ANN401 - the same
    if getattr(blob, "encryption_key_sha256", None):
        return Encryption(Scheme.SSE_C)
    scope = str(blob.encryption_scope or "")
    return Encryption(Scheme.SCOPE, f"{store.id}/encryptionscopes/{scope.lower()}" if scope and scope != OWN_KEY else store.id)


def _bar(blob: Any) -> Bar | None:  # noqa: ANN401 - the same
    kind = str(getattr(blob.blob_type, "value", blob.blob_type) or "BlockBlob")
    leased = str(blob.lease.status or "") == "locked" if blob.lease else False
    said = (
        (Bar.DELETED, bool(blob.deleted)),
        (Bar.SNAPSHOT, bool(blob.snapshot)),
        (Bar.IN_PLACE, kind != "BlockBlob"),
        (Bar.LEASED, leased),
    )
    return next((bar for bar, so in said if so), None)


def _lock(blob: Any) -> Lock:  # noqa: ANN401 - the same
    policy = blob.immutability_policy
    mode = str(getattr(policy.policy_mode, "value", policy.policy_mode) or "").lower() if policy else ""
    return Lock(MODES.get(mode, ""), policy.expiry_time if mode in MODES else None, blob.has_legal_hold is True)


def _tier(blob: Any) -> str:  # noqa: ANN401 - the same
    tier = str(blob.blob_tier or "")
    return f"{tier}{INFERRED}" if tier and blob.blob_tier_inferred else tier


def _checksum(blob: Any) -> Checksum | None:  # noqa: ANN401 - the same
    """What its writer, or the service, has kept as the MD5 of the content; a copy carries it along and proves nothing by it."""
    kept = blob.content_settings.content_md5
    return Checksum("MD5", base64.b64encode(bytes(kept)).decode()) if kept else None


def _headers(settings: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - the same
    for name, attribute in HEADERS.items():
        if value := getattr(settings, attribute, None):
            yield name, str(value)


def _moment(at: datetime | None) -> datetime:
    return at.astimezone(UTC) if at else datetime.min.replace(tzinfo=UTC)
