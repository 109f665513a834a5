"""Killed while a key is replaced and what is stored moves, and with people at work beside it: nothing missed, nothing harmed."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.sandbox.aws import scenario_names as names
from tests.drills.recover_scene import default_key, furnish, keys, policy, stored, successors, working
from tests.drills.respond_scene import EXFILTRATION, Scene, finished, opened

pytestmark = pytest.mark.timeout(400)

SAMPLED = (216, 380)
"""About when the successor is made and has no alias yet, and in the midst of the versions."""

CALLS = 560
"""Calls of a run from the plan to the proof, and some."""

AWAITING, LEASE_SECONDS = 5, 10

ORPHAN = "codeblue:orphan"


@pytest.fixture
def scene() -> Iterator[Scene]:
    with opened() as clinic:
        furnish(clinic)
        yield clinic


def fenced(scene: Scene, rules: Path) -> str:
    """The case of a breach that is fenced, and asks about its key."""
    asked = scene.respond(EXFILTRATION, "--policy", rules)
    assert asked.status == (5, "awaiting_approval"), asked
    return str(asked.result["case"])


def recovered(scene: Scene, case: str, rules: Path) -> None:
    """The case is contained, everything is under one successor, and the record is intact.

    While a dead worker still has the case, it asks what that one asked.
    """
    done = scene.codeblue("apply", case, "--yes", "--json", "--policy", rules)
    if done.code == AWAITING:
        time.sleep(LEASE_SECONDS)
        done = scene.codeblue("apply", case, "--yes", "--json", "--policy", rules)
    assert done.status == (0, "contained"), done
    (new,) = successors(scene)
    assert keys(scene).keys() == {new}
    assert default_key(scene) == new
    audit = scene.codeblue("audit", case, "--open", "--json", "--policy", rules)
    assert (audit.code, audit.result["findings"]) == (0, [])


def unclaimed(scene: Scene) -> list[str]:
    """Keys that were made for a case, stand under no alias and are not marked as nobody's."""
    kms, known = scene.client("kms"), set(successors(scene))
    made = [each["KeyArn"] for each in kms.list_keys()["Keys"] if each["KeyArn"] not in known]
    tags = ({tag["TagKey"] for tag in kms.list_resource_tags(KeyId=key)["Tags"]} for key in made)
    return [key for key, each in zip(made, tags, strict=True) if "codeblue:case" in each and ORPHAN not in each]


@pytest.mark.parametrize("nth", [*SAMPLED, *(pytest.param(n, marks=pytest.mark.soak) for n in range(1, CALLS) if n not in SAMPLED)])
def test_another_worker_finishes_what_a_killed_one_began(scene: Scene, tmp_path: Path, nth: int) -> None:
    rules, before = policy(tmp_path, scene), stored(scene)
    case = fenced(scene, rules)
    dying = scene.start("apply", case, "--yes", "--json", "--policy", rules)
    scene.control("POST", "kill", pid=dying.pid, nth=nth)
    assert finished(dying).code in {-9, 0}
    scene.control("DELETE", "faults")
    recovered(scene, case, rules)
    assert stored(scene) == before
    assert unclaimed(scene) == []


@pytest.mark.parametrize("pause", [0.02, *(pytest.param(p, marks=pytest.mark.soak) for p in (0.0, 0.005, 0.1, 0.5))])
def test_whoever_writes_and_deletes_meanwhile_is_right(scene: Scene, tmp_path: Path, pause: float) -> None:
    rules, before = policy(tmp_path, scene), stored(scene)
    case = fenced(scene, rules)
    with working(scene, pause=pause, deleting=True) as ward:
        scene.codeblue("apply", case, "--yes", "--json", "--policy", rules)
    recovered(scene, case, rules)
    after = stored(scene)
    assert {at: each for at, each in after.items() if at in before} == before
    current = {each.name: each.content for each in after.values() if each.latest and each.name.startswith("ward/")}
    assert current == ward.written
    assert (ward.calls > 0, ward.failures) == (True, [])


def test_one_approval_in_advance_takes_it_from_the_alert_to_the_proof(scene: Scene, tmp_path: Path) -> None:
    done = scene.respond(EXFILTRATION, "--yes", "--policy", policy(tmp_path, scene))
    assert done.status == (0, "contained"), done
    assert done.result["versions"]["updated"] == len(stored(scene)) > 0
    assert scene.reads() != ""
    assert scene.reads("clinician_by_arn") == ""
    assert names.REGION in str(successors(scene))
