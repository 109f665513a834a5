"""SIGKILL at the n-th call: whoever takes over finishes one case, with the end state of an undisturbed run and an intact record."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.both.under_test import FENCING, Clinic, Json, respond
from tests.drills.respond_scene import finished

pytestmark = pytest.mark.timeout(400)

SAMPLED = (0.44,)
STEPS = 260
"""How far a run had come that is killed: of all its calls up to the first quiet sweep."""

EVERY = [pytest.param(step / STEPS, marks=pytest.mark.soak) for step in range(1, STEPS)]


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """What a run comes to that nobody kills, and after how many calls."""

    state: Json
    calls: int


@pytest.fixture(scope="module")
def undisturbed(shared_clinic: Clinic, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    before = shared_clinic.calls()
    policy = shared_clinic.policy(tmp_path_factory.mktemp("policy"), FENCING)
    done = respond(shared_clinic, shared_clinic.theft, "--policy", policy)
    assert done.status == (0, "contained"), done
    return Undisturbed(shared_clinic.state(), shared_clinic.calls() - before)


@pytest.mark.parametrize("far", [*SAMPLED, *EVERY])
def test_another_worker_finishes_what_a_killed_one_began(
    clinic: Clinic, undisturbed: Undisturbed, tmp_path: Path, far: float
) -> None:
    policy, nth = clinic.policy(tmp_path, FENCING), max(1, round(far * undisturbed.calls))
    dying = clinic.start("respond", "-", "--render", "--json", "--policy", policy)
    clinic.kill(dying.pid, nth)
    assert finished(dying, json.dumps(clinic.theft)).code == -9

    begun = [each["case"] for each in clinic.codeblue("cases", "--json", "--policy", policy).results]
    taken = clinic.codeblue("apply", begun[0], "--json", "--policy", policy) if begun and nth % 2 else None
    done = taken or respond(clinic, clinic.theft, "--policy", policy)
    assert done.status == (0, "contained"), done
    assert [each["case"] for each in clinic.codeblue("cases", "--json", "--policy", policy).results] == [done.result["case"]]
    assert clinic.state() == undisturbed.state
    audit = clinic.codeblue("audit", done.result["case"], "--open", "--json", "--policy", policy)
    assert (audit.code, audit.result["findings"]) == (0, [])
