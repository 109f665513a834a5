"""How a blob goes from one state to the next: versions, soft deletion, and what every write is checked against.

Source: "Blob versioning", "Soft delete for blobs". With versioning each write leaves the state before it as an earlier version;
without, a state that soft delete keeps becomes a deleted snapshot.
"""

import base64
import hashlib
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from shared.sandbox.azure.blob_call import BlobCall, refusal
from shared.sandbox.azure.blob_conditions import demand_for_write, demand_lease
from shared.sandbox.azure.blob_guards import Change, demand_mutable, demand_version_mutable
from shared.sandbox.azure.clock import http_date
from shared.sandbox.azure.storage_encryption import demand, scope_for_write
from shared.sandbox.azure.storage_state import Account, Blob, Block, Container, Kind, Version, Worm
from shared.sandbox.azure.vault_state import DAY
from shared.sandbox.azure.wire import Answer

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

CONTENT = ("cache-control", "content-disposition", "content-encoding", "content-language", "content-md5", "content-type")


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to become the current state of a blob."""

    kind: Kind
    content: bytes
    headers: dict[str, str]
    metadata: dict[str, str]
    tags: dict[str, str] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()
    copied: dict[str, str] = field(default_factory=dict)
    tier: str = ""


def properties_given(call: BlobCall) -> dict[str, str]:
    """Content headers that a write sets: `x-ms-blob-content-type` and its kin; a PUT of content may say them plainly."""
    given = {name: call.header(f"x-ms-blob-{name}") for name in CONTENT if call.has(f"x-ms-blob-{name}")}
    return {"content-type": call.header("content-type") or "application/octet-stream", **given}


def metadata_given(call: BlobCall) -> dict[str, str]:
    """The `x-ms-meta-` headers."""
    return call.prefixed("x-ms-meta-")


def ready(call: BlobCall, change: Change = "overwrite") -> tuple[Container, Version | None]:
    """The container and the state there is now, once conditions, lease and guards allow the change. Raises Problem."""
    container, blob = call.container(), call.found()
    now = blob.current if blob else None
    demand_for_write(call, now)
    demand_lease(call, blob.lease if blob else None)
    demand_mutable(container, now, change, call.at)
    if now is not None and change != "append" and not call.account.versioning:
        demand_version_mutable(now, call.at)
    return container, now


def scope_given(cloud: "Cloud", call: BlobCall, container: Container) -> str:
    """The scope under which a write goes; its key must be usable. Raises Problem."""
    imposed = call.admission.scope if call.admission else ""
    scope = scope_for_write(call.account, container, call.header("x-ms-encryption-scope") or imposed)
    demand(cloud, call.account, scope, call.at)
    return scope


def commit(cloud: "Cloud", call: BlobCall, draft: Draft) -> Version:
    """Make a draft the blob's current state."""
    container, now = ready(call)
    scope = scope_given(cloud, call, container)
    blob = container.blobs.setdefault(call.names[1], Blob(call.names[1]))
    retire(call.account, blob, call.at)
    version = Version(
        call.account.moment(call.at) if call.account.versioning else "",
        draft.kind,
        draft.content,
        call.account.etag(),
        created=now.created if now else call.at,
        modified=call.at,
        headers=draft.headers,
        metadata=draft.metadata,
        tags=draft.tags,
        scope=scope,
        blocks=list(draft.blocks),
        tier=draft.tier,
        copied=draft.copied,
    )
    _guard_given(call, container, version)
    blob.current = version
    blob.uncommitted.clear()
    return version


def _guard_given(call: BlobCall, container: Container, version: Version) -> None:
    until, mode = call.header("x-ms-immutability-policy-until-date"), call.header("x-ms-immutability-policy-mode")
    if (until or call.has("x-ms-legal-hold")) and not container.versioned_worm:
        raise refusal("InvalidHeaderValue", "Version-level immutability is not enabled for the container.")
    if until:
        version.worm = Worm(http_moment(until), mode.lower() == "locked")
    version.hold = call.header("x-ms-legal-hold").lower() == "true"


def http_moment(text: str) -> float:
    """Seconds since 1970 of a time as HTTP headers have it. Raises Problem 400."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except ValueError as wrong:
        raise refusal("InvalidHeaderValue") from wrong


def retire(account: Account, blob: Blob, at: float) -> None:
    """Put the current state where it belongs when another one comes, or none."""
    now, blob.current = blob.current, None
    if now is None:
        return
    if account.versioning or now.id:
        now.id = now.id or account.moment(now.modified)
        blob.earlier.append(now)
    elif account.kept_days:
        now.deleted, now.purged = at, at + account.kept_days * DAY
        blob.earlier.append(now)


def changed(call: BlobCall, version: Version) -> None:
    """A state was changed in place: another entity tag, another time."""
    version.etag, version.modified = call.account.etag(), call.at


def written(version: Version, status: int = 201, **more: str) -> Answer:
    """The answer to a write."""
    headers = {
        "etag": version.etag,
        "last-modified": http_date(version.modified),
        "x-ms-request-server-encrypted": "true",
        **({"x-ms-version-id": version.id} if version.id else {}),
        **({"x-ms-encryption-scope": version.scope} if version.scope else {}),
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    return Answer(status, headers)


def md5(content: bytes) -> str:
    """Base64 of the MD5 that the service computes to notice damage."""
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()


def demand_whole(call: BlobCall) -> None:
    """Raises Problem 400 where the content is not what its sender computed."""
    claimed = call.header("content-md5")
    if claimed and claimed != md5(call.request.body):
        raise refusal("Md5Mismatch")
