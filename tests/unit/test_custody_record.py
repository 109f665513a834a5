"""The writer: durable before it returns, in order on every sink, never two writers, never stopped by a sink that fails."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Barrier

import pytest

from shared.adapters.memory.custody import MemoryKeyring, MemorySigner, MemorySink
from shared.custody.audit import audit
from shared.custody.entry import GENESIS
from shared.custody.note import read
from shared.custody.record import Record
from shared.custody.witness import SinkWitness
from shared.domain.errors import Absent, BadInput, LeaseLost, NotDurable, Tampered
from shared.ports import Sink, Witness
from tests.custody_doubles import BlindSink, FailingSink, ForgetfulSink, HangingSink, HiddenSink, SteppingClock, copy, plant

CASE = "case-1"


class Desk:
    """What the workers of one case share."""

    def __init__(self, *sinks: Sink, witnesses: tuple[Witness, ...] = ()) -> None:
        self.sinks = sinks
        self.witnesses = witnesses
        self.signer, self.keyring, self.clock = MemorySigner(), MemoryKeyring(), SteppingClock()

    def fresh(self) -> Record:
        return Record(CASE, self.sinks, self.signer, self.keyring, self.clock, self.witnesses)

    def resumed(self) -> Record:
        return Record.resume(CASE, self.sinks, self.signer, self.keyring, self.clock, self.witnesses)

    def findings(self, sink: Sink | None = None, *, open_case: bool = False) -> list[str]:
        result = audit(sink or self.sinks[0], CASE, self.signer.public_key(), open_case=open_case)
        return [str(finding) for finding in result.findings]


def names(sink: Sink) -> list[str]:
    return [path.removeprefix(f"{CASE}/") for path in sink.list(f"{CASE}/")]


def entries(sink: Sink) -> int:
    return sum(name.startswith("entries/") for name in names(sink))


def test_a_record_is_a_chain_of_numbered_entries() -> None:
    record = Desk(MemorySink()).fresh()
    for n in range(3):
        record.append("note", {"n": n})
    written = list(record.entries())
    assert [entry.seq for entry in written] == [0, 1, 2]
    assert [entry.body for entry in written] == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert written[0].prev == GENESIS
    assert len({entry.prev for entry in written}) == 3
    assert all(before.at < after.at for before, after in pairwise(written))


def test_an_entry_says_when_in_utc_to_the_microsecond() -> None:
    assert Desk(MemorySink()).fresh().append("note", {}).at == "2026-11-21T03:00:01.000000Z"


def test_an_entry_is_on_both_sinks_when_append_returns() -> None:
    first, second = MemorySink("first"), MemorySink("second")
    Desk(first, second).fresh().append("intended", {})
    assert names(first) == names(second) == ["entries/000000000000.json"]


def test_evidence_is_encrypted_and_named_by_the_next_entry() -> None:
    desk = Desk(MemorySink())
    record = desk.fresh()
    digest = record.blob(b"Jane Roe, MRI.dcm")
    entry = record.append("opened", {"why": "alert"})
    stored = desk.sinks[0].get(f"{CASE}/blobs/{digest}")
    assert hashlib.sha256(stored).hexdigest() == digest
    assert b"Jane" not in stored
    assert entry.body["blobs"] == [{"cipher": digest, "plain": hashlib.sha256(b"Jane Roe, MRI.dcm").hexdigest()}]
    assert record.blobs(digest) == b"Jane Roe, MRI.dcm"


def test_evidence_that_was_exchanged_is_refused() -> None:
    desk = Desk(sink := MemorySink())
    record = desk.fresh()
    one, other = record.blob(b"one"), record.blob(b"other")
    plant(sink, f"{CASE}/blobs/{one}", sink.get(f"{CASE}/blobs/{other}")[:32] + sink.get(f"{CASE}/blobs/{one}")[32:])
    with pytest.raises(Tampered):
        record.blobs(one)


def test_evidence_is_gone_when_the_secret_of_the_case_is() -> None:
    desk = Desk(MemorySink())
    record = desk.fresh()
    digest = record.blob(b"Jane Roe")
    desk.keyring.forget(CASE)
    with pytest.raises(Absent):
        record.blobs(digest)
    with pytest.raises(Absent):
        record.name("Jane Roe")


def test_a_name_stands_for_itself_in_one_case_and_for_nothing_in_another() -> None:
    desk = Desk(MemorySink())
    here = desk.fresh()
    there = Record("case-2", desk.sinks, desk.signer, desk.keyring, desk.clock)
    assert here.name("Jane Roe") == here.name("Jane Roe") != here.name("John Roe")
    assert here.name("Jane Roe") != there.name("Jane Roe")


def test_a_checkpoint_signs_all_entries_and_reaches_the_witness() -> None:
    witness = SinkWitness(MemorySink("elsewhere"))
    desk = Desk(MemorySink(), witnesses=(witness,))
    record = desk.fresh()
    record.append("note", {})
    note = record.checkpoint()
    assert read(note, CASE, desk.signer.public_key()).size == 1
    assert witness.remembered(CASE) == (note,)
    assert record.checkpoint() == note, "nothing new: the same checkpoint"


def test_a_witness_that_fails_is_put_on_record_and_stops_nothing() -> None:
    elsewhere = FailingSink("elsewhere")
    desk = Desk(MemorySink(), witnesses=(SinkWitness(elsewhere),))
    record = desk.fresh()
    elsewhere.down = True
    record.append("note", {})
    record.checkpoint()
    record.close({})
    assert [entry.kind for entry in record.entries()] == ["note", "unwitnessed", "closed", "unwitnessed", "closed"]
    assert [entry.body for entry in record.entries() if entry.kind == "unwitnessed"] == [{"witnesses": [0]}] * 2
    assert desk.findings() == []


def test_a_witness_and_a_sink_that_fail_together_do_not_stop_a_fence() -> None:
    elsewhere, second = FailingSink("elsewhere"), FailingSink("second")
    record = Desk(MemorySink("first"), second, witnesses=(SinkWitness(elsewhere),)).fresh()
    elsewhere.down = second.down = True
    record.append("intended", {}, need=1)
    assert record.checkpoint()


def test_a_closed_record_satisfies_the_auditor_and_can_be_opened_again() -> None:
    desk = Desk(MemorySink())
    record = desk.fresh()
    record.append("note", {})
    record.checkpoint()
    record.close({"verdict": "contained"})
    assert desk.findings() == []
    again = desk.resumed()
    again.append("rollback", {})
    assert desk.findings() != []
    again.close({"verdict": "rolled_back"})
    assert desk.findings() == []


@pytest.mark.parametrize("key", ["blobs", "checkpoints"])
def test_the_keys_that_the_record_writes_are_refused_in_a_body(key: str) -> None:
    record = Desk(MemorySink()).fresh()
    with pytest.raises(BadInput):
        record.append("note", {key: []})
    with pytest.raises(BadInput):
        record.close({key: []})
    assert list(record.entries()) == []


def test_a_body_that_is_refused_leaves_no_trace() -> None:
    record = Desk(MemorySink()).fresh()
    with pytest.raises(BadInput):
        record.append("note", {"seconds": 0.5})
    assert record.append("note", {}).seq == 0


@pytest.mark.parametrize("case", ["", "../x", "a/b", "a b", "a+b", "a\nb", "ä"])
def test_a_case_that_could_not_be_a_path_is_refused(case: str) -> None:
    desk = Desk(MemorySink())
    with pytest.raises(BadInput):
        Record(case, desk.sinks, desk.signer, desk.keyring, desk.clock)


class MeetingSink(MemorySink):
    """Keeps something only while another sink is keeping it too."""

    def __init__(self, name: str, meeting: Barrier) -> None:
        super().__init__(name)
        self._meeting = meeting

    def put(self, path: str, content: bytes) -> None:
        self._meeting.wait(20)
        super().put(path, content)


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


def test_the_first_sink_decides_a_race_and_the_winner_goes_on() -> None:
    first, second = MemorySink("first"), MemorySink("second")
    desk = Desk(first, second)
    loser = copy(second)
    Record(CASE, [loser], desk.signer, desk.keyring, desk.clock).append("opened", {"by": "loser"})
    plant(second, f"{CASE}/entries/000000000000.json", loser.get(f"{CASE}/entries/000000000000.json"))
    winner = desk.fresh()
    winner.append("opened", {"by": "winner"}, need=1)
    winner.settle()
    winner.append("fenced", {}, need=1)
    with pytest.raises(NotDurable, match="1 of 2"):
        winner.append("rekey", {}, need=2)
    fork = audit(first, CASE, desk.signer.public_key(), open_case=True, second=second)
    assert any("forked" in finding.what for finding in fork.findings)


# after a crash


def test_a_successor_appends_right_after_the_last_entry() -> None:
    desk = Desk(MemorySink())
    first = desk.fresh()
    first.append("opened", {})
    first.append("intended", {})
    assert desk.resumed().append("outcome", {}).seq == 2
    with pytest.raises(LeaseLost):
        first.append("outcome", {})


def test_a_successor_tells_the_witness_too() -> None:
    witness = SinkWitness(MemorySink("elsewhere"))
    desk = Desk(MemorySink(), witnesses=(witness,))
    desk.fresh().append("opened", {})
    assert witness.remembered(CASE) == ()
    note = desk.resumed().checkpoint()
    assert witness.remembered(CASE) == (note,)


def test_secrets_are_fetched_while_the_ledger_is_read_and_missing_ones_stop_no_resuming() -> None:
    desk = Desk(MemorySink())
    desk.resumed()
    assert CASE in desk.keyring._secrets
    desk.keyring.forget(CASE)
    assert desk.resumed().append("note", {}).seq == 0


def test_entries_are_read_from_whichever_sink_has_them() -> None:
    second = FailingSink("second")
    record = Desk(MemorySink("first"), second).fresh()
    second.down = True
    record.append("opened", {}, need=1)
    assert [entry.kind for entry in record.entries()] == ["opened"]


@pytest.mark.parametrize("longer", [0, 1])
def test_of_two_chains_the_longer_is_the_ledger(longer: int) -> None:
    desk = Desk(MemorySink("first"), MemorySink("second"))
    for n, sink in enumerate(desk.sinks):
        fork = Record(CASE, [sink], desk.signer, desk.keyring, desk.clock)
        fork.append("opened", {"a": "z" if n != longer else "a"})
        if n == longer:
            fork.append("intended", {})
    assert desk.resumed().append("outcome", {}, need=1).seq == 2


def test_a_sink_that_was_tampered_with_is_left_alone() -> None:
    hidden = HiddenSink("hidden")
    desk = Desk(hidden, MemorySink("second"))
    record = desk.resumed()
    record.append("opened", {}, need=1)
    record.settle()
    assert MemorySink.list(hidden, "") == ()
    with pytest.raises(NotDurable, match="1 of 2"):
        record.append("rekey", {}, need=2)


def test_resuming_what_never_began_begins_it() -> None:
    assert Desk(MemorySink()).resumed().append("opened", {}).seq == 0


@pytest.mark.parametrize("ahead", [0, 1], ids=["the first sink is ahead", "the second sink is ahead"])
def test_a_lagging_sink_is_brought_up_to_date(ahead: int) -> None:
    desk = Desk(MemorySink("first"), MemorySink("second"))
    record = desk.fresh()
    record.append("opened", {})
    alone = Record.resume(CASE, [desk.sinks[ahead]], desk.signer, desk.keyring, desk.clock)
    alone.blob(b"evidence")
    alone.append("intended", {})
    alone.checkpoint()
    successor = desk.resumed()
    assert successor.append("outcome", {}).seq == 2
    assert names(desk.sinks[0]) == names(desk.sinks[1])
    successor.close({})
    assert desk.findings(desk.sinks[0]) == desk.findings(desk.sinks[1]) == []


def test_a_sink_that_can_not_be_read_at_resuming_gets_everything_later() -> None:
    second = FailingSink("second")
    desk = Desk(MemorySink("first"), second)
    record = desk.fresh()
    record.blob(b"evidence")
    record.append("opened", {})
    record.checkpoint()
    record.settle()
    empty = FailingSink("second")
    empty.down = True
    desk.sinks = (desk.sinks[0], empty)
    successor = desk.resumed()
    successor.append("intended", {}, need=1)
    empty.down = False
    successor.append("outcome", {}, need=2)
    assert names(empty) == names(desk.sinks[0])


def test_a_sink_whose_entries_can_not_be_read_now_is_owed_everything_and_nothing_is_lost() -> None:
    first, second = MemorySink("first"), BlindSink("second")
    desk = Desk(first, second)
    record = desk.fresh()
    record.blob(b"evidence")
    record.append("opened", {})
    second.lost = (".json",)
    successor = desk.resumed()
    assert successor.append("intended", {}, need=1).seq == 1
    second.lost = ()
    successor.close({})
    assert desk.findings(first) == desk.findings(second) == []


def test_a_checkpoint_that_can_not_be_read_at_resuming_stays_and_a_later_one_covers_it() -> None:
    sink = BlindSink()
    desk = Desk(sink)
    record = desk.fresh()
    record.append("opened", {})
    record.checkpoint()
    sink.lost = (".note",)
    successor = desk.resumed()
    sink.lost = ()
    successor.append("intended", {})
    successor.checkpoint()
    assert desk.findings(open_case=True) == []


def test_a_witness_takes_no_note_that_is_none() -> None:
    with pytest.raises(NotDurable):
        SinkWitness(MemorySink()).remember(CASE, b"hello")


def test_evidence_whose_entry_was_never_written_is_named_by_the_next() -> None:
    desk = Desk(MemorySink("first"), MemorySink("second"))
    record = desk.fresh()
    record.append("opened", {})
    digest = record.blob(b"evidence")
    record.settle()
    successor = desk.resumed()
    entry = successor.append("intended", {})
    assert entry.body["blobs"] == [{"cipher": digest, "plain": hashlib.sha256(b"evidence").hexdigest()}]
    successor.close({})
    assert desk.findings() == []


def test_planted_evidence_is_not_taken_for_ours() -> None:
    desk = Desk(sink := MemorySink())
    desk.fresh().append("opened", {})
    plant(sink, f"{CASE}/blobs/{'ab' * 32}", b"planted")
    assert "blobs" not in desk.resumed().append("intended", {}).body


def test_strange_files_stop_nobody_and_are_left_to_the_auditor() -> None:
    desk = Desk(sink := MemorySink())
    desk.fresh().append("opened", {})
    strange = ["readme.txt", "entries/readme.txt", "blobs/x", "checkpoints/x.note"]
    for name in strange:
        sink.put(f"{CASE}/{name}", b"strange")
    desk.resumed().close({})
    assert desk.findings() == [f"{CASE}/{name}: does not belong to a ledger" for name in sorted(strange, key=names(sink).index)]


@pytest.mark.parametrize(
    "junk",
    [
        pytest.param(b"{}", id="that is no entry"),
        pytest.param(b'{"at":"","body":{},"case":"case-1","kind":"x","prev":"00","seq":2,"v":1}', id="that follows from nothing"),
    ],
)
def test_a_sink_with_junk_is_left_alone_and_the_record_goes_on_without_it(junk: bytes) -> None:
    first, second = MemorySink("first"), MemorySink("second")
    desk = Desk(first, second)
    record = desk.fresh()
    record.append("opened", {})
    record.append("intended", {})
    first.put(f"{CASE}/entries/000000000002.json", junk)
    successor = desk.resumed()
    assert successor.append("outcome", {}, need=1).seq == 2
    with pytest.raises(NotDurable, match="1 of 2"):
        successor.append("rekey", {}, need=2)
    assert entries(second) == 4


def test_when_every_sink_holds_something_else_it_says_so() -> None:
    desk = Desk(sink := MemorySink())
    desk.fresh().append("opened", {})
    sink.put(f"{CASE}/entries/000000000001.json", b"{}")
    with pytest.raises(NotDurable):
        desk.resumed()


def test_when_no_sink_can_be_read_it_says_so() -> None:
    sink = FailingSink()
    sink.down = True
    with pytest.raises(NotDurable):
        Desk(sink).resumed()


@pytest.mark.parametrize("kept", range(9))
def test_a_worker_killed_after_any_write_leaves_a_record_that_a_successor_finishes(kept: int) -> None:
    writes: list[tuple[str, bytes]] = []

    class Watched(MemorySink):
        def put(self, path: str, content: bytes) -> None:
            super().put(path, content)
            writes.append((path, content))

    desk = Desk(Watched())
    record = desk.fresh()
    record.blob(b"alert")
    record.append("opened", {})
    record.blob(b"plan")
    record.append("intended", {})
    record.append("outcome", {})
    record.checkpoint()
    record.close({})
    assert len(writes) == 8
    survived = MemorySink()
    for path, content in writes[:kept]:
        survived.put(path, content)
    desk.sinks = (survived,)
    desk.resumed().close({"verdict": "contained"})
    assert desk.findings() == []
