"""What a record keeps, and how: chain, evidence, names, checkpoints."""

import hashlib
from itertools import pairwise

import pytest

from shared.adapters.memory.custody import MemorySink
from shared.custody.entry import GENESIS
from shared.custody.record import Record
from shared.custody.signed import read
from shared.custody.witness import SinkWitness
from shared.domain.errors import Absent, BadInput, Tampered
from tests.custody_doubles import FailingSink, plant
from tests.unit.custody_desk import CASE, Desk, names


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
