"""The ledgers of a migration's parts are audited with the case whose record has their heads."""

from collections.abc import Callable

import pytest

from shared.adapters.memory.clock import MemoryClock
from shared.adapters.memory.custody import MemoryKeyring, MemorySigner, MemorySink
from shared.custody.audit import Audit, audit
from shared.custody.record import Record
from shared.domain.errors import Absent
from shared.ports.record import TAKEN_IN, part_ledger
from tests.custody_doubles import copy, plant

CASE, SIGNER, KEYRING = "cb-1", MemorySigner(), MemoryKeyring()
PART = part_ledger(CASE, "0123456789abcdef", 3)
ENTRY = f"{PART}/entries/000000000001.json"


def written() -> MemorySink:
    sink, clock = MemorySink(), MemoryClock()
    whole, part = (Record(name, [sink], SIGNER, KEYRING, clock) for name in (CASE, PART))
    for number in range(3):
        part.append("migration-intended", {"blob": part.blob(f"row {number}".encode())})
    head = part.checkpoint().decode()
    whole.append(TAKEN_IN, {"part": 3, "head": head})
    whole.close({})
    return sink


LEDGER = written()


def _emptied(sink: MemorySink) -> None:
    for path in sink.list(f"{PART}/"):
        plant(sink, path, None)


def judged(sink: MemorySink) -> Audit:
    return audit(sink, CASE, SIGNER.public_key())


def test_a_part_that_is_what_the_record_took_in_is_a_guarantee() -> None:
    result = judged(LEDGER)
    assert result.ok
    assert [g.why for g in result.guarantees if "parts" in g.what] == ["1 ledgers beside it, each by its signed head"]


def test_what_is_written_to_a_part_later_harms_nothing() -> None:
    twin = copy(LEDGER)
    Record.resume(PART, [twin], SIGNER, KEYRING, MemoryClock()).append("migration-part-over", {})
    assert judged(twin).ok


@pytest.mark.parametrize(
    ("change", "what"),
    [
        pytest.param(lambda sink: plant(sink, f"{PART}/entries/000000000002.json", None), "fewer than 3", id="its end cut off"),
        pytest.param(lambda sink: plant(sink, ENTRY, None), "entry 1 is missing", id="an entry taken out"),
        pytest.param(lambda sink: plant(sink, ENTRY, b"{}"), "000000000001.json", id="an entry replaced"),
        pytest.param(_emptied, "fewer than 3", id="all of it removed"),
        pytest.param(
            lambda sink: plant(sink, sink.list(f"{PART}/blobs/")[0], None), "is missing", id="evidence that it names removed"
        ),
    ],
)
def test_it_is_named_what_is_wrong_with_a_part(change: Callable[[MemorySink], object], what: str) -> None:
    twin = copy(LEDGER)
    change(twin)
    assert any(what in str(finding) for finding in judged(twin).findings)


def test_a_part_is_read_with_its_cases_secrets_and_goes_with_them() -> None:
    sink, keyring = MemorySink(), MemoryKeyring()
    part = Record(PART, [sink], SIGNER, keyring, MemoryClock())
    name = part.blob(b"rows")
    part.append("migration-intended", {"blob": name})
    assert part.name("jane") == Record(CASE, [sink], SIGNER, keyring, MemoryClock()).name("jane")
    keyring.forget(CASE)
    with pytest.raises(Absent):
        part.blobs(name)
