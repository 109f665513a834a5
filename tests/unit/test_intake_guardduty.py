"""What a GuardDuty finding says, row by row."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.domain.actor import Credential
from shared.domain.errors import BadInput
from shared.domain.resource import Cloud, Kind, Ref
from shared.domain.signal import Signal, Source
from shared.intake import read
from shared.intake.render import render

ACCOUNT, OTHER = "111122223333", "444455556666"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
EVENTS = Path(__file__).parents[2] / "events" / "aws"


def example(name: str) -> Signal:
    return read(render((EVENTS / f"{name}.json").read_bytes(), NOW))[0]


def signal(user: dict[str, Any] | None = None, call: dict[str, Any] | None = None, /, **fields: object) -> Signal:
    finding: dict[str, Any] = {
        "schemaVersion": "2.0",
        "id": "f1",
        "arn": f"arn:aws:guardduty:us-east-1:{ACCOUNT}:detector/d1/finding/f1",
        "type": "Exfiltration:S3/AnomalousBehavior",
        "accountId": ACCOUNT,
        "region": "us-east-1",
        "severity": 8,
        "updatedAt": "2026-11-21T12:00:00Z",
        "resource": {"resourceType": "AccessKey", "accessKeyDetails": user or {}},
        "service": {"action": {"actionType": "AWS_API_CALL", "awsApiCallAction": call or {}}, "additionalInfo": {}},
    }
    return read(json.dumps(finding | fields).encode())[0]


def test_an_exfiltration_names_the_user_the_store_and_its_key() -> None:
    found = example("guardduty-s3-exfiltration")
    assert found.actor is not None
    assert (found.source, found.event) == (Source.GUARDDUTY, "Exfiltration:S3/AnomalousBehavior")
    assert (found.actor.credential, found.actor.unique_id) == (Credential.LONG_TERM_KEY, "AIDAIMAGINGEXPEXAMPLE")
    assert found.actor.principal is not None
    assert found.actor.principal.id == f"arn:aws:iam::{ACCOUNT}:user/imaging-export"
    assert [(resource.kind, resource.account) for resource in found.resources] == [(Kind.BUCKET, ACCOUNT), (Kind.KEY, ACCOUNT)]
    assert found.detector == "4ab7c2d0e5f61829304a5b6c7d8e9f01"
    assert found.source_address == "198.51.100.23"


def test_an_exfiltrated_instance_credential_is_the_instances_session() -> None:
    actor = example("guardduty-instance-credential-exfiltration").actor
    assert actor is not None
    assert actor.credential is Credential.INSTANCE_SESSION
    assert actor.user_id == "AROACLINICIANAEXAMPLE:i-0a1b2c3d4e5f60718"


def test_an_anomalous_call_names_the_role_session() -> None:
    actor = example("guardduty-anomalous-iam").actor
    assert actor is not None
    assert actor.credential is Credential.ROLE_SESSION
    assert actor.principal == Ref(cloud=Cloud.AWS, kind=Kind.ROLE, account=ACCOUNT, id=f"arn:aws:iam::{ACCOUNT}:role/billing-batch")


ANN = {"userName": "ann", "principalId": "AIDAANN", "accessKeyId": "AKIAANN", "userType": "IAMUser"}
ELSEWHERE = {"remoteAccountDetails": {"accountId": OTHER, "affiliated": False}}

ACTORS: dict[str, tuple[dict[str, Any], dict[str, Any], tuple[Credential, str, str]]] = {
    "a user's key": (ANN, {}, (Credential.LONG_TERM_KEY, ACCOUNT, "ann")),
    "a user's temporary credentials": (ANN | {"accessKeyId": "ASIAANN"}, {}, (Credential.CONSOLE, ACCOUNT, "ann")),
    "a federation token": (ANN | {"userType": "FederatedUser"}, {}, (Credential.FEDERATION_TOKEN, ACCOUNT, "ann")),
    "the root user": (ANN | {"userType": "Root"}, {}, (Credential.ROOT, ACCOUNT, "")),
    "a service": (ANN | {"userType": "AWSService"}, {}, (Credential.SERVICE, ACCOUNT, "")),
    "another account": (ANN | {"userType": "AWSAccount"}, {}, (Credential.FOREIGN, ACCOUNT, "")),
    "another account's user": (ANN, ELSEWHERE, (Credential.FOREIGN, OTHER, "ann")),
    "nobody": ({"principalId": "ANONYMOUS_PRINCIPAL"}, {}, (Credential.ANONYMOUS, ACCOUNT, "")),
    "a reserved role": (
        {"userType": "AssumedRole", "userName": "AWSReservedSSO_Ops_0123", "principalId": "AROASSO:ann"},
        {},
        (Credential.IDENTITY_CENTER, ACCOUNT, "AWSReservedSSO_Ops_0123"),
    ),
    "a service-linked role": (
        {"userType": "AssumedRole", "userName": "AWSServiceRoleForX", "principalId": "AROASLR:x"},
        {},
        (Credential.SERVICE_LINKED, ACCOUNT, "AWSServiceRoleForX"),
    ),
}


@pytest.mark.parametrize(("user", "call", "expected"), ACTORS.values(), ids=ACTORS.keys())
def test_the_actor_is(user: dict[str, Any], call: dict[str, Any], expected: tuple[Credential, str, str]) -> None:
    actor = signal(user, call).actor
    assert actor is not None
    assert (actor.credential, actor.account, actor.principal.name if actor.principal else "") == expected


def test_a_finding_about_a_machine_has_no_actor() -> None:
    assert signal().actor is None


@pytest.mark.parametrize(
    ("kind", "failed"),
    [
        pytest.param("Exfiltration:S3/AnomalousBehavior", True, id="data that was refused did not leave"),
        pytest.param(
            "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS", False, id="a credential left all the same"
        ),
    ],
)
def test_a_refused_call(kind: str, failed: bool) -> None:
    assert signal(ANN, {"errorCode": "AccessDenied"}, type=kind).failed is failed


@pytest.mark.parametrize(
    ("more", "sample"),
    [
        pytest.param({"sample": True}, True, id="a sample"),
        pytest.param({"value": '{"sample":true}', "type": "default"}, True, id="a sample that says it in text"),
        pytest.param({"sample": False}, False, id="none"),
        pytest.param({"value": "{}"}, False, id="none that says anything"),
    ],
)
def test_a_sample_is_told_apart(more: dict[str, Any], sample: bool) -> None:
    assert signal(service={"additionalInfo": more}).sample is sample


def test_the_last_activity_counts_and_not_the_last_update() -> None:
    assert signal(service={"eventLastSeen": "2026-11-20T00:00:00.000Z"}).at == datetime(2026, 11, 20, tzinfo=UTC)
    assert signal().at == NOW


def test_the_detector_is_in_the_arn_where_it_is_nowhere_else() -> None:
    assert signal().detector == "d1"
    assert signal(arn="").detector == ""


def test_the_affected_bucket_counts_where_no_details_are_given() -> None:
    assert [r.id for r in signal(ANN, {"affectedResources": {"AWS::S3::Bucket": "charts"}}).resources] == ["arn:aws:s3:::charts"]


def test_object_names_stay_behind() -> None:
    bucket = {"name": "charts", "s3ObjectDetails": [{"objectArn": "arn:aws:s3:::charts/Doe-Jane.pdf", "key": "Doe-Jane.pdf"}]}
    found = signal(resource={"s3BucketDetails": [bucket]})
    assert [r.id for r in found.resources] == ["arn:aws:s3:::charts"]
    assert "Doe" not in found.model_dump_json()


def pascal(thing: object) -> object:
    if isinstance(thing, dict):
        return {key[0].upper() + key[1:]: pascal(value) for key, value in thing.items()}
    return [pascal(item) for item in thing] if isinstance(thing, list) else thing


@pytest.mark.parametrize(
    "name", ["guardduty-s3-exfiltration", "guardduty-anomalous-iam", "guardduty-instance-credential-exfiltration"]
)
def test_get_findings_says_the_same_as_eventbridge(name: str) -> None:
    detail = json.loads(render((EVENTS / f"{name}.json").read_bytes(), NOW))["detail"]
    (found,) = read(json.dumps({"Findings": [pascal(detail)]}).encode())
    assert found == example(name).but(raw_digest=found.raw_digest)


@pytest.mark.parametrize("missing", ["id", "type", "updatedAt"])
def test_a_finding_that_cannot_be_judged_is_refused(missing: str) -> None:
    with pytest.raises(BadInput, match="lacks its id, its type or its time"):
        signal(**{missing: ""})
