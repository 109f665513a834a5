"""Since when, and when not, a trail recorded the requests on a store: from how it is now, and from what was done to it.

What was done to a trail is in the event history, which nobody can switch off. What it was before the first of these events follows
from that event: nobody stops what is stopped.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from shared.adapters.aws.recording import takes_in_objects
from shared.domain.exposure import Blind
from shared.intake.record import Record
from shared.intake.tolerant import Document

SELECTING = "PutEventSelectors"
LOGGING = {"StartLogging": True, "StopLogging": False}

STOPPED = "the trail was stopped"
NARROWED = "the trail's selectors left it out"
NO_TRAIL = "data events are not recorded"
NOT_YET = "the log of these last moments has not come yet"


class Turn(NamedTuple):
    """A switch was turned: since when it is on, or off."""

    at: datetime
    on: bool


def turns(history: Iterable[Document], bucket: str) -> tuple[list[Turn], list[Turn]]:
    """What was done to a trail, oldest first: its switch, and whether its selectors took in the bucket (ARN).

    `history` is newest first, as CloudTrail answers: that decides the order within a second.
    """
    found = (Record.model_validate(event) for event in reversed(list(history)))
    worked = sorted((r for r in found if r.event_time and not r.failed), key=lambda r: str(r.event_time))
    switched = [Turn(r.event_time, LOGGING[r.event_name]) for r in worked if r.event_time and r.event_name in LOGGING]
    selected = [Turn(r.event_time, _takes_in(r, bucket)) for r in worked if r.event_time and r.event_name == SELECTING]
    return switched, selected


def _takes_in(record: Record, bucket: str) -> bool:
    """Whether the selectors that this call put take in the bucket's objects."""
    asked = record.request_parameters
    basic, advanced = (_capitalised(asked.get(name) or ()) for name in ("eventselectors", "advancedeventselectors"))
    return takes_in_objects(basic, advanced, bucket)


def _capitalised(thing: Any) -> Any:  # noqa: ANN401  # JSON
    """CloudTrail writes `readWriteType` where the API has `ReadWriteType`."""
    if isinstance(thing, Mapping):
        return {f"{name[:1].upper()}{name[1:]}": _capitalised(value) for name, value in thing.items()}
    return [_capitalised(each) for each in thing] if isinstance(thing, list | tuple) else thing


def blind(switch: Sequence[Turn], span: tuple[datetime, datetime], why: str, *, now: bool) -> list[Blind]:
    """The times within this span in which the switch was off. `now`: how it is, for what was never turned."""
    since, until = span
    on = not switch[0].on if switch else now
    start, found = since, []
    for turn in (*(t for t in switch if t.at < until), Turn(until, on=True)):
        if not on and turn.at > start:
            found.append(Blind(since=max(start, since), until=turn.at, why=why))
        on, start = turn.on, max(turn.at, since)
    return found


def all_blind(several: Sequence[Sequence[Blind]]) -> tuple[Blind, ...]:
    """The times in which each of several trails was blind."""
    if not several:
        return ()
    found = list(several[0])
    for others in several[1:]:
        found = [shared for one in found for other in others if (shared := _shared(one, other))]
    return tuple(sorted(found, key=lambda each: each.since))


def _shared(one: Blind, other: Blind) -> Blind | None:
    since, until = max(one.since, other.since), min(one.until, other.until)
    return one.but(since=since, until=until) if since < until else None
