"""One stage of one case, as a driver with workers asks for it. What travels is the case and a stage by name, never health data."""

import math
from contextlib import suppress

from shared.domain.case import Stage
from shared.domain.errors import LeaseLost
from shared.domain.value import Value

from .deps import Deps
from .run import Held, Outcome, hold, run_stage
from .stages import STEPS
from .step import FINAL

BUSY_SECONDS = 1.0
"""When to try again where another worker has the case."""

TURNS = 2
"""Whoever finds another one's entry in the middle, after a lease that ran out, tries once more with the record as it is then."""


class Task(Value):
    """What a driver asks for. `failed`: the stage that could not be run, in whose place this one runs if the table says so."""

    case: str
    stage: Stage
    failed: Stage | None = None


def run(task: Task, deps: Deps, owner: str) -> Outcome:
    """Run the stage under a lease, or say when to try again: where another worker has the case, or took it meanwhile.

    A case with which nothing more is done by itself is left alone. Raises what the stage raises.
    """
    for _ in range(TURNS):
        with suppress(LeaseLost), hold(task.case, deps, owner) as held:
            return _ran(held, task, deps) if held is not None else _busy(task)
    return _busy(task)


def pause(outcome: Outcome) -> int:
    """Whole seconds to wait after this, 0 to go on at once. With a question and a next look, whichever comes first."""
    pauses = [seconds for seconds in (outcome.ask_seconds, outcome.again_seconds) if seconds is not None]
    return math.ceil(min(pauses)) if pauses else 0


def _busy(task: Task) -> Outcome:
    return Outcome(task.case, task.stage, again_seconds=BUSY_SECONDS)


def _ran(held: Held, task: Task, deps: Deps) -> Outcome:
    case = held.load()
    if case.verdict in FINAL:
        return Outcome(case.id, None)
    if task.failed and case.stage is task.failed and _gives_way(task.failed, task.stage):
        held.save(case.but(stage=task.stage))
    return run_stage(held, task.stage, deps)


def _gives_way(failed: Stage, instead: Stage) -> bool:
    """Whether this failure leads there: else a worker of one power could be sent past people, to any stage of its own."""
    return failed in STEPS and STEPS[failed].fails_to is instead
