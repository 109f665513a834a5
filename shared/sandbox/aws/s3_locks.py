"""Object Lock and versioning, where moto gives way: compliance can only be lengthened, and a locked bucket stays versioned.

Source: S3 user guide, "Locking objects with Object Lock"; S3 API reference, PutObjectRetention, PutBucketVersioning.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from moto.s3.models import FakeBucket, FakeDeleteMarker, FakeKey, s3_backends

from shared.sandbox.aws.clock import utc
from shared.sandbox.aws.cloud import Ask, Cloud, forward
from shared.sandbox.aws.http import Reply
from shared.sandbox.aws.refusals import CONFLICT, FORBIDDEN, NOT_FOUND, Refusal
from shared.sandbox.aws.s3_state import bucket_of, object_of, versions

LOCKED = "Access Denied because object protected by object lock."
NO_LOCK = "Bucket is missing Object Lock Configuration"


def _until(held: FakeKey) -> datetime | None:
    return datetime.fromisoformat(held.lock_until).astimezone(UTC) if held.lock_until else None


def _require_lock(ask: Ask) -> None:
    if not bucket_of(ask).object_lock_enabled:
        raise Refusal("InvalidRequest", NO_LOCK)


def get_object_retention(_: Cloud, ask: Ask) -> Reply:
    """GetObjectRetention."""
    _require_lock(ask)
    held = object_of(ask)
    until = _until(held)
    if not held.lock_mode or until is None:
        sentence = "The specified object does not have a ObjectLock configuration"
        raise Refusal("NoSuchObjectLockConfiguration", sentence, NOT_FOUND)
    return ask.answer({"Retention": {"Mode": held.lock_mode, "RetainUntilDate": until}})


def put_object_retention(cloud: Cloud, ask: Ask) -> Reply:
    """PutObjectRetention: compliance is never shortened nor weakened; governance only by those who may, and say so."""
    _require_lock(ask)
    held, wanted = object_of(ask), ask.params.get("Retention", {})
    until = wanted.get("RetainUntilDate")
    until = until.replace(tzinfo=until.tzinfo or UTC) if until else None
    if until and until <= utc(ask.at):
        raise Refusal("InvalidArgument", "The retain until date must be in the future!")
    current = _until(held)
    if (
        held.is_locked(governance_bypass=False)
        and held.lock_mode
        and current
        and (until is None or until < current or _weakens(held, wanted))
    ):
        bypassed = held.lock_mode == "GOVERNANCE" and ask.params.get("BypassGovernanceRetention", False)
        if not bypassed:
            raise Refusal("AccessDenied", LOCKED, FORBIDDEN)
    return forward(cloud, ask)


def _weakens(held: FakeKey, wanted: dict[str, object]) -> bool:
    return held.lock_mode == "COMPLIANCE" and wanted.get("Mode") != "COMPLIANCE"


def put_bucket_versioning(cloud: Cloud, ask: Ask) -> Reply:
    """PutBucketVersioning: a bucket with Object Lock cannot be suspended."""
    wanted = ask.params.get("VersioningConfiguration", {}).get("Status")
    if bucket_of(ask).object_lock_enabled and wanted != "Enabled":
        sentence = "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed."
        raise Refusal("InvalidBucketState", sentence, CONFLICT)
    return forward(cloud, ask)


@contextmanager
def as_if_versioned(bucket: FakeBucket, key: str) -> Iterator[None]:
    """Let moto add a version to a bucket whose versioning is suspended, then make it the version `null`.

    By itself moto would drop every older version; S3 replaces the version `null` only.
    """
    if bucket.versioning_status != "Suspended":
        yield
        return
    before = versions(bucket, key)
    bucket.versioning_status = "Enabled"
    try:
        yield
    finally:
        bucket.versioning_status = "Suspended"
    after = versions(bucket, key)
    if len(after) > len(before):
        _make_null(after[-1])
        bucket.keys.setlist(key, [*(each for each in before if each.version_id != "null"), after[-1]])


@contextmanager
def versions_nameable(bucket: FakeBucket) -> Iterator[None]:
    """Let moto find a version by its id, `null` included, whatever the versioning; by itself it answers 400 to such a HEAD."""
    status, bucket.versioning_status = bucket.versioning_status, "Enabled"
    try:
        yield
    finally:
        bucket.versioning_status = status


def _make_null(version: FakeKey | FakeDeleteMarker) -> None:
    """Rename a version; its tags hang on its name."""
    named = version.arn if isinstance(version, FakeKey) else ""
    version._version_id = "null"  # noqa: SLF001 - moto gives random names only
    if isinstance(version, FakeKey):
        s3_backends[version.account_id][version.partition].tagger.copy_tags(named, version.arn)


def delete_object(cloud: Cloud, ask: Ask) -> Reply:
    """DeleteObject: where versioning is suspended, older versions stay under a delete marker of version `null`."""
    bucket, key = bucket_of(ask), ask.params["Key"]
    with as_if_versioned(bucket, key):
        reply = forward(cloud, ask)
    if bucket.versioning_status == "Suspended" and "VersionId" not in ask.params:
        reply = reply.with_headers(x_amz_version_id="null")
    return reply
