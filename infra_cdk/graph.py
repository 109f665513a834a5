"""The response workflow as a state machine (Amazon States Language), generated from the table of stages.

For every stage: its task; what its answer says (`functions.stage.answered`): the end, a question, a pause, or the next stage; and
where a worker's death leads. What travels is the case's id, a stage's name, and how often the execution has gone round.

Rules
1. From a stage the machine goes only where the table says, `fails_to` included. Where people have moved the case meanwhile (an
   approval, a rollback), the stage is looked up by the name that the case has now.
2. A question that nobody answers in time leads on as the table says; time never consents.
3. A history ends at 25,000 events ("Step Functions quotas"): after `ROUNDS` stages another execution goes on in its place.
"""

import json
from collections.abc import Iterable
from typing import Any

from shared.adapters.aws.executions import MARK
from shared.domain.case import Stage
from shared.workflow.stages import FIRST, STEPS, Step

type State = dict[str, Any]
"""Any: a state in the language's own JSON."""

ROUNDS = 800
"""Stages in one execution: each is some 20 events, retries aside."""

SAME_AGAIN_SECONDS, OTHER_SECONDS, UNHEARD_SECONDS = 300, 2, 60
"""After a worker's death: before the same stage, before the one that takes its place; and where a question could not be put."""

LONGEST_SECONDS = 960
"""A function ends after 900 s; a call that has not come back by then does not come back."""

RETRY: State = {
    "ErrorEquals": [
        "Lambda.TooManyRequestsException",
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.Unknown",
        "Throttled",
        "Unreachable",
    ],
    "IntervalSeconds": 1,
    "BackoffRate": 2,
    "MaxAttempts": 6,
    "MaxDelaySeconds": 30,
    "JitterStrategy": "FULL",
}
"""Errors that go away: the service's own, and a cloud that does not answer now (`shared.domain.errors`)."""

BEGIN, MOVED, ANEW, DONE, FAILED = "begin", "moved by people", "another execution", "done", "a person is needed"


PARTITION = "${partition}"


def written(partition: str) -> str:
    """The definition as JSON; `${<power>}`, `${ask}` and `${machine}` are filled in with ARNs when it is deployed."""
    return json.dumps(definition(), indent=1).replace(PARTITION, partition)


def definition() -> State:
    """The whole machine."""
    states: dict[str, State] = {BEGIN: _with(FIRST, failed=None, rounds=0)}
    for stage, step in STEPS.items():
        states |= _of(stage, step)
    ends: dict[str, State] = {
        MOVED: _choice(STEPS, DONE),
        ANEW: _anew(),
        DONE: {"Type": "Succeed"},
        FAILED: {"Type": "Fail", "Error": "NobodyLeft", "Cause": "the last stage can not be run; its function's log says why"},
    }
    return {"Comment": "Generated from shared/workflow/stages.py", "StartAt": BEGIN, "States": states | ends}


def delivers() -> State:
    """The statement for what delivering a machine's own log and traces takes ("Logging using CloudWatch Logs", "X-Ray")."""
    deliveries = [f"logs:{verb}LogDelivery" for verb in ("Create", "Get", "Update", "Delete")]
    groups = ["logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups"]
    traces = ["xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets"]
    return {"Effect": "Allow", "Action": [*deliveries, *groups, *traces], "Resource": "*"}


def _of(stage: Stage, step: Step) -> dict[str, State]:
    """The states of one stage, by name; `to <stage>` is how others come to it."""
    then = f"{stage}: then"
    states = {
        f"to {stage}": _with(stage, failed=None),
        stage.value: _task(stage, step, then),
        then: _then(stage, step),
        f"{stage}: waits": {"Type": "Wait", "SecondsPath": "$.answer.wait", "Next": f"{stage}: leads on"},
        f"{stage}: leads on": _choice(step.then, MOVED),
        **_dead(stage, step),
    }
    if step.waits:
        unheard = f"{stage}: is not heard"
        states[f"{stage}: asks"] = _asks(stage, unheard)
        states[unheard] = {"Type": "Wait", "Seconds": UNHEARD_SECONDS, "Next": f"{stage}: leads on"}
    return states


