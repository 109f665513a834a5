"""S3, where moto is too kind: which operations exist, and what reading, writing and copying an object asks for.

The other halves are beside it: `s3_encryption` and `s3_update_encryption` (keys), `s3_policies` (policies), `s3_acls`, `s3_reads`,
`s3_locks` (Object Lock, versioning).
"""

import hashlib
from base64 import b64encode
from urllib.parse import unquote

from moto.s3.models import FakeBucket, FakeKey, PublicAccessBlock
from moto.s3.utils import compute_checksum

from shared.sandbox.aws.clock import utc
from shared.sandbox.aws.cloud import Ask, Cloud, Rule, forward
from shared.sandbox.aws.http import Reply
from shared.sandbox.aws.refusals import NOT_FOUND, PRECONDITION_FAILED, Refusal
from shared.sandbox.aws.s3_acls import put_acl, require_acl_allowed
from shared.sandbox.aws.s3_encryption import (
    COPY_SOURCE_CUSTOMER,
    Encryption,
    delete_bucket_encryption,
    encryption_resource,
    get_bucket_encryption,
    of_write,
    put_bucket_encryption,
    require_key,
    require_readable,
    settled,
    with_customer_headers,
)
from shared.sandbox.aws.s3_locks import (
    as_if_versioned,
    delete_object,
    get_object_retention,
    put_bucket_versioning,
    put_object_retention,
)
from shared.sandbox.aws.s3_logging import get_bucket_logging, put_bucket_logging
from shared.sandbox.aws.s3_policies import (
    delete_bucket_policy,
    get_bucket_policy,
    get_bucket_policy_status,
    put_bucket_policy,
    require_not_restricted,
)
from shared.sandbox.aws.s3_reads import get_object, head_object
from shared.sandbox.aws.s3_state import bucket_of, find_bucket, find_object
from shared.sandbox.aws.s3_update_encryption import update_object_encryption

#: What moto answers as S3 would. It takes any sub-resource it does not know for a plain GET or PUT, so nothing else is let through.
EMULATED = frozenset(
    {
        "AbortMultipartUpload",
        "DeleteBucket",
        "DeleteBucketCors",
        "DeleteBucketLifecycle",
        "DeleteBucketOwnershipControls",
        "DeleteBucketReplication",
        "DeleteBucketTagging",
        "DeleteBucketWebsite",
        "DeleteObjectTagging",
        "DeleteObjects",
        "DeletePublicAccessBlock",
        "GetBucketAccelerateConfiguration",
        "GetBucketAcl",
        "GetBucketCors",
        "GetBucketInventoryConfiguration",
        "GetBucketLifecycleConfiguration",
        "GetBucketLocation",
        "GetBucketLogging",
        "GetBucketNotificationConfiguration",
        "GetBucketOwnershipControls",
        "GetBucketReplication",
        "GetBucketTagging",
        "GetBucketVersioning",
        "GetBucketWebsite",
        "GetObjectAcl",
        "GetObjectAttributes",
        "GetObjectLegalHold",
        "GetObjectLockConfiguration",
        "GetObjectTagging",
        "GetPublicAccessBlock",
        "HeadBucket",
        "ListBucketInventoryConfigurations",
        "ListBuckets",
        "ListMultipartUploads",
        "ListObjectVersions",
        "ListObjects",
        "ListObjectsV2",
        "ListParts",
        "PutBucketAccelerateConfiguration",
        "PutBucketCors",
        "PutBucketInventoryConfiguration",
        "PutBucketLifecycleConfiguration",
        "PutBucketLogging",
        "PutBucketNotificationConfiguration",
        "PutBucketOwnershipControls",
        "PutBucketReplication",
        "PutBucketTagging",
        "PutBucketWebsite",
        "PutObjectLegalHold",
        "PutObjectLockConfiguration",
        "PutObjectTagging",
        "PutPublicAccessBlock",
        "RestoreObject",
    }
)

CHECKSUMS = ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256")


def guard(cloud: Cloud, ask: Ask) -> None:
    """Refuse what neither moto nor a rule knows, and outsiders of a restricted bucket. Raises Refusal."""
    if ask.call.operation not in EMULATED and ask.call.operation not in RULES:
        raise Refusal("NotImplemented", f"The sandbox does not emulate {ask.call.operation}.", 501)
    require_not_restricted(cloud, ask)


