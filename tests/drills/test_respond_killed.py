"""SIGKILL at the n-th call: whoever takes over finishes one case, with the end state of an undisturbed run and an intact record."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.drills.cloud_state import policies_of
from tests.drills.respond_scene import EXFILTRATION, Scene, finished, opened

pytestmark = pytest.mark.timeout(400)

SAMPLED = (70, 150)
CALLS = 260
"""Calls of a run up to its first quiet sweep, and some."""


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, Any]:
    with opened() as scene:
        done = scene.respond()
        assert done.status == (0, "contained"), done
        return policies_of(scene)


@pytest.fixture
def scene() -> Iterator[Scene]:
    with opened() as clinic:
        yield clinic


def killed(scene: Scene, nth: int) -> None:
    """A response that dies when its n-th call arrives."""
    dying = scene.start("respond", "-", "--render", "--json")
    scene.control("POST", "kill", pid=dying.pid, nth=nth)
    assert finished(dying, EXFILTRATION.read_text()).code == -9
    scene.control("DELETE", "faults")


@pytest.mark.parametrize("nth", [*SAMPLED, *(pytest.param(n, marks=pytest.mark.soak) for n in range(1, CALLS) if n not in SAMPLED)])
def test_another_worker_finishes_what_a_killed_one_began(scene: Scene, undisturbed: dict[str, Any], nth: int) -> None:
    killed(scene, nth)
    begun = [each["case"] for each in scene.codeblue("cases", "--json").results]
    done = scene.codeblue("apply", begun[0], "--json") if begun and nth % 2 else scene.respond()
    assert done.status == (0, "contained"), done
    assert [each["case"] for each in scene.codeblue("cases", "--json").results] == [done.result["case"]]
    assert policies_of(scene) == undisturbed
    audit = scene.codeblue("audit", done.result["case"], "--open", "--json")
    assert (audit.code, audit.result["findings"]) == (0, [])
