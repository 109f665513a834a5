"""The local driver: the whole workflow in one process, for the command line, drills and tests. A person is a prompt."""

import uuid
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread

from shared.containment.parallel import NARROW, in_parallel
from shared.domain.case import Case, Stage, Verdict
from shared.domain.errors import LeaseLost

from . import migrating, paging
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
    answer_seconds: float = 300.0
    """the longest that an answer is waited for before the next sweep"""


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


def _look(at: Outcome, patience: Patience) -> float:
    """When to look again beside a question: at the fence, or where there is none to be swept yet at the call list alone."""
    return patience.answer_seconds if at.again_seconds is None else min(at.again_seconds, patience.answer_seconds)


def _called(held: Held, deps: Deps) -> Case:
    """The case, once the next level of the call list is told where that is due."""
    if paging.due(held.load(), deps):
        held.save(paging.escalated(held.load(), deps))
    return held.load()


type Answered = tuple[str, str, bool]
"""The digest that was decided about, who decided, and whether it was granted."""

LATER: Answered = ("", "", False)
"""Nobody has answered yet."""


class Question:
    """One question at a time, put to a person beside the work: nobody types as fast as a thief makes users."""

    def __init__(self) -> None:
        self._put: tuple[str, Future[tuple[str, bool] | None]] | None = None

    def answer(self, case: Case, asks: Decide, seconds: float) -> Answered | None:
        """What was answered within this time, or `LATER`; None where nobody is there to ask.

        An answer to what is not asked any more counts for nothing. Raises what asking raises.
        """
        if case.awaiting is None:
            return None
        digest, answer = self._put = self._put or (case.awaiting.digest, _beside(lambda: asks(case)))
        try:
            decided = answer.result(timeout=seconds)
        except TimeoutError:
            return LATER
        self._put = None
        if decided is None:
            return None
        return (digest, *decided) if digest == case.awaiting.digest else LATER


def _beside[T](ask: Callable[[], T]) -> Future[T]:
    """The answer, from a thread that no end of the program waits for: it may be at a terminal."""
    answer: Future[T] = Future()

    def run() -> None:
        try:
            answer.set_result(ask())
        except BaseException as error:  # noqa: BLE001  # whoever waits for the answer gets it
            answer.set_exception(error)

    Thread(target=run, daemon=True).start()
    return answer


def _work(held: Held, deps: Deps, asks: Decide, progress: Progress, patience: Patience) -> Case:
    case, question = held.load(), Question()
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
            answer = question.answer(case, asks, _look(at, patience))
            while answer is LATER and at.again_seconds is None:
                case = _called(held, deps)
                answer = question.answer(case, asks, _look(at, patience))
            if answer is None:
                break
            if answer is not LATER:
                case = held.save(decide(case, deps, answer[0], answer[1], granted=answer[2]))
        elif at.again_seconds is not None:
            waited = deps.clock.monotonic() - held_since
            longest = patience.hold_seconds - waited if case.verdict is Verdict.HELD else patience.sweep_seconds
            if at.again_seconds > longest:
                break
            deps.clock.sleep(at.again_seconds)
    return case
