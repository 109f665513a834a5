"""The bulk of a store moved by a service's fan-out: what is on record when, what failures mean, and what ends a run."""

from collections.abc import Callable, Iterator

import pytest

from shared.adapters.memory.clock import MemoryClock
from shared.adapters.memory.map_runs import THRESHOLD, MemoryMapRuns
from shared.adapters.memory.objects import MemoryObjects
from shared.domain.errors import Refused, Unreachable
from shared.ports.map_runs import Item, ItemDone, MapRun, RunOrder, RunState
from shared.ports.record import TAKEN_IN
from shared.reencryption import by_parts
from shared.reencryption.by_job import CANCELLED, GOES_ON
from shared.reencryption.by_map import FAILED, STOPPED, ByMap, RunNote, _notes, by_map
from shared.reencryption.by_parts import Shared
from shared.reencryption.lanes import Lane
from shared.reencryption.migrate import migrate
from shared.reencryption.result import Progress
from shared.reencryption.verify import verify
from tests.unit.reencryption import CHARTS, PLAN, UNDER_OLD, NamingJournal, estate, ledger_of, told

TEN = "abcdefghij"


@pytest.fixture
def objects() -> MemoryObjects:
    """Ten charts under the old key, a page and so a part each."""
    made = estate(page=1)
    for name in TEN:
        made.write(CHARTS, name, b"x", UNDER_OLD)
    return made


@pytest.fixture
def of(objects: MemoryObjects) -> Shared:
    journal = NamingJournal()
    return Shared(PLAN, objects, journal, lambda number: ledger_of(journal, number), MemoryClock(), versions=1, at_once=100)


@pytest.fixture
def runs(of: Shared) -> MemoryMapRuns:
    return MemoryMapRuns(lambda item: told(item, by_parts.work(of, item.number)), of.clock.now, pace=3)


def until_over(of: Shared, runs: MemoryMapRuns, *, halted: bool = False, cancelled: Callable[[], bool] = lambda: False) -> str:
    while (why := by_map(of, ByMap(runs, "cb-1", lambda: halted), cancelled)) == GOES_ON:
        pass
    return why


def notes(of: Shared) -> list[RunNote]:
    return _notes(of)


def failing(runs: MemoryMapRuns, *numbers: int, times: int = 1) -> None:
    """These parts' workers fail so many times; the others work."""
    works, left = runs.worker, dict.fromkeys(numbers, times)

    def worker(item: Item) -> ItemDone:
        if left.get(item.number, 0):
            left[item.number] -= 1
            raise Unreachable("no answer", "EndpointConnectionError")
        return works(item)

    runs.worker = worker


def test_all_parts_are_one_run_and_nothing_but_references_travels(of: Shared, runs: MemoryMapRuns) -> None:
    assert until_over(of, runs) == ""
    (held,) = runs.held.values()
    assert held.order.items == tuple(Item("cb-1", PLAN.id, number) for number in range(10))
    assert held.order.workers == of.beside
    assert [entry.kind for entry in of.journal.entries()].count(TAKEN_IN) == 10
    after = migrate(PLAN, of.objects, of.journal, of.clock)
    assert (after.finished, after.moved) == (True, {Lane.UPDATE: 10})
    proof = verify(PLAN, of.objects, of.journal, of.clock)
    assert proof
    assert (proof.done, proof.compared) == (True, 10)


def test_a_run_is_on_record_before_it_is_begun_and_nobody_can_know_its_token(of: Shared, runs: MemoryMapRuns) -> None:
    seen = list[int]()

    class Watched(MemoryMapRuns):
        def start(self, order: RunOrder) -> None:
            seen.append(len(notes(of)))
            super().start(order)

    watched = Watched(runs.worker, of.clock.now)
    assert until_over(of, watched) == ""
    assert seen == [1]

    class Otherwise(NamingJournal):
        def name(self, text: str) -> str:
            return super().name(f"another secret {text}")

    other = Otherwise()
    again = Shared(PLAN, of.objects, other, lambda number: ledger_of(other, number), of.clock, versions=1, at_once=100)
    until_over(again, watched)
    assert not {note.token for note in notes(of)} & {note.token for note in _notes(again)}


def test_a_worker_that_dies_before_it_begins_the_run_is_gone_on_from(of: Shared, runs: MemoryMapRuns) -> None:
    class Dying(MemoryMapRuns):
        dead = True

        def start(self, order: RunOrder) -> None:
            if self.dead:
                self.dead = False
                raise KeyboardInterrupt
            super().start(order)

    dying = Dying(runs.worker, of.clock.now)
    with pytest.raises(KeyboardInterrupt):
        until_over(of, dying)
    assert until_over(of, dying) == ""
    assert len(dying.held) == 1
    assert notes(of)[-1].ended == 10


def test_the_next_worker_watches_the_run_of_the_one_before(of: Shared, runs: MemoryMapRuns) -> None:
    assert until_over(of, runs, cancelled=lambda: bool(runs.held)) == CANCELLED
    (held,) = runs.held.values()
    assert held.now.state is RunState.RUNNING
    assert until_over(of, runs) == ""
    assert len(runs.held) == 1