def _task(stage: Stage, step: Step, then: str) -> State:
    """One call of the power's function; `failed` is the stage in whose place it runs, where it is so."""
    kept = {f"{name}.$": f"$.Payload.{name}" for name in ("stage", "ask", "wait")}
    return {
        **_invoke(step.power.value, {"case.$": "$.case", "stage": stage.value, "failed.$": "$.failed"}),
        "ResultSelector": kept,
        "ResultPath": "$.answer",
        "TimeoutSeconds": LONGEST_SECONDS,
        "Retry": [RETRY],
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": f"{stage}: fails" if step.fails_to else FAILED}],
        "Next": then,
    }


def _then(stage: Stage, step: Step) -> State:
    """What the answer says: the end, enough of this execution, a question, a pause, or to go on."""
    asks = [{"Variable": "$.answer.ask", "BooleanEquals": True, "Next": f"{stage}: asks"}] if step.waits else []
    return {
        "Type": "Choice",
        "Choices": [
            {"Variable": "$.answer.stage", "IsNull": True, "Next": DONE},
            {"Variable": "$.rounds", "NumericGreaterThanEquals": ROUNDS, "Next": ANEW},
            *asks,
            {"Variable": "$.answer.wait", "NumericGreaterThan": 0, "Next": f"{stage}: waits"},
        ],
        "Default": f"{stage}: leads on",
    }


def _asks(stage: Stage, unheard: str) -> State:
    """Wait for a person with a task token, for as long as the answer says; then the stage is led on from as without a question."""
    call = _invoke("ask", {"case.$": "$.case", "token.$": "$$.Task.Token"})
    return {
        **call,
        "Resource": f"{call['Resource']}.waitForTaskToken",
        "TimeoutSecondsPath": "$.answer.wait",
        "ResultPath": "$.answer",
        "Retry": [RETRY],
        "Catch": [
            {"ErrorEquals": ["States.Timeout"], "ResultPath": None, "Next": f"{stage}: leads on"},
            {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": unheard},
        ],
        "Next": MOVED,
    }


def _dead(stage: Stage, step: Step) -> dict[str, State]:
    """Where a worker's death leads; nowhere where a person is called."""
    if step.fails_to is None:
        return {}
    same = step.fails_to is stage
    way = f"{stage}: gives way"
    return {
        f"{stage}: fails": {"Type": "Wait", "Seconds": SAME_AGAIN_SECONDS if same else OTHER_SECONDS, "Next": way},
        way: _with(step.fails_to, failed=None if same else stage.value),
    }


def _choice(stages: Iterable[Stage], otherwise: str) -> State:
    """To the stage that the answer names, by the table's order."""
    open_to = set(stages)
    rows = [{"Variable": "$.answer.stage", "StringEquals": s.value, "Next": f"to {s}"} for s in STEPS if s in open_to]
    return {"Type": "Choice", "Choices": rows, "Default": otherwise}


def _with(stage: Stage, *, failed: str | None, rounds: int | None = None) -> State:
    """On to the task of this stage, one round later; nothing else of the state is carried along."""
    counted: State = {"rounds.$": "States.MathAdd($.rounds, 1)"} if rounds is None else {"rounds": rounds}
    return {"Type": "Pass", "Parameters": {"case.$": "$.case", "failed": failed, **counted}, "Next": stage.value}


def _invoke(function: str, payload: State) -> State:
    return {
        "Type": "Task",
        "Resource": f"arn:{PARTITION}:states:::lambda:invoke",
        "Parameters": {"FunctionName": f"${{{function}}}", "Payload": payload},
    }


def _anew() -> State:
    """Begin the next execution of the case; where that can not be, people and the sweep of lost workflows know."""
    return {
        "Type": "Task",
        "Resource": f"arn:{PARTITION}:states:::aws-sdk:sfn:startExecution",
        "Parameters": {
            "StateMachineArn": "${machine}",
            "Name.$": f"States.Format('{{}}{MARK}{{}}', $.case, States.UUID())",
            "Input": {"case.$": "$.case", "stage": FIRST.value},
        },
        "Retry": [{**RETRY, "ErrorEquals": ["States.ALL"]}],
        "End": True,
    }
