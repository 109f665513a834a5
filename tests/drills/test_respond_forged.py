"""A forged alert is the cheapest denial of service: whatever it names, nothing is changed, and the reason is said."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.sandbox.aws import scenario_names as names
from shared.sandbox.aws.scenario_findings import all_of
from tests.drills.respond_scene import Scene, alert, opened, writes

BREAK_GLASS = f"arn:aws:iam::{names.ACCOUNT}:role/{names.BREAK_GLASS}"


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with opened() as clinic:
        yield clinic


def about_role(name: str, unique_id: str, finding: str = "") -> dict[str, Any]:
    """The example alert, naming a session of this role instead, under another finding's id."""
    forged = alert()
    forged["detail"]["id"] = finding or uuid.uuid4().hex
    forged["detail"]["resource"]["accessKeyDetails"] = {
        "accessKeyId": "ASIAFORGEDFORGED",
        "principalId": f"{unique_id}:{uuid.uuid4().hex[:8]}",
        "userType": "AssumedRole",
        "userName": name,
    }
    return forged


def about_bucket(name: str, finding: str = "") -> dict[str, Any]:
    """The example alert, naming this bucket as the one that is read."""
    forged = alert()
    forged["detail"]["id"] = finding or forged["detail"]["id"]
    (bucket,) = forged["detail"]["resource"]["s3BucketDetails"]
    bucket |= {"arn": f"arn:aws:s3:::{name}", "name": name}
    forged["detail"]["service"]["action"]["awsApiCallAction"]["affectedResources"] = {"AWS::S3::Bucket": name}
    return forged


def unique_id(scene: Scene, role: str) -> str:
    return str(scene.client("iam").get_role(RoleName=role)["Role"]["RoleId"])


def untouched(scene: Scene, event: dict[str, Any], *options: object) -> tuple[int, dict[str, Any]]:
    """The exit code and result of responding; fails where anything but custody was written."""
    before = len(scene.calls())
    ran = scene.respond(event, *options)
    assert writes(scene.calls(before)) == []
    return ran.code, ran.result


class TestForged:
    def test_one_that_its_source_does_not_know_and_that_names_clinicians_is_put_to_a_person(self, scene: Scene) -> None:
        code, result = untouched(scene, about_role(names.APP_ROLE, names.APP_ROLE_ID))
        assert (code, result["status"]) == (5, "awaiting_approval")
        assert "could not be confirmed at its source" in result["awaiting"]["why"]
        assert scene.reads("clinician") == ""

    def test_one_under_a_true_findings_id_that_names_clinicians_is_refused(self, scene: Scene) -> None:
        code, result = untouched(scene, about_role(names.APP_ROLE, names.APP_ROLE_ID, finding=alert()["detail"]["id"]))
        assert (code, result["status"]) == (4, "refused")
        assert "forged or altered" in result["left_for_people"][0]["reason"]

    def test_one_that_names_the_responder_is_refused_and_people_are_paged(self, scene: Scene) -> None:
        scene.pages()
        code, result = untouched(scene, about_role(names.RESPONDER, unique_id(scene, names.RESPONDER)))
        assert (code, result["status"]) == (4, "refused")
        assert "responder identity" in result["left_for_people"][0]["reason"]
        assert [subject for subject, _ in scene.pages()] == ["An act by a responder identity that we did not make"]

    def test_one_that_names_a_break_glass_role_of_the_policy_is_refused(self, scene: Scene, tmp_path: Path) -> None:
        policy = tmp_path / "response.toml"
        policy.write_text(f'version = 1\n[responder]\nbreak_glass = ["{BREAK_GLASS}"]\n')
        event = about_role(names.BREAK_GLASS, unique_id(scene, names.BREAK_GLASS))
        code, result = untouched(scene, event, "--policy", policy)
        assert (code, result["status"]) == (4, "refused")

    def test_one_that_names_a_break_glass_role_by_its_name_alone_plans_nothing_against_it(
        self, scene: Scene, tmp_path: Path
    ) -> None:
        policy = tmp_path / "response.toml"
        policy.write_text(f'version = 1\n[responder]\nbreak_glass = ["{BREAK_GLASS}"]\n')
        _, result = untouched(scene, about_role(names.BREAK_GLASS, "AROAGUESSEDGUESSED"), "--policy", policy)
        aimed = [c for w in result["waves"] for c in w["changes"] if c["target"] == BREAK_GLASS]
        assert {c["status"] for c in aimed} <= {"refused"}
        assert result["status"] in {"refused", "awaiting_approval"}

    def test_one_under_a_true_findings_id_that_names_custodys_bucket_is_refused(self, scene: Scene) -> None:
        code, result = untouched(scene, about_bucket(scene.described["custody"]["bucket"]))
        assert (code, result["status"]) == (4, "refused")

    def test_what_is_out_of_reach_stays_so_where_guardduty_itself_names_it(self, scene: Scene, tmp_path: Path) -> None:
        custody, key = scene.described["custody"]["bucket"], scene.described["resources"]["key"]
        policy = tmp_path / "response.toml"
        policy.write_text(f'version = 1\n[modes]\nfence = "ask"\n[protected]\nresources = ["{key}"]\n')
        event = about_bucket(custody, uuid.uuid4().hex)
        scene.control("POST", "findings", **found(event, key))
        code, result = untouched(scene, event, "--policy", policy)
        assert (code, result["status"]) == (5, "awaiting_approval")
        changes = [c for w in result["waves"] for c in w["changes"]]
        for target in (f"arn:aws:s3:::{custody}", key):
            assert {c["status"] for c in changes if c["target"] == target} == {"refused"}


def found(event: dict[str, Any], key: str) -> dict[str, Any]:
    """The finding that GuardDuty would have to hold for this alert about a bucket to be true."""
    name = event["detail"]["resource"]["s3BucketDetails"][0]["name"]
    finding = next(iter(all_of(key)))
    finding["Id"] = event["detail"]["id"]
    finding["Resource"]["S3BucketDetails"][0] |= {"Arn": f"arn:aws:s3:::{name}", "Name": name}
    return finding
