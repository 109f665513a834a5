"""Reading blobs: content, properties, block lists; deleting and restoring them.

Source: Blob service REST reference, "Get Blob", "Get Blob Properties", "Delete Blob", "Undelete Blob".
"""

import re
from typing import TYPE_CHECKING

from shared.sandbox.azure import blob_xml as xml
from shared.sandbox.azure.blob_call import BlobCall, refusal
from shared.sandbox.azure.blob_commits import md5, retire
from shared.sandbox.azure.blob_conditions import demand_for_read, demand_for_write, demand_lease
from shared.sandbox.azure.blob_guards import demand_mutable, demand_version_mutable
from shared.sandbox.azure.clock import http_date
from shared.sandbox.azure.storage_encryption import demand
from shared.sandbox.azure.storage_state import Blob, Version
from shared.sandbox.azure.vault_state import DAY
from shared.sandbox.azure.wire import Answer

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

OVERRIDES = {
    "rscc": "cache-control",
    "rscd": "content-disposition",
    "rsce": "content-encoding",
    "rscl": "content-language",
    "rsct": "content-type",
}
ARCHIVE = "Archive"
"""the tier whose content can not be read before it is put into another one"""
_RANGE = re.compile(r"bytes=(\d+)-(\d*)$")


def described(call: BlobCall, version: Version) -> dict[str, str]:
    """The headers that describe one state."""
    blob = call.blob()
    leased = blob.lease is not None and blob.lease.holds(call.at) and version is blob.current
    headers = {
        "accept-ranges": "bytes",
        "etag": version.etag,
        "last-modified": http_date(version.modified),
        "x-ms-creation-time": http_date(version.created),
        "x-ms-blob-type": version.kind,
        "x-ms-lease-status": "locked" if leased else "unlocked",
        "x-ms-lease-state": "leased" if leased else "available",
        "x-ms-server-encrypted": "true",
        "content-type": "application/octet-stream",
        **{name: value for name, value in version.headers.items() if value},
        **{f"x-ms-meta-{name}": value for name, value in version.metadata.items()},
        **{f"x-ms-{name}": value for name, value in version.copied.items()},
    }
    return headers | _more(call, version)


def _more(call: BlobCall, version: Version) -> dict[str, str]:
    worm = version.worm
    found = {
        "x-ms-version-id": version.id,
        "x-ms-is-current-version": "true" if version.id and version is call.blob().current else "",
        "x-ms-encryption-scope": version.scope,
        "x-ms-tag-count": str(len(version.tags) or ""),
        "x-ms-access-tier": (version.tier or "Hot") if version.kind == "BlockBlob" else "",
        "x-ms-access-tier-inferred": "true" if version.kind == "BlockBlob" and not version.tier else "",
        "x-ms-immutability-policy-until-date": http_date(worm.until) if worm else "",
        "x-ms-immutability-policy-mode": ("locked" if worm.locked else "unlocked") if worm else "",
        "x-ms-legal-hold": "true" if version.hold else "",
        "x-ms-blob-committed-block-count": str(version.appends) if version.kind == "AppendBlob" else "",
        "x-ms-blob-sealed": "true" if version.sealed else "",
    }
    return {name: value for name, value in found.items() if value}


def get_blob(cloud: "Cloud", call: BlobCall) -> Answer:
    """The content, or a range of it."""
    version = call.version()
    demand_for_read(call, version)
    demand(cloud, call.account, version.scope, call.at)
    if version.tier == ARCHIVE:
        raise refusal("BlobArchived")
    headers, content = described(call, version), version.content
    headers |= {name: call.arg(short) for short, name in OVERRIDES.items() if call.arg(short)}
    asked = call.header("x-ms-range") or call.header("range")
    found = _RANGE.match(asked)
    if not found:
        return Answer(200, {**headers, "content-length": str(len(content))}, content)
    first, last = int(found[1]), min(int(found[2] or len(content) - 1), len(content) - 1)
    if first >= len(content):
        raise refusal("InvalidRange", headers={"content-range": f"bytes */{len(content)}"})
    part = content[first : last + 1]
    headers |= {"content-range": f"bytes {first}-{last}/{len(content)}", "content-length": str(len(part))}
    if "content-md5" in headers:
        headers["x-ms-blob-content-md5"] = headers.pop("content-md5")
    if call.header("x-ms-range-get-content-md5") == "true":
        headers["content-md5"] = md5(part)
    return Answer(206, headers, part)


