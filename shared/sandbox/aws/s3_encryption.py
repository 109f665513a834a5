"""S3 and keys: which key an object is under, whether the key can be used, and whether by this caller.

Source: S3 user guide, "Using server-side encryption with AWS KMS keys", "Using server-side encryption with customer-provided keys",
"Updating server-side encryption for existing objects"; S3 API reference, UpdateObjectEncryption.
"""

import hashlib
from base64 import b64decode, b64encode
from dataclasses import dataclass, replace

from moto.s3.models import FakeBucket, FakeKey

from shared.sandbox.aws import inner_calls, keys
from shared.sandbox.aws.cloud import Ask, Cloud
from shared.sandbox.aws.http import Reply
from shared.sandbox.aws.kms_rules import usable
from shared.sandbox.aws.permission import Need, require
from shared.sandbox.aws.refusals import FORBIDDEN, Refusal
from shared.sandbox.aws.s3_state import bucket_of, find_bucket

SSE = "x-amz-server-side-encryption"
SSE_KEY = "x-amz-server-side-encryption-aws-kms-key-id"
SSE_BUCKET_KEY = "x-amz-server-side-encryption-bucket-key-enabled"
CUSTOMER = "x-amz-server-side-encryption-customer-"
COPY_SOURCE_CUSTOMER = "x-amz-copy-source-server-side-encryption-customer-"

NEEDS_CUSTOMER_KEY = (
    "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object."
)


@dataclass(frozen=True, slots=True)
class Encryption:
    """How an object is, or is to be, encrypted. `key` is a key ARN for KMS; `customer` the MD5 of a customer's key (SSE-C)."""

    algorithm: str = "AES256"
    key: str = ""
    bucket_key: bool = False
    customer: str = ""

    @property
    def by_kms(self) -> bool:
        return self.algorithm.startswith("aws:kms")


def of_object(cloud: Cloud, held: FakeKey) -> Encryption:
    """The encryption of a stored version."""
    customer = cloud.buckets.customer_keys.get((str(held.bucket_name), held.name, held.version_id), "")
    bucket_key = str(held.bucket_key_enabled).lower() == "true"
    return Encryption(held.encryption or "AES256", held.kms_key_id or "", bucket_key, customer)


def of_write(cloud: Cloud, ask: Ask, bucket: FakeBucket) -> Encryption:
    """The encryption a write asks for, or the bucket's default. Raises Refusal."""
    headers = ask.http.headers
    customer = _customer_key(headers.get(f"{CUSTOMER}key", ""), headers.get(f"{CUSTOMER}key-md5", ""))
    rule = cloud.buckets.default_rule(bucket.name)
    if customer:
        if "SSE-C" in rule.get("BlockedEncryptionTypes", {}).get("EncryptionType", ()):
            raise Refusal(
                "AccessDenied", "Server-side encryption with customer-provided keys (SSE-C) is blocked on this bucket", FORBIDDEN
            )
        return Encryption(customer=customer)
    default = rule.get("ApplyServerSideEncryptionByDefault", {"SSEAlgorithm": "AES256"})
    algorithm = headers.get(SSE, default["SSEAlgorithm"])
    if not algorithm.startswith("aws:kms"):
        return Encryption(algorithm)
    inherited = default.get("KMSMasterKeyID") if default["SSEAlgorithm"] == algorithm else None
    reference = headers.get(SSE_KEY) or inherited or "alias/aws/s3"
    bucket_key = headers.get(SSE_BUCKET_KEY, str(rule.get("BucketKeyEnabled", False))).lower() == "true"
    return Encryption(
        algorithm, _key_arn(reference, ask.caller.principal.account or bucket.account_id, bucket.region_name), bucket_key
    )


def _key_arn(reference: str, account: str, region: str) -> str:
    try:
        return str(keys.require(account, region, reference).arn)
    except Refusal as unknown:
        raise Refusal("KMS.NotFoundException", unknown.message) from unknown


def _customer_key(key: str, md5: str) -> str:
    """The MD5 of a customer's key, empty without one. Raises Refusal for a key that is not 256 bits or not of its MD5."""
    if not key:
        return ""
    raw = b64decode(key)
    digest = b64encode(hashlib.md5(raw, usedforsecurity=False).digest()).decode()
    if len(raw) != 32 or digest != md5:  # noqa: PLR2004 - AES-256
        raise Refusal("InvalidArgument", "The calculated MD5 hash of the key did not match the hash that was provided.")
    return digest


