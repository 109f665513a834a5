"""Copying the latest version of an object onto itself: at once, or in parts. What a copy does not carry by itself is carried here.

Every copy is on two conditions: the source still has the ETag that was looked at, and so has what it replaces. The source is never
named by version, so that a newer one is never covered by an older.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from shared.adapters.aws.errors import call, request_id
from shared.adapters.aws.objects_seen import HEADERS, granted_to_others, unquoted
from shared.domain.errors import CloudError, CustodyError
from shared.ports.objects import NULL, Encryption, Facts, Moved

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

REDIRECT = "x-amz-website-redirect-location"

WHOLE = frozenset({"CRC32", "CRC32C", "CRC64NVME"})
"""Checksums that S3 can keep of the whole content of an upload in parts; the others are of its parts (S3 user guide)."""


@dataclass(frozen=True, slots=True)
class Place:
    """One object of one bucket, and who must own the bucket. `acls`: an object's ACL can grant something there."""

    client: "S3Client"
    bucket: str
    account: str
    key: str
    acls: bool = True

    @property
    def named(self) -> dict[str, Any]:
        return {"Bucket": self.bucket, "Key": self.key, "ExpectedBucketOwner": self.account}

    @property
    def source(self) -> dict[str, Any]:
        copied = {"Bucket": self.bucket, "Key": self.key}
        return {"CopySource": copied, "ExpectedSourceBucketOwner": self.account}


def copy(place: Place, version: str, facts: Facts, encryption: Encryption) -> Moved:
    """CopyObject: metadata, headers and tags go along; storage class and redirect have to be said."""
    lost = _lost(place, version)
    said: dict[str, Any] = {HEADERS[name]: value for name, value in facts.headers if name == REDIRECT}
    if facts.checksum:
        said["ChecksumAlgorithm"] = facts.checksum.algorithm
    said |= {"StorageClass": facts.storage_class, "MetadataDirective": "COPY", "TaggingDirective": "COPY"}
    conditions: dict[str, Any] = {"CopySourceIfMatch": facts.etag, "IfMatch": facts.etag}
    answer = call(place.client.copy_object, **place.named, **place.source, **_encrypted(encryption), **said, **conditions)
    return Moved(answer.get("VersionId", NULL), unquoted(answer["CopyObjectResult"]["ETag"]), (request_id(answer),), lost)


def copy_parts(place: Place, version: str, facts: Facts, encryption: Encryption, part: int, begun: Callable[[str], None]) -> Moved:
    """CreateMultipartUpload, UploadPartCopy for each part, CompleteMultipartUpload: nothing goes along by itself."""
    lost = _lost(place, version)
    began: Mapping[str, Any] = call(place.client.create_multipart_upload, **place.named, **_described(facts, encryption))
    upload, ids = began["UploadId"], [request_id(began)]
    try:
        begun(upload)
        parts = []
        for number, start in enumerate(range(0, facts.size, part), start=1):
            answer = _copy_part(place, facts, upload, number, (start, min(start + part, facts.size) - 1))
            parts.append(_part(number, answer["CopyPartResult"]))
            ids.append(request_id(answer))
        done = _complete(place, facts, upload, parts)
    except (CloudError, CustodyError):
        with suppress(CloudError):  # the record knows the upload: the next run abandons it
            abort(place, upload)
        raise
    return Moved(done.get("VersionId", NULL), unquoted(done["ETag"]), (*ids, request_id(done)), lost)


def abort(place: Place, upload: str) -> None:
    """AbortMultipartUpload."""
    call(place.client.abort_multipart_upload, **place.named, UploadId=upload)


def _copy_part(place: Place, facts: Facts, upload: str, number: int, span: tuple[int, int]) -> Mapping[str, Any]:
    return call(
        place.client.upload_part_copy,
        **place.named,
        **place.source,
        CopySourceIfMatch=facts.etag,
        CopySourceRange=f"bytes={span[0]}-{span[1]}",
        PartNumber=number,
        UploadId=upload,
    )


def _part(number: int, result: Mapping[str, Any]) -> dict[str, Any]:
    sums = {name: value for name, value in result.items() if name.startswith("Checksum")}
    return {"PartNumber": number, "ETag": result["ETag"], **sums}


def _complete(place: Place, facts: Facts, upload: str, parts: list[dict[str, Any]]) -> Mapping[str, Any]:
    finish: Callable[..., Mapping[str, Any]] = place.client.complete_multipart_upload
    wanted = {"Parts": parts}
    return call(finish, **place.named, UploadId=upload, MultipartUpload=wanted, IfMatch=facts.etag, MpuObjectSize=facts.size)


def _described(facts: Facts, encryption: Encryption) -> dict[str, Any]:
    """Everything of the object but its content, for a new upload."""
    described: dict[str, Any] = {HEADERS[name]: value for name, value in facts.headers}
    described |= {"Metadata": dict(facts.metadata), "StorageClass": facts.storage_class, **_encrypted(encryption)}
    if facts.tags:
        described["Tagging"] = urlencode(facts.tags)
    if facts.checksum:
        described["ChecksumAlgorithm"] = facts.checksum.algorithm
        described["ChecksumType"] = "FULL_OBJECT" if facts.checksum.algorithm in WHOLE else "COMPOSITE"
    return described


def _encrypted(encryption: Encryption) -> dict[str, Any]:
    return {
        "ServerSideEncryption": "aws:kms",
        "SSEKMSKeyId": encryption.key,
        "BucketKeyEnabled": encryption.bucket_key,
    }


def _lost(place: Place, version: str) -> tuple[str, ...]:
    """What a copy can not carry along: grants of an ACL to anybody but the owner (API reference, CopyObject)."""
    if not place.acls:
        return ()
    acl: Mapping[str, Any] = call(place.client.get_object_acl, **place.named, VersionId=version)
    return ("acl",) if granted_to_others(acl) else ()
