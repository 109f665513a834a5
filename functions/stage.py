"""AWS Lambda: one stage of one case. What travels is the case's id and a stage's name, never health data."""

import os
from typing import TYPE_CHECKING

from shared.bootstrap.on_aws import ADAPTERS
from shared.workflow.run import Outcome
from shared.workflow.stages import STEPS
from shared.workflow.tasks import Task, pause, run

from . import environment

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

SNAPSHOT = (ADAPTERS, next((step.load() for step in STEPS.values() if step.power == os.environ.get("CODEBLUE_POWER")), None))
"""What every first call needs, and what a worker of this power is first asked for: both lie in its snapshot (SnapStart)."""


def handler(event: dict[str, object], context: "LambdaContext") -> dict[str, object]:
    """Entry point: `{"case", "stage"}`; answers as `answered`. Raises `ValueError` for a stage of another function's power."""
    task, power = Task.model_validate(event), environment.settings().power
    if power and STEPS[task.stage].power is not power:
        raise ValueError(f"{task.stage} is no stage of the power {power}")
    return answered(run(task, environment.ready(), context.aws_request_id))


def answered(outcome: Outcome) -> dict[str, object]:
    """`{"case", "stage", "ask", "wait"}`: what the state machine decides by; `wait` as `pause`."""
    asks = outcome.ask_seconds is not None
    return {"case": outcome.case, "stage": outcome.stage, "ask": asks, "wait": pause(outcome)}
