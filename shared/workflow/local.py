"""The local driver: the whole workflow in one process, for the command line, drills and tests. A person is a prompt."""

import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from shared.domain.case import Case, Stage, Verdict
from shared.domain.errors import LeaseLost

from .deciding import decide
from .deps import Deps
from .run import Held, Outcome, hold, run_stage
from .step import FINAL

type Decide = Callable[[Case], tuple[str, bool] | None]
"""Shows a person what is asked; answers who decided and whether it was granted, or None: nobody is there to ask."""

type Progress = Callable[[Case, Outcome], None]
"""Called after every stage."""

POLL_SECONDS = 0.2

ANSWER_POLLS = 10
"""Looks at a question of another worker's before it counts as open: one that answers by itself does so within moments."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long this driver stays with a case before it leaves it to timers and people."""

    sweep_seconds: float = 2.0
    """the longest pause between sweeps that is waited for"""
    hold_seconds: float = 600.0
    """how long a held fence is tried in a row"""


def drive(case_id: str, deps: Deps, asks: Decide, progress: Progress, patience: Patience | None = None) -> Case:
    """Work on the case until it is done, asks in vain, or only has waiting left. Another worker's case is waited for.

    Returns the case as it stands. Raises what stages raise; the next worker goes on where this one stopped.
    """
    owner, asked = uuid.uuid4().hex, 0
    while True:
        # a worker that has lost its lease waits like any other
        with suppress(LeaseLost), hold(case_id, deps, owner) as held:
            if held is not None:
                return _work(held, deps, asks, progress, patience or Patience())
        case = deps.cases.load(case_id)
        asked = asked + 1 if case.verdict is Verdict.AWAITING_APPROVAL else 0
        if settled(case) and not 0 < asked < ANSWER_POLLS:
            return case
        deps.clock.sleep(POLL_SECONDS)


def settled(case: Case) -> bool:
    """Whether nobody needs to wait for another worker of this case any longer."""
    return case.verdict not in {Verdict.OPEN, Verdict.HELD}


def _work(held: Held, deps: Deps, asks: Decide, progress: Progress, patience: Patience) -> Case:
    case = held.load()
    held_since = deps.clock.monotonic()
    while case.verdict not in FINAL:
        at = run_stage(held, case.stage, deps)
        case = held.load()
        progress(case, at)
        if at.stage is None:
            break
        if at.stage is not Stage.HOLD and case.verdict is not Verdict.HELD:
            held_since = deps.clock.monotonic()
        if at.ask_seconds is not None:
            answer = asks(case)
            if answer is None or case.awaiting is None:
                break
            case = held.save(decide(case, deps, case.awaiting.digest, answer[0], granted=answer[1]))
        elif at.again_seconds is not None:
            waited = deps.clock.monotonic() - held_since
            longest = patience.hold_seconds - waited if case.verdict is Verdict.HELD else patience.sweep_seconds
            if at.again_seconds > longest:
                break
            deps.clock.sleep(at.again_seconds)
    return case
