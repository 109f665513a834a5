"""What a Distributed Map does: read the items, have each worked on by a child, count failures, write the results."""

import json
import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from shared.sandbox.aws import context, permission
from shared.sandbox.aws.clock import iso
from shared.sandbox.aws.cloud import Ask, Cloud
from shared.sandbox.aws.permission import Need
from shared.sandbox.aws.principals import Caller
from shared.sandbox.aws.refusals import Refusal
from shared.sandbox.aws.s3_batch_rules import put_file
from shared.sandbox.aws.s3_state import find_bucket, find_object
from shared.sandbox.aws.sts_rules import compute_session

SERVICE = "states.amazonaws.com"
MOST_PAYLOAD = 256 * 1024
MOST_WORKERS = 10_000
THRESHOLD = "States.ExceedToleratedFailureThreshold"

ATTEMPTS_OF = ("States.ALL", "States.TaskFailed")
"""Names in a retrier that a function's failure matches, besides its own."""


class Failed(Exception):
    """A state failed, by the name of its error."""

    def __init__(self, error: str, cause: str = "") -> None:
        super().__init__(error)
        self.error, self.cause = error, cause


@dataclass
class Run:
    """One execution, and its Map Run. Times are seconds since 1970; `results` are children by the number of their item."""

    arn: str
    machine: str
    role: str
    state: dict[str, Any]
    given: str
    began: float
    status: str = "RUNNING"
    ended: float | None = None
    error: str = ""
    cause: str = ""
    output: dict[str, Any] | None = None
    items: list[Any] | None = None
    running: int = 0
    results: dict[int, dict[str, Any]] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def map_run(self) -> str:
        return f"{self.machine.replace(':stateMachine:', ':mapRun:')}/{self.state['Label']}:{self.id}"

    @property
    def workers(self) -> int:
        path = self.state.get("MaxConcurrencyPath")
        asked = int(self.at(path) if path else self.state.get("MaxConcurrency", 0))
        return min(asked or MOST_WORKERS, MOST_WORKERS)

    @property
    def tolerated(self) -> float:
        return float(self.state.get("ToleratedFailurePercentage", 0))

    def at(self, path: str) -> Any:  # noqa: ANN401  # any JSON
        """What a reference path (`$.a.b`) names in the input."""
        found = json.loads(self.given)
        for name in path.split(".")[1:]:
            found = found[name]
        return found

    def filled(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Parameters with their paths looked up."""
        return {name.removesuffix(".$"): self.at(each) if name.endswith(".$") else each for name, each in parameters.items()}

    def counts(self) -> dict[str, int]:
        with self.lock:
            total = len(self.items or ())
            by = Counter(each["Status"] for each in self.results.values())
            left = total - len(self.results)
            aborted = left if self.status in {"ABORTED", "FAILED"} else 0
            running = 0 if aborted else self.running
            return {
                "pending": left - running - aborted,
                "running": running,
                "succeeded": by["SUCCEEDED"],
                "failed": by["FAILED"],
                "timedOut": 0,
                "aborted": aborted,
                "total": total,
                "resultsWritten": len(self.results) if self.output else 0,
            }

    def end(self, status: str, at: float, error: str = "", cause: str = "") -> None:
        self.status, self.ended, self.error, self.cause = status, at, error, cause


def work(cloud: Cloud, run: Run, ask: Ask) -> None:
    """The whole run, in a thread of its own."""
    try:
        with cloud.lock:
            run.items = _read(cloud, run, ask)
        with ThreadPoolExecutor(min(run.workers, max(1, len(run.items)))) as pool:
            list(pool.map(partial(_item, cloud, run, ask), range(len(run.items))))
        with cloud.lock:
            output = _written(cloud, run, ask)
        with run.lock:
            run.output = output if run.status == "RUNNING" else None
            if run.status == "RUNNING":
                run.end("SUCCEEDED", cloud.clock.now())
    except Failed as failed:
        with run.lock:
            run.end("FAILED", cloud.clock.now(), failed.error, failed.cause)


def _read(cloud: Cloud, run: Run, ask: Ask) -> list[Any]:
    """The items of the file that the reader names. Raises Failed."""
    reader = run.state["ItemReader"]
    place = run.filled(reader["Parameters"])
    if reader["ReaderConfig"]["InputType"] != "JSON" or not reader["Resource"].endswith(":states:::s3:getObject"):
        raise Failed("States.Runtime", "the sandbox reads JSON from S3")
    try:
        _as_role(cloud, run, ask, "s3:GetObject", f"arn:aws:s3:::{place['Bucket']}/{place['Key']}")
        bucket = find_bucket(place["Bucket"])
        held = find_object(bucket, place["Key"], None) if bucket else None
        items = json.loads(held.value) if held else None
    except (Refusal, ValueError) as why:
        raise Failed("States.ItemReaderFailed", str(why)) from why
    if not isinstance(items, list) or any(len(json.dumps(item)) > MOST_PAYLOAD for item in items):
        raise Failed("States.ItemReaderFailed", "There is no such file, it is no array, or one of its items is too large.")
    return items


def _item(cloud: Cloud, run: Run, ask: Ask, number: int) -> None:
    """One child, unless the run is over or has too many failures already."""
    with run.lock:
        if run.status != "RUNNING":
            return
        run.running += 1
    item = (run.items or [])[number]
    began = cloud.clock.now()
    name = str(uuid.uuid4())
    told: dict[str, Any] = {
        "ExecutionArn": f"{run.machine.replace(':stateMachine:', ':execution:')}/{run.state['Label']}:{name}",
        "Input": json.dumps(item),
        "Name": name,
        "StartDate": iso(began),
        "StateMachineArn": f"{run.machine}/{run.state['Label']}",
    }
    try:
        told |= {"Status": "SUCCEEDED", "Output": json.dumps(_child(cloud, run, ask, item))}
    except Failed as failed:
        told |= {"Status": "FAILED", "Error": failed.error, "Cause": failed.cause}
    with run.lock:
        run.running -= 1
        run.results[number] = {**told, "StopDate": iso(cloud.clock.now())}
        too_many = _too_many(cloud, run)
    if too_many:  # who asks holds the cloud's lock before the run's
        with cloud.lock:
            _write(run, cloud.clock.now())


def _too_many(cloud: Cloud, run: Run) -> bool:
    """Whether this was one failure more than is tolerated: then the run ends at once, and what other children do is stopped."""
    failed = sum(each["Status"] == "FAILED" for each in run.results.values())
    over = run.status == "RUNNING" and failed * 100 > run.tolerated * len(run.items or ())
    if over:
        run.end("FAILED", cloud.clock.now(), THRESHOLD, "The specified tolerated failure threshold was exceeded.")
    return over


def _child(cloud: Cloud, run: Run, ask: Ask, item: Any) -> Any:  # noqa: ANN401  # any JSON
    """What the only task of a child answers. Raises Failed."""
    processor = run.state["ItemProcessor"]
    task = processor["States"][processor["StartAt"]]
    if task["Resource"].rpartition(":")[2] != "invoke" or task["Parameters"].get("Payload.$") != "$" or not task.get("End"):
        raise Failed("States.Runtime", "the sandbox runs a child of one task, which is given its item")
    tries = 1 + sum(each["MaxAttempts"] for each in task.get("Retry", ()) if set(each["ErrorEquals"]) & set(ATTEMPTS_OF))
    for left in reversed(range(tries)):
        try:
            return _invoked(cloud, run, ask, task["Parameters"]["FunctionName"], item)
        except Failed:
            if not left:
                raise
    raise AssertionError(tries)


def _invoked(cloud: Cloud, run: Run, ask: Ask, function: str, item: Any) -> Any:  # noqa: ANN401
    """The function's payload; what it raises is a failure by the name of its class, as Lambda says it."""
    name = function.split(":")[6]
    try:
        with cloud.lock:
            _as_role(cloud, run, ask, "lambda:InvokeFunction", function)
    except Refusal as refusal:
        raise Failed("Lambda.AWSLambdaException", refusal.message) from refusal
    code = cloud.books.functions.get(name)
    if code is None:
        raise Failed("Lambda.ResourceNotFoundException", f"Function not found: {function}")
    try:
        answer = json.loads(json.dumps(code(json.loads(json.dumps(item)))))
    except Exception as died:  # whatever a function dies of is its caller's answer
        raise Failed(type(died).__name__, json.dumps({"errorType": type(died).__name__, "errorMessage": str(died)})) from died
    if len(json.dumps(answer)) > MOST_PAYLOAD:
        raise Failed("States.DataLimitExceeded", "The result exceeds the quota of 262144 bytes.")
    return answer


def _written(cloud: Cloud, run: Run, ask: Ask) -> dict[str, Any]:
    """The results in their files, and what the state answers. Raises Failed."""
    place = run.filled(run.state["ResultWriter"]["Parameters"])
    folder = f"{place['Prefix']}/{run.id}"
    try:
        _as_role(cloud, run, ask, "s3:PutObject", f"arn:aws:s3:::{place['Bucket']}/{folder}/manifest.json")
    except Refusal as why:
        raise Failed("States.ResultWriterFailed", why.message) from why
    _write(run, cloud.clock.now())
    details = {"Bucket": place["Bucket"], "Key": f"{folder}/manifest.json"}
    return {"MapRunArn": run.map_run, "ResultWriterDetails": details}


def _write(run: Run, at: float) -> None:
    """A file for each status, and one that names them ("ResultWriter")."""
    place = run.filled(run.state["ResultWriter"]["Parameters"])
    folder, named = f"{place['Prefix']}/{run.id}", dict[str, list[dict[str, Any]]]()
    for status in ("FAILED", "PENDING", "SUCCEEDED"):
        with run.lock:
            rows = [each for each in run.results.values() if each["Status"] == status]
        content = json.dumps(rows).encode()
        named[status] = [{"Key": f"{folder}/{status}_0.json", "Size": len(content)}] if rows else []
        if rows:
            put_file(place["Bucket"], f"{folder}/{status}_0.json", content, at)
    told = {"DestinationBucket": place["Bucket"], "MapRunArn": run.map_run, "ResultFiles": named}
    put_file(place["Bucket"], f"{folder}/manifest.json", json.dumps(told).encode(), at)


def _as_role(cloud: Cloud, run: Run, ask: Ask, action: str, resource: str) -> None:
    """The machine's role may do this. Raises Refusal."""
    session = compute_session(cloud, run.role, SERVICE, run.id[:8])
    caller = Caller(session.principal, session.access_key_id, session.secret, session.holder, session)
    keys = context.of_request(caller, None, ask.http, ask.region, ask.at)
    need = Need(action, resource, ask.account)
    about = keys | context.of_resource(resource, need.account, cloud.history)
    permission.require(cloud, caller, about, need, service=action.partition(":")[0])
