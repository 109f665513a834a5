"""Commands by which people decide: approve, acknowledge, rollback, release, pause, resume, note."""

import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from shared.domain.case import Case, Verdict
from shared.domain.errors import BadInput, LeaseLost
from shared.report.lines import of_taken, of_undo
from shared.report.summary import summary
from shared.settings import load
from shared.workflow import deciding
from shared.workflow.acknowledging import acknowledge as take
from shared.workflow.deps import Deps
from shared.workflow.run import hold

from . import output
from .desk import Direct, Stack, at
from .options import CaseId, Digest, Json, PolicyFile

type Plans = Callable[[Case, Deps], deciding.Undo]

Refuse = Annotated[bool, typer.Option("--refuse", help="Say no: the case then only observes.")]
Target = Annotated[str, typer.Argument(metavar="TARGET", help="The resource, by identifier or name.")]
Text = Annotated[str, typer.Argument(metavar="TEXT", help="Kept encrypted in the record; `-` reads stdin.")]
MaybeDigest = Annotated[str, typer.Option("--digest", help="The digest shown; without it only the plan is shown.")]


def approve(  # what a command is told
    case: CaseId,
    digest: Digest,
    refuse: Refuse = False,
    json: Json = False,
    policy: PolicyFile = None,
    stack: Stack = "",
    direct: Direct = False,
) -> None:
    """Decide what a case asks; `codeblue apply`, or the deployed workflow, then goes on with it."""
    if there := at(stack, direct=direct):
        words = there.decide(case, digest, granted=not refuse)
        output.emit({"case": case, "message": words}) if json else output.out.print(words)
        return
    _decide(case, policy, lambda c, deps: deciding.decide(c, deps, digest, deps.caller, granted=not refuse), json=json)


def acknowledge(case: CaseId, json: Json = False, policy: PolicyFile = None, stack: Stack = "", direct: Direct = False) -> None:
    """Take the page of a case: on record under your name, and nobody else is called. It decides nothing."""
    if there := at(stack, direct=direct):
        said = there.ask("acknowledge", case=case)
    else:
        deps = _deps(policy)
        said = of_taken(take(case, deps, deps.caller))
    output.emit(said) if json else output.out.print(said["message"])


def rollback(  # what a command is told
    case: CaseId,
    digest: MaybeDigest = "",
    json: Json = False,
    policy: PolicyFile = None,
    stack: Stack = "",
    direct: Direct = False,
) -> None:
    """Undo a case, but for what names the actor alone. Without --digest: show what would be undone."""
    if there := at(stack, direct=direct):
        if digest:
            raise BadInput("no function may undo everything: a rollback is shown by the stack, and done with --direct")
        output.emit(there.ask("rollback", case=case))
        raise typer.Exit(5)
    _undo(case, policy, digest, deciding.rollback_plan, json=json, whole=True)


def release(case: CaseId, target: Target, digest: MaybeDigest = "", json: Json = False, policy: PolicyFile = None) -> None:
    """Undo everything on one target, and leave it alone from now on. Without --digest: show what would be undone."""
    _undo(case, policy, digest, lambda c, deps: deciding.release_plan(c, deps, target), json=json, whole=False)


def pause(json: Json = False, policy: PolicyFile = None) -> None:
    """Stop all automatic action, of every case, until `resume`. Works when nothing else does: it is one write."""
    deps = _deps(policy)
    deps.cases.pause(deps.caller)
    _say("paused: no case changes anything until `codeblue resume`; what was written stays", json=json, paused=True)


def resume(json: Json = False, policy: PolicyFile = None) -> None:
    """Allow automatic action again."""
    deps = _deps(policy)
    deps.cases.resume(deps.caller)
    _say("resumed", json=json, paused=False)


def note(case: CaseId, text: Text, json: Json = False, policy: PolicyFile = None) -> None:
    """Put a person's words on record."""
    words = sys.stdin.read() if text == "-" else text

    def write(found: Case, deps: Deps) -> Case:
        deciding.note(found, deps, words, deps.caller)
        return found

    _decide(case, policy, write, json=json)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (approve, acknowledge, rollback, release, pause, resume, note):
        app.command()(command)


def _deps(policy: Path | None) -> Deps:
    from shared.bootstrap import deps

    return deps(load(policy))


def _undo(
    case: str, policy: Path | None, digest: str, plan: Callable[[Case, Deps], deciding.Undo], *, json: bool, whole: bool
) -> None:
    deps = _deps(policy)
    if not digest:
        wanted = plan(deps.cases.load(case), deps)
        if not json:
            output.show_undo(wanted)
        else:
            output.emit(of_undo(case, wanted))
        raise typer.Exit(5)
    _decide_with(case, deps, lambda c, d: deciding.undo(c, d, plan(c, d), digest, d.caller, whole=whole), json=json)


def _decide(case: str, policy: Path | None, decision: Callable[[Case, Deps], Case], *, json: bool) -> None:
    _decide_with(case, _deps(policy), decision, json=json)


def _decide_with(case: str, deps: Deps, decision: Callable[[Case, Deps], Case], *, json: bool) -> None:
    """Make the decision under the case's lease, and show the case."""
    for _ in range(TRIES):
        with hold(case, deps, uuid.uuid4().hex) as held:
            if held is not None:
                saved = held.save(decision(held.load(), deps))
                break
        deps.clock.sleep(0.5)
    else:
        raise LeaseLost(f"case {case} is being worked on; try again in a few seconds, or `codeblue pause` first")
    result = summary(saved, deps.journal(case), deps.place)
    if json:
        output.emit(result)
    else:
        output.show(result, unfinished=saved.verdict is Verdict.OPEN)


TRIES = 30
"""Half seconds to wait for another worker's stage to end."""


def _say(words: str, *, json: bool, paused: bool) -> None:
    if json:
        output.emit({"paused": paused})
    else:
        output.out.print(words)
