"""The evidence pack's content: what a case did and found, in facts, ready to be drawn. No opinion, no legal finding."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from shared.containment.actions import ACTIONS
from shared.containment.journal import APPLIED
from shared.custody.audit import Audit
from shared.domain.case import Case, LeftForPeople
from shared.domain.plan import Status
from shared.ports import Journal, Recorded

from .words import say


@dataclass(frozen=True, slots=True)
class Moment:
    """One point of the timeline."""

    at: datetime
    what: str
    kind: str


@dataclass(frozen=True, slots=True)
class Row:
    """One change that was made, or was not, with everything an auditor asks about it."""

    wave: str
    action: str
    target: str
    before: str
    after: str
    origin: str
    status: str
    reason: str
    why: str
    citation: str
    undone: str
    requests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pack:
    """Everything the report shows."""

    case: Case
    place: str
    timeline: tuple[Moment, ...]
    rows: tuple[Row, ...]
    left: tuple[LeftForPeople, ...]
    audit: Audit
    made_at: datetime

    @property
    def seconds_to_fence(self) -> float | None:
        """From the case's opening to the last write of its first wave."""
        fenced = self.case.fenced_at
        return round((fenced - self.case.opened).total_seconds(), 2) if fenced else None

    @property
    def counts(self) -> dict[str, int]:
        """Changes by status."""
        statuses = [row.status for row in self.rows]
        return {status: statuses.count(status) for status in dict.fromkeys(statuses)}


def pack(case: Case, journal: Journal, place: str, audit: Audit, now: datetime) -> Pack:
    """Read a case's record into a pack. Raises what the journal raises."""
    rows = tuple(_rows(case, journal))
    moments = (Moment(case.signal.at, f"alert: {case.signal.event}", "alert"), *_moments(journal.entries()))
    return Pack(case, place, tuple(sorted(moments, key=lambda m: m.at)), rows, case.people, audit, now)


def _rows(case: Case, journal: Journal) -> Iterable[Row]:
    for wave in case.waves:
        for result in APPLIED.validate_json(journal.blobs(wave.blob)):
            change, outcome = result.change, result.outcome
            if outcome.status is not Status.ALREADY:
                yield Row(
                    wave=wave.wave.value,
                    action=ACTIONS[change.action].title,
                    target=change.target.id,
                    before=say(change.before),
                    after=say(change.after),
                    origin=change.origin.value,
                    status=outcome.status.value,
                    reason=outcome.reason,
                    why=change.why,
                    citation=change.citation,
                    undone=ACTIONS[change.action].undone,
                    requests=outcome.request_ids,
                )


TOLD: dict[str, str] = {
    "opened": "case opened",
    "approved": "a person approved",
    "declined": "a person refused",
    "held": "part of the fence could not be written; held and retried",
    "note": "a person added a note",
    "closed": "case closed and sealed",
    "unwitnessed": "a checkpoint could not be told to a witness",
}
"""Entries of the record that the timeline shows as they are."""


def _moments(entries: Iterable[Recorded]) -> Iterable[Moment]:
    for entry in entries:
        at = datetime.fromisoformat(entry.at)
        changes = entry.body.get("changes", ())
        count = len(changes) if isinstance(changes, list) else 0
        if entry.kind == "intended":
            yield Moment(at, f"{entry.body['wave']}: {count} changes intended, on record before the first", "intended")
        elif entry.kind == "outcome":
            yield Moment(at, f"{entry.body['wave']}: {count} changes settled", "outcome")
        elif entry.kind in TOLD:
            by = f" ({entry.body['by']})" if "by" in entry.body else ""
            yield Moment(at, TOLD[entry.kind] + by, entry.kind)
