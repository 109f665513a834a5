"""Writing blobs: put, blocks, appends, metadata, tags, snapshots, tiers.

Source: Blob service REST reference, "Operations on blobs".
"""

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from shared.sandbox.azure import blob_xml as xml
from shared.sandbox.azure.blob_call import BlobCall, refusal
from shared.sandbox.azure.blob_commits import (
    CONTENT,
    Draft,
    changed,
    commit,
    demand_whole,
    http_moment,
    md5,
    metadata_given,
    properties_given,
    ready,
    retire,
    scope_given,
    written,
)
from shared.sandbox.azure.blob_conditions import demand_for_read
from shared.sandbox.azure.clock import http_date
from shared.sandbox.azure.storage_encryption import demand
from shared.sandbox.azure.storage_state import Blob, Block, Version, Worm
from shared.sandbox.azure.wire import Answer

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud


def put_blob(cloud: "Cloud", call: BlobCall) -> Answer:
    """A whole block blob, or an empty append or page blob."""
    kind, content = call.header("x-ms-blob-type"), call.request.body
    demand_whole(call)
    if kind not in ("BlockBlob", "AppendBlob", "PageBlob"):
        raise refusal("InvalidHeaderValue")
    headers = properties_given(call)
    if kind == "PageBlob":
        content = bytes(int(call.header("x-ms-blob-content-length") or 0))
    elif kind == "BlockBlob":
        headers.setdefault("content-md5", md5(content))
    draft = Draft(kind, content, headers, metadata_given(call), tags_given(call), tier=call.header("x-ms-access-tier"))  # type: ignore[arg-type]
    return written(commit(cloud, call, draft), content_md5=md5(content))


def tags_given(call: BlobCall) -> dict[str, str]:
    """The tags of `x-ms-tags`."""
    return dict(parse_qsl(call.header("x-ms-tags"), keep_blank_values=True))


def put_block(cloud: "Cloud", call: BlobCall) -> Answer:
    """Leave a block for a block list to come. Its id names it within the blob."""
    demand_whole(call)
    return stage(cloud, call, call.request.body)


def stage(cloud: "Cloud", call: BlobCall, content: bytes) -> Answer:
    """Keep a block that no list has committed yet."""
    container = call.container()
    scope = scope_given(cloud, call, container)
    blob = container.blobs.setdefault(call.names[1], Blob(call.names[1]))
    name = call.arg("blockid")
    if not name:
        raise refusal("InvalidQueryParameterValue")
    if any(len(each) != len(name) for each in blob.uncommitted):
        raise refusal("InvalidBlobOrBlock")
    blob.uncommitted[name] = Block(name, content, scope)
    return Answer(201, {"x-ms-request-server-encrypted": "true", "content-md5": md5(content)})


def put_block_list(cloud: "Cloud", call: BlobCall) -> Answer:
    """Make a blob of blocks: staged ones, or ones that it has already."""
    container = call.container()
    blob = container.blobs.setdefault(call.names[1], Blob(call.names[1]))
    had = {each.id: each for each in (blob.current.blocks if blob.current else ())}
    blocks = []
    for node in xml.read(call.request.body):
        staged, name = blob.uncommitted.get(node.text or ""), node.text or ""
        block = {"Committed": had.get(name), "Uncommitted": staged}.get(node.tag, staged or had.get(name))
        if block is None:
            raise refusal("InvalidBlockList")
        blocks.append(block)
    scope = scope_given(cloud, call, container)
    if any(each.scope != scope for each in blocks if each.id in blob.uncommitted):
        raise refusal("BlobCustomerSpecifiedEncryptionMismatch")
    content = b"".join(each.content for each in blocks)
    tags, tier = tags_given(call), call.header("x-ms-access-tier")
    draft = Draft("BlockBlob", content, properties_given(call), metadata_given(call), tags, tuple(blocks), tier=tier)
    return written(commit(cloud, call, draft))


def append_block(cloud: "Cloud", call: BlobCall) -> Answer:
    """Put content behind what is there: no new version, and never what another one would have put there."""
    demand_whole(call)
    blob = call.blob()
    now = ready(call, "append")[1]
    if now is None:
        raise refusal("BlobNotFound")
    if now.kind != "AppendBlob":
        raise refusal("InvalidBlobType")
    demand(cloud, call.account, now.scope, call.at)
    position, limit = call.header("x-ms-blob-condition-appendpos"), call.header("x-ms-blob-condition-maxsize")
    if position and int(position) != len(now.content):
        raise refusal("AppendPositionConditionNotMet")
    if limit and len(now.content) + len(call.request.body) > int(limit):
        raise refusal("MaxBlobSizeConditionNotMet")
    offset, now.content, now.appends = len(now.content), now.content + call.request.body, now.appends + 1
    changed(call, now)
    blob.current = now
    return written(now, x_ms_blob_append_offset=str(offset), x_ms_blob_committed_block_count=str(now.appends))


