"""Buckets and objects as moto holds them, by name and by request."""

from moto.s3.models import FakeBucket, FakeDeleteMarker, FakeKey, s3_backends
from moto.s3control.models import s3control_backends

from shared.sandbox.aws.cloud import Ask
from shared.sandbox.aws.refusals import NOT_FOUND, Refusal


def find_bucket(name: str) -> FakeBucket | None:
    """The bucket of that name in any account, or None."""
    partition, account = s3_backends.bucket_accounts.get(name, ("", ""))
    return s3_backends[account][partition].buckets.get(name) if account else None


def bucket_of(ask: Ask) -> FakeBucket:
    """The bucket a request is about. Raises Refusal `NoSuchBucket`."""
    bucket = find_bucket(ask.params["Bucket"])
    if bucket is None:
        raise Refusal("NoSuchBucket", "The specified bucket does not exist", NOT_FOUND)
    return bucket


def versions(bucket: FakeBucket, key: str) -> list[FakeKey | FakeDeleteMarker]:
    """Every version and delete marker of a key, the current one last."""
    return list(bucket.keys.getlist(key, []))


def find_object(bucket: FakeBucket, key: str, version_id: str | None = None) -> FakeKey | None:
    """A version, or the current one; None for a delete marker or nothing."""
    held = versions(bucket, key)
    found = next((each for each in held if each.version_id == version_id), None) if version_id else (held[-1] if held else None)
    return found if isinstance(found, FakeKey) else None


def object_of(ask: Ask) -> FakeKey:
    """The object version a request is about. Raises Refusal `NoSuchBucket`, `NoSuchKey`, `NoSuchVersion`."""
    version_id = ask.params.get("VersionId")
    found = find_object(bucket_of(ask), ask.params["Key"], version_id)
    if found is None and version_id:
        raise Refusal("NoSuchVersion", "The specified version does not exist.", NOT_FOUND)
    if found is None:
        raise Refusal("NoSuchKey", "The specified key does not exist.", NOT_FOUND)
    return found


def access_block(bucket: FakeBucket) -> dict[str, bool]:
    """The four switches in force: the bucket's or the account's."""
    account = s3control_backends[bucket.account_id]["aws"].public_access_block
    blocks = [block for block in (bucket.public_access_block, account) if block]
    names = ("block_public_acls", "ignore_public_acls", "block_public_policy", "restrict_public_buckets")
    return {name: any(getattr(block, name) for block in blocks) for name in names}


def acls_disabled(bucket: FakeBucket) -> bool:
    """Whether the bucket owner owns every object, and ACLs count for nothing."""
    return str(bucket.ownership_rule) == "BucketOwnerEnforced"
