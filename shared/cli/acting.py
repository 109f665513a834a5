"""Commands that act on an alert or a case: respond, plan, apply."""

import sys
from collections import Counter
from collections.abc import Callable
from copy import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, cast

import typer

from shared.domain.case import Case, Mode, Verdict
from shared.domain.errors import BadInput
from shared.intake.render import render
from shared.ports import Memory
from shared.report.summary import summary, turned
from shared.settings import load
from shared.workflow.asking import barred
from shared.workflow.deps import Deps
from shared.workflow.judging import Arrived, Judge, arrived
from shared.workflow.local import Patience, Progress, drive
from shared.workflow.question import Decide
from shared.workflow.taking_in import take_in

from . import output
from .desk import Direct, Stack, at
from .options import CaseId, Json, PolicyFile

type Summary = dict[str, object]

Event = Annotated[str, typer.Argument(metavar="FILE|-", help="An alert as its source sends it; - reads stdin.")]
Render = Annotated[bool, typer.Option("--render", help="Fill in relative times such as ${now-90s} first.")]
Yes = Annotated[bool, typer.Option("--yes", help="Approve, as yourself, whatever is asked.")]

Wait = Annotated[float, typer.Option("--wait", min=0, help="Seconds to go on trying while a fence is held.")]

HOLD_SECONDS = Patience().hold_seconds

AWAITING = output.EXITS[Verdict.AWAITING_APPROVAL]

MAX_BYTES = 64 * 1024 * 1024
"""An alert is far smaller; a larger file is something else."""


def respond(
    event: Event,
    json: Json = False,
    yes: Yes = False,
    policy: PolicyFile = None,
    render: Render = False,
    wait: Wait = HOLD_SECONDS,
) -> None:
    """Contain what an alert says, and keep on until it holds."""
    given = arrived(_bytes(event, rendered=render))
    deps = _watched(_deps(policy, yes=yes), json=json)
    drives = partial(_drive, deps=deps, asks=_asks(deps, json=json, yes=yes), patience=Patience(hold_seconds=wait), json=json)
    raise typer.Exit(_finish(_answers(given, deps, drives), json=json))


def plan(  # what a command is told
    event: Event,
    json: Json = False,
    policy: PolicyFile = None,
    render: Render = False,
    stack: Stack = "",
    direct: Direct = False,
) -> None:
    """Show what would be done about an alert. Writes to custody only; `approve` and `apply` go on from here."""
    if there := at(stack, direct=direct):
        raise typer.Exit(_handed(there.ask("plan", event=_bytes(event, rendered=render).decode()), json=json))
    given = arrived(_bytes(event, rendered=render))
    deps = _deps(policy)
    drives = partial(_drive, deps=deps, asks=lambda _: None, patience=Patience(), json=json)
    raise typer.Exit(_finish(_answers(given, deps, drives, Mode.ASK), json=json))


def apply(case: CaseId, json: Json = False, yes: Yes = False, policy: PolicyFile = None, wait: Wait = HOLD_SECONDS) -> None:
    """Go on with a case: after an approval, after a hold, after a crash."""
    deps = _watched(_deps(policy, yes=yes), json=json)
    patience = Patience(hold_seconds=wait)
    done = drive(case, deps, _asks(deps, json=json, yes=yes), _progress(json=json), patience, output.err.print)
    raise typer.Exit(_finish([_summary(done, deps)], json=json))


def _handed(said: Summary, *, json: bool) -> int:
    """What a deployed responder makes of an alert: its workflow plans, and asks; nothing is waited for."""
    if json:
        output.emit(said)
    else:
        for case in cast("list[str]", said["cases"]):
            output.out.print(f"{case}: its workflow plans and asks; see `codeblue status {case}`")
        for other in cast("list[Summary]", said["turned"]):
            output.show(other)
    return AWAITING if said["cases"] else 0


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (respond, plan, apply):
        app.command()(command)