def create_bucket(cloud: Cloud, ask: Ask) -> Reply:
    """CreateBucket: since April 2023 a new bucket has ACLs disabled and all public access blocked."""
    existed = find_bucket(ask.params["Bucket"])
    reply = forward(cloud, ask)
    if reply.ok and existed is None:
        bucket = bucket_of(ask)
        bucket.public_access_block = PublicAccessBlock(True, True, True, True)  # noqa: FBT003 - moto's positions
        bucket.ownership_rule = bucket.ownership_rule or "BucketOwnerEnforced"  # type: ignore[assignment]  # moto stores the name
        bucket.creation_date = utc(ask.at)
        cloud.policies.delete(f"arn:aws:s3:::{bucket.name}")
        cloud.buckets.encryption.pop(bucket.name, None)
    return reply


def put_object(cloud: Cloud, ask: Ask) -> Reply:
    """PutObject: intact, under a key that the caller may use; older versions survive a suspended versioning."""
    bucket, key = bucket_of(ask), ask.params["Key"]
    require_acl_allowed(ask, bucket)
    _require_intact(ask)
    encryption = _for_write(cloud, ask, bucket, key)
    return _written(cloud, settled(ask, encryption), bucket, key, encryption)


def _for_write(cloud: Cloud, ask: Ask, bucket: FakeBucket, key: str, actions: tuple[str, ...] = ("GenerateDataKey",)) -> Encryption:
    encryption = of_write(cloud, ask, bucket)
    if encryption.by_kms:
        require_key(cloud, ask, encryption.key, actions, bucket, encryption_resource(bucket, key, encryption))
    return encryption


def _written(cloud: Cloud, ask: Ask, bucket: FakeBucket, key: str, encryption: Encryption) -> Reply:
    with as_if_versioned(bucket, key):
        reply = forward(cloud, ask)
    held = find_object(bucket, key)
    if not reply.ok or held is None:
        return reply
    place = (bucket.name, key, held.version_id)
    cloud.buckets.customer_keys.pop(place, None)
    if encryption.customer:
        cloud.buckets.customer_keys[place] = encryption.customer
        held.encryption = None
    else:
        held.encryption = held.encryption or encryption.algorithm
    if bucket.versioning_status == "Suspended":
        reply = reply.with_headers(x_amz_version_id=held.version_id)
    return with_customer_headers(reply, encryption)


def _require_intact(ask: Ask) -> None:
    """Compare the body with the checksums sent along. Raises Refusal `BadDigest`."""
    body, headers = ask.http.body, ask.http.headers
    if headers.get("x-amz-content-sha256", "").startswith("STREAMING-"):
        return
    md5 = b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
    if headers.get("content-md5", md5) != md5:
        raise Refusal("BadDigest", "The Content-MD5 you specified did not match what we received.")
    for algorithm in CHECKSUMS:
        given = headers.get(f"x-amz-checksum-{algorithm.lower()}")
        if given and given != compute_checksum(body, algorithm).decode():
            raise Refusal("BadDigest", f"The {algorithm} you specified did not match the calculated checksum.")


def copy_object(cloud: Cloud, ask: Ask) -> Reply:
    """CopyObject: the source's key to read, the target's to write, and conditions on the source kept."""
    bucket, key = bucket_of(ask), ask.params["Key"]
    source = _source(ask)
    _require_unchanged(ask, bucket, key)
    require_acl_allowed(ask, bucket)
    require_readable(cloud, ask, source, headers_prefix=COPY_SOURCE_CUSTOMER)
    encryption = _for_write(cloud, ask, bucket, key)
    in_place = (source.bucket_name, source.name) == (bucket.name, key)
    asked = "x-amz-server-side-encryption" in ask.http.headers or bucket.name in cloud.buckets.encryption
    return _written(cloud, ask if in_place and not asked else settled(ask, encryption), bucket, key, encryption)


