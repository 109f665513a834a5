"""What SDK clients put on the wire, read back as condition keys."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.unit.sdk_requests import ACCOUNT, KEY, ROLE, ciphertext, read, sent

CONTEXT_ROWS: tuple[tuple[str, str, Mapping[str, Any], Mapping[str, tuple[str, ...]]], ...] = (
    (
        "s3",
        "PutObject",
        {"Bucket": "b", "Key": "k", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": KEY, "Tagging": "Ward=7", "IfNoneMatch": "*"},
        {
            "s3:x-amz-server-side-encryption": ("aws:kms",),
            "s3:x-amz-server-side-encryption-aws-kms-key-id": (KEY,),
            "s3:requestobjecttag/ward": ("7",),
            "s3:requestobjecttagkeys": ("Ward",),
            "s3:if-none-match": ("*",),
        },
    ),
    ("s3", "ListObjectsV2", {"Bucket": "b", "Prefix": "a b/", "MaxKeys": 5}, {"s3:prefix": ("a b/",), "s3:max-keys": ("5",)}),
    ("s3", "GetObject", {"Bucket": "b", "Key": "k", "VersionId": "v1"}, {"s3:versionid": ("v1",)}),
    (
        "kms",
        "Decrypt",
        {"CiphertextBlob": ciphertext(), "KeyId": "alias/phi", "EncryptionContext": {"Ward": "7"}},
        {
            "kms:requestalias": ("alias/phi",),
            "kms:encryptioncontext:ward": ("7",),
            "kms:encryptioncontextkeys": ("Ward",),
            "kms:calleraccount": (ACCOUNT,),
            "kms:encryptionalgorithm": ("SYMMETRIC_DEFAULT",),
        },
    ),
    (
        "kms",
        "CreateGrant",
        {
            "KeyId": KEY,
            "GranteePrincipal": ROLE,
            "Operations": ["Decrypt", "Encrypt"],
            "Constraints": {"EncryptionContextSubset": {"a": "b"}},
        },
        {
            "kms:granteeprincipal": (ROLE,),
            "kms:grantoperations": ("Decrypt", "Encrypt"),
            "kms:grantconstrainttype": ("EncryptionContextSubset",),
        },
    ),
    ("kms", "PutKeyPolicy", {"KeyId": KEY, "Policy": "{}"}, {"kms:bypasspolicylockoutsafetycheck": ("false",)}),
    (
        "kms",
        "PutKeyPolicy",
        {"KeyId": KEY, "Policy": "{}", "BypassPolicyLockoutSafetyCheck": True},
        {"kms:bypasspolicylockoutsafetycheck": ("true",)},
    ),
    ("kms", "ReplicateKey", {"KeyId": KEY, "ReplicaRegion": "eu-west-1"}, {"kms:replicaregion": ("eu-west-1",)}),
    ("kms", "CreateKey", {"Tags": [{"TagKey": "A", "TagValue": "b"}]}, {"aws:requesttag/a": ("b",), "aws:tagkeys": ("A",)}),
    (
        "sts",
        "AssumeRole",
        {"RoleArn": ROLE, "RoleSessionName": "s", "ExternalId": "x", "SourceIdentity": "me", "Tags": [{"Key": "T", "Value": "v"}]},
        {
            "sts:externalid": ("x",),
            "sts:rolesessionname": ("s",),
            "sts:sourceidentity": ("me",),
            "aws:requesttag/t": ("v",),
            "aws:tagkeys": ("T",),
        },
    ),
    (
        "iam",
        "AttachUserPolicy",
        {"UserName": "u", "PolicyArn": "arn:aws:iam::aws:policy/X"},
        {"iam:policyarn": ("arn:aws:iam::aws:policy/X",)},
    ),
    (
        "lambda",
        "CreateFunction",
        {"FunctionName": "f", "Role": ROLE, "Code": {"ZipFile": b"x"}, "Tags": {"A": "b"}},
        {"iam:passedtoservice": ("lambda.amazonaws.com",), "aws:requesttag/a": ("b",)},
    ),
)


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "expected"),
    CONTEXT_ROWS,
    ids=[f"{row[0]} {row[1]} gives {', '.join(row[3])}" for row in CONTEXT_ROWS],
)
def test_a_request_gives_the_condition_keys_of_its_parameters(
    service: str, operation: str, parameters: Mapping[str, Any], expected: Mapping[str, tuple[str, ...]]
) -> None:
    assert expected.items() <= read(sent(service, operation, parameters)).context.items()


def test_a_header_that_was_not_sent_gives_no_condition_key() -> None:
    assert "s3:x-amz-server-side-encryption" not in read(sent("s3", "PutObject", {"Bucket": "b", "Key": "k"})).context