def _deps(policy: Path | None, *, yes: bool = False) -> Deps:
    """`yes`: the caller answers for whatever is asked, unless the policy wants a second person even then."""
    from shared.bootstrap import deps

    made = deps(load(policy))
    return replace(made, beforehand=yes and made.policy.one_way.second_person != "always")


def _watched(deps: Deps, *, json: bool) -> Deps:
    return deps if json else replace(deps, watch=output.moving)


def _bytes(event: str, *, rendered: bool) -> bytes:
    try:
        content = sys.stdin.buffer.read(MAX_BYTES + 1) if event == "-" else Path(event).read_bytes()
    except OSError as error:
        raise BadInput(f"{event} can not be read: {error.strerror}") from None
    if len(content) > MAX_BYTES:
        raise BadInput(f"{event} is larger than any alert ({MAX_BYTES // 1024 // 1024} MiB)")
    return _rendered(content) if rendered else content


def _rendered(content: bytes) -> bytes:
    return render(content, datetime.now(UTC))


def _answers(given: Arrived, deps: Deps, drives: Callable[[Case], Summary], mode: Mode | None = None) -> list[Summary]:
    """One result a case, as it stands in the end, and one for each reason why records opened none."""
    judge = Judge(deps.policy, deps.exempt, _memory, automatic=False)
    found: dict[str, Summary] = {}
    alike: Counter[str] = Counter()
    for why, times in Counter(given.unreadable).items():
        output.err.print(f"codeblue: {times} of the records can not be read: {why}")
    for admitted in take_in(given, judge, deps, automatic=False, mode=mode):
        if isinstance(admitted, Case):
            found[admitted.id] = drives(admitted)
        else:
            about = f"{admitted.verdict}|{admitted.about or admitted.reason}"
            alike[about] += 1
            more = f" ({alike[about]} records alike)" if alike[about] > 1 else ""
            found[about] = turned(admitted.verdict, admitted.reason + more, admitted.left)
    return list(found.values())


def _memory() -> Memory:
    """Of patterns within one input: nothing is known of what was handed over before."""
    from shared.adapters.memory.windows import BoundedMemory

    return BoundedMemory()


def _drive(case: Case, deps: Deps, asks: Decide, patience: Patience, *, json: bool) -> Summary:
    return _summary(drive(case.id, deps, asks, _progress(json=json), patience, output.err.print), deps)


def _summary(case: Case, deps: Deps) -> dict[str, object]:
    return summary(case, deps.journal(case.id), deps.place)


def _asks(deps: Deps, *, json: bool, yes: bool) -> Decide:
    """Who decides: the caller by `--yes`, a person at the terminal, or nobody."""
    if yes:
        return lambda case: None if barred(case, deps, deps.caller) else (deps.caller, True)
    # who can not see the plan is not asked about it; and only a terminal's own line is safe to leave while somebody types
    if json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return lambda _: None
    return lambda case: _prompt(case, deps)


def _prompt(case: Case, deps: Deps) -> tuple[str, bool] | None:
    output.show(_summary(case, deps))
    digest = case.awaiting.digest if case.awaiting else ""
    if why := barred(case, deps, deps.caller):
        output.err.print(why)
    yes = "" if why else "type the first 8 digits of the digest to approve, "
    answer = typer.prompt(f"{yes}`refuse`, or press Enter to decide later", default="")
    if answer == "refuse":
        return deps.caller, False
    return (deps.caller, True) if yes and answer and answer == digest[:8] else None


def _progress(*, json: bool) -> Progress:
    return (lambda _case, _at: None) if json else output.progress()


def _finish(results: list[dict[str, object]], *, json: bool) -> int:
    for result in results:
        (output.emit if json else output.show)(result)
    codes = {output.EXITS.get(Verdict(str(r["status"])), 1) for r in results}
    return next(code for code in output.WORST if code in codes)
