"""The responder as contract tests need it: an IAM user of the sandbox, its credentials in the environment, clients from there."""

import json
from collections.abc import Mapping

import pytest
from types_boto3_iam import IAMClient

from shared.adapters.aws.clients import Clients
from shared.domain.resource import Cloud, Kind, Ref
from shared.sandbox.aws.server import ACCOUNT, REGION, Sandbox

EVERYTHING = ("*",)


def responder(sandbox: Sandbox, patch: pytest.MonkeyPatch, *actions: str) -> Clients:
    """Clients of the user `responder`, who may do these actions on everything, and nothing else."""
    iam = sandbox.root().client("iam")
    iam.create_user(UserName="responder")
    statement = {"Effect": "Allow", "Action": sorted(actions or EVERYTHING), "Resource": "*"}
    policy = iam.create_policy(PolicyName="powers", PolicyDocument=document(statement))["Policy"]["Arn"]
    iam.attach_user_policy(UserName="responder", PolicyArn=policy)
    key = iam.create_access_key(UserName="responder")["AccessKey"]
    patch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    patch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    patch.setenv("AWS_DEFAULT_REGION", REGION)
    patch.setenv("AWS_ENDPOINT_URL", sandbox.endpoint_url)
    return Clients()


def document(*statements: Mapping[str, object]) -> str:
    """A policy document as JSON without spaces, for quotas count characters."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, separators=(",", ":"))


def principal(kind: Kind, name: str, path: str = "/") -> Ref:
    return Ref(cloud=Cloud.AWS, kind=kind, account=ACCOUNT, id=f"arn:aws:iam::{ACCOUNT}:{kind}{path}{name}")


def put(iam: IAMClient, ref: Ref, name: str, *statements: Mapping[str, object]) -> None:
    """Put an inline policy on a principal."""
    getattr(iam, f"put_{ref.kind}_policy")(
        **{f"{ref.kind.capitalize()}Name": ref.name}, PolicyName=name, PolicyDocument=document(*statements)
    )


def padding(size: int) -> dict[str, str]:
    """A statement that makes a document of this many characters."""
    empty = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::"}
    return {**empty, "Resource": empty["Resource"].ljust(size - len(document(empty)) + len(empty["Resource"]), "a")}


def fill_inline(iam: IAMClient, ref: Ref) -> None:
    """Use up the inline quota, as a thief does: 2,048 characters for a user, 10,240 for a role, white space not counted."""
    put(iam, ref, "padding", padding({Kind.USER: 2048, Kind.ROLE: 10240}[ref.kind]))


def fill_attached(iam: IAMClient, ref: Ref) -> None:
    """Use up the managed policies: ten for each principal, by default."""
    for number in range(10):
        arn = iam.create_policy(
            PolicyName=f"padding{number}", PolicyDocument=document({"Effect": "Allow", "Action": "*", "Resource": "*"})
        )["Policy"]["Arn"]
        getattr(iam, f"attach_{ref.kind}_policy")(**{f"{ref.kind.capitalize()}Name": ref.name}, PolicyArn=arn)
