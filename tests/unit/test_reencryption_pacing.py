"""How fast writes go out, and how long a call is tried again."""

import pytest

from shared.adapters.memory.clock import MemoryClock
from shared.domain.errors import Refused, Throttled, Unreachable
from shared.reencryption import pacing
from shared.reencryption.answers import ATTEMPTS, LONGEST, persistently
from shared.reencryption.pacing import Pace, Paces
from shared.reencryption.verify import verify
from tests.unit.reencryption import CHARTS, PLAN, UNDER_OLD, NamingJournal, estate, run


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


def test_all_prefixes_together_keep_the_ceiling() -> None:
    clock = MemoryClock()
    paces = Paces(clock, ceiling=50.0)
    for number in range(200):
        paces.of(f"{number % 7}/jane").wait()
    assert 200 / clock.monotonic() <= 51
    taken, began = 0, clock.monotonic()
    while clock.monotonic() < began + 4:
        taken += sum(paces.of(f"{prefix}/jane").free(clock.monotonic()) for prefix in range(7))
        clock.sleep(0.001)
    assert 0.9 * 200 <= taken <= 1.05 * 200
    assert all(paces.of(f"{prefix}/jane").due() > clock.monotonic() - pacing.BURST - 0.01 for prefix in range(7))


@pytest.mark.parametrize("ceiling", [None, 40.0])
def test_a_migration_and_its_proof_stay_below_the_ceiling(ceiling: float | None) -> None:
    objects, journal, clock, calls = estate(), NamingJournal(), MemoryClock(), list[str]()
    for number in range(50):
        objects.write(CHARTS, f"{number % 5}/{number}", b"x", UNDER_OLD)
    objects.beside = lambda call: calls.append(call) if call in {"head", "update", "attributes"} else None
    plan = PLAN.but(ceiling=ceiling)
    assert run(objects, journal, plan, clock).finished
    proof = verify(plan, objects, journal, clock)
    assert proof
    assert proof.done
    assert ceiling is None or (len(calls) - 6) / clock.monotonic() <= ceiling * 1.01


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
