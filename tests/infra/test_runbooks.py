"""What is deployed of runbooks: their steps, what they hand over, under which role, and who may begin them."""

import json
from typing import Any

import pytest

from functions.environment import Settings
from shared.adapters.aws.runbooks import PATTERNS, RUNBOOKS
from tests.infra.conftest import APPROVER, HOME, Assembly

ACTIONS = {"aws:invokeLambdaFunction", "aws:approve"}
"""A runbook of ours does nothing by itself."""

STEP = {"name", "action", "maxAttempts", "timeoutSeconds", "onFailure", "inputs", "nextStep", "isEnd"}
"""The fields of a step that are used, of those that it may have (Systems Manager user guide, "Data elements and parameters")."""


def documents(assembly: Assembly) -> dict[str, dict[str, Any]]:
    return {each["Properties"]["Name"]: each["Properties"]["Content"] for each in assembly.of("AWS::SSM::Document").values()}


def test_they_are_those_of_the_table(assembly: Assembly) -> None:
    assert documents(assembly).keys() == RUNBOOKS.keys()
    assert not [name for name in RUNBOOKS if name.lower().startswith(("aws", "amazon", "amzn"))]


@pytest.mark.parametrize("name", RUNBOOKS)
class TestDocument:
    """One runbook."""

    def test_its_steps_lead_from_one_to_the_next_and_to_an_end(self, assembly: Assembly, name: str) -> None:
        content = documents(assembly)[name]
        steps = content["mainSteps"]
        assert content["schemaVersion"] == "0.3"
        assert [step.get("nextStep") for step in steps] == [*(step["name"] for step in steps[1:]), None]
        assert steps[-1]["isEnd"] is True
        assert all(step.keys() <= STEP and step["action"] in ACTIONS for step in steps)
        assert {step["onFailure"] for step in steps} <= {"Abort", "step:record"}
        assert content["outputs"] == [f"{steps[-1]['name']}.Payload"]

    def test_it_hands_over_the_id_of_its_execution_and_nothing_else(self, assembly: Assembly, name: str) -> None:
        calls = [step for step in documents(assembly)[name]["mainSteps"] if step["action"] == "aws:invokeLambdaFunction"]
        assert all(step["inputs"]["InputPayload"] == {"automation": "{{ automation:EXECUTION_ID }}"} for step in calls)
        assert all(step["maxAttempts"] == 1 and step["timeoutSeconds"] <= 300 for step in calls)
        assert RUNBOOKS[name].function.capitalize() in json.dumps(calls[-1]["inputs"]["FunctionName"])

    def test_its_parameters_are_checked_before_it_begins(self, assembly: Assembly, name: str) -> None:
        given = documents(assembly)[name]["parameters"]
        assert {word: said["allowedPattern"] for word, said in given.items()} == {w: PATTERNS[w] for w in RUNBOOKS[name].parameters}
        assert {said["type"] for said in given.values()} == {"String"}


def test_an_approver_is_asked_about_the_digest_and_a_refusal_is_recorded(assembly: Assembly) -> None:
    (question,) = (s for s in documents(assembly)["Codeblue-Approve"]["mainSteps"] if s["action"] == "aws:approve")
    assert question["inputs"]["Approvers"] == [APPROVER]
    assert question["inputs"]["MinRequiredApprovals"] == 1
    assert "{{ Digest }}" in question["inputs"]["Message"]
    assert question["onFailure"] == "step:record"


def test_every_function_that_pages_people_says_where_they_decide(assembly: Assembly) -> None:
    for function in assembly.of("AWS::Lambda::Function").values():
        said = function["Properties"]["Environment"]["Variables"]["CODEBLUE_CONSOLE"]
        assert said == "https://console.aws.amazon.com/systems-manager/automation/execute/Codeblue-Approve?region=us-east-1"
        assert Settings.read({"CODEBLUE_CONSOLE": said}).console == said


def test_they_run_under_a_role_that_calls_two_functions_and_does_nothing_else(assembly: Assembly) -> None:
    (role,) = (
        r["Properties"] for r in assembly.of("AWS::IAM::Role").values() if r["Properties"].get("RoleName") == "codeblue-runbooks"
    )
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "ssm.amazonaws.com"}
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": HOME}
    policies = {p["Properties"].get("ManagedPolicyName"): p["Properties"] for p in assembly.of("AWS::IAM::ManagedPolicy").values()}
    (statement,) = policies["codeblue-runbooks-run"]["PolicyDocument"]["Statement"]
    assert (statement["Action"], len(statement["Resource"])) == ("lambda:InvokeFunction", 2)
    aliases = assembly.of("AWS::Lambda::Alias")
    called = [f"CodeblueResponder/{each['Ref']}" for each in statement["Resource"]]
    assert [aliases[name]["Properties"]["Name"] for name in called] == ["runbook", "runbook"]


def test_no_url_is_of_the_alias_that_runbooks_call(assembly: Assembly) -> None:
    assert {each["Properties"]["Qualifier"] for each in assembly.of("AWS::Lambda::Url").values()} == {"live"}
    granted = json.dumps(list(assembly.of("AWS::Lambda::Permission").values()))
    called = [
        name.rpartition("/")[2]
        for name, each in assembly.of("AWS::Lambda::Alias").items()
        if each["Properties"]["Name"] == "runbook"
    ]
    assert len(called) == 2
    assert not any(name in granted for name in called)


def test_whoever_begins_them_may_pass_that_role_to_nothing_else(assembly: Assembly) -> None:
    (people,) = (
        p["Properties"]
        for p in assembly.of("AWS::IAM::ManagedPolicy").values()
        if p["Properties"].get("ManagedPolicyName") == "codeblue-runbooks-people"
    )
    (passes,) = (s for s in people["PolicyDocument"]["Statement"] if s["Action"] == "iam:PassRole")
    assert passes["Resource"] == f"arn:aws:iam::{HOME}:role/codeblue-runbooks"
    assert passes["Condition"] == {"StringEquals": {"iam:PassedToService": "ssm.amazonaws.com"}}
    assert "Roles" not in people
