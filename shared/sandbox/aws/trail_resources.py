"""The resources under which CloudTrail files an event: types and names, as each service gives them."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from shared.sandbox.aws import codec
from shared.sandbox.aws.calls import Answered
from shared.sandbox.aws.trail_records import answered

#: Parameter -> resource type, by service; the parameter's value is the name.
BY_PARAMETER: Mapping[str, Mapping[str, str]] = {
    "backup": {"BackupVaultName": "AWS::Backup::BackupVault"},
    "cloudtrail": {"Name": "AWS::CloudTrail::Trail", "TrailName": "AWS::CloudTrail::Trail"},
    "ec2": {"ImageId": "AWS::EC2::Ami", "InstanceId": "AWS::EC2::Instance", "SnapshotId": "AWS::EC2::Snapshot"},
    "iam": {
        "AccessKeyId": "AWS::IAM::AccessKey",
        "GroupName": "AWS::IAM::Group",
        "InstanceProfileName": "AWS::IAM::InstanceProfile",
        "PolicyArn": "AWS::IAM::Policy",
        "PolicyName": "AWS::IAM::Policy",
        "RoleName": "AWS::IAM::Role",
        "UserName": "AWS::IAM::User",
    },
    "lambda": {"FunctionName": "AWS::Lambda::Function"},
    "rds": {"DBSnapshotIdentifier": "AWS::RDS::DBSnapshot", "DBClusterSnapshotIdentifier": "AWS::RDS::DBClusterSnapshot"},
    "s3": {"Bucket": "AWS::S3::Bucket"},
    "sts": {"RoleArn": "AWS::IAM::Role"},
}

#: Where an answer names what was made: path of member names -> resource type.
BY_ANSWER: Mapping[str, Mapping[tuple[str, str], str]] = {
    "iam": {
        ("AccessKey", "AccessKeyId"): "AWS::IAM::AccessKey",
        ("Policy", "Arn"): "AWS::IAM::Policy",
        ("Role", "Arn"): "AWS::IAM::Role",
        ("Role", "RoleId"): "AWS::IAM::Role",
        ("User", "Arn"): "AWS::IAM::User",
        ("User", "UserId"): "AWS::IAM::User",
    },
    "kms": {("KeyMetadata", "Arn"): "AWS::KMS::Key", ("ReplicaKeyMetadata", "Arn"): "AWS::KMS::Key"},
    "sts": {
        ("AssumedRoleUser", "Arn"): "AWS::STS::AssumedRole",
        ("AssumedRoleUser", "AssumedRoleId"): "AWS::STS::AssumedRole",
        ("Credentials", "AccessKeyId"): "AWS::IAM::AccessKey",
        ("FederatedUser", "Arn"): "AWS::STS::FederatedUser",
    },
}


@lru_cache(maxsize=100_000)
def named_resources(call: Answered) -> tuple[tuple[str, str], ...]:
    """(type, name) of every resource of an event, without repetition; worked out once, as every question asks for it."""
    return tuple(dict.fromkeys((*_asked(call), *_made(call))))


def _asked(call: Answered) -> Iterator[tuple[str, str]]:
    types = BY_PARAMETER.get(call.service, {})
    params: Mapping[str, Any] = codec.parameters(call.http, call.service, call.operation) if types else {}
    yield from ((kind, str(params[name])) for name, kind in types.items() if name in params)
    if call.service == "kms" and ":key/" in call.resource:
        yield "AWS::KMS::Key", call.resource


def _made(call: Answered) -> Iterator[tuple[str, str]]:
    places = BY_ANSWER.get(call.service, {})
    told = answered(call) if places else {}
    for (member, name), kind in places.items():
        if value := told.get(member, {}).get(name):
            yield kind, str(value)