def test_a_persons_pause_stops_the_run_and_what_is_over_stays_over(of: Shared, runs: MemoryMapRuns) -> None:
    assert until_over(of, runs, halted=True, cancelled=lambda: bool(runs.held)) == CANCELLED
    (held,) = runs.held.values()
    assert held.now.state is RunState.CANCELLED
    assert until_over(of, runs) == ""
    (_, again) = runs.held.values()
    assert {item.number for item in again.order.items} == set(range(len(held.done), 10))


def test_a_few_failures_are_tolerated_and_their_parts_are_in_the_next_run(of: Shared, runs: MemoryMapRuns) -> None:
    failing(runs, 3, 7)
    assert until_over(of, runs) == ""
    first, second = runs.held.values()
    assert (first.now.state, first.now.failed) == (RunState.COMPLETE, 2)
    assert [item.number for item in second.order.items] == [3, 7]
    over = [note for note in notes(of) if note.over]
    assert [(note.ended, note.reasons) for note in over] == [(8, {"Unreachable": 2}), (2, {})]


def test_more_failures_than_are_tolerated_end_the_run_with_their_reason(of: Shared, runs: MemoryMapRuns) -> None:
    failing(runs, 0, 1, 2)
    assert until_over(of, runs) == f"{FAILED}: Unreachable (3)"
    assert notes(of)[-1].why.startswith(FAILED)
    # tried again: another run, about what is not over
    assert until_over(of, runs) == ""
    assert len(runs.held) == 2
    assert migrate(PLAN, of.objects, of.journal, of.clock).moved == {Lane.UPDATE: 10}


def test_a_run_that_somebody_else_stopped_is_not_gone_on_with_in_this_one(of: Shared, runs: MemoryMapRuns) -> None:
    by_map(of, ByMap(runs, "cb-1"), lambda: bool(runs.held))
    runs.stop(next(iter(runs.held)))
    assert until_over(of, runs) == STOPPED


def test_results_that_are_lost_cost_nothing_but_the_reasons(of: Shared, runs: MemoryMapRuns) -> None:
    runs.reports = False
    failing(runs, 4)
    assert until_over(of, runs) == ""
    assert [note.ended for note in notes(of) if note.over] == [0, 0]
    assert migrate(PLAN, of.objects, of.journal, of.clock).finished


def test_a_run_that_says_complete_proves_nothing(of: Shared) -> None:
    lying = MemoryMapRuns(lambda item: ItemDone(item.number, over=True), of.clock.now, pace=10)
    assert until_over(of, lying) == ""  # no ledger says so: nobody got on
    assert len(lying.held) == 1
    assert migrate(PLAN, of.objects, of.journal, of.clock).moved == {Lane.UPDATE: 10}


def test_results_of_parts_that_were_not_in_the_run_count_for_nothing(of: Shared, runs: MemoryMapRuns) -> None:
    class Forged(MemoryMapRuns):
        def results(self, token: str) -> Iterator[ItemDone]:
            return iter([*super().results(token), ItemDone(77, error="Forged"), ItemDone(78, over=True)])

    until_over(of, Forged(runs.worker, of.clock.now))
    assert [(note.ended, note.reasons) for note in notes(of) if note.over] == [(10, {})]


def test_progress_has_a_rate_and_the_time_left(of: Shared, runs: MemoryMapRuns) -> None:
    heard = list[Progress]()
    works = runs.worker

    def slow(item: Item) -> ItemDone:
        of.clock.sleep(1)
        return works(item)

    runs.worker = slow
    assert by_map(of, ByMap(runs, "cb-1"), lambda: len(heard) > 1, heard.append) == CANCELLED
    first, *_, last = heard
    assert (first.done, first.total) == (3, 10)
    (held,) = runs.held.values()
    assert last.rate == pytest.approx(last.done / (of.clock.now() - held.now.began).total_seconds())
    assert last.seconds_left == pytest.approx((10 - last.done) / last.rate)


def test_what_is_not_over_is_not_in_the_threshold_but_is_in_the_reasons(of: Shared, runs: MemoryMapRuns) -> None:
    works, tired = runs.worker, {0, 1, 2, 3, 4}

    def worker(item: Item) -> ItemDone:
        if item.number in tired:
            tired.discard(item.number)
            return told(item, by_parts.work(of, item.number, lambda: True))
        return works(item)

    runs.worker = worker
    assert until_over(of, runs) == ""
    assert [(note.ended, note.reasons) for note in notes(of) if note.over] == [(5, {"cancelled": 5}), (5, {})]


def test_the_memory_of_a_run_keeps_to_the_services_rules(of: Shared) -> None:
    runs = MemoryMapRuns(lambda item: ItemDone(item.number, error="Boom"), of.clock.now, pace=10)
    order = RunOrder("t1", (Item("cb-1", "m", 0),), 1)
    runs.start(order)
    assert runs.look("t1") == MapRun(RunState.FAILED, of.clock.now(), total=1, failed=1, why=THRESHOLD)
    runs.start(order)
    assert runs.look("t1").state is RunState.FAILED
    with pytest.raises(Refused, match="InvalidName"):
        runs.start(RunOrder("no name", (), 1))
