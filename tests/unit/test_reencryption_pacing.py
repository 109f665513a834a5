"""How fast writes go out, and how long a call is tried again."""

import pytest

from shared.adapters.memory.clock import MemoryClock
from shared.domain.errors import Refused, Throttled, Unreachable
from shared.reencryption import pacing
from shared.reencryption.answers import ATTEMPTS, LONGEST, persistently
from shared.reencryption.pacing import Pace, Paces


def test_a_pace_keeps_its_rate() -> None:
    clock = MemoryClock()
    pace = Pace(clock)
    for _ in range(300):
        pace.wait()
    assert clock.monotonic() == pytest.approx(0.85, abs=0.15)


def test_a_quiet_store_gets_more_and_never_more_than_s3_takes() -> None:
    clock = MemoryClock()
    pace = Pace(clock)
    clock.sleep(10)
    pace.wait()
    assert pace.rate == pacing.FIRST + 10 * pacing.STEP
    clock.sleep(1000)
    pace.wait()
    assert pace.rate == pacing.MOST


def test_one_burst_of_refusals_is_one_step_back() -> None:
    clock = MemoryClock()
    pace = Pace(clock)
    for _ in range(64):
        pace.throttled()
    assert pace.rate == pytest.approx(pacing.FIRST * pacing.BACK)
    clock.sleep(pacing.PAUSE)
    pace.throttled()
    assert pace.rate == pytest.approx(pacing.FIRST * pacing.BACK**2)


def test_a_pace_never_stands_still() -> None:
    clock = MemoryClock()
    pace = Pace(clock)
    for _ in range(1000):
        clock.sleep(pacing.PAUSE)
        pace.throttled()
    assert pace.rate == pacing.LEAST


def test_each_prefix_has_its_own_pace() -> None:
    paces = Paces(MemoryClock())
    assert paces.of("ward/7/jane") is paces.of("ward/8/john")
    assert paces.of("ward/7/jane") is not paces.of("lab/jane")
    assert paces.of("jane") is paces.of("john")


@pytest.mark.parametrize("error", [Throttled("later", "SlowDown"), Unreachable("no answer", "ReadTimeoutError")])
def test_a_call_is_tried_again_for_a_while_and_then_given_up(error: Throttled | Unreachable) -> None:
    clock, calls = MemoryClock(), list[int]()

    def fail() -> None:
        calls.append(1)
        raise error

    with pytest.raises(type(error)):
        persistently(clock, fail)
    assert len(calls) == ATTEMPTS
    assert 0 < clock.monotonic() < ATTEMPTS * LONGEST


def test_a_refusal_is_not_tried_again() -> None:
    calls = list[int]()

    def fail() -> None:
        calls.append(1)
        raise Refused("denied", "AccessDenied")

    with pytest.raises(Refused):
        persistently(MemoryClock(), fail)
    assert len(calls) == 1
