"""The whole way, each step approved by a person: a new key, every version under it, proved. People work on, the thief does not."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from shared.sandbox.aws import scenario_names as names
from tests.both.under_test import Json, Ran
from tests.drills.cloud_state import kept
from tests.drills.recover_scene import Stored, Ward, default_key, furnish, keys, policy, stored, successors, working
from tests.drills.respond_scene import EXFILTRATION, Scene, opened, writes

pytestmark = pytest.mark.timeout(400)


@dataclass(frozen=True, slots=True)
class Recovery:
    """A clinic after its recovery: what each run said, and how the store was before."""

    scene: Scene
    policy: Path
    asked: Ran
    between: list[str]
    approved: tuple[Ran, ...]
    before: dict[tuple[str, str], Stored]
    ward: Ward

    @property
    def done(self) -> Ran:
        return self.approved[-1]

    @property
    def case(self) -> str:
        return str(self.asked.result["case"])

    @property
    def old(self) -> str:
        return str(self.scene.described["resources"]["key"])

    def codeblue(self, *args: object) -> Ran:
        return self.scene.codeblue(*args, "--json", "--policy", self.policy)


@pytest.fixture(scope="module")
def recovery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recovery]:
    with opened() as scene:
        furnish(scene)
        rules, before = policy(tmp_path_factory.mktemp("policy"), scene), stored(scene)
        with working(scene, pause=0.3) as ward:
            asked = scene.respond(EXFILTRATION, "--policy", rules)
            seen = len(scene.calls())
            approved = [one_approval(scene, rules, asked.result["case"]) for _ in ("rekey", "migrate")]
            between = writes(scene.calls(seen))
        yield Recovery(scene, rules, asked, between, tuple(approved), before, ward)


def one_approval(scene: Scene, rules: Path, case: str) -> Ran:
    """What is asked is approved by its digest, and the case goes on."""
    asked = scene.codeblue("status", case, "--json", "--policy", rules).result["awaiting"]
    approved = scene.codeblue("approve", case, "--digest", asked["digest"], "--json", "--policy", rules)
    assert approved.code == 0, approved
    return scene.codeblue("apply", case, "--json", "--policy", rules)


def status(change: Json) -> str:
    return str(change["status"])


class TestAsked:
    def test_it_stops_at_the_first_question_behind_the_fence(self, recovery: Recovery) -> None:
        assert recovery.asked.status == (5, "awaiting_approval"), recovery.asked
        awaiting = recovery.asked.result["awaiting"]
        assert (awaiting["wave"], len(awaiting["digest"])) == ("rekey", 64)
        assert {change["action"] for change in awaiting["changes"]} >= {
            "replace-key",
            "admit-to-successor",
            "repoint",
            "move-alias",
        }
        assert recovery.asked.result["seconds_to_fence"] < 60

    def test_it_asks_again_before_anything_stored_moves(self, recovery: Recovery) -> None:
        asked = recovery.approved[0]
        assert (asked.status, asked.result["awaiting"]["wave"]) == ((5, "awaiting_approval"), "migrate")
        assert asked.result["versions"]["updated"] == 0


class TestMoved:
    def test_the_case_ends_contained_and_tells_the_counts(self, recovery: Recovery) -> None:
        assert recovery.done.status == (0, "contained"), recovery.done
        counts = recovery.done.result["versions"]
        assert counts["updated"] >= len(recovery.before)
        assert (counts["copied"], counts["multipart"], counts["blocked"]) == (0, 0, [])
        assert counts["total"] >= counts["updated"]
        waves = [wave for wave in recovery.done.result["waves"] if wave["name"] in {"rekey", "migrate"}]
        assert [wave["name"] for wave in waves] == ["rekey", "migrate"]
        assert {status(change) for wave in waves for change in wave["changes"]} <= {"applied", "already"}

    def test_every_version_is_under_the_successor_and_nothing_else_of_it_has_changed(self, recovery: Recovery) -> None:
        (new,) = successors(recovery.scene)
        assert keys(recovery.scene).keys() == {new}
        after = stored(recovery.scene)
        assert {at: each for at, each in after.items() if at in recovery.before} == recovery.before

    def test_what_is_written_from_now_on_is_under_the_successor_too(self, recovery: Recovery) -> None:
        (new,) = successors(recovery.scene)
        assert default_key(recovery.scene) == new
        aliases = recovery.scene.client("kms").list_aliases(KeyId=new)["Aliases"]
        assert "alias/charts" in {alias["AliasName"] for alias in aliases}

    def test_no_version_was_copied_or_deleted(self, recovery: Recovery) -> None:
        made = Counter(call.split()[0] for call in recovery.between)
        assert made["s3:UpdateObjectEncryption"] > len(recovery.before)
        assert not {"s3:CopyObject", "s3:DeleteObject", "s3:DeleteObjects", "s3:CreateMultipartUpload"} & made.keys()


class TestPeople:
    def test_nobody_who_works_there_noticed(self, recovery: Recovery) -> None:
        assert (recovery.ward.calls > 0, recovery.ward.failures) == (True, [])
        for who in ("clinician", "clinician_app", "clinician_by_arn", "backup"):
            assert recovery.scene.reads(who) == "", who

    def test_the_thief_is_refused_by_the_store_and_by_both_keys(self, recovery: Recovery) -> None:
        assert recovery.scene.reads() != ""

    def test_no_patient_is_named_in_clear_anywhere(self, recovery: Recovery) -> None:
        said = "".join(each.out + each.err for each in (recovery.asked, *recovery.approved)) + json.dumps(recovery.scene.pages())
        haystack = said.encode() + b"".join(kept(recovery.scene))
        assert recovery.case.encode() in haystack
        assert [name for name in names.PATIENTS if name.encode() in haystack] == []


class TestAfterwards:
    def test_an_outsider_finds_the_record_intact(self, recovery: Recovery, tmp_path: Path) -> None:
        key = tmp_path / "key.pem"
        key.write_text(recovery.scene.described["custody"]["public_key"])
        audit = recovery.codeblue("audit", recovery.case, "--open", "--public-key", key)
        assert (audit.code, audit.result["findings"]) == (0, [])

    def test_going_on_with_it_changes_nothing_more(self, recovery: Recovery) -> None:
        seen = len(recovery.scene.calls())
        assert recovery.codeblue("apply", recovery.case).status == (0, "contained")
        # a later stamp on the thief's sessions is upkeep
        assert {call.split()[0] for call in writes(recovery.scene.calls(seen))} <= {"iam:PutUserPolicy"}
