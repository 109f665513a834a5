"""The evidence pack as one HTML file: no request to anywhere, prints on paper, reads on a phone and with a screen reader."""

from datetime import UTC, datetime

from jinja2 import Environment, PackageLoader, StrictUndefined

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
        "clock": _clock,
        "size": size,
        "spaced": lambda text: text.replace("_", " ").replace("-", " "),
    }
    return environment.get_template("report.html").render(
        pack=pack,
        drawings=drawings(pack.timeline, pack.opened, pack.fenced_at),
        waves=by_wave(pack.changes),
        moved=moved(pack.stores),
        blocked=sum(each.count for store in pack.stores for each in store.blocked),
        after=lambda at: span((at - pack.opened).total_seconds()),
        words={"verdict": VERDICTS, "status": STATUSES, "reach": REACHES},
        frame={"width": WIDTH, "left": LEFT, "right": WIDTH - RIGHT, "top": TOP},
    )


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _clock(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d}"
