"""Listing what is in a container and in an account, page by page.

Source: Blob service REST reference, "List Blobs", "List Containers".
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote

from shared.sandbox.azure import blob_xml as xml
from shared.sandbox.azure.blob_call import BlobCall
from shared.sandbox.azure.clock import http_date
from shared.sandbox.azure.storage_state import Blob, Version
from shared.sandbox.azure.vault_state import DAY
from shared.sandbox.azure.wire import Answer

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

LONGEST = 5000


def list_blobs(_: "Cloud", call: BlobCall) -> Answer:
    """Current blobs, and what `include` asks for beside them. A page ends between two names."""
    container, delimiter, prefix = call.container(), call.arg("delimiter"), call.arg("prefix")
    include = set(call.arg("include").split(",")) if call.arg("include") else set()
    limit, marker = min(int(call.arg("maxresults") or LONGEST), LONGEST), call.arg("marker")
    nodes: list[xml.Node] = []
    seen: set[str] = set()
    following = ""
    for name in sorted(name for name in container.blobs if name.startswith(prefix) and name >= marker):
        shown = list(_shown(container.blobs[name], include, call.at))
        if not shown:
            continue
        if len(nodes) >= limit:
            following = name
            break
        head, cut, _rest = name[len(prefix) :].partition(delimiter) if delimiter else (name, "", "")
        if not cut:
            nodes += [_entry(name, container.blobs[name], each, include, call.at) for each in shown]
        elif prefix + head + cut not in seen:
            seen.add(prefix + head + cut)
            nodes.append(("BlobPrefix", [_named(prefix + head + cut)]))
    given: list[xml.Node] = [(tag, call.arg(key)) for tag, key in _GIVEN if call.arg(key)]
    root = {"ServiceEndpoint": f"https://{call.account.host}/", "ContainerName": container.name}
    return xml.answer(200, "EnumerationResults", [*given, ("Blobs", nodes), ("NextMarker", following)], root)


_GIVEN = (("Prefix", "prefix"), ("Marker", "marker"), ("MaxResults", "maxresults"), ("Delimiter", "delimiter"))


def _shown(blob: Blob, include: set[str], at: float) -> Iterator[Version]:
    """The states of a blob that a listing shows, oldest first."""
    for each in blob.earlier:
        kept = each.deleted is not None and (each.purged or 0) > at
        if (each.deleted is None and "versions" in include) or (kept and "deleted" in include):
            yield each
    for each in blob.snapshots:
        kept = each.deleted is not None and (each.purged or 0) > at
        if "snapshots" in include and (each.deleted is None or (kept and "deleted" in include)):
            yield each
    if blob.current:
        yield blob.current


def _named(name: str) -> xml.Node:
    """A name; one with characters that XML does not have is percent-encoded."""
    plain = all(each == "\t" or (each >= " " and each not in "\ufffe\uffff") for each in name)
    return ("Name", name) if plain else ("Name", quote(name), {"Encoded": "true"})


def _entry(name: str, blob: Blob, version: Version, include: set[str], at: float) -> xml.Node:
    nodes: list[xml.Node] = [_named(name)]
    if version.deleted is not None:
        nodes.append(("Deleted", "true"))
    if version.snapshot:
        nodes.append(("Snapshot", version.snapshot))
    elif version.id:
        nodes.append(("VersionId", version.id))
        if version is blob.current:
            nodes.append(("IsCurrentVersion", "true"))
    nodes.append(("Properties", list(_properties(blob, version, at))))
    if "metadata" in include:
        nodes.append(("Metadata", list(version.metadata.items())))
    if "tags" in include and version.tags:
        tags: list[xml.Node] = [("Tag", [("Key", key), ("Value", value)]) for key, value in version.tags.items()]
        nodes.append(("Tags", [("TagSet", tags)]))
    return ("Blob", nodes)


def _properties(blob: Blob, version: Version, at: float) -> Iterator[xml.Node]:
    worm = version.worm
    leased = blob.lease is not None and blob.lease.holds(at) and version is blob.current
    found = {
        "Creation-Time": http_date(version.created),
        "Last-Modified": http_date(version.modified),
        "Etag": version.etag.strip('"'),
        "Content-Length": str(len(version.content)),
        "Content-Type": version.headers.get("content-type", ""),
        "Content-Encoding": version.headers.get("content-encoding", ""),
        "Content-Language": version.headers.get("content-language", ""),
        "Content-MD5": version.headers.get("content-md5", ""),
        "Cache-Control": version.headers.get("cache-control", ""),
        "Content-Disposition": version.headers.get("content-disposition", ""),
        "BlobType": version.kind,
        "AccessTier": (version.tier or "Hot") if version.kind == "BlockBlob" else "",
        "AccessTierInferred": "true" if version.kind == "BlockBlob" and not version.tier else "",
        "ServerEncrypted": "true",
        "EncryptionScope": version.scope,
        "CopyId": version.copied.get("copy-id", ""),
        "CopyStatus": version.copied.get("copy-status", ""),
        "TagCount": str(len(version.tags) or ""),
        "ImmutabilityPolicyUntilDate": http_date(worm.until) if worm else "",
        "ImmutabilityPolicyMode": ("locked" if worm.locked else "unlocked") if worm else "",
        "LegalHold": "true" if version.hold else "",
        "LeaseStatus": "locked" if leased else "unlocked",
        "DeletedTime": http_date(version.deleted) if version.deleted is not None else "",
        "RemainingRetentionDays": str(int(((version.purged or at) - at) // DAY)) if version.deleted is not None else "",
    }
    return ((name, value) for name, value in found.items() if value)


def list_containers(_: "Cloud", call: BlobCall) -> Answer:
    """Every container of the account."""
    prefix, marker = call.arg("prefix"), call.arg("marker")
    limit, metadata = min(int(call.arg("maxresults") or LONGEST), LONGEST), "metadata" in call.arg("include")
    names = sorted(name for name in call.account.containers if name.startswith(prefix) and name >= marker)
    nodes: list[xml.Node] = []
    for name in names[:limit]:
        found = call.account.containers[name]
        properties: list[xml.Node] = [
            ("Last-Modified", http_date(found.modified)),
            ("Etag", found.etag.strip('"')),
            ("LeaseStatus", "unlocked"),
            ("LeaseState", "available"),
            ("HasImmutabilityPolicy", str(found.policy is not None).lower()),
            ("HasLegalHold", str(bool(found.holds)).lower()),
            ("ImmutableStorageWithVersioningEnabled", str(found.versioned_worm).lower()),
            ("DefaultEncryptionScope", found.default_scope or "$account-encryption-key"),
            ("DenyEncryptionScopeOverride", str(found.deny_override).lower()),
            *([("PublicAccess", found.public)] if found.public else []),
        ]
        more: list[xml.Node] = [("Metadata", list(found.metadata.items()))] if metadata else []
        nodes.append(("Container", [("Name", name), ("Properties", properties), *more]))
    root = {"ServiceEndpoint": f"https://{call.account.host}/"}
    following = names[limit] if len(names) > limit else ""
    return xml.answer(200, "EnumerationResults", [("Containers", nodes), ("NextMarker", following)], root)
