"""Check a ledger from outside, believing nothing that lies in it.

Rules
1. Every file is accounted for: entries by their numbers, evidence by the entries, checkpoints by the final entry.
2. Every entry is canonical and names the one before it; every checkpoint is signed by the given key and agrees with the entries.
3. A finished ledger ends in a `closed` entry under a checkpoint; an open one may end anywhere.
4. What a witness remembers and what a second sink holds must agree, and so must the ledgers of parts (see `parts`).
5. Each thing that is wrong is named by its file. What can not be known is said as a guarantee that does not hold.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from shared.domain.errors import CodeblueError, Tampered
from shared.ports import Sink, Witness

from . import parts
from .layout import blob_path, checked, checkpoint_path
from .ledger import Finding, Ledger, read_ledger
from .note import Checkpoint
from .record import CLOSED
from .signed import read


@dataclass(frozen=True, slots=True)
class Guarantee:
    """A property of the whole record: whether it holds, and why, or what therefore can not be seen."""

    what: str
    holds: bool
    why: str


@dataclass(frozen=True, slots=True)
class Audit:
    """The result: `size` entries ending in `head` (SHA-256, hexadecimal), what is wrong, and what is certain.

    `signed`: after how many entries each checkpoint was signed that agrees with them.
    """

    case: str
    size: int
    head: str
    findings: tuple[Finding, ...]
    guarantees: tuple[Guarantee, ...]
    signed: tuple[int, ...] = ()

    @property
    def ok(self) -> bool:
        """Nothing is wrong. What is certain besides, the guarantees say."""
        return not self.findings


def audit(
    sink: Sink,
    case: str,
    public_key: bytes,
    witness: Witness | None = None,
    *,
    open_case: bool = False,
    second: Sink | None = None,
    outside_key: bool = True,
) -> Audit:
    """Check everything about one case's ledger. Raises nothing: what fails is a finding.

    `public_key`: SPKI, DER; `outside_key`: whether it came from somewhere else than the ledger.
    `open_case`: the case goes on, so its last writes may not be everywhere yet.
    """
    try:
        ledger = read_ledger(sink, checked(case))
    except CodeblueError as error:
        return Audit(case, 0, "", (Finding(sink.name, str(error)),), ())
    signed, unsigned = _signatures(ledger, public_key)
    witnessed, disagreeing = _witnessed(witness, ledger, public_key)
    doubled, differing = _doubled(second, ledger, open_case=open_case)
    unfinished = [] if open_case else [*_unfinished(ledger, signed), *_unaccounted(ledger)]
    beside = tuple(parts.disagreeing(sink, ledger, public_key))
    findings = (*ledger.findings, *_lost(ledger), *unsigned, *unfinished, *disagreeing, *differing, *beside)
    guarantees = (
        Guarantee("every entry follows from the one before it", not ledger.findings, f"{ledger.size} entries"),
        Guarantee("all of it is signed", ledger.size in signed, f"signed up to entry {max(signed, default=0)} of {ledger.size}"),
        Guarantee("the key came from outside the ledger", outside_key, _fingerprint(public_key, outside=outside_key)),
        witnessed,
        doubled,
        *([_of_parts(len(ledger.parts), whole=not beside)] if ledger.parts else []),
    )
    return Audit(case, ledger.size, ledger.heads.get(ledger.size, ""), findings, guarantees, tuple(sorted(signed)))


def _of_parts(count: int, *, whole: bool) -> Guarantee:
    return Guarantee(
        "workers of parts wrote what the record has of them", whole, f"{count} ledgers beside it, each by its signed head"
    )


def _signatures(ledger: Ledger, public_key: bytes) -> tuple[set[int], list[Finding]]:
    """The sizes at which the key signed these very entries, and what is wrong with the other checkpoints."""
    signed, findings = set[int](), list[Finding]()
    for size, note in ledger.notes.items():
        path = checkpoint_path(ledger.case, size)
        try:
            checkpoint = read(note, ledger.case, public_key)
        except Tampered as error:
            findings.append(Finding(path, str(error)))
            continue
        if checkpoint.size != size:
            findings.append(Finding(path, f"is the checkpoint of {checkpoint.size} entries"))
        elif _agrees(checkpoint, ledger):
            signed.add(size)
        else:
            findings.append(Finding(path, "signs another head than the entries here have"))
    return signed, findings


def _agrees(checkpoint: Checkpoint, ledger: Ledger) -> bool:
    return ledger.heads.get(checkpoint.size) == checkpoint.head


def _lost(ledger: Ledger) -> Iterator[Finding]:
    """Evidence that an entry names and that is not there."""
    for name in sorted(ledger.named - ledger.blobs):
        yield Finding(blob_path(ledger.case, name), "is missing")


def _unfinished(ledger: Ledger, signed: set[int]) -> Iterator[Finding]:
    if ledger.last is None or ledger.last.kind != CLOSED:
        yield Finding("entries", f"the ledger does not end in a `{CLOSED}` entry: its end is missing, or the case is open")
    if ledger.size not in signed:
        yield Finding("checkpoints", f"no checkpoint covers all {ledger.size} entries")


def _unaccounted(ledger: Ledger) -> Iterator[Finding]:
    """In a finished ledger: evidence that no entry names, and checkpoints that the final entry does not list, or lists in vain."""
    for name in sorted(ledger.blobs - ledger.named):
        yield Finding(blob_path(ledger.case, name), "no entry names it")
    if ledger.last is None or ledger.last.kind != CLOSED:
        return
    listed = ledger.last.body.get("checkpoints")
    expected = {ledger.size, *(size for size in (listed if isinstance(listed, list) else ()) if isinstance(size, int))}
    for size in sorted(expected ^ ledger.notes.keys()):
        yield Finding(checkpoint_path(ledger.case, size), "is missing" if size in expected else "the final entry does not list it")


def _fingerprint(public_key: bytes, *, outside: bool) -> str:
    key = f"SHA-256 of the key: {sha256(public_key).hexdigest()}"
    return key if outside else f"a key that lies beside the ledger proves nothing; compare it yourself. {key}"


def _witnessed(witness: Witness | None, ledger: Ledger, public_key: bytes) -> tuple[Guarantee, list[Finding]]:
    """Whether somebody outside knows the head, and where they remember otherwise."""
    what = "a witness outside the writer's control has the head"
    if witness is None:
        return Guarantee(
            what, holds=False, why="without a witness, truncation and re-signing by the key's owner can not be seen"
        ), []
    try:
        notes = [read(note, ledger.case, public_key) for note in witness.remembered(ledger.case)]
    except CodeblueError as error:
        return Guarantee(what, holds=False, why="the witness is of no use"), [Finding("witness", str(error))]
    findings = [Finding("witness", _disagreement(note, ledger)) for note in notes if not _agrees(note, ledger)]
    longest = max((note.size for note in notes), default=0)
    why = f"it remembers {longest} of {ledger.size} entries"
    return Guarantee(what, longest == ledger.size and not findings, why), findings


def _disagreement(note: Checkpoint, ledger: Ledger) -> str:
    if note.size > ledger.size:
        return f"remembers {note.size} entries, here are {ledger.size}: the end was cut off"
    return f"remembers another head after {note.size} entries: the ledger was rewritten"


def _doubled(second: Sink | None, ledger: Ledger, *, open_case: bool) -> tuple[Guarantee, list[Finding]]:
    """Whether the second sink holds the same files, and which differ."""
    what = "a second sink holds the same"
    if second is None:
        return Guarantee(what, holds=False, why="no second sink was given"), []
    try:
        other = read_ledger(second, ledger.case)
    except CodeblueError as error:
        return Guarantee(what, holds=False, why="it can not be read"), [Finding(second.name, str(error))]
    forked = [p for p in ledger.files.keys() & other.files.keys() if ledger.files[p] != other.files[p]]
    uneven = ledger.files.keys() ^ other.files.keys()
    findings = [Finding(path, f"{second.name} holds something else here: the record is forked") for path in sorted(forked)]
    if not open_case:
        where = {path: second.name if path in ledger.files else "the first sink" for path in sorted(uneven)}
        findings += [Finding(path, f"is missing in {name}") for path, name in where.items()]
    why = f"{len(uneven)} files are in one of the two only" if uneven else f"{len(ledger.files)} files compared"
    return Guarantee(what, not forked and not uneven, why), findings
