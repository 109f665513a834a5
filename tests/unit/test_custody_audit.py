"""What an auditor finds: any bit, file, order or end that is not as it was written."""

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.memory.custody import MemorySigner, MemorySink
from shared.custody.audit import audit
from shared.custody.entry import digest
from tests.custody_doubles import copy, plant
from tests.unit.custody_ledger import CASE, ENTRIES, KEY, LEDGER, PATHS, SIGNER, complaints, forged, judged, written


def test_an_honest_ledger_has_every_guarantee_and_no_finding() -> None:
    first, second = MemorySink("first"), MemorySink("second")
    result = judged(first, written(first, second), second=second)
    assert result.ok, complaints(result)
    assert (result.size, result.head) == (4, digest(first.get(f"{CASE}/entries/000000000003.json")))
    assert {guarantee.what: guarantee.holds for guarantee in result.guarantees} == {
        "every entry follows from the one before it": True,
        "all of it is signed": True,
        "the key came from outside the ledger": True,
        "a witness outside the writer's control has the head": True,
        "a second sink holds the same": True,
    }


def test_what_can_not_be_known_is_said() -> None:
    result = audit(LEDGER, CASE, KEY, None, outside_key=False)
    missing = {guarantee.what: guarantee.why for guarantee in result.guarantees if not guarantee.holds}
    assert result.ok
    assert "proves nothing" in missing["the key came from outside the ledger"]
    assert "can not be seen" in missing["a witness outside the writer's control has the head"]
    assert "a second sink holds the same" in missing


# laws


@given(st.sampled_from(PATHS), st.data())
def test_any_flipped_bit_in_any_file_is_named(path: str, data: st.DataObject) -> None:
    content = LEDGER.get(path)
    at, mask = data.draw(st.integers(0, len(content) - 1)), data.draw(st.sampled_from([1 << bit for bit in range(8)]))
    twin = copy(LEDGER)
    plant(twin, path, content[:at] + bytes([content[at] ^ mask]) + content[at + 1 :])
    assert not judged(twin).ok


@given(st.permutations(ENTRIES))
def test_any_other_order_of_the_entries_is_named(order: list[str]) -> None:
    twin = copy(LEDGER)
    for path, source in zip(ENTRIES, order, strict=True):
        plant(twin, path, LEDGER.get(source))
    assert judged(twin).ok is (order == ENTRIES)


@given(st.sets(st.sampled_from(PATHS), min_size=1))
def test_any_removed_files_are_named(removed: set[str]) -> None:
    twin = copy(LEDGER)
    for path in removed:
        plant(twin, path, None)
    assert not judged(twin).ok


@given(st.from_regex(r"[a-z0-9./]{1,24}", fullmatch=True) | st.sampled_from(["entries/000000000004.json", f"blobs/{'ab' * 32}"]))
def test_any_added_file_is_named(name: str) -> None:
    twin = copy(LEDGER)
    twin.put(f"{CASE}/{name}", b"added")
    assert name in complaints(judged(twin))


@given(st.sampled_from(PATHS), st.binary(max_size=300))
@settings(max_examples=50)
def test_any_replaced_file_is_named(path: str, content: bytes) -> None:
    twin = copy(LEDGER)
    plant(twin, path, content)
    assert not judged(twin).ok


# what a forger would do


def test_an_entry_rewritten_with_everything_after_it_does_not_fit_its_checkpoints() -> None:
    twin = copy(LEDGER)
    forged(twin, 1, SIGNER, "nothing happened")
    for path in [path for path in PATHS if "/checkpoints/" in path]:
        plant(twin, path, LEDGER.get(path))
    assert "signs another head" in complaints(judged(twin))


def test_a_ledger_signed_again_with_another_key_is_named() -> None:
    twin = copy(LEDGER)
    forged(twin, 0, MemorySigner(), "nothing happened")
    assert "signed by another key" in complaints(judged(twin))
