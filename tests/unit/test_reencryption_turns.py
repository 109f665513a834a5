"""Many calls at a time: nothing is lost, asked twice with effect, or sent before its turn."""

import random
from collections.abc import Generator
from dataclasses import dataclass, field
from heapq import heappop, heappush

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.aws.wire.forms import PAGE
from shared.adapters.aws.wire.network import WIDTH
from shared.adapters.memory.clock import MemoryClock
from shared.adapters.memory.objects import MemoryObjects
from shared.domain.errors import CloudError, Refused, Throttled, Unreachable
from shared.domain.resource import Ref
from shared.ports import Clock
from shared.ports.asking import Ask, Copy, CopyParts, Head, Told, Turns, Update
from shared.ports.objects import Facts, Moved, Page
from shared.reencryption import asking, pacing
from shared.reencryption.answers import ATTEMPTS
from shared.reencryption.lanes import Lane
from shared.reencryption.pacing import Pace, Paces
from tests.unit.reencryption import CHARTS, OLD, UNDER_OLD, NamingJournal, estate, prove, run
from tests.unit.test_reencryption_laws import (
    HISTORIES,
    LARGE,
    People,
    assert_nothing_of_theirs_is_harmed,
    assert_only_the_key_changed,
)

JANE = "jane"
MOVED = Moved("v", "", ())


@dataclass
class Beside:
    """Objects in memory that answer many calls in an order of their own, some of them late."""

    memory: MemoryObjects
    clock: Clock
    order: random.Random
    at_once: int = 5
    under_way: int = 0
    asked: list[Ask] = field(default_factory=list)

    def __getattr__(self, name: str) -> object:
        return getattr(self.memory, name)

    def listed(self, store: Ref, after: tuple[str, str] | None) -> Page:
        return self.memory.list(store, after)

    def together(self, store: Ref, turns: Turns) -> None:
        flying: list[tuple[int, Ask]] = []
        while True:
            flying += turns.take(self.at_once - len(flying))
            self.under_way = max(self.under_way, len(flying))
            wait = turns.wait()
            if flying:
                number, ask = flying.pop(self.order.randrange(len(flying)))
                turns.told(number, self._told(store, ask))
            elif wait is None:
                return
            else:
                self.clock.sleep(wait)

    def _told(self, store: Ref, ask: Ask) -> Told:
        self.asked.append(ask)
        if self.order.random() < 0.2:
            return Throttled("slow down", "SlowDown")
        try:
            return self._made(store, ask)
        except CloudError as error:
            return error

    def _made(self, store: Ref, ask: Ask) -> Facts | Moved:
        match ask:
            case Head(key, version):
                return self.memory.head(store, key, version)
            case Update(key, version, encryption):
                return self.memory.update(store, key, version, encryption)
            case Copy(version, facts, encryption):
                return self.memory.copy(store, version, facts, encryption)
            case CopyParts():
                raise AssertionError("a copy in parts is many calls, and takes minutes")


@settings(max_examples=60, deadline=None)
@given(history=HISTORIES, updates=st.booleans(), page=st.integers(1, 6), seed=st.integers(0, 2**16))
def test_a_migration_comes_to_the_same_whether_calls_go_out_together_or_one_by_one(
    history: tuple[object, ...], updates: bool, page: int, seed: int
) -> None:
    calm, quiet, journal = estate(updates=updates, page=page), NamingJournal(), NamingJournal()
    memory, clock = estate(updates=updates, page=page), MemoryClock()
    People(calm).build(history)  # type: ignore[arg-type]
    people = People(memory)
    people.build(history)  # type: ignore[arg-type]
    objects = Beside(memory, clock, random.Random(seed))  # noqa: S311  # an order of answers
    expected = run(calm, quiet, LARGE)
    result = run(objects, journal, LARGE, clock)  # type: ignore[arg-type]  # the rest of the port is the memory's
    assert result == expected
    assert prove(memory, journal, LARGE).done
    assert_nothing_of_theirs_is_harmed(people)
    assert_only_the_key_changed(people)


def test_no_more_are_under_way_than_there_is_room_for() -> None:
    memory, clock = estate(), MemoryClock()
    for number in range(40):
        memory.write(CHARTS, f"ward/{number}", b"x", UNDER_OLD)
    objects = Beside(memory, clock, random.Random(1), at_once=7)  # noqa: S311  # the same
    assert run(objects, NamingJournal(), clock=clock).moved == {Lane.UPDATE: 40}  # type: ignore[arg-type]
    assert objects.under_way == 7


def head(key: str) -> Generator[Ask, Told, Told]:
    told = yield Head(key, "v")
    return told


def update(key: str) -> Generator[Ask, Told, Told]:
    told = yield Update(key, "v", UNDER_OLD)
    yield Head(key, "v")
    return told


def write(key: str) -> Generator[Ask, Told, Told]:
    told = yield Update(key, "v", UNDER_OLD)
    return told


