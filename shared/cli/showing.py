"""Commands that show: status, cases, actions."""

import time
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from shared.containment.actions import ACTIONS
from shared.domain.case import Verdict
from shared.report.lines import of_case
from shared.report.summary import summary
from shared.settings import load
from shared.workflow.local import settled

from . import output
from .desk import Direct, Stack, at
from .options import CaseId, Json, PolicyFile

Follow = Annotated[bool, typer.Option("--follow", help="Go on showing until the case settles.")]


def status(  # what a command is told
    case: CaseId, follow: Follow = False, json: Json = False, policy: PolicyFile = None, stack: Stack = "", direct: Direct = False
) -> None:
    """Where a case stands: what was done, what is left, what is asked."""
    there = at(stack, direct=direct)
    look = partial(there.ask, "status", case=case) if there else partial(_here, case, policy)
    found = look()
    while follow and not found["settled"]:
        time.sleep(1)
        found = look()
    if json:
        output.emit(found["summary"])
    else:
        output.show(found["summary"], unfinished=found["open"])


def _here(case: str, policy: Path | None) -> dict[str, Any]:
    """`{summary, open, settled}`, read from custody."""
    from shared.adapters.local.clock import SystemClock
    from shared.bootstrap import custody

    clock = SystemClock()
    kept = custody(load(policy), clock)
    found = kept.cases.load(case)
    content = summary(found, kept.journal(clock)(case), kept.place)
    return {"summary": content, "open": found.verdict is Verdict.OPEN, "settled": settled(found)}


def cases(json: Json = False, policy: PolicyFile = None, stack: Stack = "", direct: Direct = False) -> None:
    """Every case, newest first."""
    from shared.adapters.local.clock import SystemClock
    from shared.bootstrap import custody

    there = at(stack, direct=direct)
    found = there.ask("cases")["cases"] if there else list(map(of_case, custody(load(policy), SystemClock()).cases.all()))
    if json:
        for line in found:
            output.emit(line)
        return
    output.out.print(_listed(found) if found else "no case")


def _listed(found: Iterable[Mapping[str, object]]) -> Table:
    """The cases, nothing of them cut off however narrow the terminal is: their ids are typed again."""
    table = Table(box=None, pad_edge=False)
    for name in ("case", "opened", "status", "stage", "event", "actor"):
        table.add_column(name, no_wrap=name in {"case", "status"}, overflow="fold")
    for line in found:
        table.add_row(*(str(value) for value in line.values()))
    return table


def actions(json: Json = False) -> None:
    """What this program can do to a cloud: who it can hurt, how it is undone, which permissions it needs."""
    from shared.bootstrap import permissions

    for action in ACTIONS.values():
        reads, writes = permissions(action)
        line = {
            "action": action.name,
            "does": action.title,
            "wave": action.wave.value,
            "targets": sorted(action.targets),
            "hurts": action.hurts,
            "undone": action.undone,
            "citation": action.citation,
            "reads": sorted(reads),
            "writes": sorted(writes),
        }
        if json:
            output.emit(line)
        else:
            output.out.print(f"{action.name}: {action.title} ({action.wave}; {action.citation})")
            output.out.print(f"  can hurt: {action.hurts}\n  undone: {action.undone}\n  needs: {', '.join(sorted(reads | writes))}")


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (status, cases, actions):
        app.command()(command)
