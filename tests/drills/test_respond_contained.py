"""One breach from the first alert to the rollback: many deliveries, one case; patients' names everywhere and none in the record.

Before the alert the thief turned off the block on public access, and made a user with a console login and a grant for another
account; policies and the alert carry names of patients. The tests of this file are scenes of that one breach, in order.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shared.sandbox.aws import clinic_policies
from shared.sandbox.aws import scenario_names as names
from tests.both.under_test import Json, Ran
from tests.drills.cloud_state import policies_of
from tests.drills.respond_scene import Scene, alert, finished, opened, writes

pytestmark = pytest.mark.timeout(500)

SID = "ForDoeJane19610402"
CANARIES = (*names.PATIENTS, SID, "Doe-Jane", "DoeJane")
"""What must be seen nowhere: object keys, and a Sid that somebody made of a name."""

FOREIGN = f"arn:aws:iam::{names.THIEF_ACCOUNT}:root"


@dataclass(frozen=True, slots=True)
class Breach:
    """A scene after the response: what every delivery printed, and how the cloud was set up before."""

    scene: Scene
    policy: Path
    runs: tuple[Ran, ...]
    before: Json
    calls: list[Json]

    @property
    def case(self) -> str:
        return str(self.runs[0].result["case"])

    def codeblue(self, *args: object) -> Ran:
        return self.scene.codeblue(*args, "--json", "--policy", self.policy)


@pytest.fixture(
    scope="module",
    params=[pytest.param(3, id="three deliveries"), pytest.param(10, id="ten deliveries", marks=pytest.mark.soak)],
)
def breach(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Breach]:
    policy = tmp_path_factory.mktemp("policy") / "response.toml"
    policy.write_text('version = 1\n[modes]\nrekey = "observe"\n[one_way]\nmode = "auto"\n')
    with opened() as scene:
        name_patients(scene)
        before = policies_of(scene)
        rob(scene)
        seen = len(scene.calls())
        running = [scene.start("respond", "-", "--render", "--json", "--policy", policy) for _ in range(request.param)]
        event = json.dumps(telling(alert()))
        for each in running:
            each.give(event)
        yield Breach(scene, policy, tuple(finished(each, seconds=300) for each in running), before, scene.calls(seen))


def name_patients(scene: Scene) -> None:
    """A statement of the store's policy that is about one patient, as people write them."""
    document = json.loads(clinic_policies.store_policy(names.CHARTS))
    chart = f"arn:aws:s3:::{names.CHARTS}/charts/{names.PATIENTS[0]}.pdf"
    document["Statement"].append({"Sid": SID, "Effect": "Deny", "Principal": "*", "Action": "s3:PutObjectAcl", "Resource": chart})
    scene.client("s3").put_bucket_policy(Bucket=names.CHARTS, Policy=json.dumps(document))


def rob(scene: Scene) -> None:
    """What the thief did before anybody noticed."""
    scene.client("s3", "thief").delete_public_access_block(Bucket=names.CHARTS)
    iam = scene.client("iam", "thief")
    iam.create_user(UserName="night-shift")
    iam.create_login_profile(UserName="night-shift", Password="Not-A-Secret-2026!")  # pragma: allowlist secret
    kms = scene.client("kms", "thief")
    kms.create_grant(KeyId=scene.described["resources"]["key"], GranteePrincipal=FOREIGN, Operations=["Decrypt"])


def telling(event: Json) -> Json:
    """The alert with the object keys that GuardDuty adds to it."""
    details = event["detail"]["resource"]["s3BucketDetails"]
    details[0]["s3ObjectDetails"] = [{"objectArn": f"arn:aws:s3:::{names.CHARTS}/charts/{p}.pdf", "key": p} for p in names.PATIENTS]
    event["detail"]["description"] = f"charts/{names.PATIENTS[0]}.pdf was read"
    return event


class TestDelivered:
    """The same alert many times at once."""

    def test_makes_one_case_and_every_worker_says_the_same(self, breach: Breach) -> None:
        assert {each.status for each in breach.runs} == {(0, "contained")}, breach.runs[0]
        assert len({each.out for each in breach.runs}) == 1
        assert [each["case"] for each in breach.codeblue("cases").results] == [breach.case]

    def test_changes_each_document_once(self, breach: Breach) -> None:
        made = Counter(writes(breach.calls))
        once = {
            change: n
            for change, n in made.items()
            if any(name in change for name in ("UpdateAccessKey", "PutKeyPolicy", "RevokeGrant"))
        }
        assert len(once) == 4
        assert set(once.values()) == {1}

    def test_cuts_off_the_thief_and_nobody_else(self, breach: Breach) -> None:
        assert breach.scene.reads() != ""
        assert breach.scene.reads("clinician") == ""
        assert breach.scene.reads("backup") == ""


