"""A record that another worker goes on with, whatever the last one left behind."""

import hashlib

import pytest

from shared.adapters.memory.custody import MemorySink
from shared.custody.audit import audit
from shared.custody.record import Record
from shared.custody.witness import SinkWitness
from shared.domain.errors import LeaseLost, NotDurable
from tests.custody_doubles import BlindSink, FailingSink, HiddenSink, copy, plant
from tests.unit.custody_desk import CASE, Desk, entries, names


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
