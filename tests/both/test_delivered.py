"""One breach from the first alert to the rollback: many deliveries, one case; patients' names everywhere and none in the record.

Before the alert the thief did more than it is known for; what people have set up, and the alert, carry names of patients. The rows
of this file are scenes of that one breach, in order.
"""

import json
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.both.under_test import Clinic, Json, Ran
from tests.drills.respond_scene import finished

pytestmark = pytest.mark.timeout(500)

AT_ONCE = {"modes": {"rekey": "observe"}, "one_way": {"mode": "auto"}}


@dataclass(frozen=True, slots=True)
class Breach:
    """A clinic after the response: what every delivery printed, how the cloud was set up before, and what was written."""

    clinic: Clinic
    policy: Path
    runs: tuple[Ran, ...]
    before: Json
    written: list[str]
    canaries: tuple[str, ...]

    @property
    def case(self) -> str:
        return str(self.runs[0].result["case"])

    def codeblue(self, *words: object) -> Ran:
        return self.clinic.codeblue(*words, "--json", "--policy", self.policy)


@pytest.fixture(
    scope="module",
    params=[pytest.param(3, id="three deliveries"), pytest.param(10, id="ten deliveries", marks=pytest.mark.soak)],
)
def breach(request: pytest.FixtureRequest, shared_clinic: Clinic, tmp_path_factory: pytest.TempPathFactory) -> Breach:
    clinic, policy = shared_clinic, shared_clinic.policy(tmp_path_factory.mktemp("policy"), AT_ONCE)
    canaries, before = clinic.name_patients(), clinic.state()
    event, seen = json.dumps(clinic.rob()), clinic.calls()
    running = [clinic.start("respond", "-", "--render", "--json", "--policy", policy) for _ in range(request.param)]
    for each in running:
        each.give(event)
    return Breach(clinic, policy, tuple(finished(each, seconds=300) for each in running), before, clinic.writes(seen), canaries)


def test_many_deliveries_make_one_case_and_every_worker_says_the_same(breach: Breach) -> None:
    assert {each.status for each in breach.runs} == {(0, "contained")}, breach.runs[0]
    assert len({each.out for each in breach.runs}) == 1
    assert [each["case"] for each in breach.codeblue("cases").results] == [breach.case]


def test_many_deliveries_change_each_thing_once(breach: Breach) -> None:
    words, number = breach.clinic.once
    once = {change: times for change, times in Counter(breach.written).items() if any(word in change for word in words)}
    assert set(once.values()) == {1}, once
    assert len(once) == number, once


def test_many_deliveries_cut_off_the_thief_and_nobody_else(breach: Breach) -> None:
    clinic = breach.clinic
    assert clinic.reads(clinic.thief) != ""
    assert {clinic.reads(who) for who in clinic.people} == {""}


def test_an_outsider_finds_the_record_intact(breach: Breach, tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_text(breach.clinic.public_key)
    audit = breach.codeblue("audit", breach.case, "--open", "--public-key", key)
    assert (audit.code, audit.result["findings"]) == (0, [])


def test_no_patient_is_named_in_clear_anywhere(breach: Breach) -> None:
    shown = [breach.codeblue(*command) for command in (("status", breach.case), ("cases",))]
    said = "".join(each.out + each.err for each in (*breach.runs, *shown)) + json.dumps(breach.clinic.pages())
    haystack = said.encode() + b"".join(breach.clinic.kept())
    assert breach.case.encode() in haystack
    assert [name for name in breach.canaries if name.encode() in haystack] == []


def test_a_wrong_digest_undoes_nothing(breach: Breach) -> None:
    seen = breach.clinic.calls()
    assert breach.codeblue("rollback", breach.case, "--digest", "0" * 64).code == 4
    assert breach.codeblue("release", breach.case, breach.clinic.bystander, "--digest", "0" * 64).code == 4
    assert breach.clinic.writes(seen) == []


def test_one_target_is_released_in_less_than_a_minute(breach: Breach) -> None:
    clinic, started = breach.clinic, time.monotonic()
    assert clinic.around_bystander(clinic.state()) != clinic.around_bystander(breach.before)
    shown = breach.codeblue("release", breach.case, clinic.bystander)
    done = breach.codeblue("release", breach.case, clinic.bystander, "--digest", shown.result["digest"])
    assert (done.code, time.monotonic() - started < 60) == (0, True)
    assert clinic.around_bystander(clinic.state()) == clinic.around_bystander(breach.before)


def test_a_rollback_restores_what_was_legitimate_and_not_the_thiefs_work(breach: Breach) -> None:
    clinic = breach.clinic
    shown = breach.codeblue("rollback", breach.case)
    assert (shown.code, bool(shown.result["changes"])) == (5, True)
    assert {each["action"] for each in shown.result["stays"] if each["one_way"]} == clinic.one_way
    assert {each["reason"] for each in shown.result["stays"] if each["one_way"]} <= {"this can not be undone"}
    done = breach.codeblue("rollback", breach.case, "--digest", shown.result["digest"])
    assert done.status == (0, "rolled_back"), done
    assert clinic.legitimate(clinic.state()) == clinic.legitimate(breach.before)
    assert clinic.standing() == []
    assert clinic.reads(clinic.thief) != ""
    assert {clinic.reads(who) for who in clinic.people} == {""}
