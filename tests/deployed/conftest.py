"""One night for all tests of this folder: the stacks are created, an event is put on the bus, and the rest is theirs."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.session import get_session

from tests.conftest import ROOT
from tests.contract.second_opinion import ACCOUNT, Credential, ministack
from tests.deployed.guardduty import Detector, guardduty
from tests.deployed.hospital import Victim, Ward, admitted, clinician_at_work, put
from tests.deployed.stacks import REGION, deploy, synthesised

ADMIN = Credential(ACCOUNT, "any")
"""The root user, who passes every policy there: it sets the scene and looks, and nobody is judged by it."""

QUIET_SECONDS = 60
"""A workflow that waits for longer than this has done what can be done now."""

LONGEST = 600
SAID: list[str] = []


@dataclass(frozen=True)
class Night:
    """What happened.

    `put_at`: when the event was put (seconds since 1970); `ward`: what came of the calls of a clinician who was at work before;
    `history`: the events of the workflow's execution.
    """

    endpoint_url: str
    folder: Path
    victim: Victim
    detector: Detector
    altered: frozenset[str]
    history: tuple[dict[str, Any], ...] = field(repr=False)
    put_at: float
    case: str
    ward: Ward

    def client(self, service: str, who: Credential = ADMIN) -> Any:  # noqa: ANN401  # any client
        return client(self.endpoint_url, service, who=who)

    def codeblue(self, *words: str) -> dict[str, Any]:
        """What the command line says as JSON, with custody in the emulator."""
        ours = {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": ADMIN.id,
            "AWS_SECRET_ACCESS_KEY": ADMIN.secret,
            "AWS_DEFAULT_REGION": REGION,
            "CODEBLUE_POLICY": str(self.folder / "response.toml"),
        }
        command = [sys.executable, "-c", "from shared.cli import main; main()", *words, "--json"]
        said = subprocess.run(command, cwd=ROOT, env={**os.environ, **ours}, capture_output=True, check=False, text=True)
        assert said.stdout, said.stderr
        found: dict[str, Any] = json.loads(said.stdout.splitlines()[-1])
        return found


def client(endpoint_url: str, service: str, region: str = REGION, who: Credential = ADMIN) -> Any:  # noqa: ANN401
    return get_session().create_client(
        service,
        region_name=region,
        endpoint_url=endpoint_url,
        aws_access_key_id=who.id,
        aws_secret_access_key=who.secret,
        aws_session_token=who.token,
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
    )


@pytest.fixture(scope="session")
def night(ministack_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    if shutil.which("node") is None:
        pytest.skip("no Node.js here, by which the CDK runs: the stacks are not synthesised")
    folder = tmp_path_factory.mktemp("deployed")
    with ministack(ministack_python, folder) as endpoint, guardduty("4ab7c2d0e5f61829304a5b6c7d8e9f01") as detector:
        here = partial(client, endpoint)
        victim = admitted(here)
        policy = folder / "response.toml"
        policy.write_text(victim.policy())
        variables = {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ENDPOINT_URL_GUARDDUTY": detector.endpoint_url,
            "CODEBLUE_POLICY": str(policy),
        }
        altered = deploy(synthesised(folder, policy), here, variables)
        with clinician_at_work(here, lambda who: here("s3", who=who)) as ward:
            time.sleep(1.5)  # times in findings are whole seconds: what was deployed, and who was at work, is older than the alert
            event = victim.event()
            detector.findings[event["detail"]["id"]] = event["detail"]
            put_at = time.time()
            put(here, event)
            case, history = _worked(here("stepfunctions"))
        yield Night(endpoint, folder, victim, detector, altered, history, put_at, case, ward)


def _worked(states: Any) -> tuple[str, tuple[dict[str, Any], ...]]:  # noqa: ANN401
    """The one case, and its workflow's history as soon as it only waits, or has ended."""
    until, machine = time.monotonic() + LONGEST, f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:codeblue-response"
    history: tuple[dict[str, Any], ...] = ()
    while time.monotonic() < until:
        time.sleep(1)
        for run in states.list_executions(stateMachineArn=machine)["executions"]:
            pages = states.get_paginator("get_execution_history").paginate(executionArn=run["executionArn"])
            history = tuple(event for page in pages for event in page["events"])
            if run["status"] != "RUNNING" or _waits(history):
                return str(run["name"]).partition("_")[0], history
    raise AssertionError(f"the workflow goes on and on, or never began: {[each['type'] for each in history][-20:]}")


def answers(history: tuple[dict[str, Any], ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every stage that was run and what its function answered, in order."""
    name = ""
    for event in history:
        name = event.get("stateEnteredEventDetails", {}).get("name", name) if event["type"] == "TaskStateEntered" else name
        if event["type"] == "TaskSucceeded":
            yield name, json.loads(event["taskSucceededEventDetails"]["output"])["Payload"]


def _waits(history: tuple[dict[str, Any], ...]) -> bool:
    said = [answer for _, answer in answers(history)]
    return bool(said) and said[-1]["wait"] >= QUIET_SECONDS


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was measured, after everything else."""
    for line in SAID:
        terminalreporter.write_line(line)
