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
from shared.adapters.aws.permissions import responder_policies
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


ALERTS = (
    "guardduty-anomalous-iam.json",
    "guardduty-instance-credential-exfiltration.json",
    "guardduty-s3-exfiltration.json",
    "sns-wrapped-guardduty-s3-exfiltration.json",
)
"""Examples that are about this clinic."""


@pytest.mark.parametrize("event", ALERTS)
def test_what_the_alert_says_guardduty_says_too(scene: tuple[Sandbox, Clinic], event: str) -> None:
    sandbox, clinic = scene
    (alert,) = read(render((EVENTS / event).read_bytes(), datetime.now(UTC)))
    with acting(sandbox, clinic.credentials["responder"]):
        assert AwsSources(Clients(), SystemClock()).confirm(alert) is Confirmation.AGREES


READERS = ("clinician", "clinician_app", "clinician_by_arn", "backup", "thief", "thief_instance", "thief_session")


@pytest.mark.parametrize("who", READERS)
def test_charts_are_read_by(scene: tuple[Sandbox, Clinic], who: str) -> None:
    sandbox, clinic = scene
    s3 = people.bound(sandbox, clinic.credentials[who]).client("s3")
    assert s3.get_object(Bucket=names.CHARTS, Key=CHART)["Body"].read()


def test_a_responder_that_only_fences_reads_no_chart(scene: tuple[Sandbox, Clinic]) -> None:
    sandbox, clinic = scene
    iam = people.bound(sandbox, clinic.credentials["administrator"]).client("iam")
    moves = {"RoleName": names.RESPONDER, "PolicyArn": f"arn:aws:iam::{names.ACCOUNT}:policy/codeblue-migrate"}
    iam.detach_role_policy(**moves)
    sandbox.cloud.history.settle()
    try:
        with pytest.raises(ClientError, match="AccessDenied"):
            people.bound(sandbox, clinic.credentials["responder"]).client("s3").get_object(Bucket=names.CHARTS, Key=CHART)
    finally:
        iam.attach_role_policy(**moves)


def test_the_responder_uses_no_key_of_charts_but_through_s3(scene: tuple[Sandbox, Clinic]) -> None:
    sandbox, clinic = scene
    kms = people.bound(sandbox, clinic.credentials["responder"]).client("kms")
    with pytest.raises(ClientError, match="AccessDenied"):
        kms.generate_data_key(KeyId=clinic.resources["key"], KeySpec="AES_256")


def test_a_store_holds_twelve_versions_under_the_key(scene: tuple[Sandbox, Clinic]) -> None:
    sandbox, clinic = scene
    s3 = sandbox.root().client("s3")
    assert len(s3.list_object_versions(Bucket=names.CHARTS)["Versions"]) == 12
    assert s3.head_object(Bucket=names.CHARTS, Key=CHART)["SSEKMSKeyId"] == clinic.resources["key"]


def test_the_policy_of_the_clinic_is_one_that_the_program_reads(scene: tuple[Sandbox, Clinic]) -> None:
    assert Policy.read(response_policy(scene[1])).tenants["st-brendan"].buckets == (names.CHARTS, names.LABS)


def test_each_of_the_responders_policies_fits_into_a_managed_one() -> None:
    assert max(map(len, responder_policies().values())) <= 6144


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
