"""Our own calls as events: what we journaled is dropped, what we did not is an attack on us, and a namesake is a stranger."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.sandbox.aws import clinic_policies
from shared.sandbox.aws import scenario_names as names
from tests.drills.respond_scene import Json, Scene, opened, refusal, writes

pytestmark = pytest.mark.timeout(400)

SPARE = "codeblue-spare"

OPEN = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{names.CHARTS}/*"},
        ],
    }
)
"""A policy that lets everybody read."""


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with opened() as clinic:
        yield clinic


def recorded(scene: Scene, name: str, who: str) -> Json:
    """The newest event of this call as CloudTrail has it, by the session or user that made it."""
    found = scene.client("cloudtrail").lookup_events(LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": name}])
    records = [json.loads(event["CloudTrailEvent"]) for event in found["Events"]]
    return dict(next(record for record in records if who in json.dumps(record["userIdentity"])))


def test_a_namesake_of_a_responder_with_another_id_is_a_stranger_and_is_fenced(scene: Scene, tmp_path: Path) -> None:
    iam = scene.client("iam")
    trust = clinic_policies.trust(arns=[f"arn:aws:iam::{names.ACCOUNT}:root"])
    old = iam.create_role(RoleName=SPARE, AssumeRolePolicyDocument=trust)["Role"]["RoleId"]
    iam.delete_role(RoleName=SPARE)
    policy = tmp_path / "response.toml"
    policy.write_text(f'version = 1\n[modes]\nrekey = "observe"\n[responder]\nroles = ["{old}"]\n')
    arn = iam.create_role(RoleName=SPARE, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    everything = clinic_policies.document(clinic_policies.allow(("*",)))
    iam.put_role_policy(RoleName=SPARE, PolicyName="work", PolicyDocument=everything)
    got = scene.client("sts").assume_role(RoleArn=arn, RoleSessionName="namesake")["Credentials"]
    held = {"access_key_id": got["AccessKeyId"], "secret_access_key": got["SecretAccessKey"], "session_token": got["SessionToken"]}
    scene.described["credentials"]["namesake"] = {f"aws_{name}": value for name, value in held.items()}
    theirs = scene.client("s3", "namesake")
    theirs.delete_public_access_block(Bucket=names.CHARTS)
    theirs.put_bucket_policy(Bucket=names.CHARTS, Policy=OPEN)

    done = scene.respond(recorded(scene, "PutBucketPolicy", "namesake"), "--policy", policy)
    assert done.status == (0, "contained"), done
    assert arn in {change["target"] for wave in done.result["waves"] for change in wave["changes"] if change["status"] == "applied"}
    assert refusal(lambda: scene.client("s3", "namesake").list_buckets()) != ""


def test_what_we_did_ourselves_and_put_on_record_is_dropped(scene: Scene) -> None:
    ours = recorded(scene, "PutRolePolicy", names.RESPONDER)
    before = len(scene.calls())
    dropped = scene.respond(ours)
    assert dropped.status == (0, "dropped"), dropped
    assert writes(scene.calls(before)) == []


def test_what_was_done_with_our_credentials_and_is_not_on_record_pages_and_is_refused(scene: Scene) -> None:
    scene.pages()
    backdoor = clinic_policies.document(clinic_policies.allow(("*",)))
    scene.client("iam", "responder").put_user_policy(UserName=names.EXPORT_USER, PolicyName="more", PolicyDocument=backdoor)
    theirs = recorded(scene, "PutUserPolicy", names.RESPONDER)
    before = len(scene.calls())
    refused = scene.respond(theirs)
    assert refused.status == (4, "refused"), refused
    assert writes(scene.calls(before)) == []
    assert [subject for subject, _ in scene.pages()] == ["An act by a responder identity that we did not make"]