def _source(ask: Ask) -> FakeKey:
    """The version to copy. Raises Refusal for a missing one, and `PreconditionFailed`."""
    path, _, version_id = ask.http.headers["x-amz-copy-source"].partition("?versionId=")
    name, _, key = unquote(path).removeprefix("/").partition("/")
    bucket = find_bucket(name)
    if bucket is None:
        raise Refusal("NoSuchBucket", "The specified bucket does not exist", NOT_FOUND)
    source = find_object(bucket, key, version_id or None)
    if source is None:
        raise Refusal("NoSuchVersion" if version_id else "NoSuchKey", "The specified key does not exist.", NOT_FOUND)
    _require_match(ask.http.headers.get("x-amz-copy-source-if-match"), source)
    return source


def _require_match(wanted: str | None, held: FakeKey) -> None:
    if wanted and wanted.strip('"') not in (held.etag.strip('"'), "*"):
        raise Refusal("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", PRECONDITION_FAILED)


def _require_unchanged(ask: Ask, bucket: FakeBucket, key: str) -> None:
    """Keep `If-Match` of a write that moto lets pass: what it replaces must be there, and still the same."""
    wanted, held = ask.http.headers.get("if-match"), find_object(bucket, key)
    if wanted and held is None:
        raise Refusal("NoSuchKey", "The specified key does not exist.", NOT_FOUND)
    if held is not None:
        _require_match(wanted, held)


def upload_part_copy(cloud: Cloud, ask: Ask) -> Reply:
    """UploadPartCopy: the source must be readable."""
    require_readable(cloud, ask, _source(ask), headers_prefix=COPY_SOURCE_CUSTOMER)
    return forward(cloud, ask)


def upload_part(cloud: Cloud, ask: Ask) -> Reply:
    """UploadPart: intact, and under a key that still can be used."""
    _require_intact(ask)
    return forward(cloud, ask)


def create_multipart_upload(cloud: Cloud, ask: Ask) -> Reply:
    """CreateMultipartUpload: the encryption is settled here; parts will need Decrypt as well as GenerateDataKey."""
    bucket, key = bucket_of(ask), ask.params["Key"]
    require_acl_allowed(ask, bucket)
    encryption = _for_write(cloud, ask, bucket, key, ("GenerateDataKey", "Decrypt"))
    return forward(cloud, settled(ask, encryption))


def complete_multipart_upload(cloud: Cloud, ask: Ask) -> Reply:
    """CompleteMultipartUpload: the upload's own encryption counts, not the bucket's default of now."""
    bucket, key = bucket_of(ask), ask.params["Key"]
    _require_unchanged(ask, bucket, key)
    upload = bucket.multiparts.get(ask.params.get("UploadId", ""))
    encryption = Encryption(upload.sse_encryption or "AES256", upload.kms_key_id or "") if upload else Encryption()
    if encryption.by_kms:
        require_key(
            cloud, ask, encryption.key, ("GenerateDataKey", "Decrypt"), bucket, encryption_resource(bucket, key, encryption)
        )
    return _written(cloud, ask, bucket, key, encryption)


RULES: dict[str, Rule] = {
    "CompleteMultipartUpload": complete_multipart_upload,
    "CopyObject": copy_object,
    "CreateBucket": create_bucket,
    "CreateMultipartUpload": create_multipart_upload,
    "DeleteBucketEncryption": delete_bucket_encryption,
    "DeleteBucketPolicy": delete_bucket_policy,
    "DeleteObject": delete_object,
    "GetBucketEncryption": get_bucket_encryption,
    "GetBucketLogging": get_bucket_logging,
    "GetBucketPolicy": get_bucket_policy,
    "GetBucketPolicyStatus": get_bucket_policy_status,
    "GetObject": get_object,
    "GetObjectRetention": get_object_retention,
    "HeadObject": head_object,
    "PutBucketAcl": put_acl,
    "PutBucketEncryption": put_bucket_encryption,
    "PutBucketLogging": put_bucket_logging,
    "PutBucketPolicy": put_bucket_policy,
    "PutBucketVersioning": put_bucket_versioning,
    "PutObject": put_object,
    "PutObjectAcl": put_acl,
    "PutObjectRetention": put_object_retention,
    "UpdateObjectEncryption": update_object_encryption,
    "UploadPart": upload_part,
    "UploadPartCopy": upload_part_copy,
}