def turns(*keys: str, clock: Clock | None = None, stopped: bool = False) -> asking.Turns[Told]:
    made = clock or MemoryClock()
    return asking.Turns([update(key) for key in keys], made, Paces(made), lambda: stopped)


def test_a_stopped_run_begins_nothing_and_ends_what_it_began() -> None:
    clock, stop = MemoryClock(), list[bool]()
    made = asking.Turns([update("a"), update("b")], clock, Paces(clock), lambda: bool(stop))
    clock.sleep(1)
    ((number, _),) = made.take(1)
    stop.append(True)
    made.told(number, Moved("v", "", ()))
    clock.sleep(1)
    assert [ask for _, ask in made.take(9)] == [Head("a", "v")]
    made.told(number, Refused("gone"))
    assert (made.take(9), made.wait()) == ([], None)
    assert made.results == [Moved("v", "", ()), None]


@pytest.mark.parametrize("error", [Throttled("later", "SlowDown"), Unreachable("no answer", "56")])
def test_what_is_refused_for_now_is_tried_again_for_a_while(error: CloudError) -> None:
    clock = MemoryClock()
    made, tries = turns(JANE, clock=clock), 0
    while (wait := made.wait()) is not None:
        clock.sleep(wait)
        for number, ask in made.take(1):
            if isinstance(ask, Head):
                made.told(number, Refused("denied"))
                continue
            tries += 1
            made.told(number, error)
    assert (tries, made.results) == (ATTEMPTS, [error])


def test_a_throttled_prefix_slows_down_alone() -> None:
    clock = MemoryClock()
    paces = Paces(clock)
    made = asking.Turns([update("ward/a"), update("lab/b")], clock, paces)
    clock.sleep(1)
    for number, ask in made.take(2):
        made.told(number, Throttled("later", "SlowDown") if ask.key.startswith("ward") else Moved("v", "", ()))
    assert paces.of("ward/a").rate < paces.of("lab/b").rate


@pytest.mark.parametrize("code", ["InternalError", "500"])
def test_a_server_that_fails_by_itself_is_asked_again_at_the_same_pace(code: str) -> None:
    clock = MemoryClock()
    paces = Paces(clock)
    made = asking.Turns([head(JANE)], clock, paces)
    clock.sleep(1)
    ((number, _),) = made.take(1)
    before = paces.of(JANE, pacing.READS).rate
    made.told(number, Throttled("later", code))
    assert paces.of(JANE, pacing.READS).rate == before
    assert made.results == [None]
    assert made.wait() is not None


@pytest.mark.parametrize("seed", range(5))
def test_a_prefix_is_used_to_nineteen_twentieths_though_one_answer_in_five_hundred_is_a_failure(seed: int) -> None:
    """Five pages of two thousand, each waited for, 160 calls under way, 35 to 45 ms each."""
    clock, order = MemoryClock(), random.Random(seed)  # noqa: S311  # latencies and failures, the same in every run
    paces, done, began = Paces(clock), 0, clock.monotonic()
    paces.of(JANE).rate = pacing.MOST
    for _ in range(5):
        made = asking.Turns([write(JANE) for _ in range(2 * PAGE)], clock, paces)
        flying: list[tuple[float, int]] = []
        while flying or made.wait() is not None:
            for number, _ask in made.take(WIDTH - len(flying)):
                heappush(flying, (clock.monotonic() + order.uniform(0.035, 0.045), number))
            clock.sleep(0.001)
            while flying and flying[0][0] <= clock.monotonic():
                failed = order.random() < 0.002
                made.told(heappop(flying)[1], Throttled("later", "InternalError") if failed else MOVED)
        done += made.results.count(MOVED)
    assert done == 10_000
    assert done / (clock.monotonic() - began) > 0.95 * pacing.MOST


def test_turns_are_taken_at_the_pace_and_not_all_at_once() -> None:
    clock = MemoryClock()
    made = turns(*(f"ward/{n}" for n in range(400)), clock=clock)
    taken = 0
    for _ in range(500):
        clock.sleep(0.001)
        taken += len(made.take(400))
    assert taken == pytest.approx(0.5 * pacing.FIRST + 0.5 * 0.25 * pacing.STEP, abs=8)


def test_workers_on_one_prefix_share_each_step_forward() -> None:
    clock = MemoryClock()
    alone, one_of_four = Pace(clock), Pace(clock, workers=4)
    clock.sleep(4)
    assert [alone.free(clock.monotonic()), one_of_four.free(clock.monotonic())] == [True, True]
    assert (alone.rate - pacing.FIRST, one_of_four.rate - pacing.FIRST) == (480.0, 120.0)


def test_reads_have_a_pace_of_their_own() -> None:
    paces = Paces(MemoryClock())
    assert paces.of(JANE).rate == pacing.WRITES.first
    assert paces.of(JANE, pacing.READS).rate == pacing.READS.first


def test_no_key_is_in_the_repr_of_what_is_asked() -> None:
    assert JANE not in repr([Head(JANE, "v"), Update(JANE, "v", UNDER_OLD)])
    assert OLD in repr(Update(JANE, "v", UNDER_OLD))
