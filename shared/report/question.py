"""What a case asks, as a page to decide on: what would be done, whom it could hurt, what can not be undone, and the digest.

One page without a request to anywhere, for a phone at three in the morning. Every value is escaped, and nothing in it runs.
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from unicodedata import category

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from shared.containment.actions import ACTIONS
from shared.containment.journal import APPLIED, CHANGES
from shared.domain.case import Case
from shared.domain.plan import Change, Status
from shared.domain.value import Value
from shared.ports import Journal
from shared.workflow.paging import opened

from .words import say


class Line(Value):
    """One change in words. `hurts` are others who use the target; `unknown`: nobody can tell who does."""

    does: str
    target: str
    after: str
    why: str
    hurts: tuple[str, ...]
    unknown: bool
    one_way: bool


class Form(Value):
    """Where something is sent from this page (`to`), and what shows that it is."""

    to: str
    csrf: str


def lines(case: Case, journal: Journal) -> tuple[Line, ...]:
    """What would be done as far as it is known now: what can not be undone first, then what could hurt others."""
    told = map(_line, asked(case, journal))
    return tuple(sorted(told, key=lambda line: (not line.one_way, not (line.hurts or line.unknown))))


def asked(case: Case, journal: Journal) -> Sequence[Change]:
    """The changes of the plan that a digest is of; of a fence, which covers what is not known yet, those of the newest look."""
    waiting = case.awaiting
    if waiting is None:
        return ()
    if blob := next((p.blob for p in case.plans if p.digest == waiting.digest), ""):
        return CHANGES.validate_json(journal.blobs(blob))
    newest = next((wave for wave in reversed(case.waves) if wave.wave is waiting.wave and wave.blob), None)
    looked = APPLIED.validate_json(journal.blobs(newest.blob)) if newest else ()
    return [each.change for each in looked if each.outcome.status is Status.PLANNED]


def _line(change: Change) -> Line:
    return Line(
        does=ACTIONS[change.action].title,
        target=change.target.id,
        after=say(change.after),
        why=change.why,
        hurts=change.blast.others,
        unknown=not change.blast.known,
        one_way=not change.reversible,
    )


def page(case: Case, journal: Journal, now: datetime, called: str, deciding: Form, taking: Form, *, own: bool) -> str:
    """The page of one case for the person who is `called` so. `own`: they asked for it themselves, and may only refuse.

    `deciding` is where their decision is sent, `taking` that they have the page of it.
    """
    waiting = case.awaiting
    return _render(
        "question.html",
        case=case,
        asked=waiting,
        open=waiting is not None and now < waiting.expires,
        minutes=max(0, int((waiting.expires - now).total_seconds()) // 60) if waiting else 0,
        by=(case.asked_by or waiting.by) if waiting else "",
        lines=lines(case, journal),
        actions=[ACTIONS[name].title for name in sorted(waiting.envelope.actions)] if waiting and waiting.envelope else [],
        called=called,
        form=deciding,
        taking=taking,
        waits=opened(case, case, now),
        own=own,
    )


def listed(cases: Iterable[Case], now: datetime, called: str, to: str) -> str:
    """The page of all cases that ask something now or need a person besides; `to` is the address of one, without its id."""
    every = tuple(cases)
    asking = [case for case in every if case.awaiting and now < case.awaiting.expires]
    waiting = [(case, found) for case in every if case not in asking and (found := opened(case, case, now))]
    return _render("asking.html", cases=asking, waiting=waiting, called=called, to=to)


def told(title: str, happened: str, safe: str, steps: Sequence[str], links: Mapping[str, str]) -> str:
    """A page that says what happened, what is safe, and what to do next (`steps`, and `links`: address by words)."""
    return _render("told.html", title=title, happened=happened, safe=safe, steps=steps, links=links)


def style_hash() -> str:
    """The digest of the one style that the pages have, as a Content Security Policy names it (CSP Level 3, 2.3.1)."""
    return f"sha256-{base64.b64encode(sha256(_style().encode()).digest()).decode()}"


@cache
def _environment() -> Environment:
    loader = PackageLoader("shared.report")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_visible
    )
    environment.filters |= {
        "utc": lambda at: f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
        "spaced": lambda text: text.replace("_", " ").replace("-", " "),
    }
    return environment


def _visible(value: object) -> object:
    """What could turn around or hide what stands beside it is shown by its number: names are often the attacker's to choose."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return "".join(f"\\u{ord(each):04x}" if category(each) in {"Cc", "Cf"} and each != "\n" else each for each in value)


@cache
def _style() -> str:
    return _environment().get_template("page.css").render()


def _render(name: str, **values: object) -> str:
    return _environment().get_template(name).render(style=_style(), **values)
