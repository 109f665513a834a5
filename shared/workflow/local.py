"""The local driver: the whole workflow in one process, for the command line, drills and tests. A person is a prompt."""

import uuid
from collections.abc import Callable
from contextlib import suppress
from copy import replace
from dataclasses import dataclass

from shared.containment.parallel import NARROW, in_parallel
from shared.domain.case import Case, Stage, Verdict
from shared.domain.errors import LeaseLost

from . import migrating, paging
from .deciding import decide
from .deps import Deps
from .question import Decide, Question, Told
from .run import Held, Outcome, hold, run_stage
from .step import FINAL

type Progress = Callable[[Case, Outcome], None]
"""Called after every stage."""

POLL_SECONDS = 0.2

MOMENT = 0.5
"""Seconds for an answer that comes by itself; for a person's the lease is given back."""

ANSWER_POLLS = 10
"""Looks at a question of another worker's before it counts as open: one that answers by itself does so within moments."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long this driver stays with a case before it leaves it to timers and people."""

    sweep_seconds: float = 2.0
    """the longest pause between sweeps that is waited for"""
    hold_seconds: float = 600.0
    """how long a held fence is tried in a row"""
    answer_seconds: float = 300.0
    """the longest that an answer is waited for before the next sweep"""


def drive(
    case_id: str, deps: Deps, asks: Decide, progress: Progress, patience: Patience | None = None, told: Told = lambda _: None
) -> Case:
    """Work on the case until it is done, asks in vain, or only has waiting left. Another worker's case is waited for.

    While somebody thinks about a question (`asks`) the case is nobody's; `told` is for them.
    Returns the case as it stands. Raises what stages raise; the next worker goes on where this one stopped.
    """
    owner, asked, question, patience = uuid.uuid4().hex, 0, Question(asks, told), patience or Patience()
    rest: Rest | None = None
    while True:
        # a worker that has lost its lease waits like any other
        with suppress(LeaseLost):
            with hold(case_id, deps, owner) as held:
                after = _work(held, deps, question, progress, patience, rest) if held else None
            if after is not None:
                if after.look is None:
                    return after.case
                rest = after
                question.wait(after.look)
                continue
        case = deps.cases.load(case_id)
        asked = asked + 1 if case.verdict is Verdict.AWAITING_APPROVAL else 0
        if settled(case) and not 0 < asked < ANSWER_POLLS and not question.open(case):
            return case
        deps.clock.sleep(POLL_SECONDS)


def settled(case: Case) -> bool:
    """Whether nobody needs to wait for another worker of this case any longer."""
    return case.verdict not in {Verdict.OPEN, Verdict.HELD}


def _look(at: Outcome, patience: Patience) -> float:
    """When to look again beside a question: at the fence, or where there is none to be swept yet at the call list alone."""
    return patience.answer_seconds if at.again_seconds is None else min(at.again_seconds, patience.answer_seconds)


def _called(held: Held, deps: Deps) -> Case:
    """The case, once the next level of the call list is told where that is due."""
    if paging.due(held.load(), deps):
        held.save(paging.escalated(held.load(), deps))
    return held.load()


@dataclass(frozen=True, slots=True)
class Rest:
    """Where a worker gives the lease back. `look`: the seconds in which it looks again; None: this driver is done with the case.

    `sweeps`: whether there is something to be done then, whatever was answered.
    """

    case: Case
    look: float | None = None
    sweeps: bool = True


def _work(held: Held, deps: Deps, question: Question, progress: Progress, patience: Patience, rest: Rest | None) -> Rest:
    case, forgone = _decided(held, deps, question)
    if forgone:
        return Rest(case)
    if rest and not rest.sweeps and case.awaiting and case.stage is rest.case.stage:
        question.put(case)
        return replace(rest, case=_called(held, deps))
    held_since = deps.clock.monotonic()
    while case.verdict not in FINAL:
        at = run_stage(held, case.stage, deps)
        case = held.load()
        progress(case, at)
        if at.stage is None:
            break
        in_parallel(lambda part: migrating.work(part, deps), at.parts, width=NARROW)
        if at.stage is not Stage.HOLD and case.verdict is not Verdict.HELD:
            held_since = deps.clock.monotonic()
        if at.ask_seconds is not None:
            if rest := _asked(held, deps, question, at, _look(at, patience)):
                return rest
            case = held.load()
        elif at.again_seconds is not None:
            waited = deps.clock.monotonic() - held_since
            longest = patience.hold_seconds - waited if case.verdict is Verdict.HELD else patience.sweep_seconds
            if at.again_seconds > longest:
                break
            deps.clock.sleep(at.again_seconds)
    return Rest(case)


def _asked(held: Held, deps: Deps, question: Question, at: Outcome, look: float) -> Rest | None:
    """The question put; None where it is decided within a moment."""
    question.put(held.load())
    question.wait(min(MOMENT, look))
    case, forgone = _decided(held, deps, question)
    if forgone:
        return Rest(case)
    return Rest(case, look, sweeps=at.again_seconds is not None) if case.awaiting else None


def _decided(held: Held, deps: Deps, question: Question) -> tuple[Case, bool]:
    """The case with what was answered, and whether nobody decides it now."""
    case = held.load()
    answer = question.answered(case)
    if answer is None:
        return case, False
    if answer.decided is not None:
        by, granted = answer.decided
        case = held.save(decide(case, deps, answer.digest, by, granted=granted))
    question.end()
    return case, answer.decided is None
