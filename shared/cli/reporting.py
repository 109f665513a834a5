"""`codeblue report`: the evidence pack as a file that a browser and a printer can read, and as JSON."""

import json as json_
from pathlib import Path
from typing import Annotated, Any

import typer

from shared.adapters.local.clock import SystemClock
from shared.domain.case import Stage
from shared.report.facts import Pack
from shared.report.html import render
from shared.report.pack import pack
from shared.report.summary import summary
from shared.settings import load

from . import output
from .desk import Direct, Stack, at
from .options import CaseId, Json, PolicyFile

Out = Annotated[Path, typer.Option("--out", help="The folder to write report.html and case.json to.")]


def report(  # what a command is told
    case: CaseId, out: Out = Path(), json: Json = False, policy: PolicyFile = None, stack: Stack = "", direct: Direct = False
) -> None:
    """Write the evidence pack of a case: report.html, which needs nothing but a browser, and case.json, which --json prints too."""
    there = at(stack, direct=direct)
    said = there.ask("report", case=case) if there else _here(case, policy)
    content = Pack.model_validate_json(json_.dumps(said["evidence"]))
    out.mkdir(parents=True, exist_ok=True)
    page = out / "report.html"
    page.write_text(render(content), encoding="utf-8")
    facts = {**said["summary"], "report": str(page), "evidence": said["evidence"]}
    (out / "case.json").write_text(json_.dumps(facts, indent=2), encoding="utf-8")
    if json:
        output.emit(facts)
    else:
        output.out.print(f"{page}: open it in a browser, or print it")


def _here(case: str, policy: Path | None) -> dict[str, Any]:
    """`{summary, evidence}`, read from custody."""
    from shared.bootstrap import audited, custody

    rules, clock = load(policy), SystemClock()
    kept = custody(rules, clock)
    found, journal = kept.cases.load(case), kept.journal(clock)(case)
    checked = audited(case, rules, open_case=found.stage is not Stage.CLOSE, public_key=None, folder=None)
    content = pack(found, journal, kept.place, checked, clock.now())
    return {"summary": summary(found, journal, kept.place), "evidence": content.model_dump(mode="json")}


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(report)
