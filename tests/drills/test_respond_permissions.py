"""The responder holds what the adapters declare and nothing else; each permission that a run uses is missed when it is gone."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.aws.permissions import responder_policies
from shared.sandbox.aws import scenario_names as names
from tests.drills.programs import Running
from tests.drills.recover_scene import policy
from tests.drills.respond_scene import EXFILTRATION, Scene, eventually, finished, opened

pytestmark = pytest.mark.timeout(400)

SAMPLED = ("iam:PutUserPolicy", "kms:PutKeyPolicy", "s3:GetBucketPolicy")
ARN = f"arn:aws:iam::{names.ACCOUNT}:policy/"

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


RECOVERY_SAMPLED = ("kms:CreateKey", "s3:UpdateObjectEncryption")

RECOVERY_USED = (
    "cloudtrail:DescribeTrails",
    "ec2:GetEbsDefaultKmsKeyId",
    "elasticfilesystem:DescribeFileSystems",
    "iam:SimulatePrincipalPolicy",
    "kms:CreateAlias",
    "kms:EnableKeyRotation",
    "kms:GetKeyRotationStatus",
    "kms:ListAliases",
    "kms:ListKeys",
    "kms:ListResourceTags",
    "kms:ReplicateKey",
    "kms:TagResource",
    "kms:UpdateAlias",
    "logs:DescribeLogGroups",
    "rds:DescribeDBInstances",
    "s3:GetBucketNotification",
    "s3:GetObjectVersion",
    "s3:GetObjectVersionAttributes",
    "s3:GetReplicationConfiguration",
    "s3:ListAllMyBuckets",
    "s3:ListBucketVersions",
    "secretsmanager:ListSecrets",
    "sns:ListTopics",
    "sqs:ListQueues",
)
"""What replacing the key and moving what is stored uses besides. What a migration needs of keys is tried in its own contract."""


@pytest.fixture
def scene() -> Iterator[Scene]:
    with opened() as clinic:
        yield clinic


def without(document: dict[str, Any], action: str) -> dict[str, Any]:
    statements = [{**each, "Action": [a for a in each["Action"] if a != action]} for each in document["Statement"]]
    return {**document, "Statement": statements}


def hold(scene: Scene, policy: str, document: dict[str, Any]) -> None:
    """Let the responder hold exactly this by one of its policies."""
    text = json.dumps(document)
    scene.client("iam").create_policy_version(PolicyArn=ARN + policy, PolicyDocument=text, SetAsDefault=True)


def held(scene: Scene, policy: str) -> dict[str, Any]:
    iam = scene.client("iam")
    version = iam.get_policy(PolicyArn=ARN + policy)["Policy"]["DefaultVersionId"]
    return dict(iam.get_policy_version(PolicyArn=ARN + policy, VersionId=version)["PolicyVersion"]["Document"])


def take(scene: Scene, action: str) -> None:
    """Take one action away from the responder, in every policy that has it. Fails where none has."""
    declared = {name: held(scene, name) for name in responder_policies()}
    having = {name: rest for name, document in declared.items() if (rest := without(document, action)) != document}
    assert having, f"{action} is not declared"
    for name, rest in having.items():
        hold(scene, name, rest)


def test_the_responder_holds_exactly_what_is_declared(scene: Scene) -> None:
    iam = scene.client("iam")
    attached = iam.list_attached_role_policies(RoleName=names.RESPONDER)["AttachedPolicies"]
    assert {each["PolicyArn"] for each in attached} == {ARN + policy for policy in responder_policies()}
    assert iam.list_role_policies(RoleName=names.RESPONDER)["PolicyNames"] == []
    assert {name: held(scene, name) for name in responder_policies()} == {
        name: json.loads(document) for name, document in responder_policies().items()
    }


@pytest.mark.parametrize("action", [*SAMPLED, *(pytest.param(action, marks=pytest.mark.soak) for action in USED)])
def test_a_permission_that_is_gone_is_missed(scene: Scene, action: str) -> None:
    take(scene, action)
    missed(scene, action, scene.start("respond", EXFILTRATION, "--render", "--json"))


RECOVERY = [*RECOVERY_SAMPLED, *(pytest.param(action, marks=pytest.mark.soak) for action in RECOVERY_USED)]


@pytest.mark.parametrize("action", RECOVERY)
def test_a_permission_of_the_recovery_that_is_gone_is_missed(scene: Scene, tmp_path: Path, action: str) -> None:
    take(scene, action)
    missed(scene, action, scene.start("respond", EXFILTRATION, "--render", "--json", "--yes", "--policy", policy(tmp_path, scene)))


def missed(scene: Scene, action: str, running: Running) -> None:
    """The run asks for what it may not do any more, or does not end well."""

    def refused() -> bool:
        denied = (call for call in scene.calls() if f"/{names.RESPONDER}" in call["principal"] and "Denied" in call["error"])
        asked = ({call["action"], f"{call['service']}:{call['operation']}"} for call in denied)
        return any(action in each for each in asked) or running.poll() is not None

    eventually(refused, seconds=120)
    if running.poll() is None:
        running.kill()
        return
    assert finished(running).code != 0
