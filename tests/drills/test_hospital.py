"""The imaginary hospital is what its alert and its people say it is."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.sources import AwsSources
from shared.adapters.local.clock import SystemClock
from shared.domain.signal import Confirmation
from shared.intake import read
from shared.sandbox.aws import clinic_people as people
from shared.sandbox.aws import hospital_findings as findings
from shared.sandbox.aws import hospital_names as hospital
from shared.sandbox.aws import scenario_names as names
from shared.sandbox.aws.clinic import Clinic, before
from shared.sandbox.aws.hospital import build, response_policy
from shared.sandbox.aws.scenario import acting
from shared.sandbox.aws.server import Sandbox
from shared.settings import Policy

CHART = f"charts/{names.PATIENTS[0]}.pdf"

type Scene = tuple[Sandbox, Clinic]


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with before() as sandbox:
        yield sandbox, build(sandbox)


def test_what_the_alert_says_guardduty_says_too(scene: Scene) -> None:
    sandbox, clinic = scene
    (alert,) = read(findings.alert(findings.finding(clinic.resources, datetime.now(UTC))))
    with acting(sandbox, clinic.credentials["responder"]):
        assert AwsSources(Clients(), SystemClock()).confirm(alert) is Confirmation.AGREES


@pytest.mark.parametrize(
    ("who", "bucket", "key"),
    [
        ("radiology", names.CHARTS, "imaging/xray-0.png"),
        ("nurse", hospital.RECORDS, "records/0.xml"),
        ("pathologist", hospital.RESULTS, "results/0.hl7"),
        ("thief", names.CHARTS, CHART),
        ("thief", hospital.RECORDS, "records/will.pdf"),
        ("thief", hospital.RESULTS, "results/0.hl7"),
    ],
)
def test_is_read_by(scene: Scene, who: str, bucket: str, key: str) -> None:
    sandbox, clinic = scene
    s3 = people.bound(sandbox, clinic.credentials[who]).client("s3")
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read()


def test_radiology_has_the_right_to_one_key_only(scene: Scene) -> None:
    sandbox, clinic = scene
    kms = people.bound(sandbox, clinic.credentials["radiology"]).client("kms")
    assert kms.generate_data_key(KeyId=clinic.resources["key"], KeySpec="AES_256")
    with pytest.raises(ClientError, match="AccessDenied"):
        kms.generate_data_key(KeyId=clinic.resources["hospice_key"], KeySpec="AES_256")


def test_nobody_deletes_what_is_retained(scene: Scene) -> None:
    s3 = scene[0].root().client("s3")
    (will,) = s3.list_object_versions(Bucket=hospital.RECORDS, Prefix="records/will")["Versions"]
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=hospital.RECORDS, Key="records/will.pdf", VersionId=will["VersionId"])


def test_the_responder_enters_all_three_accounts(scene: Scene) -> None:
    sandbox, clinic = scene
    with acting(sandbox, clinic.credentials["responder"]):
        clients = Clients()
        for account in hospital.ACCOUNTS:
            assert clients.iam(account).list_roles()["Roles"]


def test_the_policy_of_the_hospital_is_one_that_the_program_reads(scene: Scene) -> None:
    assert set(Policy.read(response_policy(scene[1])).tenants) == {"st-brendan", "marys-hospice", "county-lab"}
