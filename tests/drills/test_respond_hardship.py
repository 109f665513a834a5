"""A fence in hard times, from outside: the first sink of the record fails, and places are out of reach."""

import json
from collections.abc import Iterator

import pytest

from shared.sandbox.aws import scenario_names as names
from shared.sandbox.aws.scenario_findings import all_of
from tests.drills.respond_scene import Scene, alert, opened

pytestmark = pytest.mark.timeout(400)

ELSEWHERE = "444455556666"


@pytest.fixture
def scene() -> Iterator[Scene]:
    with opened() as clinic:
        yield clinic


def test_a_fence_does_not_wait_for_the_primary_sink_and_repairs_it_afterwards(scene: Scene) -> None:
    unavailable = {"kind": "error", "service": "s3", "operation": "PutObject", "status": 503, "code": "ServiceUnavailable"}
    scene.control("POST", "faults", region=names.REGION, **unavailable)
    done = scene.respond()
    assert done.status == (0, "contained"), done
    assert scene.reads() != ""
    first, second = (files(scene, which) for which in ("bucket", "second_bucket"))
    assert (len(first), any("/entries/" in path for path in second)) == (0, True)

    scene.control("DELETE", "faults")
    case = done.result["case"]
    assert scene.codeblue("apply", case, "--json").status == (0, "contained")
    audit = scene.codeblue("audit", case, "--open", "--json")
    assert (audit.code, audit.result["findings"]) == (0, [])
    assert files(scene, "bucket") == files(scene, "second_bucket") >= second


def test_what_is_out_of_reach_makes_it_partial_with_a_list_for_people(scene: Scene) -> None:
    closed = {
        "Effect": "Deny",
        "Action": "kms:*",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:RequestedRegion": "us-west-2"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [closed]})
    scene.client("iam").put_role_policy(RoleName=names.RESPONDER, PolicyName="closed", PolicyDocument=policy)
    foreign = f"arn:aws:kms:us-east-1:{ELSEWHERE}:key/5d0a8f3e-0000-4000-8000-c0de5afe0002"
    event = about_key(foreign)
    scene.control("POST", "findings", **next(iter(all_of(foreign))))
    done = scene.respond(event)
    assert done.status == (3, "partial"), done
    listed = json.dumps(done.result["left_for_people"])
    assert (foreign in listed, ELSEWHERE in listed, "us-west-2" in listed) == (True, True, True)
    assert scene.reads() != ""
    assert "A fence has gaps" in [subject for subject, _ in scene.pages()]


def about_key(arn: str) -> dict[str, object]:
    """The example alert, where the store's key is another account's."""
    event = alert()
    (bucket,) = event["detail"]["resource"]["s3BucketDetails"]
    bucket["defaultServerSideEncryption"]["kmsMasterKeyArn"] = arn
    return event


def files(scene: Scene, which: str) -> set[str]:
    """The paths that one of custody's buckets holds."""
    region = scene.described["custody"]["second_region"] if which == "second_bucket" else names.REGION
    listed = scene.client("s3", region=region).list_objects_v2(Bucket=scene.described["custody"][which])
    return {found["Key"] for found in listed.get("Contents", ())}
