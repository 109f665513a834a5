"""UpdateObjectEncryption: another key for a stored version, in place; moto would take the request for a PUT and destroy the object.

Source: S3 API reference, UpdateObjectEncryption (its errors and sentences); S3 user guide, "Updating server-side encryption".
"""

from moto.s3.models import FakeBucket, FakeKey

from shared.sandbox.aws.cloud import Ask, Cloud
from shared.sandbox.aws.http import Reply
from shared.sandbox.aws.refusals import FORBIDDEN, Refusal
from shared.sandbox.aws.resource_policies import account_of
from shared.sandbox.aws.s3_encryption import encryption_resource, of_object, require_key
from shared.sandbox.aws.s3_state import bucket_of, object_of

_TRY_AGAIN = "Modify the request to specify"

NO_TYPE = (
    "Requests that modify an object encryption configuration require a valid new encryption type. Valid values are SSEKMS. "
    f"{_TRY_AGAIN} SSE-KMS for the updated encryption type, and then try again."
)
NO_KEY = (
    "Requests that modify an object's encryption type to SSE-KMS require an Amazon Web Services KMS key "
    f"Amazon Resource Name (ARN). {_TRY_AGAIN} a KMS key ARN, and then try again."
)
BAD_KEY = (
    "Requests that modify an object's encryption type to SSE-KMS require a valid Amazon Web Services KMS key Amazon Resource Name "
    "(ARN). Confirm that you have a correctly formatted KMS key ARN in your request, and then try again."
)
BAD_SOURCE = (
    "The UpdateObjectEncryption operation doesn't support source objects with the encryption type DSSE-KMS or SSE-C. "
    "Only source objects encrypted with SSE-S3 or SSE-KMS are supported."
)
FOREIGN_KEY = (
    "The Amazon Web Services KMS key in the request must be owned by the same account as the bucket. "
    f"{_TRY_AGAIN} a KMS key from the same account, and then try again."
)
LOCKED = "Access Denied because object protected by object lock."


def update_object_encryption(cloud: Cloud, ask: Ask) -> Reply:
    """Change the key of one version; content, ETag, time, metadata, tags and checksums stay."""
    change_key(cloud, ask, bucket_of(ask), object_of(ask), _asked(ask))
    return ask.answer({})


def change_key(cloud: Cloud, ask: Ask, bucket: FakeBucket, held: FakeKey, to: tuple[str, bool]) -> None:
    """Change the key of this version, if the caller may and S3 does. `to`: the key's ARN, and whether by a Bucket Key."""
    key_arn, bucket_key = to
    if account_of(key_arn) != bucket.account_id:
        raise Refusal("AccessDenied", FOREIGN_KEY, FORBIDDEN)
    _require_updatable(cloud, held)
    source = of_object(cloud, held)
    if source.by_kms:
        resource = encryption_resource(bucket, held.name, source)
        require_key(cloud, ask, source.key, ("Decrypt", "ReEncryptFrom"), bucket, resource)
    target = f"arn:aws:s3:::{bucket.name}" + ("" if bucket_key else f"/{held.name}")
    require_key(cloud, ask, key_arn, ("GenerateDataKey", "Encrypt", "ReEncryptTo"), bucket, target)
    held.encryption, held.kms_key_id, held.bucket_key_enabled = "aws:kms", key_arn, str(bucket_key).lower()


def _asked(ask: Ask) -> tuple[str, bool]:
    """The key ARN and Bucket Key setting asked for. Raises Refusal `InvalidRequest`."""
    wanted = ask.params.get("ObjectEncryption", {}).get("SSEKMS")
    if wanted is None:
        raise Refusal("InvalidRequest", NO_TYPE)
    key_arn = str(wanted.get("KMSKeyArn", ""))
    if not key_arn:
        raise Refusal("InvalidRequest", NO_KEY)
    if not key_arn.startswith("arn:aws:kms:") or ":key/" not in key_arn:
        raise Refusal("InvalidRequest", BAD_KEY)
    return key_arn, bool(wanted.get("BucketKeyEnabled", False))


def _require_updatable(cloud: Cloud, held: FakeKey) -> None:
    source = of_object(cloud, held)
    if source.customer or source.algorithm == "aws:kms:dsse":
        raise Refusal("InvalidRequest", BAD_SOURCE)
    if held.is_locked(governance_bypass=False):
        raise Refusal("AccessDenied", LOCKED, FORBIDDEN)
