"""The responder holds what the adapters declare and nothing else; each permission that a run uses is missed when it is gone."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from shared.adapters.aws.permissions import responder_policy
from shared.sandbox.aws import scenario_names as names
from tests.drills.respond_scene import EXFILTRATION, Scene, eventually, finished, opened, stop

pytestmark = pytest.mark.timeout(400)

SAMPLED = ("iam:PutUserPolicy", "kms:PutKeyPolicy", "s3:GetBucketPolicy")
ARN = f"arn:aws:iam::{names.ACCOUNT}:policy/{names.RESPONDER}"

USED = (
    "backup:GetBackupVaultAccessPolicy",
    "backup:ListBackupVaults",
    "backup:PutBackupVaultAccessPolicy",
    "cloudtrail:GetTrailStatus",
    "cloudtrail:ListTrails",
    "cloudtrail:LookupEvents",
    "ec2:DescribeInstances",
    "ec2:DescribeRegions",
    "guardduty:GetFindings",
    "iam:GetUser",
    "iam:GetUserPolicy",
    "iam:ListAccessKeys",
    "iam:ListRoles",
    "iam:ListUsers",
    "iam:UpdateAccessKey",
    "kms:DescribeKey",
    "kms:GetKeyPolicy",
    "kms:ListGrants",
    "lambda:ListFunctions",
    "s3:GetAccessPointPolicy",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketVersioning",
    "s3:GetEncryptionConfiguration",
    "s3:ListAccessPoints",
    "s3:PutAccessPointPolicy",
    "s3:PutBucketPolicy",
    "s3:PutEncryptionConfiguration",
)
"""What the response to the example alert uses besides custody, and the sample."""


@pytest.fixture
def scene() -> Iterator[Scene]:
    with opened() as clinic:
        yield clinic


def without(document: dict[str, Any], action: str) -> dict[str, Any]:
    statements = [{**each, "Action": [a for a in each["Action"] if a != action]} for each in document["Statement"]]
    return {**document, "Statement": statements}


def hold(scene: Scene, document: dict[str, Any]) -> None:
    """Let the responder hold exactly this policy."""
    text = json.dumps(document)
    scene.client("iam").create_policy_version(PolicyArn=ARN, PolicyDocument=text, SetAsDefault=True)


def held(scene: Scene) -> dict[str, Any]:
    iam = scene.client("iam")
    version = iam.get_policy(PolicyArn=ARN)["Policy"]["DefaultVersionId"]
    return dict(iam.get_policy_version(PolicyArn=ARN, VersionId=version)["PolicyVersion"]["Document"])


def test_the_responder_holds_exactly_what_is_declared(scene: Scene) -> None:
    iam = scene.client("iam")
    attached = iam.list_attached_role_policies(RoleName=names.RESPONDER)["AttachedPolicies"]
    assert [each["PolicyArn"] for each in attached] == [ARN]
    assert iam.list_role_policies(RoleName=names.RESPONDER)["PolicyNames"] == []
    assert held(scene) == json.loads(responder_policy())


@pytest.mark.parametrize("action", [*SAMPLED, *(pytest.param(action, marks=pytest.mark.soak) for action in USED)])
def test_a_permission_that_is_gone_is_missed(scene: Scene, action: str) -> None:
    document = held(scene)
    assert without(document, action) != document, f"{action} is not declared"
    hold(scene, without(document, action))
    running = scene.start("respond", EXFILTRATION, "--render", "--json")

    def refused() -> bool:
        denied = (call for call in scene.calls() if f"/{names.RESPONDER}" in call["principal"] and call["error"])
        return any(call["action"] == action and "Denied" in call["error"] for call in denied) or running.poll() is not None

    eventually(refused)
    if running.poll() is None:
        stop(running)
        return
    assert finished(running).code != 0
