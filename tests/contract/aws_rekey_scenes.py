"""Scenes of a re-key: resources under an old key, by alias where the service takes one, that are to use another."""

import io
import zipfile

from shared.domain.facet import AliasTarget, EncryptedWith, Facet, ReplicaKey, Successor, Versioning
from shared.domain.resource import Cloud, Kind, Ref
from shared.sandbox.aws.server import ACCOUNT, REGION
from tests.contract.aws_stores import Stage, at, document, fresh

type Scene = tuple[Ref, Facet]


def alias(stage: Stage, key: Ref) -> Ref:
    """A new alias of the key."""
    name = f"alias/{fresh('charts')}"
    stage.client("kms").create_alias(AliasName=name, TargetKeyId=key.name)
    return at(Kind.ALIAS, f"arn:aws:kms:{key.region}:{key.account}:{name}")


def bucket_under(stage: Stage, name: str) -> Ref:
    bucket = stage.bucket()
    default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": name}, "BucketKeyEnabled": True}
    stage.client("s3").put_bucket_encryption(Bucket=bucket.name, ServerSideEncryptionConfiguration={"Rules": [default]})
    return bucket


def replicated_under(stage: Stage, name: str, region: str = REGION) -> Ref:
    """A bucket with two rules; the copies of one are written under this key."""
    bucket, other = stage.bucket(region), stage.bucket()
    for each in (bucket, other):
        stage.world.write(each, [Versioning(status="Enabled")])
    rule = {"Status": "Enabled", "Filter": {}, "DeleteMarkerReplication": {"Status": "Disabled"}}
    encrypted = {"Bucket": other.id, "EncryptionConfiguration": {"ReplicaKmsKeyID": name}}
    rules = [
        {**rule, "ID": "plain", "Priority": 1, "Destination": {"Bucket": other.id}},
        {
            **rule,
            "ID": "encrypted",
            "Priority": 2,
            "Destination": encrypted,
            "SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}},
        },
    ]
    copying = {"Role": f"arn:aws:iam::{ACCOUNT}:role/copy", "Rules": rules}
    stage.client("s3", region).put_bucket_replication(Bucket=bucket.name, ReplicationConfiguration=copying)
    return bucket


def trail_under(stage: Stage, name: str) -> Ref:
    made = stage.client("cloudtrail").create_trail(Name=fresh("trail"), S3BucketName=stage.bucket().name, KmsKeyId=name)
    return at(Kind.TRAIL, made["TrailARN"])


def log_group_under(stage: Stage, name: str) -> Ref:
    group = f"/clinic/{fresh('log')}"
    stage.client("logs").create_log_group(logGroupName=group, **({"kmsKeyId": name} if name else {}))
    return at(Kind.LOG_GROUP, f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}")


def secret_under(stage: Stage, name: str) -> Ref:
    made = stage.client("secretsmanager").create_secret(Name=fresh("password"), SecretString="not-a-secret", KmsKeyId=name)
    return at(Kind.SECRET, made["ARN"])


def function_under(stage: Stage, name: str) -> Ref:
    role, code = fresh("runs"), io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("main.py", "")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    made = stage.client("iam").create_role(RoleName=role, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    function = stage.client("lambda").create_function(
        FunctionName=fresh("letters"),
        Runtime="python3.13",
        Role=made,
        Handler="main.run",
        Code={"ZipFile": code.getvalue()},
        KMSKeyArn=name,
    )
    return at(Kind.FUNCTION, function["FunctionArn"])


def topic_under(stage: Stage, name: str) -> Ref:
    made = stage.client("sns").create_topic(Name=fresh("news"), Attributes={"KmsMasterKeyId": name})
    return at(Kind.TOPIC, made["TopicArn"])


def queue_under(stage: Stage, name: str) -> Ref:
    queue = fresh("orders")
    stage.client("sqs").create_queue(QueueName=queue, Attributes={"KmsMasterKeyId": name})
    return at(Kind.QUEUE, f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}")


def volumes_under(stage: Stage, name: str) -> Ref:
    ec2 = stage.client("ec2")
    if name:
        ec2.modify_ebs_default_kms_key_id(KmsKeyId=name)
    else:
        ec2.reset_ebs_default_kms_key_id()
    return Ref(cloud=Cloud.AWS, kind=Kind.VOLUMES, account=ACCOUNT, region=REGION, id=ACCOUNT)


def _to_another(stage: Stage, ref: Ref) -> Scene:
    return ref, EncryptedWith(key=stage.key().id)


def a_bucket_under_an_alias(stage: Stage) -> Scene:
    return bucket_under(stage, alias(stage, stage.key()).id), EncryptedWith(key=stage.key().id, bucket_key=True)


def a_bucket_under_no_key(stage: Stage) -> Scene:
    return stage.bucket(), EncryptedWith(key=stage.key().id, bucket_key=True)


def replicas_under_an_alias(stage: Stage) -> Scene:
    return replicated_under(stage, alias(stage, stage.key()).id), ReplicaKey(rule_id="encrypted", key=stage.key().id)


def a_trail_under_a_key(stage: Stage) -> Scene:
    return _to_another(stage, trail_under(stage, stage.key().id))


def a_log_group_under_a_key(stage: Stage) -> Scene:
    return _to_another(stage, log_group_under(stage, stage.key().id))


def a_log_group_under_no_key(stage: Stage) -> Scene:
    return _to_another(stage, log_group_under(stage, ""))


def a_secret_under_an_alias(stage: Stage) -> Scene:
    return _to_another(stage, secret_under(stage, alias(stage, stage.key()).id.rpartition(":")[2]))


def a_function_under_an_alias(stage: Stage) -> Scene:
    return _to_another(stage, function_under(stage, alias(stage, stage.key()).id))


def a_topic_under_an_alias(stage: Stage) -> Scene:
    return _to_another(stage, topic_under(stage, alias(stage, stage.key()).id.rpartition(":")[2]))


def a_queue_under_an_alias(stage: Stage) -> Scene:
    return _to_another(stage, queue_under(stage, alias(stage, stage.key()).id.rpartition(":")[2]))


def volumes_under_a_key(stage: Stage) -> Scene:
    return _to_another(stage, volumes_under(stage, stage.key().id))


def volumes_under_no_key(stage: Stage) -> Scene:
    return _to_another(stage, volumes_under(stage, ""))


def an_alias_of_an_old_key(stage: Stage) -> Scene:
    return alias(stage, stage.key()), AliasTarget(key=stage.key().id)


def a_family_of_keys_replaced_in_another_case(stage: Stage) -> Scene:
    key = stage.key(family=True)
    stage.client("kms").replicate_key(KeyId=key.name, ReplicaRegion="eu-west-1")
    stage.world.write(key, [Successor(case=fresh("case"))])
    return key, Successor(case=fresh("case"))


UNDONE = (
    a_bucket_under_an_alias,
    a_bucket_under_no_key,
    replicas_under_an_alias,
    a_trail_under_a_key,
    a_log_group_under_a_key,
    a_log_group_under_no_key,
    a_secret_under_an_alias,
    a_function_under_an_alias,
    a_topic_under_an_alias,
    a_queue_under_an_alias,
    volumes_under_a_key,
    volumes_under_no_key,
    an_alias_of_an_old_key,
)
ONE_WAY = (a_family_of_keys_replaced_in_another_case,)

RESOLVED = frozenset({"kms:DescribeKey"})
