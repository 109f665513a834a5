"""Sinks that fail, hang and lose answers: never the reason that a fence stops, never a gap."""

from threading import Barrier

import pytest

from shared.adapters.memory.custody import MemorySink
from shared.custody.record import Record
from shared.domain.errors import BadInput, NotDurable
from tests.custody_doubles import FailingSink, ForgetfulSink, HangingSink
from tests.unit.custody_desk import Desk, MeetingSink, entries, names


@pytest.mark.parametrize("case", ["", "../x", "a/b", "a b", "a+b", "a\nb", "ä"])
def test_a_case_that_could_not_be_a_path_is_refused(case: str) -> None:
    desk = Desk(MemorySink())
    with pytest.raises(BadInput):
        Record(case, desk.sinks, desk.signer, desk.keyring, desk.clock)


def test_sinks_are_written_beside_one_another_so_that_an_entry_costs_one_round_trip() -> None:
    meeting = Barrier(2)
    desk = Desk(MeetingSink("first", meeting), MeetingSink("second", meeting))
    desk.fresh().append("intended", {}, need=2)
    assert entries(desk.sinks[0]) == entries(desk.sinks[1]) == 1


# sinks that fail


def test_one_failing_sink_does_not_stop_a_fence_and_gets_everything_when_it_is_back() -> None:
    first, second = FailingSink("first"), MemorySink("second")
    desk = Desk(first, second)
    record = desk.fresh()
    first.down = True
    record.blob(b"evidence")
    record.append("intended", {}, need=1)
    record.append("outcome", {}, need=1)
    assert record.settle() == ("first",)
    first.down = False
    record.append("swept", {}, need=2)
    assert names(first) == names(second)
    assert record.settle() == ()


def test_a_later_wave_needs_both_sinks_and_says_how_many_there_were() -> None:
    second = FailingSink("second")
    record = Desk(MemorySink("first"), second).fresh()
    second.down = True
    with pytest.raises(NotDurable, match="1 of 2"):
        record.append("intended", {}, need=2)


def test_without_any_sink_nothing_is_durable_and_the_entry_keeps_its_place() -> None:
    only = FailingSink()
    desk = Desk(only)
    record = desk.fresh()
    only.down = True
    with pytest.raises(NotDurable, match="0 of 1"):
        record.append("intended", {})
    only.down = False
    record.append("intended", {"again": True})
    assert [entry.body for entry in record.entries()] == [{}, {"again": True}]
    assert desk.findings(open_case=True) == []


def test_a_sink_that_hangs_does_not_hold_up_a_fence() -> None:
    hanging = HangingSink()
    record = Desk(hanging, MemorySink("second")).fresh()
    try:
        record.append("intended", {}, need=1)
        assert names(hanging) == []
    finally:
        hanging.let_go.set()
    assert record.settle() == ()
    assert names(hanging) == ["entries/000000000000.json"]


def test_a_lost_answer_is_asked_for_again_and_does_no_harm() -> None:
    sink = ForgetfulSink()
    desk = Desk(sink)
    record = desk.fresh()
    sink.losing = 1
    with pytest.raises(NotDurable):
        record.append("intended", {})
    record.append("outcome", {})
    assert desk.findings(open_case=True) == []
    assert entries(sink) == 2
