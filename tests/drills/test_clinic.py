"""The clinic is what its alerts and its people say it is."""

import json
import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime

import boto3
import pytest
from botocore.exceptions import ClientError

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.permissions import responder_policy
from shared.adapters.aws.sources import AwsSources
from shared.adapters.local.clock import SystemClock
from shared.domain.signal import Confirmation
from shared.intake import read
from shared.intake.render import render
from shared.sandbox.aws import clinic_people as people
from shared.sandbox.aws import scenario_names as names
from shared.sandbox.aws.clinic import Clinic, before, build, response_policy
from shared.sandbox.aws.scenario import acting
from shared.sandbox.aws.server import Sandbox
from shared.settings import Policy

from .answering import EVENTS, PROGRAM, ROOT

CHART = f"charts/{names.PATIENTS[0]}.pdf"


@pytest.fixture(scope="module")
def scene() -> Iterator[tuple[Sandbox, Clinic]]:
    with before() as sandbox:
        yield sandbox, build(sandbox)


@pytest.mark.parametrize("event", sorted(path.name for path in EVENTS.glob("*guardduty*.json")))
def test_what_the_alert_says_guardduty_says_too(scene: tuple[Sandbox, Clinic], event: str) -> None:
    sandbox, clinic = scene
    (alert,) = read(render((EVENTS / event).read_bytes(), datetime.now(UTC)))
    with acting(sandbox, clinic.credentials["responder"]):
        assert AwsSources(Clients(), SystemClock()).confirm(alert) is Confirmation.AGREES


@pytest.mark.parametrize("who", ["clinician", "clinician_app", "backup", "thief", "thief_instance", "thief_session"])
def test_charts_are_read_by(scene: tuple[Sandbox, Clinic], who: str) -> None:
    sandbox, clinic = scene
    s3 = people.bound(sandbox, clinic.credentials[who]).client("s3")
    assert s3.get_object(Bucket=names.CHARTS, Key=CHART)["Body"].read()


def test_the_responder_reads_no_chart(scene: tuple[Sandbox, Clinic]) -> None:
    sandbox, clinic = scene
    with pytest.raises(ClientError, match="AccessDenied"):
        people.bound(sandbox, clinic.credentials["responder"]).client("s3").get_object(Bucket=names.CHARTS, Key=CHART)


def test_a_store_holds_twelve_versions_under_the_key(scene: tuple[Sandbox, Clinic]) -> None:
    sandbox, clinic = scene
    s3 = sandbox.root().client("s3")
    assert len(s3.list_object_versions(Bucket=names.CHARTS)["Versions"]) == 12
    assert s3.head_object(Bucket=names.CHARTS, Key=CHART)["SSEKMSKeyId"] == clinic.resources["key"]


def test_the_policy_of_the_clinic_is_one_that_the_program_reads(scene: tuple[Sandbox, Clinic]) -> None:
    assert Policy.read(response_policy(scene[1])).tenants["st-brendan"].buckets == (names.CHARTS, names.LABS)


def test_the_responders_permissions_fit_into_one_managed_policy() -> None:
    assert len(responder_policy()) <= 6144


def test_a_served_sandbox_says_first_where_it_is_and_who_holds_what() -> None:
    serving = subprocess.Popen([*PROGRAM, "sandbox", "aws", "--json"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert serving.stdout is not None
    try:
        said = json.loads(serving.stdout.readline())
        thief = boto3.client("sts", endpoint_url=said["endpoint_url"], region_name=said["region"], **said["credentials"]["thief"])
        assert thief.get_caller_identity()["Arn"] == people.user_arn(names.EXPORT_USER)
        assert said["custody"]["bucket"].startswith("codeblue-custody-")
    finally:
        serving.send_signal(signal.SIGTERM)
        assert serving.wait(timeout=20) == 0
        serving.stdout.close()
