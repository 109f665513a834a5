"""What is stored in the hospital, version by version, as nobody but the storage itself can say: read behind the boundary.

A drill compares it before and after: what a migration promises to keep, and under which key each version is.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from moto.s3.models import FakeBucket, FakeKey, s3_backends

from shared.sandbox.aws import hospital_names as hospital
from shared.sandbox.aws import scenario_names as names
from shared.sandbox.aws.cloud import Cloud
from shared.sandbox.aws.s3_encryption import of_object
from shared.sandbox.aws.s3_state import find_bucket

TENANTS: Final[Mapping[str, tuple[str, ...]]] = {
    "st-brendan": (names.CHARTS, names.LABS, hospital.REPLICA),
    "marys-hospice": (hospital.RECORDS,),
    "county-lab": (hospital.RESULTS,),
}
"""The stores of health data, by tenant."""


@dataclass(frozen=True, slots=True)
class Held:
    """One stored version. `place`: its place among the versions of its key, the oldest 0; `content`: SHA-256.

    `scheme`: `aws:kms`, `AES256`, or `SSE-C`; `under`: key ARN. `lock`: the mode of its retention, empty where there is none.
    """

    bucket: str
    key: str
    version: str
    place: int
    deleted: bool
    content: str = ""
    size: int = 0
    etag: str = ""
    modified: str = ""
    metadata: tuple[tuple[str, str], ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    checksum: str = ""
    scheme: str = ""
    under: str = ""
    lock: str = ""

    @property
    def lasting(self) -> tuple[object, ...]:
        """What every lane of a migration keeps."""
        return (self.content, self.size, self.metadata, self.tags, self.checksum)

    @property
    def shape(self) -> dict[str, object]:
        """What one hospital of a seed has in common with another: no ids, no times."""
        varying = {"version", "etag", "modified", "checksum"}
        return {name: value for name, value in asdict(self).items() if name not in varying}

    def eligible(self, old: Sequence[str]) -> bool:
        """Whether it is to be moved from one of these keys, and nothing that the service imposes forbids it."""
        return not self.deleted and self.scheme == "aws:kms" and self.under in old and not self.lock


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
