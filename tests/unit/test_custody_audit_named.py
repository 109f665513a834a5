"""Each thing that is wrong is named by its file, once; what can not be known is said."""

import base64
from collections.abc import Callable

import pytest

from shared.adapters.memory.custody import MemorySink
from shared.custody.audit import audit
from shared.custody.entry import digest, evidence
from shared.custody.note import Checkpoint, sign
from shared.custody.witness import SinkWitness
from tests.custody_doubles import BlindSink, FailingSink, copy, plant
from tests.unit.custody_ledger import (
    CASE,
    ENTRIES,
    KEY,
    LEDGER,
    PATHS,
    SIGNER,
    WITNESS,
    complaints,
    exact,
    forged,
    judged,
    truncated,
    written,
)


def test_a_ledger_signed_again_by_the_keys_owner_is_seen_by_the_witness_alone() -> None:
    twin = copy(LEDGER)
    forged(twin, 0, SIGNER, "nothing happened")
    assert judged(twin).ok
    assert [finding.what.split(": ")[1] for finding in judged(twin, WITNESS).findings] == ["the ledger was rewritten"] * 2


def test_a_ledger_cut_short_and_closed_again_by_the_keys_owner_is_seen_by_the_witness_alone() -> None:
    twin = copy(LEDGER)
    truncated(twin)
    assert judged(twin).ok
    assert "cut off" in complaints(judged(twin, WITNESS))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        pytest.param(lambda sink: plant(sink, ENTRIES[3], None), "does not end in a `closed` entry", id="the end cut off"),
        pytest.param(lambda sink: plant(sink, ENTRIES[1], None), "entry 1 is missing", id="an entry in the middle removed"),
        pytest.param(
            lambda sink: plant(sink, ENTRIES[2], LEDGER.get(ENTRIES[2]).replace(b":", b": ", 1)),
            "not in canonical form",
            id="the same entry with a space",
        ),
        pytest.param(
            lambda sink: plant(sink, ENTRIES[2], LEDGER.get(ENTRIES[1])), "is entry 1 of case-1", id="an entry in another's place"
        ),
        pytest.param(
            lambda sink: plant(sink, f"{CASE}/checkpoints/000000000002.note", None),
            "000000000002.note: is missing",
            id="a checkpoint removed",
        ),
        pytest.param(
            lambda sink: plant(sink, f"{CASE}/checkpoints/000000000004.note", None),
            "no checkpoint covers",
            id="the last checkpoint removed",
        ),
        pytest.param(
            lambda sink: plant(sink, f"{CASE}/checkpoints/000000000003.note", LEDGER.get(f"{CASE}/checkpoints/000000000002.note")),
            "is the checkpoint of 2 entries",
            id="a checkpoint under another number",
        ),
        pytest.param(lambda sink: sink.put("case-1/public-key.pem", b"key"), "does not belong", id="a key laid beside the ledger"),
        pytest.param(
            lambda sink: sink.put("case-1/entries/999999999999.json", b"{}"),
            "entries 4 to 999999999998 are missing",
            id="an entry far ahead",
        ),
    ],
)
def test_named(change: Callable[[MemorySink], None], what: str) -> None:
    twin = copy(LEDGER)
    change(twin)
    assert what in complaints(judged(twin))


def test_a_changed_fact_is_named_by_the_entry_that_no_longer_follows() -> None:
    changed = LEDGER.get(ENTRIES[1]).replace(b"deny", b"none")
    assert exact(lambda sink: plant(sink, ENTRIES[1], changed)) == [
        "case-1/entries/000000000002.json: does not follow from entry 1 as it is here",
        "case-1/checkpoints/000000000002.note: signs another head than the entries here have",
    ]


def test_a_missing_entry_is_named_once_and_blames_no_other() -> None:
    (orphan,) = evidence(LEDGER.get(ENTRIES[2]))
    assert exact(lambda sink: plant(sink, ENTRIES[2], None)) == [
        "entries: entry 2 is missing",
        f"case-1/blobs/{orphan}: no entry names it",
    ]