def get_properties(cloud: "Cloud", call: BlobCall) -> Answer:
    """The headers without the content; metadata is under the key as well."""
    version = call.version()
    demand_for_read(call, version)
    demand(cloud, call.account, version.scope, call.at)
    return Answer(200, {**described(call, version), "content-length": str(len(version.content))})


def get_block_list(_: "Cloud", call: BlobCall) -> Answer:
    """Committed and uncommitted blocks."""
    blob, kind = call.blob(), call.arg("blocklisttype") or "committed"
    current = blob.current.blocks if blob.current else []
    sets = {"CommittedBlocks": current, "UncommittedBlocks": list(blob.uncommitted.values())}
    wanted = {"committed": ("CommittedBlocks",), "uncommitted": ("UncommittedBlocks",)}.get(kind, tuple(sets))
    nodes: list[xml.Node] = [
        (name, [("Block", [("Name", each.id), ("Size", str(len(each.content)))]) for each in sets[name]]) for name in wanted
    ]
    return xml.answer(200, "BlockList", nodes)


def delete_blob(_: "Cloud", call: BlobCall) -> Answer:
    """Delete the current state, a snapshot, or all of them, as far as nothing guards it."""
    blob, container = call.blob(), call.container()
    if call.arg("snapshot"):
        kept = call.version()
        demand_mutable(container, kept, "delete", call.at)
        return _dropped(call, blob, kept)
    if blob.current is None:
        raise refusal("BlobNotFound")
    demand_for_write(call, blob.current)
    demand_lease(call, blob.lease)
    how, living = call.header("x-ms-delete-snapshots"), [each for each in blob.snapshots if each.deleted is None]
    if living and not how:
        raise refusal("SnapshotsPresent")
    for each in living:
        demand_mutable(container, each, "delete", call.at)
    if how != "only":
        demand_mutable(container, blob.current, "delete", call.at)
        if not call.account.versioning:
            demand_version_mutable(blob.current, call.at)
        retire(call.account, blob, call.at)
    for each in living:
        _dropped(call, blob, each)
    _forget_empty(call, blob)
    return Answer(202, {"x-ms-delete-type-permanent": str(not call.account.kept_days).lower()})


def delete_version(_: "Cloud", call: BlobCall) -> Answer:
    """Delete one earlier version; the current one is not deleted by its id."""
    blob, version = call.blob(), call.version()
    if version is blob.current:
        raise refusal("OperationNotAllowedOnRootBlob")
    demand_version_mutable(version, call.at)
    if not call.container().versioned_worm:
        demand_mutable(call.container(), version, "delete", call.at)
    return _dropped(call, blob, version)


def _dropped(call: BlobCall, blob: Blob, version: Version) -> Answer:
    if call.account.kept_days:
        version.deleted, version.purged = call.at, call.at + call.account.kept_days * DAY
    else:
        blob.earlier = [each for each in blob.earlier if each is not version]
        blob.snapshots = [each for each in blob.snapshots if each is not version]
    _forget_empty(call, blob)
    return Answer(202, {"x-ms-delete-type-permanent": str(not call.account.kept_days).lower()})


def _forget_empty(call: BlobCall, blob: Blob) -> None:
    if blob.empty:
        call.container().blobs.pop(blob.name, None)


def undelete(_: "Cloud", call: BlobCall) -> Answer:
    """Bring back what soft delete still keeps; without versioning the last deleted state is the blob again."""
    blob = call.blob()
    kept = [each for each in blob.all() if each.deleted is not None and (each.purged or 0) > call.at]
    for each in kept:
        each.deleted = each.purged = None
    if blob.current is None and not call.account.versioning:
        plain = [each for each in blob.earlier if each in kept and not each.id]
        if plain:
            blob.current = plain[-1]
            blob.earlier = [each for each in blob.earlier if each is not plain[-1]]
    return Answer(200)
