"""AWS Lambda: one stage of one case. What travels is the case's id and a stage's name, never health data."""

from dataclasses import asdict

from aws_lambda_powertools.utilities.typing import LambdaContext

from shared.domain.case import Stage
from shared.domain.errors import LeaseLost
from shared.domain.value import Value
from shared.workflow.deps import Deps
from shared.workflow.run import Outcome, hold, run_stage

from . import environment

BUSY_SECONDS = 1.0
"""When to try again where another worker has the case."""


class Task(Value):
    """What the state machine asks for."""

    case: str
    stage: Stage


def handler(event: dict[str, object], context: LambdaContext) -> dict[str, object]:
    """Entry point: `{"case", "stage"}`; answers `{"case", "stage", "ask_seconds", "again_seconds"}`."""
    return asdict(run(Task.model_validate(event), environment.ready(), context.aws_request_id))


def run(task: Task, deps: Deps, owner: str) -> Outcome:
    """Run the stage under a lease, or say when to try again: where another worker has the case, or took it meanwhile.

    Raises what the stage raises.
    """
    try:
        with hold(task.case, deps, owner) as held:
            if held is not None:
                return run_stage(held, task.stage, deps)
    except LeaseLost:
        pass
    return Outcome(task.case, task.stage, again_seconds=BUSY_SECONDS)
