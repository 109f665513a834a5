"""What happened when: the moments of a case, from its record, its alert and what the log shows of the actors."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from shared.domain.case import Case
from shared.domain.exposure import Exposure
from shared.domain.plan import Wave
from shared.ports import Recorded

from .facts import Lane, Moment

LANES: Mapping[Wave, Lane] = {
    Wave.PRESERVE: Lane.FENCE,
    Wave.FENCE: Lane.FENCE,
    Wave.SWEEP: Lane.SWEEP,
    Wave.REKEY: Lane.REKEY,
    Wave.MIGRATE: Lane.MIGRATE,
    Wave.ENFORCE: Lane.LASTING,
    Wave.RETIRE: Lane.LASTING,
    Wave.ROLLBACK: Lane.UNDO,
}


@dataclass(frozen=True, slots=True)
class Telling:
    """How an entry of the record is told: where it is drawn, in a word, and in a sentence (`{…}`: fields of its body)."""

    lane: Lane
    label: str
    what: str


TOLD: Mapping[str, Telling] = {
    "opened": Telling(Lane.PEOPLE, "opened", "case opened; its source said of the alert: {confirmation}"),
    "confirmed": Telling(Lane.PEOPLE, "alert", "its source bears the alert out now: {event} ({source})"),
    "joined": Telling(Lane.PEOPLE, "alert", "a later alert joined the case: {event} ({source})"),
    "planned": Telling(Lane.PEOPLE, "asked", "{wave}: {changes} changes planned, to be approved by digest {digest}"),
    "approved": Telling(Lane.PEOPLE, "approved", "{wave}: approved by {by}, digest {digest}"),
    "declined": Telling(Lane.PEOPLE, "declined", "{wave}: declined by {by}, digest {digest}"),
    "note": Telling(Lane.PEOPLE, "note", "{by} put a note on record (encrypted there)"),
    "escalated": Telling(
        Lane.PEOPLE, "escalated", "{about}: nobody had acknowledged it, and level {level} of the call list was called"
    ),
    "acknowledged": Telling(Lane.PEOPLE, "acknowledged", "{about}: acknowledged by {by}"),
    "held": Telling(Lane.FENCE, "held", "part of the fence could not be written yet; it is held and tried again"),
    "exposure": Telling(Lane.RECORD, "reads counted", "what the actors read was counted from the log"),
    "verified": Telling(Lane.MIGRATE, "proved", "what was moved was looked at afresh, store by store"),
    "rewrapped": Telling(Lane.MIGRATE, "proved", "what wraps its data keys was looked at afresh, key by key"),
    "access-proved": Telling(
        Lane.MIGRATE, "access looked at", "who can use the new keys was looked at; actors let in: {actors_let_in}"
    ),
    "unwitnessed": Telling(Lane.RECORD, "no witness", "a checkpoint could not be told to a witness"),
    "closed": Telling(Lane.RECORD, "sealed", "record sealed, case {verdict}"),
}
"""Kinds of entries that are a moment by themselves."""

RUNS = frozenset({"exposure", "verified"})
"""Kinds that come in a row, one for each store, and are one moment."""


def timeline(case: Case, entries: Sequence[Recorded], exposures: Iterable[Exposure]) -> tuple[Moment, ...]:
    """Every moment, in the order of time."""
    signal = case.signal
    alert = Moment(
        at=signal.at,
        lane=Lane.PEOPLE,
        kind="alert",
        label="alert",
        what=f"{signal.event} ({signal.source.value}): when it happened",
    )
    found = (alert, *_seen(tuple(exposures)), *_told(entries), *_waves(entries))
    return tuple(sorted(dict.fromkeys(found), key=lambda m: m.at))


def _seen(exposures: Sequence[Exposure]) -> Iterator[Moment]:
    """What the log shows of the actors, over all stores."""
    firsts = [e.first for e in exposures if e.first]
    lasts = [e.last for e in exposures if e.last]
    failed = [e.failed_first for e in exposures if e.failed_first]
    count = sum(e.failed for e in exposures)
    if firsts and lasts:
        yield Moment(at=min(firsts), until=max(lasts), lane=Lane.ACTORS, kind="reads", label="", what=READ)
        yield Moment(at=max(lasts), lane=Lane.ACTORS, kind="last-success", label="last read", what=LAST)
    if failed:
        what = f"first read or listing of the actors that failed; {count} failed since the case was opened"
        yield Moment(at=min(failed), lane=Lane.ACTORS, kind="first-refusal", label="first refusal", what=what)


READ = "reads and listings of the actors that worked, as far as the log shows them, which may tell whole seconds only"
LAST = "last read or listing of the actors that worked, as far as the log shows it, which may tell whole seconds only"


def _told(entries: Iterable[Recorded]) -> Iterator[Moment]:
    for kind, group in groupby(entries, key=lambda entry: entry.kind):
        telling, same = TOLD.get(kind), tuple(group)
        if telling is not None:
            runs = (same,) if kind in RUNS else tuple((entry,) for entry in same)
            yield from (_moment(telling, run) for run in runs)


def _moment(telling: Telling, run: Sequence[Recorded]) -> Moment:
    since, until = _at(run[0]), _at(run[-1])
    words = telling.what.format_map(_Body(run[0].body))
    return Moment(
        at=since, until=until if until > since else None, lane=telling.lane, kind=run[0].kind, label=telling.label, what=words
    )


class _Body(dict[str, object]):
    """An entry's body to fill in words with; older records may lack a field."""

    def __missing__(self, key: str) -> str:
        return "unknown"

    def __getitem__(self, key: str) -> object:
        value = super().__getitem__(key)
        return f"{value[:12]}…" if key == "digest" and isinstance(value, str) else value


def _waves(entries: Iterable[Recorded]) -> Iterator[Moment]:
    """Each wave from the intent, which is on record before its first write, to the last answer."""
    begun: dict[str, datetime] = {}
    for entry in entries:
        wave = str(entry.body.get("wave", ""))
        if entry.kind == "intended":
            begun.setdefault(wave, _at(entry))
        elif entry.kind == "outcome":
            counts = _counts(entry)
            if counts:
                since = begun.pop(wave, _at(entry))
                what = f"{wave}: {counts}; the intent was on record before the first write"
                yield Moment(at=since, until=_at(entry), lane=LANES[Wave(wave)], kind=wave, label=wave, what=what)
    for wave, since in begun.items():
        what = f"{wave}: intended, no outcome on record yet"
        yield Moment(at=since, lane=LANES[Wave(wave)], kind=wave, label=f"{wave} begun", what=what)


def _counts(entry: Recorded) -> str:
    """`12 applied, 1 planned`; empty where everything held already."""
    changes = entry.body.get("changes")
    found = [str(line["status"]) for line in changes] if isinstance(changes, list) else []
    fresh = [status for status in found if status != "already"]
    return ", ".join(f"{fresh.count(status)} {status.replace('_', ' ')}" for status in dict.fromkeys(fresh))


def _at(entry: Recorded) -> datetime:
    return datetime.fromisoformat(entry.at)
