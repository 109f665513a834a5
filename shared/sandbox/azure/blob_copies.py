"""Copying on the server: the source is read with rights of its own, the destination written as any other write.

Source: Blob service REST reference, "Copy Blob", "Copy Blob From URL", "Put Blob From URL", "Put Block From URL".
"""

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from shared.sandbox.azure import networks
from shared.sandbox.azure.blob_admission import admit
from shared.sandbox.azure.blob_call import BlobCall, refusal
from shared.sandbox.azure.blob_commits import Draft, commit, md5, metadata_given, properties_given, written
from shared.sandbox.azure.blob_conditions import demand_of_source
from shared.sandbox.azure.blob_operations import OPERATIONS
from shared.sandbox.azure.blob_reads import ARCHIVE
from shared.sandbox.azure.blob_writes import stage, tags_given
from shared.sandbox.azure.clock import http_date
from shared.sandbox.azure.storage_encryption import demand
from shared.sandbox.azure.storage_state import Version
from shared.sandbox.azure.wire import Answer, Problem, Request

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

READ = next(each for each in OPERATIONS if each.name == "GetBlob")
TAGS = {each.name: each for each in OPERATIONS if each.name in ("GetBlobTags", "SetBlobTags")}
WHOLE, PUT, BLOCK = (size * 1024 * 1024 for size in (256, 5_000, 4_000))
"""bytes that one synchronous copy takes, one put from elsewhere, and one block"""


def source_of(cloud: "Cloud", call: BlobCall) -> Version:
    """The state that is to be copied. Raises Problem CannotVerifyCopySource with the status of what stood against reading it."""
    here = {name: value for name, value in call.request.headers.items() if name.startswith("x-sandbox-")}
    bearer = call.header("x-ms-copy-source-authorization")
    headers = {**here, **({"authorization": bearer} if bearer else {})}
    request = Request("GET", call.header("x-ms-copy-source"), headers, id=call.request.id, at=call.at)
    account = cloud.storage.of_host(request.host)
    if account is None:
        raise refusal("CannotVerifyCopySource")
    asked = BlobCall(request, account)
    try:
        if networks.judge(account.properties, request, endpoints=networks.approved(account.properties)):
            raise refusal("AuthorizationFailure")
        _demand_right(cloud, call, asked)
        version = asked.version()
        demand(cloud, account, version.scope, call.at)
    except Problem as problem:
        raise Problem(problem.status, "CannotVerifyCopySource", problem.message) from problem
    demand_of_source(call, version)
    return version


def _demand_right(cloud: "Cloud", call: BlobCall, asked: BlobCall) -> None:
    """Within an account the caller's key opens the source too; a token does so for an asynchronous copy only."""
    own = call.admission
    plain = "sig" not in asked.request.query and not asked.request.header("authorization")
    within = own is not None and asked.account is call.account
    if plain and within and own and (own.means == "AccountKey" or (own.means == "OAuth" and not call.has("x-ms-requires-sync"))):
        own.allow(READ, asked)
        return
    admit(cloud, asked).allow(READ, asked)


def copy_blob(cloud: "Cloud", call: BlobCall) -> Answer:
    """A copy of a whole blob with its headers and, unless others are given, its metadata; tags only where they are asked for."""
    source = source_of(cloud, call)
    if call.header("x-ms-requires-sync").lower() == "true":
        _demand_simple(call, source, WHOLE)
    copied = {
        "copy-id": str(uuid.uuid4()),
        "copy-source": call.header("x-ms-copy-source").partition("?")[0],
        "copy-status": "success",
        "copy-progress": f"{len(source.content)}/{len(source.content)}",
        "copy-completion-time": http_date(call.at),
    }
    _demand_tags(cloud, call)
    version = commit(cloud, call, replace(_draft(call, source), copied=copied))
    return written(version, 202, x_ms_copy_id=copied["copy-id"], x_ms_copy_status="success")


def _demand_simple(call: BlobCall, source: Version, most: int) -> None:
    """Only block blobs of some size are copied at once, and only those that can be read."""
    if source.kind != "BlockBlob":
        raise refusal("InvalidBlobType")
    if source.tier == ARCHIVE:
        raise refusal("BlobArchived")
    if len(source.content) > most:
        raise Problem(409, "CannotVerifyCopySource", f"The source is larger than {most} bytes.")
    claimed = call.header("x-ms-source-content-md5")
    if claimed and claimed != md5(source.content):
        raise refusal("Md5Mismatch")


def _demand_tags(cloud: "Cloud", call: BlobCall) -> None:
    """Who has tags copied has to have the right to read them there and to write them here, besides that to copy."""
    if call.header("x-ms-copy-source-tag-option").upper() != "COPY":
        return
    headers = {"authorization": call.header("x-ms-copy-source-authorization")}
    request = Request("GET", call.header("x-ms-copy-source"), {**call.request.headers, **headers}, id=call.request.id, at=call.at)
    account = cloud.storage.of_host(request.host)
    if headers["authorization"] and account is not None:
        admit(cloud, BlobCall(request, account)).allow(TAGS["GetBlobTags"], BlobCall(request, account))
    if call.admission is not None:
        call.admission.allow(TAGS["SetBlobTags"], call)


def _draft(call: BlobCall, source: Version) -> Draft:
    tags = dict(source.tags) if call.header("x-ms-copy-source-tag-option").upper() == "COPY" else tags_given(call)
    return Draft(
        source.kind,
        source.content,
        dict(source.headers),
        metadata_given(call) or dict(source.metadata),
        tags,
        blocks=tuple(source.blocks),
        tier=call.header("x-ms-access-tier") or source.tier,
    )


def put_from_url(cloud: "Cloud", call: BlobCall) -> Answer:
    """A new block blob of what is read elsewhere; its headers come along unless that is switched off."""
    source = source_of(cloud, call)
    _demand_simple(call, source, PUT)
    draft = _draft(call, source)
    if call.header("x-ms-copy-source-blob-properties").lower() == "false":
        draft = replace(draft, headers=properties_given(call), metadata=metadata_given(call))
    else:
        given = {name: value for name, value in properties_given(call).items() if call.has(f"x-ms-blob-{name}")}
        draft = replace(draft, headers={**draft.headers, **given})
    version = commit(cloud, call, replace(draft, kind="BlockBlob", blocks=()))
    return written(version, content_md5=md5(version.content))


def put_block_from_url(cloud: "Cloud", call: BlobCall) -> Answer:
    """A block of a range of what is read elsewhere."""
    source = source_of(cloud, call)
    if source.tier == ARCHIVE:
        raise refusal("BlobArchived")
    content = source.content
    first, _, last = call.header("x-ms-source-range").removeprefix("bytes=").partition("-")
    part = content[int(first) : int(last) + 1] if first and last else content
    if len(part) > BLOCK:
        raise refusal("InvalidHeaderValue")
    return stage(cloud, call, part)
