"""Two writers of one record: one goes on, the other stops, and it never forks."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.adapters.memory.custody import MemorySink
from shared.domain.errors import LeaseLost
from tests.custody_doubles import FailingSink
from tests.unit.custody_desk import Desk, entries


@pytest.mark.parametrize("sinks", [1, 2])
def test_threads_append_beside_one_another_to_one_chain(sinks: int) -> None:
    desk = Desk(*(MemorySink(f"sink {n}") for n in range(sinks)))
    record = desk.fresh()

    def work(n: int) -> None:
        record.blob(b"evidence")
        record.append("outcome", {"n": n})
        record.checkpoint()
        record.settle()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(40)))
    record.close({})
    assert [desk.findings(sink) for sink in desk.sinks] == [[]] * sinks
    assert entries(desk.sinks[0]) == 41


# two writers


def test_a_second_writer_stops_and_the_record_does_not_fork() -> None:
    desk = Desk(MemorySink("first"), MemorySink("second"))
    one, other = desk.fresh(), desk.fresh()
    one.append("opened", {"by": "one"})
    for _ in range(2):
        with pytest.raises(LeaseLost):
            other.append("opened", {"by": "other"}, need=1)
    assert (one.lost, other.lost) == (False, True)
    assert [entry.body["by"] for entry in one.entries()] == ["one"]


def test_where_the_first_sink_is_down_the_second_decides() -> None:
    first = FailingSink("first")
    desk = Desk(first, MemorySink("second"))
    one, other = desk.fresh(), desk.fresh()
    first.down = True
    one.append("opened", {"by": "one"}, need=1)
    with pytest.raises(LeaseLost):
        other.append("opened", {"by": "other"}, need=1)
    first.down = False
    other.settle()
    with pytest.raises(LeaseLost):
        other.append("opened", {"by": "other"}, need=1)
    one.append("fenced", {}, need=2)
    assert [entry.kind for entry in one.entries()] == ["opened", "fenced"]
    assert desk.findings(first, open_case=True) == desk.findings(desk.sinks[1], open_case=True) == []


def test_a_writer_that_is_overtaken_and_gets_the_lease_again_resumes() -> None:
    desk = Desk(MemorySink())
    one = desk.resumed()
    one.append("opened", {})
    desk.resumed().append("approved", {"by": "a person in another window"})
    with pytest.raises(LeaseLost):
        one.append("intended", {})
    assert one.lost
    assert desk.resumed().append("intended", {}).seq == 2
