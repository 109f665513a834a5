"""Make the places of the record, as often as wanted: what is there and strict enough is left as it is.

Run by a person with an administrator's credentials, once, before the first incident.
"""

from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from shared.adapters.aws import canaries, policies
from shared.adapters.aws.arns import partition_of
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.custody_places import Places, places, table_of
from shared.adapters.aws.errors import call
from shared.adapters.aws.jobs_role import make_role
from shared.adapters.aws.signer import SPEC, KmsSigner
from shared.domain.errors import Absent, CloudError, NotReady, Refused
from shared.domain.facet import PolicyStatement
from shared.domain.value import canonical
from shared.settings import CustodyPlaces

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_kms import KMSClient
    from types_boto3_s3 import S3Client

THERE = frozenset({"ResourceInUseException", "AlreadyExistsException"})


def init(clients: Clients, named: CustodyPlaces) -> dict[str, str]:
    """Make both buckets, the tables, both keys, the responder's own buckets, and the role of jobs.

    What is where, and `public_key`: the PEM that auditors need from elsewhere.

    Raises `NotReady` where a name is taken by somebody else, `CloudError` where AWS refuses.
    """
    at = places(clients, named)
    for bucket, region in ((at.bucket, at.region), (at.second_bucket, at.second_region)):
        _make_bucket(clients.s3("", region), bucket, region, named.retention_days)
    _make_table(clients.dynamodb("", at.region), at.table)
    memory = make_memory(clients.dynamodb("", at.region), table_of(at.table))
    kms = clients.kms("", at.region)
    _make_key(kms, at.key, KeySpec=SPEC, KeyUsage="SIGN_VERIFY", Description="Codeblue signs custody checkpoints")
    wrapping = _make_key(kms, at.data_key, Description="Codeblue wraps the secrets of cases")
    call(kms.enable_key_rotation, KeyId=wrapping)
    return {
        **_make_canaries(clients, at),
        "jobs_role": make_role(clients),
        "bucket": at.bucket,
        "second_bucket": at.second_bucket,
        "second_region": at.second_region,
        "table": at.table,
        "memory": memory,
        "key": at.key,
        "data_key": at.data_key,
        "public_key": _pem(KmsSigner(clients, at.key).public_key()),
    }


def _make_canaries(clients: Clients, at: Places) -> dict[str, str]:
    """The responder's own bucket and key in both Regions; the buckets by what they are."""
    made = {}
    for name, region in {"second_canary_bucket": at.second_region, "canary_bucket": at.region}.items():
        made[name] = canaries.make_bucket(clients.s3("", region), clients.home, region)
        _make_key(clients.kms("", region), canaries.KEY, Description="Codeblue tries updates of encryption on its own objects")
    return made


def _make_bucket(s3: "S3Client", bucket: str, region: str, days: int) -> None:
    place: Any = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    try:
        call(s3.head_bucket, Bucket=bucket)
    except Absent:
        call(s3.create_bucket, Bucket=bucket, ObjectLockEnabledForBucket=True, **place)
    except Refused:
        raise NotReady(f"the bucket name {bucket} is taken by another account") from None
    _lock(s3, bucket, days)
    everything: Any = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True}
    call(s3.put_public_access_block, Bucket=bucket, PublicAccessBlockConfiguration=everything)
    by_s3: Any = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    call(s3.put_bucket_encryption, Bucket=bucket, ServerSideEncryptionConfiguration=by_s3)
    _deny(s3, bucket)


def _lock(s3: "S3Client", bucket: str, days: int) -> None:
    """Default retention in compliance mode for at least so many days; a longer one is not shortened."""
    try:
        now = call(s3.get_object_lock_configuration, Bucket=bucket)["ObjectLockConfiguration"]
    except Absent:
        now = {}
    retention = now.get("Rule", {}).get("DefaultRetention", {})
    kept = retention.get("Days", 0) + 365 * retention.get("Years", 0)
    if retention.get("Mode") == "COMPLIANCE" and kept >= days:
        return
    rule: Any = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": days}}}
    call(s3.put_object_lock_configuration, Bucket=bucket, ObjectLockConfiguration=rule)


def _deny(s3: "S3Client", bucket: str) -> None:
    """Refuse plain HTTP, and whatever would hide an object; other statements of the policy stay."""
    try:
        document = policies.parse(call(s3.get_bucket_policy, Bucket=bucket)["Policy"])
    except Absent:
        document = policies.EMPTY
    arn = f"arn:{partition_of(s3.meta.region_name)}:s3:::{bucket}"
    merged = policies.merge(document, [PolicyStatement(sid=sid, body=_body(sid, arn, rest)) for sid, rest in DENIED.items()])
    if merged != document:
        call(s3.put_bucket_policy, Bucket=bucket, Policy=policies.text(merged))


DENIED: dict[str, dict[str, object]] = {
    "CodeblueCustodyTls": {"Action": "s3:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
    "CodeblueCustodyKeep": {"Action": ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutLifecycleConfiguration"]},
}
"""A delete marker or an expiry rule destroys no locked version, but it hides it."""


def _body(sid: str, arn: str, rest: dict[str, object]) -> str:
    return canonical({"Sid": sid, "Effect": "Deny", "Principal": "*", "Resource": [arn, f"{arn}/*"], **rest}).decode()


def _make_table(dynamodb: "DynamoDBClient", table: str) -> None:
    try:
        call(
            dynamodb.create_table,
            TableName=table,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            DeletionProtectionEnabled=True,
        )
    except CloudError as error:
        if error.code not in THERE:
            raise
    call(dynamodb.get_waiter("table_exists").wait, TableName=table)
    recovery: Any = {"PointInTimeRecoveryEnabled": True}
    call(dynamodb.update_continuous_backups, TableName=table, PointInTimeRecoverySpecification=recovery)


def make_memory(dynamodb: "DynamoDBClient", table: str) -> str:
    """The table of what triage has counted; it forgets by itself, and is no evidence."""
    try:
        call(
            dynamodb.create_table,
            TableName=table,
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("id", "item")],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "item", "KeyType": "RANGE"}],
            BillingMode="PAY_PER_REQUEST",
        )
    except CloudError as error:
        if error.code not in THERE:
            raise
    call(dynamodb.get_waiter("table_exists").wait, TableName=table)
    now = call(dynamodb.describe_time_to_live, TableName=table)["TimeToLiveDescription"].get("TimeToLiveStatus", "DISABLED")
    if now == "DISABLED":
        call(dynamodb.update_time_to_live, TableName=table, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"})
    return table


def _make_key(kms: "KMSClient", alias: str, **kind: Any) -> str:  # noqa: ANN401  # CreateKey's own parameters
    """The id of the key with this alias, made if there is none. Two that make it at once share the one whose alias was first."""
    try:
        return call(kms.describe_key, KeyId=alias)["KeyMetadata"]["KeyId"]
    except Absent:
        made = call(kms.create_key, Tags=[{"TagKey": "codeblue", "TagValue": "custody"}], **kind)["KeyMetadata"]["KeyId"]
    try:
        call(kms.create_alias, AliasName=alias, TargetKeyId=made)
    except CloudError as error:
        if error.code not in THERE:
            raise
    return call(kms.describe_key, KeyId=alias)["KeyMetadata"]["KeyId"]


def _pem(public_key: bytes) -> str:
    return load_der_public_key(public_key).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
