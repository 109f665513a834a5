"""Runs of workers beside each other, over Step Functions' protocol, against a Distributed Map with its documented limits."""

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.adapters.aws.map_runs import ACTIONS, PLACE, AwsMapRuns
from shared.domain.errors import Absent, CloudError, Refused
from shared.ports.map_runs import Item, ItemDone, MapRun, RunOrder, RunState
from shared.reencryption.plan import Canary
from shared.sandbox.aws.server import Sandbox
from tests.contract.aws_map_runs import make_machine
from tests.contract.aws_objects import bucket
from tests.contract.aws_responder import document, responder

BUCKET = "codeblue-responder"
OVER = {"over": True, "why": ""}


@dataclass
class Crew:
    """The port, and the worker that each test has another of; `seen` is what it was given. A test's run has its own `token`."""

    runs: AwsMapRuns
    sandbox: Sandbox
    machine: str = ""
    token: str = ""
    seen: list[dict[str, Any]] = field(default_factory=list)
    does: Callable[[dict[str, Any]], Any] = lambda _: OVER

    def work(self, item: dict[str, Any]) -> Any:  # noqa: ANN401  # whatever a function answers
        self.seen.append(item)
        return self.does(item)

    def start(self, parts: int = 5, workers: int = 2) -> None:
        self.runs.start(RunOrder(self.token, tuple(Item("cb-1", "m" * 64, number) for number in range(parts)), workers))

    def until_over(self) -> MapRun:
        for _ in range(500):
            run = self.runs.look(self.token)
            if run.state is not RunState.RUNNING:
                return run
            time.sleep(0.01)
        raise AssertionError(run)


@pytest.fixture(scope="module")
def made(running_sandbox: Sandbox) -> Iterator[Crew]:
    running_sandbox.cloud.reset()
    with pytest.MonkeyPatch.context() as patch:
        clients = responder(running_sandbox, patch, *ACTIONS)
        running_sandbox.root().client("s3").create_bucket(Bucket=BUCKET)
        canary = Canary(store=bucket(BUCKET), key="arn:aws:kms:us-east-1:111122223333:key/x")
        crew = Crew(AwsMapRuns(clients, {clients.region: canary}), running_sandbox)
        crew.machine = make_machine(running_sandbox, BUCKET, crew.work)
        yield crew


@pytest.fixture
def crew(made: Crew) -> Crew:
    made.seen.clear()
    made.does, made.token = (lambda _: OVER), uuid.uuid4().hex
    return made


def test_each_item_has_a_worker_and_its_answer_comes_back(crew: Crew) -> None:
    crew.does = lambda item: {"over": item["number"] != 3, "why": "" if item["number"] != 3 else "cancelled"}
    crew.start()
    done = crew.until_over()
    assert (done.state, done.total, done.succeeded, done.failed) == (RunState.COMPLETE, 5, 5, 0)
    assert sorted(item["number"] for item in crew.seen) == list(range(5))
    assert all(item.keys() == {"case", "migration", "number"} for item in crew.seen)
    told = {each.number: each for each in crew.runs.results(crew.token)}
    assert told[3] == ItemDone(3, over=False, why="cancelled")
    assert sum(each.over for each in told.values()) == 4


def test_no_more_workers_than_were_asked_for_work_at_a_time(crew: Crew) -> None:
    at_once, most, lock = set[int](), list[int](), threading.Lock()

    def slow(item: dict[str, Any]) -> dict[str, Any]:
        with lock:
            at_once.add(item["number"])
            most.append(len(at_once))
        time.sleep(0.02)
        with lock:
            at_once.discard(item["number"])
        return OVER

    crew.does = slow
    crew.start(parts=9, workers=3)
    crew.until_over()
    assert max(most) == 3


def test_the_same_token_is_the_same_run_also_when_it_is_over(crew: Crew) -> None:
    before = len(crew.sandbox.cloud.books.map_runs)
    crew.start()
    crew.start()
    crew.until_over()
    crew.start()
    assert len(crew.sandbox.cloud.books.map_runs) == before + 1
    assert len(crew.seen) == 5


def test_a_run_that_was_never_begun_is_absent(crew: Crew) -> None:
    with pytest.raises(Absent):
        crew.runs.look(crew.token)


def test_a_failing_worker_is_tried_once_more_and_then_its_item_has_failed(crew: Crew) -> None:
    def dies(item: dict[str, Any]) -> dict[str, Any]:
        if item["number"] == 4:
            raise TimeoutError
        return OVER

    crew.does = dies
    crew.start()
    done = crew.until_over()
    assert (done.state, done.succeeded, done.failed) == (RunState.COMPLETE, 4, 1)
    assert [item["number"] for item in crew.seen].count(4) == 2
    assert [each for each in crew.runs.results(crew.token) if each.error] == [ItemDone(4, error="TimeoutError")]


