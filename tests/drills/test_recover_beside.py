"""A key is replaced and what is stored moves, with people at work beside it: nothing missed, nothing harmed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.drills.recover_scene import default_key, furnish, keys, policy, stored, successors, working
from tests.drills.respond_scene import EXFILTRATION, Scene, opened

pytestmark = pytest.mark.timeout(400)


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
    """The case is contained, everything is under one successor, and the record is intact."""
    done = scene.codeblue("apply", case, "--yes", "--json", "--policy", rules)
    assert done.status == (0, "contained"), done
    (new,) = successors(scene)
    assert keys(scene).keys() == {new}
    assert default_key(scene) == new
    audit = scene.codeblue("audit", case, "--open", "--json", "--policy", rules)
    assert (audit.code, audit.result["findings"]) == (0, [])


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
