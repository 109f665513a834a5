"""The responder's own buckets, where UpdateObjectEncryption is tried before it touches data: one in each Region of custody.

What is put there is kept under S3's own key, so that an update to the responder's key has something to change. It expires after a
day.
"""

from typing import TYPE_CHECKING, Any

from shared.adapters.aws import policies
from shared.adapters.aws.arns import named, partition_of
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call
from shared.containment.parallel import in_parallel
from shared.domain.errors import Absent, CloudError, NotReady, Refused
from shared.domain.facet import PolicyStatement
from shared.domain.resource import Kind
from shared.domain.value import canonical
from shared.reencryption.plan import Canary

from .s3 import bucket_ref

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

KEY = "alias/codeblue-canary"
"""A key of the responder's own, by this alias in every Region; nothing but canaries is ever under it."""

PERMISSIONS = frozenset({"kms:DescribeKey"})
"""What `canaries` needs; the canary itself needs what a migration does."""

DAYS = 1
TLS = "CodeblueCanaryTls"


def bucket_of(account: str, region: str) -> str:
    """The name of the responder's bucket, by convention."""
    return f"codeblue-canary-{account}-{region}"


def canaries(clients: Clients, regions: tuple[str, ...]) -> dict[str, Canary]:
    """The canary of each of these Regions, by Region. Where its key is not to be seen, there is none."""
    found = in_parallel(lambda region: _canary(clients, region), regions)
    return {region: canary for region, canary in zip(regions, found, strict=True) if canary}


def _canary(clients: Clients, region: str) -> Canary | None:
    try:
        key = call(clients.kms("", region).describe_key, KeyId=KEY)["KeyMetadata"]["Arn"]
    except CloudError:
        return None
    return Canary(store=bucket_ref(clients.home, region, bucket_of(clients.home, region)), key=named(Kind.KEY, key).id)


def make_bucket(s3: "S3Client", account: str, region: str) -> str:
    """Make the bucket of a Region, or what is missing of it; its name. Raises `NotReady` where somebody else has the name."""
    bucket = bucket_of(account, region)
    place: Any = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    try:
        call(s3.head_bucket, Bucket=bucket)
    except Absent:
        call(s3.create_bucket, Bucket=bucket, **place)
    except Refused:
        raise NotReady(f"the bucket name {bucket} is taken by another account") from None
    _close(s3, bucket)
    rule: Any = {"ID": "canaries", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": DAYS}}
    call(s3.put_bucket_lifecycle_configuration, Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})
    by_s3: Any = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    call(s3.put_bucket_encryption, Bucket=bucket, ServerSideEncryptionConfiguration=by_s3)
    return bucket


def _close(s3: "S3Client", bucket: str) -> None:
    """Nobody from outside, nothing over plain HTTP; other statements of the policy stay."""
    everything: Any = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True}
    call(s3.put_public_access_block, Bucket=bucket, PublicAccessBlockConfiguration=everything)
    try:
        document = policies.parse(call(s3.get_bucket_policy, Bucket=bucket)["Policy"])
    except Absent:
        document = policies.EMPTY
    arn = f"arn:{partition_of(s3.meta.region_name)}:s3:::{bucket}"
    plain = {"Action": "s3:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    body = canonical({"Sid": TLS, "Effect": "Deny", "Principal": "*", "Resource": [arn, f"{arn}/*"], **plain}).decode()
    merged = policies.merge(document, [PolicyStatement(sid=TLS, body=body)])
    if merged != document:
        call(s3.put_bucket_policy, Bucket=bucket, Policy=policies.text(merged))