def test_an_end_that_was_cut_off_is_named_with_everything_that_it_held_together() -> None:
    assert exact(lambda sink: plant(sink, ENTRIES[3], None)) == [
        "case-1/checkpoints/000000000004.note: signs another head than the entries here have",
        "entries: the ledger does not end in a `closed` entry: its end is missing, or the case is open",
        "checkpoints: no checkpoint covers all 3 entries",
    ]


def test_a_checkpoint_that_nobody_listed_is_named() -> None:
    head = digest(LEDGER.get(ENTRIES[2]))
    assert exact(lambda sink: plant(sink, f"{CASE}/checkpoints/000000000003.note", sign(Checkpoint(CASE, 3, head), SIGNER))) == [
        "case-1/checkpoints/000000000003.note: the final entry does not list it"
    ]


def test_the_three_flips_of_base64_that_decode_alike_are_named() -> None:
    path = f"{CASE}/checkpoints/000000000004.note"
    note = LEDGER.get(path).decode()
    head = note.splitlines()[2]
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    alike = [other for c in letters if base64.b64decode(other := f"{head[:-2]}{c}=") == base64.b64decode(head) and other != head]
    assert len(alike) == 3
    for other in alike:
        twin = copy(LEDGER)
        plant(twin, path, note.replace(head, other).encode())
        assert not judged(twin).ok


# open cases, second sinks, witnesses


def test_an_open_case_may_end_anywhere_but_must_hold_together() -> None:
    sink = MemorySink()
    witness = written(sink, end=False)
    assert "does not end" in complaints(judged(sink, witness))
    assert judged(sink, witness, open_case=True).ok
    plant(sink, ENTRIES[1], sink.get(ENTRIES[1]).replace(b"deny", b"none"))
    assert not judged(sink, witness, open_case=True).ok


def test_two_sinks_that_tell_different_stories_are_named() -> None:
    second = MemorySink("second")
    written(second, lie="of another kind")
    result = judged(LEDGER, second=second)
    assert "entries/000000000000.json: second holds something else here: the record is forked" in complaints(result)
    assert "forked" in complaints(judged(LEDGER, second=second, open_case=True))


@pytest.mark.parametrize("place", range(8), ids=lambda place: f"file {place} of 8")  # blobs are named anew in every run
def test_a_file_that_one_of_two_sinks_lacks_is_named(place: int) -> None:
    path = PATHS[place]
    second = copy(LEDGER)
    second.name = "second"
    plant(second, path, None)
    assert f"{path}: is missing in second" in complaints(judged(LEDGER, second=second))
    assert not judged(LEDGER, second=second, open_case=True).guarantees[4].holds


def test_a_witness_that_missed_the_end_leaves_a_guarantee_open_and_accuses_nobody() -> None:
    late = SinkWitness(MemorySink())
    late.remember(CASE, LEDGER.get(f"{CASE}/checkpoints/000000000002.note"))
    result = judged(LEDGER, late)
    assert result.ok
    assert not result.guarantees[3].holds
    assert result.guarantees[3].why == "it remembers 2 of 4 entries"


def test_a_witness_refuses_a_second_head_of_one_size() -> None:
    other = MemorySink()
    second = written(other, lie="rewritten")
    del second
    with pytest.raises(Exception, match="the witness refuses"):
        WITNESS.remember(CASE, other.get(f"{CASE}/checkpoints/000000000004.note"))


def test_an_auditor_raises_nothing_when_sinks_do_not_answer() -> None:
    dead = FailingSink("dead")
    dead.down = True
    assert not judged(dead).ok
    assert "dead" in complaints(judged(LEDGER, second=dead))
    assert "witness" in complaints(judged(LEDGER, SinkWitness(dead)))
    assert not audit(LEDGER, "../case", KEY).ok
    assert not audit(LEDGER, CASE, b"no key").ok


@pytest.mark.parametrize("place", range(8), ids=lambda place: f"file {place} of 8")
def test_a_file_that_is_listed_and_can_not_be_read_is_named(place: int) -> None:
    blind = BlindSink()
    blind._files.update(LEDGER._files)
    blind.lost = (PATHS[place],)
    assert f"{PATHS[place]}: 503" in complaints(judged(blind))


def test_a_case_that_is_not_there_is_not_whole() -> None:
    assert not audit(LEDGER, "case-9", KEY).ok
