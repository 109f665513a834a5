"""A case's workflow as an execution: begun once, however often it is asked for."""

import json

import pytest

from shared.adapters.aws.executions import ANSWER, LIST, START, Executions
from shared.adapters.aws.questions import ACTIONS, Questions
from shared.domain.case import Stage
from shared.domain.errors import Refused
from shared.sandbox.aws.server import ACCOUNT, REGION, Sandbox

from .aws_responder import responder

MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:codeblue"
WAITING = {"StartAt": "wait", "States": {"wait": {"Type": "Wait", "Seconds": 3600, "End": True}}}


@pytest.fixture
def machine(sandbox: Sandbox) -> str:
    states = sandbox.root().client("stepfunctions")
    role = f"arn:aws:iam::{ACCOUNT}:role/workflow"
    return states.create_state_machine(name="codeblue", definition=json.dumps(WAITING), roleArn=role)["stateMachineArn"]


def test_the_workflow_of_a_case_is_begun_once(sandbox: Sandbox, machine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    executions = Executions(responder(sandbox, monkeypatch, *START), machine)
    executions.start("cb-1")
    executions.start("cb-1")
    states = sandbox.root().client("stepfunctions")
    (begun,) = states.list_executions(stateMachineArn=machine)["executions"]
    assert begun["name"] == "cb-1"
    assert json.loads(states.describe_execution(executionArn=begun["executionArn"])["input"]) == {"case": "cb-1", "stage": "open"}


def test_whoever_may_not_start_it_is_refused(sandbox: Sandbox, machine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    executions = Executions(responder(sandbox, monkeypatch, "iam:GetUser"), machine)
    with pytest.raises(Refused):
        executions.start("cb-1")


def test_a_state_machine_that_does_not_exist_is_said_so(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refused, match="StateMachineDoesNotExist"):
        Executions(responder(sandbox, monkeypatch, *START), MACHINE).start("cb-1")


def test_a_workflow_that_has_ended_is_not_begun_again(sandbox: Sandbox, machine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    executions = Executions(responder(sandbox, monkeypatch, *START), machine)
    executions.start("cb-1")
    states = sandbox.root().client("stepfunctions")
    (begun,) = states.list_executions(stateMachineArn=machine)["executions"]
    states.stop_execution(executionArn=begun["executionArn"])
    executions.start("cb-1")
    assert len(states.list_executions(stateMachineArn=machine)["executions"]) == 1


def test_a_lost_workflow_is_begun_again_under_another_name_and_counts_as_the_cases(
    sandbox: Sandbox, machine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    executions = Executions(responder(sandbox, monkeypatch, *START, *LIST), machine)
    executions.start("cb-1")
    states = sandbox.root().client("stepfunctions")
    (begun,) = states.list_executions(stateMachineArn=machine)["executions"]
    states.stop_execution(executionArn=begun["executionArn"])
    assert executions.running() == frozenset()
    executions.again("cb-1")
    assert executions.running() == {"cb-1"}


def test_a_token_that_nobody_waits_with_wakes_nobody(sandbox: Sandbox, machine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    executions = Executions(responder(sandbox, monkeypatch, *ANSWER), machine)
    executions.answer("a token of yesterday", "cb-1", Stage.SWEEP)


def test_the_newest_token_of_a_case_is_the_one_that_is_found(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    clients = responder(sandbox, monkeypatch, *ACTIONS)
    sandbox.root().client("dynamodb").create_table(
        TableName="codeblue-cases",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    questions = Questions(clients, "codeblue-cases")
    assert questions.token("cb-1") == ""
    questions.keep("cb-1", "first")
    questions.keep("cb-1", "second")
    questions.keep("cb-2", "another")
    assert questions.token("cb-1") == "second"
