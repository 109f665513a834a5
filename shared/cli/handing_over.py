"""`codeblue handover`: a shift's hand-over on one screen."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from shared.domain.duration import duration
from shared.domain.errors import BadInput
from shared.report.handover import handover as handed_over
from shared.settings import load

from . import output
from .desk import Direct, Stack, at
from .options import Json, PolicyFile

Since = Annotated[str, typer.Option("--since", help="How long the shift was: 12h, 90m, 2d.")]


def handover(
    since: Since = "12h", json: Json = False, policy: PolicyFile = None, stack: Stack = "", direct: Direct = False
) -> None:
    """What the next person on call has to know: what is open, waits, was done and may hurt whom, and who is called."""
    there = at(stack, direct=direct)
    found = there.ask("handover", since=since) if there else _here(since, policy)
    if json:
        output.emit(found)
    else:
        show(found)


def _here(since: str, policy: Path | None) -> dict[str, Any]:
    """The same, read from custody. Raises `BadInput`, `NotReady`."""
    from shared.adapters.local.clock import SystemClock
    from shared.bootstrap import custody

    try:
        span = duration(since)
    except ValueError as why:
        raise BadInput(f"--since is {why}") from None
    rules, clock = load(policy), SystemClock()
    kept, now = custody(rules, clock), clock.now()
    return handed_over(kept.cases, kept.journal(clock), rules.paging, now - span, now)


def show(found: Mapping[str, Any]) -> None:
    """One screen, what hurts first: whoever reads it is tired, and the next person is not awake yet."""
    output.out.print(f"hand-over of {_time(found['at'])}, since {_time(found['since'])}")
    if found["paused"]:
        output.out.print("PAUSED: no case changes anything until `codeblue resume`")
    _section(
        "open cases", "none", (f"{c['case']}: {c['status']}, at {c['stage']}: {c['event']} {c['actor']}" for c in found["open"])
    )
    _section("pages", "none is open", (_page(line) for line in found["pages"]))
    _section("waiting for people", "nothing", (_waiting(line) for line in found["waiting"]))
    _section("stands, and may hurt others", "nothing", (_fence(line) for line in found["fences"]))
    _section("done", "nothing", (f"{_time(line['at'])} {line['case']}: {line['what']}" for line in found["done"]))
    _section("call list", "nobody", (_call(line) for line in found["call_list"]))


def _section(title: str, empty: str, lines: Iterable[str]) -> None:
    text = list(lines)
    output.out.print(f"\n{title}: {'' if text else empty}")
    for line in text:
        output.out.print(f"  {line}")


def _page(line: Mapping[str, Any]) -> str:
    """Who has it, or when who else is called."""
    said = f"{line['case']}: {line['subject']}, since {_time(line['since'])}"
    if line["acknowledged_by"]:
        return f"{said}: {line['acknowledged_by']} has it"
    following = f"; level {line['next_level']} is told at {_time(line['next_at'])}" if line["next_at"] else ""
    return f"{said}: NOBODY HAS IT{following}\n    {line['next']}"


def _waiting(line: Mapping[str, Any]) -> str:
    until = f", until {_time(line['until'])}" if line["until"] else ""
    return f"{line['case']}: {line['what']}\n    for {line['whom']}{until}: {line['next']}"


def _fence(line: Mapping[str, Any]) -> str:
    return f"{line['case']}: {line['does']}: {output.short(line['target'])}\n    it hurts: {line['hurts']}\n    {line['next']}"


def _call(line: Mapping[str, Any]) -> str:
    return f"{line['level']}. {line['to']}{f', for {line["wait_seconds"] / 60:g} min' if line['wait_seconds'] else ''}"


def _time(moment: str) -> str:
    return f"{datetime.fromisoformat(moment):%Y-%m-%d %H:%M} UTC"


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(handover)
