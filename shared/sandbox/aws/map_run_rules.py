"""Distributed Map of Step Functions, which moto runs without its limits: executions of machines that are one such state.

Everything else of Step Functions is moto's. Items are worked on in threads of this process, as many at a time as the machine says,
by what `Books.functions` has under the worker's name; what the machine does is judged as a call of its role.

Source: Step Functions developer guide, "Using Map state in Distributed mode", "ItemReader", "ResultWriter", "Tolerated failure
threshold", "Step Functions quotas"; API reference, StartExecution, StopExecution, DescribeMapRun.
"""

import json
import re
import threading
import uuid
from typing import Any

from shared.sandbox.aws import map_run_work
from shared.sandbox.aws.cloud import Ask, Cloud, Rule, forward
from shared.sandbox.aws.http import Reply
from shared.sandbox.aws.map_run_work import Run
from shared.sandbox.aws.refusals import BAD_REQUEST, Refusal

MOST_INPUT = 256 * 1024
"""Bytes of an execution's input, of an item, and of a child's output ("Step Functions quotas")."""

NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")


def start_execution(cloud: Cloud, ask: Ask) -> Reply:
    """StartExecution. The same name with the same input is the same execution while that runs, and taken afterwards."""
    arn = str(ask.params["stateMachineArn"])
    state = _fan_out(ask, arn)
    if state is None:
        return forward(cloud, ask)
    name, given = str(ask.params.get("name") or uuid.uuid4()), str(ask.params.get("input", "{}"))
    if not NAME.fullmatch(name):
        raise Refusal("InvalidName", f"Invalid Name: '{name}'", BAD_REQUEST)
    if len(given.encode()) > MOST_INPUT:
        raise Refusal("InvalidExecutionInput", "The input exceeds the quota of 262144 bytes.", BAD_REQUEST)
    made = f"{arn.replace(':stateMachine:', ':execution:')}:{name}"
    known: Run | None = cloud.books.map_runs.get(made)
    if known is not None and (known.status, known.given) != ("RUNNING", given):
        raise Refusal("ExecutionAlreadyExists", f"Execution Already Exists: '{made}'", BAD_REQUEST)
    if known is None:
        role = str(_machine(ask, arn).roleArn)
        known = cloud.books.map_runs[made] = Run(made, arn, role, state, given, ask.at)
        threading.Thread(target=map_run_work.work, args=(cloud, known, ask), daemon=True).start()
    return ask.answer({"executionArn": made, "startDate": known.began})


def describe_execution(cloud: Cloud, ask: Ask) -> Reply:
    """DescribeExecution."""
    run = _run(cloud, ask)
    if run is None:
        return forward(cloud, ask)
    ended = {"stopDate": run.ended} if run.ended else {}
    failed = {"error": run.error, "cause": run.cause} if run.error else {}
    output = {"output": json.dumps(run.output)} if run.output is not None else {}
    told = {"executionArn": run.arn, "stateMachineArn": run.machine, "name": run.arn.rpartition(":")[2], "status": run.status}
    return ask.answer({**told, "startDate": run.began, "input": run.given, **ended, **failed, **output})


def list_map_runs(cloud: Cloud, ask: Ask) -> Reply:
    """ListMapRuns: none before the items were read."""
    run = _run(cloud, ask)
    if run is None:
        raise Refusal("ExecutionDoesNotExist", f"Execution Does Not Exist: '{ask.params['executionArn']}'", BAD_REQUEST)
    told = {"executionArn": run.arn, "mapRunArn": run.map_run, "stateMachineArn": run.machine, "startDate": run.began}
    return ask.answer({"mapRuns": [told] if run.items is not None else []})


def describe_map_run(cloud: Cloud, ask: Ask) -> Reply:
    """DescribeMapRun."""
    runs = (run for run in cloud.books.map_runs.values() if run.map_run == ask.params["mapRunArn"])
    run = next(runs, None)
    if run is None:
        raise Refusal("ResourceNotFound", f"Resource not found: '{ask.params['mapRunArn']}'", BAD_REQUEST)
    counts = run.counts()
    told = {"mapRunArn": run.map_run, "executionArn": run.arn, "status": run.status, "startDate": run.began}
    limits = {"maxConcurrency": run.workers, "toleratedFailurePercentage": run.tolerated, "toleratedFailureCount": 0}
    return ask.answer({**told, **limits, "itemCounts": counts, "executionCounts": counts})


def stop_execution(cloud: Cloud, ask: Ask) -> Reply:
    """StopExecution: children that run are stopped too; what their functions do goes on until they end."""
    run = _run(cloud, ask)
    if run is None:
        return forward(cloud, ask)
    with run.lock:
        if run.status == "RUNNING":
            run.end("ABORTED", ask.at, str(ask.params.get("error", "")), str(ask.params.get("cause", "")))
    return ask.answer({"stopDate": run.ended})


def _run(cloud: Cloud, ask: Ask) -> Run | None:
    found: Run | None = cloud.books.map_runs.get(str(ask.params["executionArn"]))
    return found


def _machine(ask: Ask, arn: str) -> Any:  # noqa: ANN401  # moto's own
    from moto.stepfunctions.parser.models import stepfunctions_parser_backends  # noqa: PLC0415  # a second, for who needs it

    backend = stepfunctions_parser_backends[arn.split(":")[4]][ask.region]
    return next((each for each in backend.state_machines if each.arn == arn), None)


def _fan_out(ask: Ask, arn: str) -> dict[str, Any] | None:
    """The machine's only state, if that is a Distributed Map; None for any other machine."""
    machine = _machine(ask, arn)
    definition = json.loads(machine.definition) if machine else {}
    state: dict[str, Any] = definition.get("States", {}).get(definition.get("StartAt"), {})
    mode = state.get("ItemProcessor", {}).get("ProcessorConfig", {}).get("Mode")
    return state if mode == "DISTRIBUTED" and state.get("End") else None


RULES: dict[str, Rule] = {
    "DescribeExecution": describe_execution,
    "DescribeMapRun": describe_map_run,
    "ListMapRuns": list_map_runs,
    "StartExecution": start_execution,
    "StopExecution": stop_execution,
}
