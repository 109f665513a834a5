"""What the record holds of a migration: the intent of each page before its first write, its outcome after, and where it stands.

Listings, object keys and rows are in encrypted blobs; entries carry digests and counts. So a worker that dies at any call leaves
what the next one needs: the last position, what the dead one meant to do, and which uploads it may have left behind.
"""

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Self

from pydantic import Field, TypeAdapter

from shared.domain.value import Value
from shared.ports import Journal

from .books import Book, Brief, Rows
from .lanes import MOVES, Lane
from .plan import Migration
from .rows import Row

INTENDED = "migration-intended"
UPLOADING = "migration-uploading"
REACHED = "migration-reached"
JOB = "migration-job"
REPORTED = "migration-reported"
PROVING = "proof-reached"
KINDS = frozenset({INTENDED, UPLOADING, REACHED, JOB, REPORTED, PROVING})

type Tally = dict[Lane, dict[str, int]]
"""Versions by lane and reason."""


class Checkpoint(Value):
    """Where a migration stands: in which sweep, after which entry of the listing, and what the sweep has found so far.

    Sweep 0 is of the exposed objects. `eligible` counts versions that could be moved, `moved` those that were or will be tried
    again because they changed. `total` is the length of the last whole listing. `over`: the sweep has reached the end.
    """

    sweep: int
    after: tuple[str, str] | None = None
    seen: int = 0
    eligible: int = 0
    moved: int = 0
    tally: Tally = Field(default_factory=dict)
    total: int | None = None
    over: bool = False


class Upload(Value):
    """An upload in parts that was begun; `of`: what stands for the version that it is to copy."""

    key: str
    id: str
    of: str = ""


class JobNote(Value):
    """A job of the store's own service: what it was ordered for, and when it was `over`, why it did not do all of it.

    `listed`: how far the store is on record for it (the page's end). `told`: its report was read, so that nothing which was listed
    for it is in doubt any more. `confirmed`: it may have begun by our word.
    """

    id: str
    old: str
    bucket_key: bool
    over: bool = False
    why: str = ""
    listed: tuple[str, str] | None = None
    told: bool = False
    confirmed: bool = False
    attempt: int = 0


_ROWS = TypeAdapter(tuple[Row, ...])


