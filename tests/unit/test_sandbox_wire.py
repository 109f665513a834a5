"""What SDK clients put on the wire, read back as the permissions it needs."""

from collections.abc import Mapping
from copy import replace
from typing import Any

import pytest

from shared.sandbox.aws.wire import UnknownOperation
from tests.unit.sdk_requests import ACCOUNT, ALICE, KEY, KEY_ID, REGION, ROLE, Received, ciphertext, read, sent

ROWS: tuple[tuple[str, str, Mapping[str, Any], tuple[tuple[str, str], ...]], ...] = (
    ("kms", "Encrypt", {"KeyId": KEY_ID, "Plaintext": b"x"}, (("kms:Encrypt", KEY),)),
    ("kms", "Decrypt", {"CiphertextBlob": ciphertext()}, (("kms:Decrypt", KEY),)),
    ("kms", "Decrypt", {"CiphertextBlob": b"\xffnot ours"}, (("kms:Decrypt", "*"),)),
    ("kms", "Decrypt", {"CiphertextBlob": ciphertext(), "KeyId": "alias/phi"}, (("kms:Decrypt", KEY),)),
    ("kms", "DescribeKey", {"KeyId": "alias/phi"}, (("kms:DescribeKey", KEY),)),
    ("kms", "PutKeyPolicy", {"KeyId": KEY, "Policy": "{}"}, (("kms:PutKeyPolicy", KEY),)),
    ("kms", "ListKeys", {}, (("kms:ListKeys", "*"),)),
    ("kms", "ListAliases", {"KeyId": KEY}, (("kms:ListAliases", "*"),)),
    ("kms", "CreateKey", {}, (("kms:CreateKey", "*"),)),
    ("kms", "CreateKey", {"Tags": [{"TagKey": "a", "TagValue": "b"}]}, (("kms:CreateKey", "*"), ("kms:TagResource", "*"))),
    (
        "kms",
        "CreateAlias",
        {"AliasName": "alias/x", "TargetKeyId": KEY},
        (("kms:CreateAlias", f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/x"), ("kms:CreateAlias", KEY)),
    ),
    (
        "kms",
        "UpdateAlias",
        {"AliasName": "alias/x", "TargetKeyId": "other"},
        (
            ("kms:UpdateAlias", f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/x"),
            ("kms:UpdateAlias", KEY),
            ("kms:UpdateAlias", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/other"),
        ),
    ),
    (
        "kms",
        "DeleteAlias",
        {"AliasName": "alias/x"},
        (("kms:DeleteAlias", f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/x"), ("kms:DeleteAlias", KEY)),
    ),
    (
        "kms",
        "ReEncrypt",
        {"CiphertextBlob": ciphertext(), "DestinationKeyId": "other"},
        (("kms:ReEncryptFrom", KEY), ("kms:ReEncryptTo", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/other")),
    ),
    ("kms", "ReplicateKey", {"KeyId": KEY, "ReplicaRegion": "eu-west-1"}, (("kms:ReplicateKey", KEY), ("kms:CreateKey", "*"))),
    (
        "iam",
        "PutUserPolicy",
        {"UserName": "bob", "PolicyName": "p", "PolicyDocument": "{}"},
        (("iam:PutUserPolicy", f"arn:aws:iam::{ACCOUNT}:user/bob"),),
    ),
    ("iam", "CreateAccessKey", {}, (("iam:CreateAccessKey", ALICE.arn),)),
    (
        "iam",
        "CreateRole",
        {"RoleName": "r", "Path": "/x/", "AssumeRolePolicyDocument": "{}"},
        (("iam:CreateRole", f"arn:aws:iam::{ACCOUNT}:role/x/r"),),
    ),
    (
        "iam",
        "AttachRolePolicy",
        {"RoleName": "r", "PolicyArn": "arn:aws:iam::aws:policy/AWSDenyAll"},
        (("iam:AttachRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/r"),),
    ),
    (
        "iam",
        "GetPolicy",
        {"PolicyArn": "arn:aws:iam::aws:policy/AWSDenyAll"},
        (("iam:GetPolicy", "arn:aws:iam::aws:policy/AWSDenyAll"),),
    ),
    ("iam", "ListUsers", {}, (("iam:ListUsers", "*"),)),
    ("iam", "AddUserToGroup", {"UserName": "u", "GroupName": "g"}, (("iam:AddUserToGroup", f"arn:aws:iam::{ACCOUNT}:group/g"),)),
    (
        "events",
        "PutRule",
        {"Name": "r", "EventBusName": "default", "EventPattern": "{}"},
        (("events:PutRule", f"arn:aws:events:{REGION}:{ACCOUNT}:rule/r"),),
    ),
    (
        "iam",
        "AddRoleToInstanceProfile",
        {"InstanceProfileName": "p", "RoleName": "ward"},
        (("iam:AddRoleToInstanceProfile", f"arn:aws:iam::{ACCOUNT}:instance-profile/p"), ("iam:PassRole", ROLE)),
    ),
    ("sts", "AssumeRole", {"RoleArn": ROLE, "RoleSessionName": "s"}, (("sts:AssumeRole", ROLE),)),
    (
        "sts",
        "AssumeRole",
        {"RoleArn": ROLE, "RoleSessionName": "s", "Tags": [{"Key": "a", "Value": "b"}], "SourceIdentity": "me"},
        (("sts:AssumeRole", ROLE), ("sts:TagSession", ROLE), ("sts:SetSourceIdentity", ROLE)),
    ),
    ("sts", "GetFederationToken", {"Name": "bob"}, (("sts:GetFederationToken", f"arn:aws:sts::{ACCOUNT}:federated-user/bob"),)),
    ("sts", "GetCallerIdentity", {}, (("sts:GetCallerIdentity", "*"),)),
    (
        "dynamodb",
        "PutItem",
        {"TableName": "t", "Item": {}},
        (("dynamodb:PutItem", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/t"),),
    ),
    (
        "dynamodb",
        "TransactWriteItems",
        {"TransactItems": [{"Put": {"TableName": "t", "Item": {}}}, {"Delete": {"TableName": "u", "Key": {}}}]},
        (
            ("dynamodb:PutItem", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/t"),
            ("dynamodb:DeleteItem", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/u"),
        ),
    ),
    (
        "dynamodb",
        "BatchWriteItem",
        {"RequestItems": {"t": []}},
        (("dynamodb:BatchWriteItem", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/t"),),
    ),
    (
        "dynamodb",
        "BatchGetItem",
        {"RequestItems": {"t": {"Keys": []}}},
        (("dynamodb:BatchGetItem", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/t"),),
    ),
    ("sns", "Publish", {"TopicArn": "arn:aws:sns:x:1:t", "Message": "m"}, (("sns:Publish", "arn:aws:sns:x:1:t"),)),
    (
        "sqs",
        "SendMessage",
        {"QueueUrl": "http://h/1/q", "MessageBody": "m"},
        (("sqs:SendMessage", f"arn:aws:sqs:{REGION}:{ACCOUNT}:q"),),
    ),
    (
        "logs",
        "PutRetentionPolicy",
        {"logGroupName": "g", "retentionInDays": 1},
        (("logs:PutRetentionPolicy", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:g:*"),),
    ),
    ("cloudtrail", "StopLogging", {"Name": "t"}, (("cloudtrail:StopLogging", f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/t"),)),
    ("cloudtrail", "LookupEvents", {}, (("cloudtrail:LookupEvents", "*"),)),
    (
        "ec2",
        "ModifySnapshotAttribute",
        {"SnapshotId": "snap-1", "Attribute": "createVolumePermission", "OperationType": "remove", "UserIds": ["1"]},
        (("ec2:ModifySnapshotAttribute", f"arn:aws:ec2:{REGION}::snapshot/snap-1"),),
    ),
    ("ec2", "ModifyImageAttribute", {"ImageId": "ami-1"}, (("ec2:ModifyImageAttribute", f"arn:aws:ec2:{REGION}::image/ami-1"),)),
    (
        "ec2",
        "RunInstances",
        {"MinCount": 1, "MaxCount": 1, "ImageId": "ami-1", "IamInstanceProfile": {"Name": "p"}},
        (
            ("ec2:RunInstances", f"arn:aws:ec2:{REGION}::image/ami-1"),
            ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:instance-profile/p"),
        ),
    ),
    (
        "rds",
        "ModifyDBSnapshotAttribute",
        {"DBSnapshotIdentifier": "s", "AttributeName": "restore"},
        (("rds:ModifyDBSnapshotAttribute", f"arn:aws:rds:{REGION}:{ACCOUNT}:snapshot:s"),),
    ),
    (
        "backup",
        "PutBackupVaultAccessPolicy",
        {"BackupVaultName": "v", "Policy": "{}"},
        (("backup:PutBackupVaultAccessPolicy", f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:v"),),
    ),
    (
        "guardduty",
        "GetFindings",
        {"DetectorId": "d", "FindingIds": ["f"]},
        (("guardduty:GetFindings", f"arn:aws:guardduty:{REGION}:{ACCOUNT}:detector/d"),),
    ),
    ("lambda", "Invoke", {"FunctionName": "f"}, (("lambda:InvokeFunction", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f"),)),
    (
        "lambda",
        "CreateFunction",
        {"FunctionName": "f", "Role": ROLE, "Code": {"ZipFile": b"x"}},
        (("lambda:CreateFunction", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f"), ("iam:PassRole", ROLE)),
    ),
    (
        "sso-admin",
        "ListAccountAssignments",
        {
            "InstanceArn": "arn:aws:sso:::instance/i-1234567890123456",
            "AccountId": ACCOUNT,
            "PermissionSetArn": "arn:aws:sso:::permissionSet/i-1234567890123456/ps-1234567890123456",
        },
        (("sso:ListAccountAssignments", "arn:aws:sso:::instance/i-1234567890123456"),),
    ),
    (
        "s3control",
        "GetAccessPointPolicy",
        {"AccountId": ACCOUNT, "Name": "door"},
        (("s3:GetAccessPointPolicy", f"arn:aws:s3:{REGION}:{ACCOUNT}:accesspoint/door"),),
    ),
    (
        "s3control",
        "PutPublicAccessBlock",
        {"AccountId": ACCOUNT, "PublicAccessBlockConfiguration": {}},
        (("s3:PutAccountPublicAccessBlock", "*"),),
    ),
    ("organizations", "ListAccounts", {}, (("organizations:ListAccounts", "*"),)),
    ("cloudwatch", "DescribeAlarms", {}, (("cloudwatch:DescribeAlarms", "*"),)),
    ("securityhub", "GetFindings", {}, (("securityhub:GetFindings", "*"),)),
)


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "expected"), ROWS, ids=[f"{row[0]} {row[1]} needs {row[3]}" for row in ROWS]
)
def test_an_operation_needs(
    service: str, operation: str, parameters: Mapping[str, Any], expected: tuple[tuple[str, str], ...]
) -> None:
    call = read(sent(service, operation, parameters))
    assert (call.service, call.operation, call.access_key_id, call.presigned) == (service, operation, "AKIAALICE", False)
    assert call.actions == expected


def test_an_unsigned_request_is_an_anonymous_one_of_s3() -> None:
    call = read(Received("GET", "h", "/b/k"))
    assert (call.service, call.access_key_id) == ("s3", "")


def test_an_unsigned_form_with_a_web_identity_is_for_sts() -> None:
    body = f"Action=AssumeRoleWithWebIdentity&RoleArn={ROLE}&RoleSessionName=s".encode()
    call = read(Received("POST", "h", "/", headers={"content-type": "application/x-www-form-urlencoded"}, body=body))
    assert (call.service, call.actions) == ("sts", (("sts:AssumeRoleWithWebIdentity", ROLE),))


@pytest.mark.parametrize("service", ["guardduty", "no-such-service"])
def test_a_path_or_service_without_a_model_is_refused(service: str) -> None:
    request = sent("guardduty", "ListDetectors", {})
    headers = {**request.headers, "authorization": request.headers["authorization"].replace("guardduty", service)}
    with pytest.raises(UnknownOperation):
        read(replace(request, path="/no/such/path", headers=headers))


@pytest.mark.parametrize("body", [b"{", b"[]"])
def test_a_json_body_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(UnknownOperation):
        read(replace(sent("kms", "ListKeys", {}), body=body))
