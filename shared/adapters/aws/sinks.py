"""A ledger in an S3 bucket that nobody can change: Object Lock in compliance mode, and every object written once.

S3 gives the sequence its two properties. `If-None-Match: *` lets one writer of two have a place (S3 User Guide, "Conditional
writes"); compliance mode keeps every version until its retention ends, whoever asks ("Object Lock"). Encryption is SSE-S3, so that
no deletion of a key can shred the record.
"""

from collections import Counter
from typing import TYPE_CHECKING

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call, pages
from shared.domain.errors import Absent, AlreadyRecorded, CloudError, NotDurable, NotReady, Tampered, Throttled, Unreachable

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

ACTIONS = frozenset(
    {"s3:PutObject", "s3:GetObject", "s3:ListBucket", "s3:ListBucketVersions", "s3:GetBucketObjectLockConfiguration"}
)
"""What the recorder needs on the bucket, exactly."""

TAKEN = "PreconditionFailed"


class S3Sink:
    """One bucket; `region` and `account` are the bucket's own, the responder's where empty."""

    def __init__(self, clients: Clients, bucket: str, region: str = "", account: str = "") -> None:
        self.name = f"s3://{bucket}"
        self._clients, self._bucket, self._region, self._account = clients, bucket, region, account

    def ready(self) -> None:
        """Raise `NotReady` unless the bucket locks every object in compliance mode; governance mode is not evidence.

        A bucket that does not answer now is not judged: a Region that is down must not stop a response, and nothing is kept there.
        """
        try:
            lock = call(self._s3.get_object_lock_configuration, Bucket=self._bucket)["ObjectLockConfiguration"]
        except (Throttled, Unreachable):
            return
        except Absent:
            raise NotReady(f"{self.name} is absent or has no Object Lock: run `codeblue init`") from None
        retention = lock.get("Rule", {}).get("DefaultRetention", {})
        if retention.get("Mode") != "COMPLIANCE":
            raise NotReady(f"{self.name} has no default retention in compliance mode: run `codeblue init`")

    def put(self, path: str, content: bytes) -> None:
        """Keep it (PutObject). The same bytes again are no error: an answer can be lost and the call repeated."""
        try:
            call(
                self._s3.put_object,
                Bucket=self._bucket,
                Key=path,
                Body=content,
                IfNoneMatch="*",
                ServerSideEncryption="AES256",
                ChecksumAlgorithm="SHA256",
            )
        except CloudError as error:
            if error.code != TAKEN:
                raise NotDurable(f"{self.name}: {error}") from None
            if self.get(path) != content:
                raise AlreadyRecorded(path) from None

    def get(self, path: str) -> bytes:
        """The bytes (GetObject, whose checksum the SDK verifies)."""
        return call(call(self._s3.get_object, Bucket=self._bucket, Key=path)["Body"].read)

    def list(self, prefix: str) -> tuple[str, ...]:
        """Every path below the prefix. Raises `Tampered` where an object was deleted or overwritten.

        A locked version can not be destroyed, but a marker or a newer version can hide it: so versions are listed, not objects.
        """
        versions = Counter[str]()
        for page in pages(self._s3.get_paginator("list_object_versions"), Bucket=self._bucket, Prefix=prefix):
            versions.update(version["Key"] for version in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())))
        hidden = sorted(path for path, count in versions.items() if count > 1)
        if hidden:
            raise Tampered(f"{self.name}: {hidden[0]} was deleted or overwritten; its first version is still there")
        return tuple(sorted(versions))

    @property
    def _s3(self) -> "S3Client":
        return self._clients.s3(self._account, self._region)