class Manifest:
    """The migration as the record knows it, by version: `moved`, why the others were not (`kept`), and intents without outcome.

    One version can be in `moved` and in `kept`: a copy leaves the version that it was made from where it was. Of each is
    known where in the record its row lies, so that memory grows with no store; to read one raises as `Journal.blobs`.
    """

    def __init__(self, plan: Migration, journal: Journal) -> None:
        self._id, self._journal = plan.id, journal
        self._lock = Lock()
        self._rows = Rows(journal.blobs)
        self.moved, self.kept, self.pending = (Book(self._rows) for _ in range(3))
        self.uploads: list[Upload] = []
        self.jobs: list[JobNote] = []
        self.checkpoint: Checkpoint | None = None
        self.told = False
        """whether a job's report is here, whose rows lack what was found after"""
        self.proving: bytes | None = None
        """where the last proof was stopped, if nothing moved since"""

    @classmethod
    def recall(cls, plan: Migration, journal: Journal) -> Self:
        """What earlier runs wrote. Raises what `Journal.entries` and `blobs` raise."""
        manifest = cls(plan, journal)
        for entry in journal.entries():
            if entry.body.get("migration") == plan.id:
                manifest._take(entry.kind, entry.body)
        return manifest

    def name(self, text: str) -> str:
        return self._journal.name(text)

    def intend(self, rows: Sequence[Row]) -> None:
        """Make it durable that these versions are about to be moved. Raises `NotDurable`."""
        blob = self._journal.blob(_ROWS.dump_json(tuple(rows)))
        self._append(INTENDED, blob, {"versions": len(rows)})
        self._expect(blob, rows)

    def uploading(self, key: str, of: str, upload: str) -> None:
        """Make it durable that an upload in parts was begun."""
        begun = Upload(key=key, id=upload, of=of)
        with self._lock:
            self._append(UPLOADING, self._journal.blob(begun.model_dump_json().encode()), {})
            self.uploads.append(begun)

    @property
    def broken_off(self) -> int:
        """Objects of which no upload has come to a copy: what was sent of it may lie there."""
        ended = {upload.key for upload in self.uploads if upload.of in self.moved}
        return len({upload.key for upload in self.uploads} - ended)

    def reached(self, rows: Sequence[Row], checkpoint: Checkpoint) -> None:
        """Make the outcome of a page durable, and where the next one begins."""
        moved, kept = ([row for row in rows if (row.lane in MOVES) is moves] for moves in (True, False))
        fresh = (*self.moved.fresh(moved), *self.kept.fresh(kept))
        told = self._journal.blob(_ROWS.dump_json(fresh)) if fresh else ""
        facts = {"sweep": checkpoint.sweep, "seen": checkpoint.seen, "versions": len(fresh), **({"rows": told} if told else {})}
        self._append(REACHED, self._journal.blob(checkpoint.model_dump_json().encode()), facts)
        self.checkpoint = checkpoint
        self._outcomes(told, fresh)

    def job(self, note: JobNote) -> None:
        """Make it durable that a job was ordered, or is over."""
        self._append(JOB, self._journal.blob(note.model_dump_json().encode()), {"over": note.over})
        self._note(note)

    def reported(self, rows: Sequence[Row]) -> None:
        """Make durable what a job's report says of these versions."""
        blob = self._journal.blob(_ROWS.dump_json(tuple(rows)))
        self._append(REPORTED, blob, {"versions": len(rows)})
        self._report(blob, rows)

    def stopped(self, proof: bytes) -> None:
        """Make it durable where a proof was stopped."""
        self._append(PROVING, self._journal.blob(proof), {})

    def _append(self, kind: str, blob: str, facts: Mapping[str, object]) -> None:
        self._journal.append(kind, {"migration": self._id, "blob": blob, **facts})

    def _take(self, kind: str, body: Mapping[str, object]) -> None:
        if kind not in KINDS:
            return
        blob = str(body["blob"])
        self.proving = self._journal.blobs(blob) if kind == PROVING else None
        if kind == INTENDED:
            self._expect(blob, self._rows.briefs(blob))
        elif kind == JOB:
            self._note(JobNote.model_validate_json(self._journal.blobs(blob)))
        elif kind == REPORTED:
            self._report(blob, self._rows.briefs(blob))
        elif kind == UPLOADING:
            self.uploads.append(Upload.model_validate_json(self._journal.blobs(blob)))
        elif kind == REACHED:
            self.checkpoint = Checkpoint.model_validate_json(self._journal.blobs(blob))
            told = str(body.get("rows", ""))
            self._outcomes(told, self._rows.briefs(told) if told else ())

    def _note(self, note: JobNote) -> None:
        self.jobs.append(note)
        if note.told:
            self.pending.drop_listed()

    def _expect(self, blob: str, rows: Sequence[Row | Brief]) -> None:
        self.pending.put(self._rows.number(blob), enumerate(rows))

    def _report(self, blob: str, rows: Sequence[Row | Brief]) -> None:
        self.told = True
        self._outcomes(blob, rows)

    def _outcomes(self, blob: str, rows: Sequence[Row | Brief]) -> None:
        if not rows:
            return
        number, placed = self._rows.number(blob), list(enumerate(rows))
        self.moved.put(number, ((at, row) for at, row in placed if row.lane in MOVES))
        self.kept.put(number, ((at, row) for at, row in placed if row.lane not in MOVES))
        self.pending.drop(row.name for row in rows)


def settled(plan: Migration, journal: Journal) -> bool:
    """Whether the last sweep went through the whole store and found nothing that could be moved, by the record."""
    last = next(
        (e.body for e in reversed(list(journal.entries())) if e.kind == REACHED and e.body.get("migration") == plan.id), None
    )
    at = Checkpoint.model_validate_json(journal.blobs(str(last["blob"]))) if last else None
    return bool(at and at.over and at.sweep and not at.eligible)