def require_key(cloud: Cloud, ask: Ask, key_arn: str, actions: tuple[str, ...], bucket: FakeBucket, resource: str) -> None:
    """Raise the refusal of a key that is unusable, or not for this caller through S3."""
    key = keys.find("", "", key_arn)
    if key is None:
        raise Refusal("KMS.NotFoundException", f"Key '{key_arn}' does not exist")
    if refusal := usable(key):
        raise refusal
    if "alias/aws/s3" in key.aliases and ask.caller.principal.account == key.account_id:
        return
    context = {
        **ask.context,
        "kms:viaservice": (f"s3.{bucket.region_name}.amazonaws.com",),
        "kms:calleraccount": (ask.caller.principal.account,),
        "kms:encryptioncontext:aws:s3:arn": (resource,),
        "kms:encryptioncontextkeys": ("aws:s3:arn",),
        "kms:encryptionalgorithm": ("SYMMETRIC_DEFAULT",),
        **keys.about(key),
    }
    for action in actions:
        require(cloud, ask.caller, context, Need(f"kms:{action}", key.arn, key.account_id), service="s3")
    cloud.keys.used(key.arn, actions[0], ask.at, ask.id)
    inner_calls.uses_key(cloud, ask, (key.arn, key.account_id, key.region), actions[0].removesuffix("From"), resource)


def encryption_resource(bucket: FakeBucket, key: str, encryption: Encryption) -> str:
    """The ARN S3 puts into the KMS encryption context: the bucket's with a Bucket Key, the object's without."""
    return f"arn:aws:s3:::{bucket.name}" + ("" if encryption.bucket_key else f"/{key}")


def require_readable(cloud: Cloud, ask: Ask, held: FakeKey, *, headers_prefix: str = CUSTOMER) -> None:
    """Raise the refusal of an object whose key the caller cannot use, or does not bring (SSE-C)."""
    encryption = of_object(cloud, held)
    given = _customer_key(ask.http.headers.get(f"{headers_prefix}key", ""), ask.http.headers.get(f"{headers_prefix}key-md5", ""))
    if encryption.customer and not given:
        raise Refusal("InvalidRequest", NEEDS_CUSTOMER_KEY)
    if encryption.customer != given:
        raise Refusal("AccessDenied", "Access Denied", FORBIDDEN)
    bucket = find_bucket(str(held.bucket_name))
    if encryption.by_kms and bucket:
        resource = encryption_resource(bucket, held.name, encryption)
        require_key(cloud, ask, encryption.key, ("Decrypt",), bucket, resource)


def settled(ask: Ask, encryption: Encryption) -> Ask:
    """The request with its encryption spelt out, so that the emulator stores what S3 would."""
    if encryption.customer:
        return ask
    named = {SSE: encryption.algorithm}
    if encryption.by_kms:
        named |= {SSE_KEY: encryption.key, SSE_BUCKET_KEY: str(encryption.bucket_key).lower()}
    headers = {name: value for name, value in ask.http.headers.items() if name not in (SSE, SSE_KEY, SSE_BUCKET_KEY)}
    return replace(ask, http=replace(ask.http, headers=headers | named))


def with_customer_headers(reply: Reply, encryption: Encryption) -> Reply:
    """S3 answers with the algorithm and the MD5 of a customer's key."""
    if not encryption.customer:
        return reply
    kept = tuple(each for each in reply.headers if not each[0].lower().startswith(SSE))
    named = ((f"{CUSTOMER}algorithm", "AES256"), (f"{CUSTOMER}key-MD5", encryption.customer))
    return replace(reply, headers=kept + named)


def put_bucket_encryption(cloud: Cloud, ask: Ask) -> Reply:
    """PutBucketEncryption: one rule, kept as given; S3 does not look whether the key exists."""
    bucket, configuration = bucket_of(ask), ask.params["ServerSideEncryptionConfiguration"]
    if len(configuration["Rules"]) != 1:
        raise Refusal("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
    cloud.buckets.encryption[bucket.name] = configuration
    return ask.answer({})


def get_bucket_encryption(cloud: Cloud, ask: Ask) -> Reply:
    """GetBucketEncryption: the configuration, or S3's default."""
    rule = cloud.buckets.default_rule(bucket_of(ask).name)
    return ask.answer({"ServerSideEncryptionConfiguration": {"Rules": [rule]}})


def delete_bucket_encryption(cloud: Cloud, ask: Ask) -> Reply:
    """DeleteBucketEncryption: back to S3's default."""
    cloud.buckets.encryption.pop(bucket_of(ask).name, None)
    return replace(ask.answer({}), status=204)
