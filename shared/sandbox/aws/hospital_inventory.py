"""What is stored in the hospital, version by version, as nobody but the storage itself can say: read behind the boundary.

A drill compares it before and after: what a migration promises to keep, and under which key each version is.
"""

import hashlib
from collections.abc import Iterator

from moto.s3.models import FakeBucket, FakeKey, s3_backends

from shared.sandbox.aws.cloud import Cloud
from shared.sandbox.aws.hospital_held import TENANTS, Held
from shared.sandbox.aws.s3_encryption import of_object
from shared.sandbox.aws.s3_state import find_bucket


def inventory(cloud: Cloud) -> tuple[Held, ...]:
    """Every version and delete marker of the stores of health data."""
    with cloud.lock:
        return tuple(held for buckets in TENANTS.values() for bucket in buckets for held in _of(cloud, find_bucket(bucket)))


def _of(cloud: Cloud, bucket: FakeBucket | None) -> Iterator[Held]:
    if bucket is None:
        return
    for key, versions in sorted(bucket.keys.lists()):
        for place, version in enumerate(versions):
            if isinstance(version, FakeKey):
                yield _held(cloud, bucket, version, place)
            else:
                yield Held(bucket.name, key, str(version.version_id), place, deleted=True)


def _held(cloud: Cloud, bucket: FakeBucket, version: FakeKey, place: int) -> Held:
    encryption = of_object(cloud, version)
    tagger = s3_backends[bucket.account_id][bucket.partition].tagger
    return Held(
        bucket=bucket.name,
        key=version.name,
        version=str(version.version_id),
        place=place,
        deleted=False,
        content=hashlib.sha256(version.value).hexdigest(),
        size=version.size,
        etag=str(version.etag),
        modified=version.last_modified.isoformat(),
        metadata=tuple(sorted((name, str(value)) for name, value in (version.metadata or {}).items())),
        tags=tuple(sorted(tagger.get_tag_dict_for_resource(version.arn).items())),
        checksum=str(version.checksum_value or ""),
        scheme="SSE-C" if encryption.customer else encryption.algorithm,
        under=encryption.key,
        lock=version.lock_mode or "",
    )
