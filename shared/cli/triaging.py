"""What arrived, judged: `codeblue triage`."""

import io
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer
from rich.table import Table as Grid

from shared.domain.errors import BadInput
from shared.settings import load

from . import output
from .options import Json, PolicyFile

if TYPE_CHECKING:
    from shared.triage.running import Input, Line, Triage

Paths = Annotated[
    list[str], typer.Argument(metavar="PATH…|-", help="Files and folders of alerts in any form that clouds send; - reads stdin.")
]
Now = Annotated[
    str | None, typer.Option("--now", metavar="TIME", help="What counts as now (ISO 8601); else the newest event's time.")
]
Render = Annotated[bool, typer.Option("--render", help="Fill in relative times such as ${now-90s} first.")]
Drill = Annotated[bool, typer.Option("--drill", help="Take samples for real.")]

IN_MEMORY = 64 * 1024 * 1024
"""Of stdin, which cannot be read twice: of what is larger, now is the newest time so far, unless --now says otherwise."""

SHOWN = 40
"""Cases that people are shown; all of them stand in --json."""


def triage(
    paths: Paths, json: Json = False, now: Now = None, policy: PolicyFile = None, render: Render = False, drill: Drill = False
) -> None:
    """Say of every record whether to act on it, to watch it or to drop it, why, and to which case it belongs. Changes nothing."""
    from shared.adapters.memory.windows import BoundedMemory
    from shared.triage.running import Triage

    given, twice = _inputs(paths)
    if render:
        given = [each._replace(open=partial(_rendered, each.open)) for each in given]
    judge = Triage(load(policy), BoundedMemory(), _now(now, given, twice=twice), drill=drill)
    if json:
        _print(judge.lines(given))
        _print([{"merged": judge.merged}])
    else:
        _summary(judge, given)


def _inputs(paths: Iterable[str]) -> tuple[list["Input"], bool]:
    """What to read, and whether all of it can be read twice."""
    from shared.intake.reading import Joined
    from shared.triage.running import Input, inputs

    given: list[Input] = []
    twice = True
    for name in paths:
        if name == "-":
            head = sys.stdin.buffer.read(IN_MEMORY + 1)
            twice = len(head) <= IN_MEMORY
            given.append(Input("-", partial(io.BytesIO, head) if twice else partial(Joined, head, sys.stdin.buffer)))
        elif (path := Path(name)).exists():
            given += inputs([path])
        else:
            raise BadInput(f"{name}: there is no such file or folder")
    return given, twice


def _rendered(opening: Callable[[], BinaryIO]) -> BinaryIO:
    from shared.intake.render import render

    with opening() as stream:
        return io.BytesIO(render(stream.read(IN_MEMORY), datetime.now(UTC)))


def _now(words: str | None, given: list["Input"], *, twice: bool) -> float | None:
    from shared.intake.moments import seconds
    from shared.triage.running import newest

    if words is None:
        return newest(given) if twice else None
    found = seconds(words)
    if found is None:
        raise BadInput(f"--now {words}: no time; write it as 2026-11-21T12:00:00Z")
    return found


def _print(objects: Iterable["Line | dict[str, dict[str, str]]"]) -> None:
    from msgspec.json import Encoder

    encode = Encoder().encode
    for each in objects:
        sys.stdout.write(encode(each).decode() + "\n")
    sys.stdout.flush()


def _summary(judge: "Triage", given: list["Input"]) -> None:
    """For people: how many records of each source came to what, which cases there are, what could not be read."""
    counts: Counter[tuple[str, str]] = Counter()
    cases: dict[str, list[Line]] = {}
    for line in judge.lines(given):
        counts[line.source or "(unreadable)", line.decision] += 1
        if line.decision == "act" and line.case and len(cases.setdefault(line.case, [])) < SHOWN:
            cases[line.case].append(line)
    output.out.print(_table(counts))
    for young, old in judge.merged.items():
        cases[old] = cases.get(old, []) + cases.pop(young, [])
    for name, lines in list(cases.items())[:SHOWN]:
        _show_case(name, lines)
    if len(cases) > SHOWN:
        output.out.print(f"and {len(cases) - SHOWN} more cases: --json has them all", emoji=False)


def _table(counts: Counter[tuple[str, str]]) -> Grid:
    grid = Grid("source", "act", "watch", "drop", "unreadable", box=None, pad_edge=False)
    for source in sorted({source for source, _ in counts}):
        grid.add_row(source, *(str(counts[source, decision] or "") for decision in ("act", "watch", "drop", "unreadable")))
    return grid


def _show_case(name: str, lines: list["Line"]) -> None:
    who = ", ".join(dict.fromkeys(line.actor or "nobody named" for line in lines))
    output.out.print(f"\n{name}: {who}", emoji=False)
    for line in lines:
        output.out.print(
            f"  {line.rule}: {line.event} on {', '.join(line.resources[:3]) or 'nothing named'} ({line.file} {line.index})"
        )
        output.out.print(f"    {line.reason}", emoji=False)


def add_to(app: typer.Typer) -> None:
    """Register these commands."""
    app.command()(triage)
