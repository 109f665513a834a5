"""What a drill finds when it holds claims against what the cloud showed, and the clock of its lapsed hours."""

import pytest

from shared.adapters.memory.clock import MemoryClock
from shared.drill.azure import _unmoved
from shared.drill.claims import Claimed, late, untrue
from shared.drill.lapse import LapsedClock
from shared.sandbox.azure.hospital_clock import STEP, SteppingClock
from shared.sandbox.scene import Life


def life(alive: float, longest: float = 600.0) -> Life:
    return Life("imaging-export", "role", "5e4f", ("role-assigned",), "", 0.0, alive, longest)


@pytest.mark.parametrize(
    ("alive", "dead_by", "written", "said"),
    [
        (590.0, 601.0, 1.0, []),
        (602.5, 601.0, 1.0, []),
        (604.0, 601.0, 1.0, ["was said to be dead 601 s", "was taken away 1 s"]),
        (700.0, 5400.0, 0.0, ["was taken away 0 s"]),
        (650.0, 601.0, 601.0, ["was said to be dead 601 s"]),
        (3.0, None, None, ["nothing is claimed"]),
    ],
    ids=["in time", "within the slack", "late", "longer than its kind lives", "claimed too early", "never taken away"],
)
def test_a_claim_is_held_against_the_truth(alive: float, dead_by: float | None, written: float | None, said: list[str]) -> None:
    found = list(untrue((Claimed(life(alive), dead_by, written),)))
    assert [words in sentence for words, sentence in zip(said, found, strict=True)] == [True] * len(said)


@pytest.mark.parametrize(
    ("kind", "born", "written", "alive", "said"),
    [
        pytest.param("role", 0.0, 600.0, 700.0, False, id="of what was stolen, when a sweep has read the log"),
        pytest.param("role", 0.0, 700.0, 700.0, True, id="of what was stolen, long after that"),
        pytest.param("role", 0.0, 700.0, 9.0, False, id="of what opened nothing any more"),
        pytest.param("role", -900.0, 45.0, 50.0, False, id="of what was stolen long ago, with the fence"),
        pytest.param("role", -900.0, 50.0, 60.0, True, id="of what was stolen long ago, after the fence"),
        pytest.param("role", 9.0, 4000.0, 4000.0, False, id="of what was made later, before all fences are said to hold"),
        pytest.param("role", 9.0, 5010.0, 5010.0, True, id="of what was made later, after that"),
        pytest.param("sign-in", 5000.0, 6190.0, 6190.0, False, id="of what a token made in a late hour, with the log"),
        pytest.param("sign-in", 5000.0, 6210.0, 6210.0, True, id="of what a token made in a late hour, long after that"),
        pytest.param("key", -900.0, 9000.0, 9000.0, False, id="of an account's key, which waits for a person"),
    ],
)
def test_an_end_is_wrong_although_it_is_borne_out(kind: str, born: float, written: float, alive: float, *, said: bool) -> None:
    one = Life("imaging-export", kind, "5e4f", (), "", born, alive, 600.0)
    assert len(list(late([Claimed(one, written + 600.0, written)], 45.0, 5000.0, 300.0))) == said


@pytest.mark.parametrize(
    ("after", "said"),
    [
        pytest.param({"lab": "v2"}, [], id="another version"),
        pytest.param({"lab": "v1"}, ["lab is still under the old version of its key"], id="the same"),
        pytest.param({}, ["lab is gone, or under no key of its own any more"], id="nobody knows which"),
    ],
)
def test_of_every_account_and_scope_it_is_known_what_it_is_under(after: dict[str, str], said: list[str]) -> None:
    assert list(_unmoved({"lab": "v1"}, after)) == said


def test_a_lapsed_clock_tells_the_cloud_what_goes_by() -> None:
    told: list[float] = []
    real = MemoryClock()
    clock = LapsedClock(real, behind=3600.0, passing=told.append)
    began, steady = clock.now(), clock.monotonic()
    assert (real.now() - began).total_seconds() == 3600.0
    clock.sleep(5)
    clock.lapse()
    clock.sleep(900)
    assert told == [900]
    assert (clock.now() - began).total_seconds() == 905
    assert clock.monotonic() - steady == 905


def test_hours_go_by_in_steps_that_are_watched() -> None:
    clock, seen = SteppingClock(behind=7200.0), list[float]()
    began = clock.now()
    clock.watch = lambda: seen.append(clock.now() - began)
    clock.advance(2.5 * STEP)
    assert [round(each / STEP, 1) for each in seen] == [1.0, 2.0, 2.5]
