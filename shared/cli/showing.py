"""Commands that show: status, cases, actions."""

import time
from typing import Annotated

import typer
from rich.table import Table

from shared.containment.actions import ACTIONS
from shared.domain.case import Case, Verdict
from shared.report.summary import summary
from shared.settings import load
from shared.workflow.local import settled

from . import output
from .options import CaseId, Json, PolicyFile

Follow = Annotated[bool, typer.Option("--follow", help="Go on showing until the case settles.")]


def status(case: CaseId, follow: Follow = False, json: Json = False, policy: PolicyFile = None) -> None:
    """Where a case stands: what was done, what is left, what is asked."""
    from shared.adapters.local.clock import SystemClock
    from shared.bootstrap import custody

    clock = SystemClock()
    kept = custody(load(policy), clock)
    found = kept.cases.load(case)
    while follow and not settled(found):
        time.sleep(1)
        found = kept.cases.load(case)
    result = summary(found, kept.journal(clock)(case), kept.place)
    if json:
        output.emit(result)
    else:
        output.show(result, unfinished=found.verdict is Verdict.OPEN)


def cases(json: Json = False, policy: PolicyFile = None) -> None:
    """Every case, newest first."""
    from shared.adapters.local.clock import SystemClock
    from shared.bootstrap import custody

    found = custody(load(policy), SystemClock()).cases.all()
    if json:
        for case in found:
            output.emit(_line(case))
        return
    table = Table("case", "opened", "status", "stage", "event", "actor", box=None, pad_edge=False)
    for case in found:
        table.add_row(*(str(value) for value in _line(case).values()))
    output.out.print(table if found else "no case")


def _line(case: Case) -> dict[str, object]:
    return {
        "case": case.id,
        "opened": case.opened.isoformat(timespec="seconds"),
        "status": case.verdict.value,
        "stage": case.stage.value,
        "event": case.signal.event,
        "actor": str(case.signal.actor or ""),
    }


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
