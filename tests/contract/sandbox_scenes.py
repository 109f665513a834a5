"""Small scenes for contract tests: people with keys, roles with sessions, and what a call was refused with."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from shared.sandbox.aws.server import ACCOUNT, Sandbox

type Client = Any
"""A boto3 client, not typed further: contract tests send what a client's types would not let through."""

OTHER = "444455556666"
"""Another account."""

ALLOW_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def statement(
    effect: str, action: object, resource: object = "*", principal: object = None, **conditions: object
) -> dict[str, Any]:
    """One policy statement; a condition is given as `StringEquals={"aws:userid": "x"}`."""
    made: dict[str, Any] = {"Effect": effect, "Action": action, "Resource": resource}
    return made | ({"Principal": principal} if principal else {}) | ({"Condition": conditions} if conditions else {})


def trust(principal: object, effect: str = "Allow") -> str:
    """A trust policy that lets a principal in, with a source identity and tags if it likes."""
    actions = ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"]
    return document({"Effect": effect, "Principal": principal, "Action": actions})


def refused(call: Callable[..., object], **arguments: object) -> tuple[str, str]:
    """The code and sentence with which a call is refused; fails if it is not."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error.get("Message", "")


def user(
    sandbox: Sandbox, name: str = "mallory", policy: object = ALLOW_ALL, account: str = ACCOUNT, **place: str
) -> boto3.Session:
    """A session of a new user who has one inline policy, `given`."""
    iam = sandbox.root(account).client("iam")
    iam.create_user(UserName=name)
    if policy:
        text = policy if isinstance(policy, str) else json.dumps(policy)
        iam.put_user_policy(UserName=name, PolicyName="given", PolicyDocument=text)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return sandbox.session(key["AccessKeyId"], key["SecretAccessKey"], **place)


def role(sandbox: Sandbox, name: str, trusted: object = None, policy: object = ALLOW_ALL, account: str = ACCOUNT) -> str:
    """A new role that an account (default: its own) or other principals may assume; its ARN."""
    iam = sandbox.root(account).client("iam")
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(trusted or {"AWS": account}))
    iam.put_role_policy(RoleName=name, PolicyName="given", PolicyDocument=json.dumps(policy))
    return made["Role"]["Arn"]


def assume(sandbox: Sandbox, caller: boto3.Session, role_arn: str, name: str = "session", **options: object) -> boto3.Session:
    """A session of a role; `options` are further parameters of AssumeRole."""
    call: Callable[..., Any] = caller.client("sts").assume_role
    issued = call(RoleArn=role_arn, RoleSessionName=name, **options)["Credentials"]
    return sandbox.session(issued["AccessKeyId"], issued["SecretAccessKey"], issued["SessionToken"])


def put_encrypted(s3: Client, key: str, name: str = "x") -> None:
    """An object of the bucket `records` under a KMS key."""
    s3.put_object(Bucket="records", Key=name, Body=b"phi", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)


def locked_bucket(sandbox: Sandbox) -> Client:
    """A client, and the bucket `vault` with Object Lock."""
    s3 = sandbox.root().client("s3")
    s3.create_bucket(Bucket="vault", ObjectLockEnabledForBucket=True)
    return s3


def put_locked(s3: Client, mode: str, days: int = 10) -> None:
    """The object `x` in `vault`, retained for some days."""
    until = datetime.now(UTC) + timedelta(days=days)
    s3.put_object(Bucket="vault", Key="x", Body=b"evidence", ObjectLockMode=mode, ObjectLockRetainUntilDate=until)