def set_metadata(_: "Cloud", call: BlobCall) -> Answer:
    """Replace the metadata: with versioning, in a new version."""
    version = _touched(call)
    version.metadata = metadata_given(call)
    return written(version, 200)


def set_properties(_: "Cloud", call: BlobCall) -> Answer:
    """Replace the content headers; those not named are cleared."""
    call.blob()
    now = ready(call)[1]
    if now is None:
        raise refusal("BlobNotFound")
    now.headers = {name: call.header(f"x-ms-blob-{name}") for name in CONTENT if call.header(f"x-ms-blob-{name}")}
    changed(call, now)
    return written(now, 200)


def _touched(call: BlobCall) -> Version:
    blob = call.blob()
    now = ready(call)[1]
    if now is None:
        raise refusal("BlobNotFound")
    if call.account.versioning:
        same = _copy(now)
        retire(call.account, blob, call.at)
        same.id = call.account.moment(call.at)
        blob.current = now = same
    changed(call, now)
    return now


def _copy(version: Version) -> Version:
    names = tuple(Version.__slots__)
    fresh = Version(**{name: getattr(version, name) for name in names})
    fresh.headers, fresh.metadata, fresh.tags = dict(version.headers), dict(version.metadata), dict(version.tags)
    fresh.blocks, fresh.worm, fresh.hold = list(version.blocks), None, False
    return fresh


def snapshot(cloud: "Cloud", call: BlobCall) -> Answer:
    """Keep the state of now; an earlier encryption scope stays with it."""
    blob, now = call.blob(), call.version()
    demand(cloud, call.account, now.scope, call.at)
    demand_for_read(call, now)
    kept = _copy(now)
    kept.id, kept.snapshot = "", call.account.moment(call.at)
    kept.metadata = metadata_given(call) or kept.metadata
    blob.snapshots.append(kept)
    return written(now, x_ms_snapshot=kept.snapshot)


def get_tags(_: "Cloud", call: BlobCall) -> Answer:
    """The index tags of one state."""
    tags = call.version().tags
    nodes: list[xml.Node] = [("Tag", [("Key", name), ("Value", value)]) for name, value in tags.items()]
    return xml.answer(200, "Tags", [("TagSet", nodes)])


def set_tags(_: "Cloud", call: BlobCall) -> Answer:
    """Replace the index tags; neither entity tag nor version changes."""
    version = call.version()
    version.tags = {node.findtext("Key", ""): node.findtext("Value", "") for node in xml.read(call.request.body).iter("Tag")}
    return Answer(204)


def set_tier(_: "Cloud", call: BlobCall) -> Answer:
    """Another access tier for one state."""
    call.version().tier = call.header("x-ms-access-tier")
    return Answer(200)


def seal(_: "Cloud", call: BlobCall) -> Answer:
    """No more appends."""
    blob, now = call.blob(), ready(call)[1]
    if now is None or now.kind != "AppendBlob":
        raise refusal("InvalidBlobType")
    now.sealed, blob.current = True, now
    return written(now, 200, x_ms_blob_sealed="true")


def set_immutability(_: "Cloud", call: BlobCall) -> Answer:
    """Hold one version until a time; what is locked can only be held longer."""
    version = call.version()
    if not call.container().versioned_worm:
        raise refusal("InvalidHeaderValue", "Version-level immutability is not enabled for the container.")
    until = http_moment(call.header("x-ms-immutability-policy-until-date"))
    locked = call.header("x-ms-immutability-policy-mode").lower() == "locked"
    if version.worm and version.worm.locked and (until < version.worm.until or not locked):
        raise refusal("BlobImmutableDueToPolicy")
    version.worm = Worm(until, locked)
    mode = "locked" if locked else "unlocked"
    return Answer(200, {"x-ms-immutability-policy-until-date": http_date(until), "x-ms-immutability-policy-mode": mode})


def delete_immutability(_: "Cloud", call: BlobCall) -> Answer:
    """Take an unlocked hold off one version."""
    version = call.version()
    if version.worm and version.worm.locked:
        raise refusal("BlobImmutableDueToPolicy")
    version.worm = None
    return Answer(200)


def set_hold(_: "Cloud", call: BlobCall) -> Answer:
    """A legal hold on one version, or off it."""
    version = call.version()
    if not call.container().versioned_worm:
        raise refusal("InvalidHeaderValue", "Version-level immutability is not enabled for the container.")
    version.hold = call.header("x-ms-legal-hold").lower() == "true"
    return Answer(200, {"x-ms-legal-hold": str(version.hold).lower()})
