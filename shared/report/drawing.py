"""The timeline as a drawing: lanes below one another, time to scale from left to right. Pure geometry, in units of the SVG.

What happens in the first seconds would be one dot beside what takes hours, so two are drawn: the fence, and the whole case.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .facts import Lane, Moment
from .words import span

WIDTH = 960
LEFT = 130
"""Where time begins: the names of the lanes stand before it."""

RIGHT = 24
LANE = 34
TOP = 30
THIN = 3.0
"""The least width of a span: what took no time can be seen all the same."""

LETTER = 7.2
"""Width of a letter of a label, on average and with some to spare."""

ROUND = 8.0
"""Half the width of a point, with some to spare."""

STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21600, 43200, 86400, 172800, 604800)
"""Seconds between the lines of the scale."""

MOST_TICKS = 8
CLOSER = 6
"""The fence has a drawing of its own where the whole case took this many times as long."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment's place: from `x` over `width` (0: a point), on the line `y`; `label` is empty where there is no room."""

    x: float
    y: float
    width: float
    label: str
    label_x: float
    anchor: str
    moment: Moment


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the scale, in time after the opening."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """One drawing. `lanes` are names with their lines; `since` and `until` what it shows."""

    name: str
    title: str
    height: float
    lanes: tuple[tuple[str, float], ...]
    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Scale:
    """Time to length."""

    since: datetime
    until: datetime

    def x(self, at: datetime) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * ((at - self.since) / (self.until - self.since))

    @property
    def seconds(self) -> float:
        return (self.until - self.since).total_seconds()


def drawings(timeline: Sequence[Moment], opened: datetime, fenced: datetime | None) -> tuple[Drawing, ...]:
    """The drawings of a case, the closest first; none where nothing happened."""
    if not timeline:
        return ()
    whole = _padded(min(m.at for m in timeline), max(m.until or m.at for m in timeline))
    close = _padded(opened, _settled(timeline, opened, fenced))
    wide = _drawn("whole", "The whole case", timeline, whole, opened)
    if whole.seconds < CLOSER * close.seconds:
        return (wide,)
    return (_drawn("close", "From the opening to the fence", timeline, close, opened), wide)


def _settled(timeline: Iterable[Moment], opened: datetime, fenced: datetime | None) -> datetime:
    """The end of the first waves, and of what the actors did about them in the same minute."""
    end = fenced or opened
    near = end + timedelta(minutes=1)
    ends = (m.until or m.at for m in timeline if m.lane in {Lane.ACTORS, Lane.FENCE} and m.kind != "reads")
    return max((end, *(at for at in ends if opened <= at <= near)))


def _padded(since: datetime, until: datetime) -> Scale:
    room = max((until - since) * 0.04, timedelta(milliseconds=50))
    return Scale(since - room, until + room)


def _drawn(name: str, title: str, timeline: Iterable[Moment], scale: Scale, zero: datetime) -> Drawing:
    shown = [m for m in timeline if m.at <= scale.until and (m.until or m.at) >= scale.since]
    lanes = [lane for lane in Lane if any(m.lane is lane for m in shown)]
    lines = {lane: TOP + LANE * (number + 0.5) for number, lane in enumerate(lanes)}
    marks = (mark for lane in lanes for mark in _lane([m for m in shown if m.lane is lane], lines[lane], scale))
    height = TOP + LANE * len(lanes) + 8
    named = tuple((lane.value, y) for lane, y in lines.items())
    return Drawing(name, title, height, named, tuple(marks), tuple(_ticks(scale, zero)), scale.since, scale.until)


def _lane(moments: Sequence[Moment], y: float, scale: Scale) -> Iterable[Mark]:
    """The marks of one lane, spans first so that points lie on them; a label only where it covers no other mark."""
    placed = sorted((_placed(m, scale) for m in moments), key=lambda p: (p[0], -p[1]))
    taken = [(x - ROUND, x + width + ROUND) for x, width, _ in placed]
    written: list[tuple[float, float]] = []
    marks = []
    for x, width, moment in placed:
        label, at, anchor = _label(moment.label, x, width, taken, written)
        marks.append(Mark(round(x, 1), y, round(width, 1), label, round(at, 1), anchor, moment))
    return sorted(marks, key=lambda mark: mark.width == 0)


def _placed(moment: Moment, scale: Scale) -> tuple[float, float, Moment]:
    """Where it begins and how long it is, cut where the drawing ends."""
    x = scale.x(max(moment.at, scale.since))
    if moment.until is None:
        return x, 0.0, moment
    return x, max(THIN, scale.x(min(moment.until, scale.until)) - x), moment


def _label(
    label: str, x: float, width: float, taken: Sequence[tuple[float, float]], written: list[tuple[float, float]]
) -> tuple[str, float, str]:
    """The label with its place right of the mark, else left of it, else none."""
    length = len(label) * LETTER
    right, left = x + width + ROUND + 1, x - ROUND - 1
    for begin, at, anchor in ((right, right, "start"), (left - length, left, "end")):
        end = begin + length
        fits = label and begin >= LEFT and end <= WIDTH
        if fits and not any(a < end and b > begin for a, b in (*taken, *written)):
            written.append((begin - 4, end + 4))
            return label, at, anchor
    return "", x, "start"


def _ticks(scale: Scale, zero: datetime) -> Iterable[Tick]:
    step = next((s for s in STEPS if scale.seconds / s <= MOST_TICKS), STEPS[-1])
    first = -int((zero - scale.since).total_seconds() // step)
    number = first
    while (at := zero + timedelta(seconds=number * step)) <= scale.until:
        if at >= scale.since:
            yield Tick(round(scale.x(at), 1), span(number * step) if number else "opened")
        number += 1
