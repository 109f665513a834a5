"""A run of workers beside each other, ordered and carried out under the very roles of the templates."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from shared.adapters.aws.map_runs import MACHINE
from shared.ports.map_runs import Item, MapRuns, RunOrder, RunState
from shared.sandbox.aws.calls import Answered
from tests.infra.conftest import Assembly
from tests.infra.deployed import SECURITY, Deployed, _here, _plain, deployed

ORDER = RunOrder("t1", (Item("cb-1", "m", 0), Item("cb-1", "m", 1)), 2)


@pytest.fixture(scope="module")
def responder(assembly: Assembly, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    with deployed(assembly, tmp_path_factory.mktemp("movers"), "") as made:
        _machine(made, _here(assembly.templates["CodeblueResponder"])["Resources"])
        yield made


def _machine(made: Deployed, resources: dict[str, Any]) -> None:
    """The machine as its template has it; the worker's function answers at once."""
    machines = (each["Properties"] for each in resources.values() if each["Type"] == "AWS::StepFunctions::StateMachine")
    said = next(each for each in machines if each["StateMachineName"] == MACHINE)
    text = said["DefinitionString"]
    for name, value in _plain(said["DefinitionSubstitutions"], resources).items():
        text = text.replace(f"${{{name}}}", value)
        made.sandbox.cloud.books.functions[value.split(":")[-1]] = lambda _: {"over": True, "why": ""}
    role = f"arn:aws:iam::{SECURITY}:role/codeblue-movers"
    made.sandbox.root(SECURITY).client("stepfunctions").create_state_machine(name=MACHINE, definition=text, roleArn=role)
    made.sandbox.cloud.history.settle()


def _until_over(runs: MapRuns) -> RunState:
    for _ in range(200):
        if (run := runs.look(ORDER.token)).state is not RunState.RUNNING:
            return run.state
        time.sleep(0.02)
    raise AssertionError(run)


def _refused(made: Deployed, before: int) -> list[Answered]:
    return [call for call in [*made.sandbox.cloud.calls][before:] if "Denied" in call.error]


def test_the_power_that_moves_orders_watches_and_reads_a_run_and_nothing_is_refused(responder: Deployed) -> None:
    before = len(responder.sandbox.cloud.calls)
    with responder.running("migrate"):
        recovery = responder.workers["migrate"].recovery
        runs = recovery().runs if recovery else None
        assert runs
        assert runs.serves()
        runs.start(ORDER)
        assert _until_over(runs) is RunState.COMPLETE
        assert [each.over for each in runs.results(ORDER.token)] == [True, True]
        runs.stop(ORDER.token)
    assert _refused(responder, before) == []


@pytest.mark.parametrize("name", ["observe", "fence", "move"])
def test_no_other_power_and_no_worker_orders_a_run(responder: Deployed, name: str) -> None:
    with responder.running(name):
        recovery = responder.workers[name].recovery
        runs = recovery().runs if recovery else None
        assert runs is None or not runs.serves()


def test_the_policy_of_the_machines_role_names_nothing_but_its_own(assembly: Assembly) -> None:
    policies = (p["Properties"] for p in assembly.of("AWS::IAM::ManagedPolicy", "CodeblueResponder").values())
    (document,) = (p["PolicyDocument"] for p in policies if p["ManagedPolicyName"] == "codeblue-movers-run")
    own = [each for each in document["Statement"] if each["Resource"] != "*"]
    named = [action for each in own for action in ([each["Action"]] if isinstance(each["Action"], str) else each["Action"])]
    assert {action.partition(":")[0] for action in named} == {"lambda", "s3", "states"}
    assert "codeblue-response" not in json.dumps(document)