def test_more_failures_than_are_tolerated_fail_the_run_and_their_reasons_are_told(crew: Crew) -> None:
    def dies(item: dict[str, Any]) -> dict[str, Any]:
        raise PermissionError(item["number"])

    crew.does = dies
    crew.start(workers=1)
    done = crew.until_over()
    assert (done.state, done.why) == (RunState.FAILED, "States.ExceedToleratedFailureThreshold")
    assert done.failed == 2  # a fifth of five is one
    assert {each.error for each in crew.runs.results(crew.token)} == {"PermissionError"}


def test_a_stopped_run_begins_no_more_workers(crew: Crew) -> None:
    begun, go = threading.Event(), threading.Event()

    def waits(_: dict[str, Any]) -> dict[str, Any]:
        begun.set()
        go.wait(5)
        return OVER

    crew.does = waits
    crew.start(workers=1)
    assert begun.wait(5)
    crew.runs.stop(crew.token)
    go.set()
    assert crew.until_over().state is RunState.CANCELLED
    crew.runs.stop(crew.token)
    assert len(crew.seen) == 1


def test_items_that_can_not_be_read_fail_the_run(crew: Crew) -> None:
    iam = crew.sandbox.root().client("iam")
    deny = document({"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"})
    iam.put_role_policy(RoleName="codeblue-movers", PolicyName="less", PolicyDocument=deny)
    crew.start()
    run = crew.until_over()
    iam.delete_role_policy(RoleName="codeblue-movers", PolicyName="less")
    assert (run.state, run.why) == (RunState.FAILED, "States.ItemReaderFailed")
    assert crew.seen == []


def forged(crew: Crew) -> Iterator[Callable[[bytes], None]]:
    """Ways to write over what a run has left."""
    s3 = crew.sandbox.root().client("s3")
    held = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{PLACE}/{crew.token}/")["Contents"]
    yield from (partial(_put, s3, each["Key"]) for each in held if not each["Key"].endswith("items.json"))


def _put(s3: Any, key: str, content: bytes) -> None:  # noqa: ANN401  # the SDK's client
    s3.put_object(Bucket=BUCKET, Key=key, Body=content)


ELSEWHERE = b'{"ResultFiles": {"SUCCEEDED": [{"Key": "codeblue/runs/another"}]}}'


@pytest.mark.parametrize("content", [b"", b"{", b"[]", ELSEWHERE, b'[{"Status": "SUCCEEDED"}]', b"\xff"])
def test_results_that_somebody_wrote_over_are_as_if_they_were_lost(crew: Crew, content: bytes) -> None:
    crew.start()
    crew.until_over()
    for write in forged(crew):
        write(content)
    try:
        told = list(crew.runs.results(crew.token))
    except Absent:
        told = []
    assert told == []


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_what_is_declared_is_enough_and_none_of_it_in_vain(crew: Crew, action: str) -> None:
    iam = crew.sandbox.root().client("iam")
    deny = document({"Effect": "Deny", "Action": action, "Resource": "*"})
    iam.put_user_policy(UserName="responder", PolicyName="less", PolicyDocument=deny)
    try:
        with pytest.raises((CloudError, AssertionError)):
            everything(crew)
    finally:
        iam.delete_user_policy(UserName="responder", PolicyName="less")


def everything(crew: Crew) -> None:
    assert crew.runs.serves()
    crew.start()
    crew.until_over()
    assert list(crew.runs.results(crew.token))
    crew.runs.stop(crew.token)


@pytest.mark.parametrize(
    ("name", "given", "code"),
    [("x" * 81, "{}", "InvalidName"), ("a b", "{}", "InvalidName"), ("big", json.dumps("x" * 262_144), "InvalidExecutionInput")],
)
def test_the_service_has_its_limits(crew: Crew, name: str, given: str, code: str) -> None:
    states = crew.sandbox.root().client("stepfunctions")
    with pytest.raises(ClientError, match=code):
        states.start_execution(stateMachineArn=crew.machine, name=name, input=given)


def test_without_the_machine_or_the_bucket_nothing_is_run_so(crew: Crew) -> None:
    assert crew.runs.serves()
    assert not AwsMapRuns(crew.runs._clients, {}).serves()
    crew.sandbox.root().client("stepfunctions").delete_state_machine(stateMachineArn=crew.machine)
    assert not crew.runs.serves()
    with pytest.raises(Refused):
        crew.start()
