"""The evidence pack as one HTML file: no request to anywhere, prints on paper, reads on a phone and with a screen reader."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from jinja2 import Environment, PackageLoader, StrictUndefined

from .pack import Moment, Pack

WIDTH = 960
"""Units of the timeline's drawing."""

NEAR = 14
"""Marks closer than this are drawn one below the other."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment's place in the drawing: `x` to scale, `line` where its label stands, `seconds` after the alert's arrival."""

    x: float
    line: int
    seconds: float
    moment: Moment


def render(pack: Pack) -> str:
    """The report. Every value is escaped; nothing in it runs."""
    environment = Environment(
        loader=PackageLoader("shared.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["utc"] = _utc
    return environment.get_template("report.html").render(pack=pack, marks=marks(pack.timeline, pack.case.opened), width=WIDTH)


def _utc(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def marks(timeline: Sequence[Moment], zero: datetime) -> tuple[Mark, ...]:
    """Where each moment from the case's opening on is drawn: time to scale from left to right."""
    shown = [m for m in timeline if m.at >= zero]
    last = max(((m.at - zero).total_seconds() for m in shown), default=0.0) or 1.0
    placed: list[Mark] = []
    for moment in shown:
        seconds = (moment.at - zero).total_seconds()
        x = 20 + (WIDTH - 40) * seconds / last
        line = placed[-1].line + 1 if placed and x - placed[-1].x < NEAR else 0
        placed.append(Mark(round(x, 1), line, round(seconds, 2), moment))
    return tuple(placed)
