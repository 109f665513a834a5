"""The evidence pack as one HTML file: no request to anywhere, prints on paper, reads on a phone and with a screen reader."""

from collections.abc import Iterable
from datetime import UTC, datetime

from jinja2 import Environment, PackageLoader, StrictUndefined

from shared.domain.case import LeftForPeople

from .administrators import WHY
from .changes import by_wave
from .drawing import LEFT, RIGHT, TOP, WIDTH, drawings
from .facts import Pack
from .stored import moved
from .words import REACHES, STATUSES, VERDICTS, size, span


def render(pack: Pack) -> str:
    """The report. Every value is escaped; nothing in it runs."""
    environment = Environment(
        loader=PackageLoader("shared.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "utc": _utc,
        "clock": lambda at: at.astimezone(UTC).isoformat(" ", "milliseconds")[11:23],
        "day": _day,
        "second": lambda at: f"{at.astimezone(UTC):%H:%M:%S}",
        "size": size,
        "spaced": lambda text: text.replace("_", " ").replace("-", " "),
    }
    return environment.get_template("report.html").render(
        pack=pack,
        drawings=drawings(pack.timeline, pack.opened, pack.fenced_at),
        waves=by_wave(pack.changes),
        moved=moved(pack.stores),
        blocked=sum(each.count for store in pack.stores for each in store.blocked),
        one_day=_one_day(pack),
        people=_people,
        together=_together,
        last_read=_first(pack, "last-success"),
        refused=_first(pack, "first-refusal"),
        after=lambda at: span((at - pack.opened).total_seconds()),
        words={"against": WHY, "verdict": VERDICTS, "status": STATUSES, "reach": REACHES},
        frame={"width": WIDTH, "left": LEFT, "right": WIDTH - RIGHT, "top": TOP},
    )


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _day(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d}"


def _one_day(pack: Pack) -> str:
    """The day of all moments, empty where they are of several."""
    days = {_day(moment.at) for moment in pack.timeline}
    return days.pop() if len(days) == 1 else ""


def _first(pack: Pack, kind: str) -> datetime | None:
    """When a moment of this kind came; None where none did."""
    return next((moment.at for moment in pack.timeline if moment.kind == kind), None)


def _people(left: Iterable[LeftForPeople]) -> dict[tuple[str, str], list[str]]:
    """The reasons of everything that is left, by its target and by what is to be done about it."""
    listed: dict[tuple[str, str], list[str]] = {}
    for each in left:
        listed.setdefault((each.target, each.next), []).append(each.reason)
    return listed


def _together(listed: Iterable[tuple[str, ...]]) -> dict[tuple[str, str], list[str]]:
    """The targets of (what, target, why, where there is one), by what and why."""
    found: dict[tuple[str, str], list[str]] = {}
    for what, target, *why in listed:
        found.setdefault((what, "".join(why)), []).append(target)
    return found
