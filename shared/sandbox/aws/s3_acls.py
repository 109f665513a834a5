"""ACLs: refused where they are disabled or blocked, and what a public one still opens.

Source: S3 user guide, "Controlling ownership of objects and disabling ACLs for your bucket", "Access control list (ACL) overview".
"""

from collections.abc import Mapping

from moto.s3.models import FakeBucket, FakeKey

from shared.sandbox.aws.cloud import Ask, Cloud, forward
from shared.sandbox.aws.http import Reply
from shared.sandbox.aws.principals import Caller
from shared.sandbox.aws.refusals import FORBIDDEN, Refusal
from shared.sandbox.aws.s3_state import access_block, acls_disabled, bucket_of, find_bucket, find_object

PUBLIC_ACLS = frozenset({"public-read", "public-read-write", "authenticated-read"})


def put_acl(cloud: Cloud, ask: Ask) -> Reply:
    """PutBucketAcl, PutObjectAcl: refused where ACLs are disabled, or blocked because public."""
    require_acl_allowed(ask, bucket_of(ask))
    return forward(cloud, ask)


def require_acl_allowed(ask: Ask, bucket: FakeBucket) -> None:
    """Raise the refusal of an ACL in the request that the bucket does not take; the owner's full control is always fine."""
    canned = ask.http.headers.get("x-amz-acl", "")
    is_acl = canned not in ("", "private", "bucket-owner-full-control") or any(
        h.startswith("x-amz-grant-") for h in ask.http.headers
    )
    is_acl = is_acl or b"AccessControlPolicy" in ask.http.body[:512]
    if is_acl and acls_disabled(bucket):
        raise Refusal("AccessControlListNotSupported", "The bucket does not allow ACLs")
    is_public_acl = canned in PUBLIC_ACLS or b"groups/global/" in ask.http.body or _grants_everybody(ask.http.headers)
    if is_acl and is_public_acl and access_block(bucket)["block_public_acls"]:
        raise Refusal("AccessDenied", "Access Denied", FORBIDDEN)


def _grants_everybody(headers: Mapping[str, str]) -> bool:
    return any(name.startswith("x-amz-grant-") and "groups/global/" in value for name, value in headers.items())


def acl_allows(caller: Caller, action: str, resource: str) -> bool:
    """Whether a public ACL lets a caller read, where no policy speaks."""
    name, _, key = resource.removeprefix("arn:aws:s3:::").partition("/")
    bucket = find_bucket(name)
    if bucket is None or acls_disabled(bucket) or access_block(bucket)["ignore_public_acls"]:
        return False
    held: FakeBucket | FakeKey | None = find_object(bucket, key) if action == "s3:GetObject" else bucket
    readable = action in ("s3:GetObject", "s3:ListBucket") and held is not None and held.acl is not None and held.acl.public_read
    return bool(readable) and caller.principal.account != bucket.account_id
