"""AWS Lambda: one stage of one case. What travels is the case's id and a stage's name, never health data."""

import math

from aws_lambda_powertools.utilities.typing import LambdaContext

from shared.domain.case import Stage
from shared.domain.errors import LeaseLost
from shared.domain.value import Value
from shared.workflow.deps import Deps
from shared.workflow.run import Held, Outcome, hold, run_stage
from shared.workflow.stages import STEPS
from shared.workflow.step import FINAL

from . import environment

BUSY_SECONDS = 1.0
"""When to try again where another worker has the case."""


class Task(Value):
    """What the state machine asks for. `failed`: the stage that could not be run, in whose place this one runs."""

    case: str
    stage: Stage
    failed: Stage | None = None


def handler(event: dict[str, object], context: LambdaContext) -> dict[str, object]:
    """Entry point: `{"case", "stage"}`; answers as `answered`. Raises `ValueError` for a stage of another function's power."""
    task, power = Task.model_validate(event), environment.settings().power
    if power and STEPS[task.stage].power is not power:
        raise ValueError(f"{task.stage} is no stage of the power {power}")
    return answered(run(task, environment.ready(), context.aws_request_id))


def answered(outcome: Outcome) -> dict[str, object]:
    """`{"case", "stage", "ask", "wait"}`: what the state machine decides by; `wait` in whole seconds, 0 to go on at once."""
    pauses = [seconds for seconds in (outcome.ask_seconds, outcome.again_seconds) if seconds is not None]
    return {
        "case": outcome.case,
        "stage": outcome.stage,
        "ask": outcome.ask_seconds is not None,
        "wait": math.ceil(min(pauses)) if pauses else 0,
    }


def run(task: Task, deps: Deps, owner: str) -> Outcome:
    """Run the stage under a lease, or say when to try again: where another worker has the case, or took it meanwhile.

    A case with which nothing more is done by itself is left alone. Raises what the stage raises.
    """
    try:
        with hold(task.case, deps, owner) as held:
            if held is not None:
                return _ran(held, task, deps)
    except LeaseLost:
        pass
    return Outcome(task.case, task.stage, again_seconds=BUSY_SECONDS)


def _ran(held: Held, task: Task, deps: Deps) -> Outcome:
    case = held.load()
    if case.verdict in FINAL:
        return Outcome(case.id, None)
    if task.failed and case.stage is task.failed:
        held.save(case.but(stage=task.stage))
    return run_stage(held, task.stage, deps)
