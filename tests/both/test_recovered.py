"""Beyond the fence: killed while keys are replaced and what is stored moves, nothing is missed; and what people take back then."""

import time
from pathlib import Path

import pytest

from tests.both.under_test import Clinic, Ran, respond
from tests.drills.respond_scene import finished

pytestmark = pytest.mark.timeout(400)

UP_TO_THE_PROOF = {"modes": {"enforce": "observe", "retire": "observe"}}
AWAITING, LEASE_SECONDS = 5, 10

SAMPLED = (0.39, 0.68)
STEPS = 560
"""How far a run had come that is killed: of its calls from the plan to the proof.

First about when keys have been made and nothing names them yet, then in the midst of what moves.
"""

EVERY = [pytest.param(step / STEPS, marks=pytest.mark.soak) for step in range(1, STEPS)]


@pytest.fixture
def policy(clinic: Clinic, tmp_path: Path) -> Path:
    clinic.furnish()
    return clinic.policy(tmp_path, {**UP_TO_THE_PROOF, **clinic.declared})


def fenced(clinic: Clinic, policy: Path) -> str:
    """The case of a breach that is fenced, and asks about its keys."""
    asked = respond(clinic, clinic.theft, "--policy", policy)
    assert asked.status == (5, "awaiting_approval"), asked
    assert asked.result["awaiting"]["wave"] == "rekey"
    return str(asked.result["case"])


def recovered(clinic: Clinic, case: str, policy: Path) -> None:
    """The case goes on to its end. While a dead worker still has it, it asks what that one asked."""
    done = clinic.codeblue("apply", case, "--yes", "--json", "--policy", policy)
    if done.code == AWAITING:
        time.sleep(LEASE_SECONDS)
        done = clinic.codeblue("apply", case, "--yes", "--json", "--policy", policy)
    assert done.status == (0, "contained"), done
    assert clinic.astray() == []
    audit = clinic.codeblue("audit", case, "--open", "--json", "--policy", policy)
    assert (audit.code, audit.result["findings"]) == (0, [])


@pytest.mark.parametrize("far", [*SAMPLED, *EVERY])
def test_another_worker_finishes_what_a_killed_one_began(clinic: Clinic, policy: Path, far: float) -> None:
    before, case = clinic.stored(), fenced(clinic, policy)
    dying = clinic.start("apply", case, "--yes", "--json", "--policy", policy)
    clinic.kill(dying.pid, max(1, round(far * clinic.recovery)))
    assert finished(dying).code in {-9, 0}
    recovered(clinic, case, policy)
    assert clinic.stored() == before
    assert clinic.unclaimed() == []


@pytest.fixture(scope="module")
def proved(shared_clinic: Clinic, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ran]:
    """A breach that somebody has approved beforehand, from the alert to the proof."""
    shared_clinic.furnish()
    policy = shared_clinic.policy(tmp_path_factory.mktemp("policy"), {**UP_TO_THE_PROOF, **shared_clinic.declared})
    return policy, respond(shared_clinic, shared_clinic.theft, "--yes", "--policy", policy)


def test_one_approval_in_advance_takes_it_from_the_alert_to_the_proof(shared_clinic: Clinic, proved: tuple[Path, Ran]) -> None:
    clinic, (_, done) = shared_clinic, proved
    assert done.status == (0, "contained"), done
    assert clinic.astray() == []
    assert {clinic.reads(who) for who in clinic.people} == {""}
    assert clinic.reads(clinic.thief) != ""


def test_a_rollback_after_it_keeps_the_way_to_what_was_moved(shared_clinic: Clinic, proved: tuple[Path, Ran]) -> None:
    clinic, (policy, done) = shared_clinic, proved
    case = done.result["case"]
    shown = clinic.codeblue("rollback", case, "--json", "--policy", policy).result
    assert {each["action"] for each in shown["stays"]} >= clinic.ways
    undone = clinic.codeblue("rollback", case, "--digest", shown["digest"], "--json", "--policy", policy)
    assert undone.status == (0, "rolled_back"), undone
    assert clinic.not_put_back() == []
    assert {clinic.reads(who) for who in clinic.people} == {""}
    assert clinic.reads(clinic.thief) != ""
