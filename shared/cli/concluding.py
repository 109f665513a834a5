"""Commands that end a case: close, reconsider."""

import uuid
from collections.abc import Callable
from pathlib import Path

import typer

from shared.domain.case import Case
from shared.domain.errors import LeaseLost
from shared.report.summary import summary
from shared.settings import load
from shared.workflow import concluding
from shared.workflow.deps import Deps
from shared.workflow.local import drive
from shared.workflow.run import hold

from . import output
from .options import CaseId, Json, PolicyFile

TRIES = 30
"""Half seconds to wait for another worker's stage to end."""


def close(case: CaseId, json: Json = False, policy: PolicyFile = None) -> None:
    """Seal a case that holds, now: its last entry, a signed checkpoint, the witness. The sweeps end with it."""
    _conclude(case, policy, concluding.close, json=json)
    if not json:
        output.out.print(f"sealed; its report: `codeblue report {case} --out DIR`, its proof: `codeblue audit {case}`")


def reconsider(case: CaseId, json: Json = False, policy: PolicyFile = None) -> None:
    """Think of the lasting denies and of the old keys again, by what the record of requests shows now."""
    _conclude(case, policy, concluding.reconsider, json=json)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (close, reconsider):
        app.command()(command)


def _conclude(case: str, policy: Path | None, decision: Callable[[Case, Deps, str], Case], *, json: bool) -> None:
    from shared.bootstrap import deps as made

    deps = made(load(policy))
    _decide(case, deps, decision)
    done = drive(case, deps, lambda _: None, lambda _case, _at: None)
    result = summary(done, deps.journal(case), deps.place)
    (output.emit if json else output.show)(result)


def _decide(case: str, deps: Deps, decision: Callable[[Case, Deps, str], Case]) -> None:
    for _ in range(TRIES):
        with hold(case, deps, uuid.uuid4().hex) as held:
            if held is not None:
                held.save(decision(held.load(), deps, deps.caller))
                return
        deps.clock.sleep(0.5)
    raise LeaseLost(f"case {case} is being worked on; try again in a few seconds, or `codeblue pause` first")
