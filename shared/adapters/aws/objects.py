"""The `Objects` port on S3.

Rules
1. Every version is named by its id, `null` included; only a copy takes the latest, on condition that it is the one looked at.
2. HeadObject answers without a body: a bare 400 can be SSE-C, a key that can not be used, or a token that expired. A read of one
   byte tells which, and only SSE-C is taken for SSE-C.
3. S3 tells checksums only to those who may use the key: where we may not, there is none, and the rest is told all the same.
4. Where the bucket's owner owns every object, ACLs are off and no copy loses a grant: none is read. `store` learns that anew for
   each run. Whoever switches ACLs on meanwhile wakes grants that were without effect when the run began: the copies of that run
   have none of them, which lets nobody in, and does not tell which; the next run reads ACLs again.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from shared.adapters.aws import objects_copied, objects_seen
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call, request_id
from shared.adapters.aws.objects_copied import Place
from shared.domain.errors import Absent, Refused
from shared.domain.resource import Ref
from shared.ports.objects import (
    CUSTOMER_KEY,
    NULL,
    Attributes,
    Encryption,
    Facts,
    Moved,
    Page,
    Pairs,
    StoreFacts,
    Version,
    Versioning,
)

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

ENFORCED = "BucketOwnerEnforced"

LOOKS = frozenset(
    {
        "s3:GetBucketNotification",
        "s3:GetBucketOwnershipControls",
        "s3:GetBucketVersioning",
        "s3:GetObjectLegalHold",
        "s3:GetObjectRetention",
        "s3:GetObjectVersion",
        "s3:GetObjectVersionAttributes",
        "s3:GetObjectVersionTagging",
        "s3:ListBucketVersions",
    }
)
UPDATES = frozenset(
    {
        "kms:Decrypt",
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
        "s3:PutObject",
        "s3:UpdateObjectEncryption",
    }
)
COPIES = frozenset(
    {
        "kms:Decrypt",
        "kms:GenerateDataKey",
        "s3:AbortMultipartUpload",
        "s3:GetObject",
        "s3:GetObjectAnnotation",
        "s3:GetObjectTagging",
        "s3:GetObjectVersionAcl",
        "s3:PutObject",
        "s3:PutObjectAnnotation",
        "s3:PutObjectTagging",
    }
)
ACTIONS = LOOKS | UPDATES | COPIES
"""The IAM actions of a migration and of its proof; nothing in it deletes."""

ATTRIBUTES: tuple[Literal["ETag", "Checksum", "ObjectSize", "StorageClass"], ...] = (
    "ETag",
    "Checksum",
    "ObjectSize",
    "StorageClass",
)


class AwsObjects:
    """Buckets of every account that `clients` can enter. `page`: versions a listing gives at a time, at most 1,000."""

    def __init__(self, clients: Clients, page: int = 1000) -> None:
        self._clients = clients
        self._page = page
        self._acls: dict[Ref, bool] = {}

    def store(self, store: Ref) -> StoreFacts:
        client = self._clients.s3(store.account, store.region)
        versioning: Mapping[str, Any] = call(client.get_bucket_versioning, Bucket=store.name)
        configuration: Mapping[str, Any] = call(client.get_bucket_notification_configuration, Bucket=store.name)
        self._acls[store] = _acls(client, store.name)
        return StoreFacts(Versioning(versioning.get("Status", "")), objects_seen.consumers(configuration))

    def list(self, store: Ref, after: tuple[str, str] | None) -> Page:
        markers = ("KeyMarker", "VersionIdMarker")
        given: dict[str, Any] = {name: value for name, value in zip(markers, after or (), strict=False) if value}
        client = self._clients.s3(store.account, store.region)
        return objects_seen.page(call(client.list_object_versions, Bucket=store.name, MaxKeys=self._page, **given))

    def head(self, store: Ref, key: str, version: str) -> Facts:
        place = self._place(store, key)
        answer = _head(place, version)
        return objects_seen.facts(answer, _tags(place, version) if answer.get("TagCount") else ())

    def attributes(self, store: Ref, key: str, version: str) -> Attributes:
        place = self._place(store, key)
        ask = place.client.get_object_attributes
        return objects_seen.attributes(call(ask, **place.named, VersionId=version, ObjectAttributes=ATTRIBUTES))

    def update(self, store: Ref, key: str, version: str, encryption: Encryption) -> Moved:
        place = self._place(store, key)
        answer = call(
            place.client.update_object_encryption,
            **place.named,
            VersionId=version,
            ObjectEncryption={"SSEKMS": {"KMSKeyArn": encryption.key, "BucketKeyEnabled": encryption.bucket_key}},
        )
        return Moved(version, "", (request_id(answer),))

    def copy(self, store: Ref, version: Version, facts: Facts, encryption: Encryption) -> Moved:
        return objects_copied.copy(self._place(store, version.key), version.id, facts, encryption)

    def copy_parts(
        self, store: Ref, version: Version, facts: Facts, encryption: Encryption, part: int, begun: Callable[[str], None]
    ) -> Moved:
        return objects_copied.copy_parts(self._place(store, version.key), version.id, facts, encryption, part, begun)

    def abort(self, store: Ref, key: str, upload: str) -> None:
        try:
            objects_copied.abort(self._place(store, key), upload)
        except Absent:
            return

    def put(self, store: Ref, key: str, content: bytes) -> str:
        place = self._place(store, key)
        answer: Mapping[str, Any] = call(place.client.put_object, **place.named, Body=content)
        return str(answer.get("VersionId", NULL))

    def read(self, store: Ref, key: str, version: str) -> bytes:
        place = self._place(store, key)
        return call(place.client.get_object, **place.named, VersionId=version)["Body"].read()

    def _place(self, store: Ref, key: str) -> Place:
        return Place(
            self._clients.s3(store.account, store.region), store.name, store.account, key, acls=self._acls.get(store, True)
        )


def _acls(client: "S3Client", bucket: str) -> bool:
    """Whether an object's ACL can grant anything (S3 user guide, "Controlling ownership of objects"); yes where we may not ask."""
    try:
        answer = call(client.get_bucket_ownership_controls, Bucket=bucket)
    except (Absent, Refused):
        return True
    return all(rule["ObjectOwnership"] != ENFORCED for rule in answer["OwnershipControls"].get("Rules", ()))


def _head(place: Place, version: str) -> Mapping[str, Any]:
    try:
        return call(place.client.head_object, **place.named, VersionId=version, ChecksumMode="ENABLED")
    except Refused as error:
        if error.code == "403":
            return call(place.client.head_object, **place.named, VersionId=version)
        if error.code == "400":
            _explain(place, version)
        raise


def _explain(place: Place, version: str) -> None:
    """Raise what a read says, whose refusals have a body; nothing where it says no more than the HEAD did."""
    try:
        call(place.client.get_object, **place.named, VersionId=version, Range="bytes=0-0")
    except Refused as error:
        if error.code != "InvalidRequest":
            raise
        raise Refused("HeadObject: under a customer's key", CUSTOMER_KEY, error.request_id) from None


def _tags(place: Place, version: str) -> Pairs:
    answer: Mapping[str, Any] = call(place.client.get_object_tagging, **place.named, VersionId=version)
    return tuple(sorted((tag["Key"], tag["Value"]) for tag in answer["TagSet"]))
