"""A ledger as an outsider finds it in one sink: every file read once, and what is wrong with the files themselves."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from re import Pattern

from shared.domain.errors import Tampered
from shared.ports import Sink
from shared.ports.record import TAKEN_IN

from .entry import GENESIS, Entry, decode, digest, evidence
from .layout import BLOB, CHECKPOINT, ENTRY, blob_path, checkpoint_path, entry_path
from .reading import Found, read_all


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: the file (or the part of the ledger) and what about it."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass(slots=True)
class Ledger:
    """What was read. `heads` is the SHA-256 of the last of the first n entries, for each n; `files` the SHA-256 of each file."""

    case: str
    heads: dict[int, str] = field(default_factory=lambda: {0: GENESIS})
    files: dict[str, str] = field(default_factory=dict)
    notes: dict[int, bytes] = field(default_factory=dict)
    blobs: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)
    parts: list[str] = field(default_factory=list)
    """signed heads of the ledgers of parts, as entries have them"""
    last: Entry | None = None
    size: int = 0
    findings: list[Finding] = field(default_factory=list)


def read_ledger(sink: Sink, case: str) -> Ledger:
    """Everything the sink holds of the case. Raises what listing raises; a file that can not be read is a finding."""
    ledger = Ledger(case)
    names = [path.removeprefix(f"{case}/") for path in sink.list(f"{case}/")]
    strange = [name for name in names if not any(form.fullmatch(name) for form in (ENTRY, CHECKPOINT, BLOB))]
    ledger.findings += [Finding(f"{case}/{name}", "does not belong to a ledger") for name in strange]
    _read_entries(ledger, sink, sorted(map(int, _parts(ENTRY, names))))
    _read_notes(ledger, sink, sorted(map(int, _parts(CHECKPOINT, names))))
    _read_blobs(ledger, sink, list(_parts(BLOB, names)))
    return ledger


def _parts(form: Pattern[str], names: Iterable[str]) -> Iterator[str]:
    return (found[1] for name in names if (found := form.fullmatch(name)))


def _read_entries(ledger: Ledger, sink: Sink, numbers: Sequence[int]) -> None:
    ledger.size = numbers[-1] + 1 if numbers else 0
    ledger.findings += _gaps(numbers)
    paths = [entry_path(ledger.case, seq) for seq in numbers]
    for seq, path, found in zip(numbers, paths, read_all(sink, paths), strict=True):
        if isinstance(found, bytes):
            _take(ledger, seq, path, found)
        else:
            ledger.findings.append(Finding(path, str(found)))


def _take(ledger: Ledger, seq: int, path: str, content: bytes) -> None:
    """Hold one entry against its place and the one before it."""
    ledger.files[path] = ledger.heads[seq + 1] = digest(content)
    try:
        entry = decode(content)
    except Tampered as error:
        ledger.findings.append(Finding(path, str(error)))
        return
    if entry.seq != seq or entry.case != ledger.case:
        ledger.findings.append(Finding(path, f"is entry {entry.seq} of {entry.case}"))
    if entry.prev != ledger.heads.get(seq, entry.prev):
        ledger.findings.append(Finding(path, f"does not follow from entry {seq - 1} as it is here"))
    ledger.named |= evidence(content)
    if entry.kind == TAKEN_IN and (head := entry.body.get("head")):
        ledger.parts.append(str(head))
    ledger.last = entry


def _gaps(numbers: Sequence[int]) -> Iterator[Finding]:
    """One finding for each run of missing numbers."""
    for before, after in zip([-1, *numbers], numbers, strict=False):
        first, last = before + 1, after - 1
        if first <= last:
            yield Finding("entries", f"entry {first} is missing" if first == last else f"entries {first} to {last} are missing")


def _read_notes(ledger: Ledger, sink: Sink, sizes: Sequence[int]) -> None:
    for size, content in _whole(ledger, sink, {checkpoint_path(ledger.case, size): size for size in sizes}):
        ledger.notes[size] = content


def _read_blobs(ledger: Ledger, sink: Sink, names: Sequence[str]) -> None:
    ledger.blobs.update(names)
    for name, content in _whole(ledger, sink, {blob_path(ledger.case, name): name for name in names}):
        if digest(content) != name:
            ledger.findings.append(Finding(blob_path(ledger.case, name), "its content is not what its name says"))


def _whole[T](ledger: Ledger, sink: Sink, wanted: dict[str, T]) -> Iterator[tuple[T, bytes]]:
    """Each file that can be read, with what it was wanted for."""
    found: Found
    for (path, what), found in zip(wanted.items(), read_all(sink, list(wanted)), strict=True):
        if isinstance(found, bytes):
            ledger.files[path] = digest(found)
            yield what, found
        else:
            ledger.findings.append(Finding(path, str(found)))