class TestRecord:
    def test_an_outsider_finds_the_record_intact(self, breach: Breach, tmp_path: Path) -> None:
        key = tmp_path / "key.pem"
        key.write_text(breach.scene.described["custody"]["public_key"])
        audit = breach.codeblue("audit", breach.case, "--open", "--public-key", key)
        assert (audit.code, audit.result["findings"]) == (0, [])

    def test_no_patient_is_named_in_clear_anywhere(self, breach: Breach) -> None:
        shown = [breach.codeblue(*command) for command in (("status", breach.case), ("cases",))]
        said = "".join(each.out + each.err for each in (*breach.runs, *shown)) + json.dumps(breach.scene.pages())
        haystack = said.encode() + b"".join(kept(breach.scene))
        assert breach.case.encode() in haystack
        assert [name for name in CANARIES if name.encode() in haystack] == []


class TestUndone:
    """What people take back, last."""

    def test_a_wrong_digest_undoes_nothing(self, breach: Breach) -> None:
        seen = len(breach.scene.calls())
        assert breach.codeblue("rollback", breach.case, "--digest", "0" * 64).code == 4
        assert breach.codeblue("release", breach.case, names.APP_ROLE, "--digest", "0" * 64).code == 4
        assert writes(breach.scene.calls(seen)) == []

    def test_one_target_is_released_in_less_than_a_minute(self, breach: Breach) -> None:
        started = time.monotonic()
        shown = breach.codeblue("release", breach.case, names.APP_ROLE)
        done = breach.codeblue("release", breach.case, names.APP_ROLE, "--digest", shown.result["digest"])
        assert (done.code, time.monotonic() - started < 60) == (0, True)
        after = policies_of(breach.scene)
        assert {k: v for k, v in after.items() if k.startswith(names.APP_ROLE)} == of(names.APP_ROLE, breach.before)

    def test_a_rollback_restores_what_was_legitimate_and_not_the_thiefs_work(self, breach: Breach) -> None:
        shown = breach.codeblue("rollback", breach.case)
        assert (shown.code, bool(shown.result["changes"])) == (5, True)
        assert {each["action"] for each in shown.result["stays"] if each["one_way"]} == {"remove-console"}
        done = breach.codeblue("rollback", breach.case, "--digest", shown.result["digest"])
        assert done.status == (0, "rolled_back"), done
        after = policies_of(breach.scene)
        for what in (names.CHARTS, names.LABS, names.AUDIT_LOG, "point", f"key in {names.REGION}", f"key in {names.SECOND_REGION}"):
            assert ours_apart(after[what]) == breach.before[what], what
        assert after["block"] == breach.before["block"]
        assert grants(breach.scene) == []
        assert breach.scene.reads() != ""
        assert breach.scene.reads("clinician") == ""


def of(name: str, state: Json) -> Json:
    return {what: value for what, value in state.items() if what.startswith(name)}


def ours_apart(document: Any) -> Any:  # noqa: ANN401  # JSON
    """A policy without the statements that name the thief alone: those stay after a rollback."""
    if not isinstance(document, dict):
        return document
    theirs = [each for each in document["Statement"] if not str(each.get("Sid", "")).startswith("Codeblue")]
    return {**document, "Statement": theirs} if theirs else "NoSuchAccessPointPolicy"


def grants(scene: Scene) -> list[str]:
    found = scene.client("kms").list_grants(KeyId=scene.described["resources"]["key"])["Grants"]
    return [each["GranteePrincipal"] for each in found if each["GranteePrincipal"] == FOREIGN]


def kept(scene: Scene) -> Iterator[bytes]:
    """Every byte that custody holds: both buckets with every version, and the table."""
    places = scene.described["custody"]
    for bucket, region in ((places["bucket"], names.REGION), (places["second_bucket"], places["second_region"])):
        s3 = scene.client("s3", region=region)
        for version in s3.list_object_versions(Bucket=bucket).get("Versions", ()):
            yield version["Key"].encode()
            yield s3.get_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])["Body"].read()
    for item in scene.client("dynamodb").scan(TableName=places["table"])["Items"]:
        yield repr(item).encode()
