"""The call log, CloudTrail's view of it, and the events that EventBridge delivers."""

import json
import threading
from typing import Any

import pytest

from shared.sandbox.aws.server import ACCOUNT, Sandbox
from tests.contract.sandbox_scenes import OTHER, assume, document, refused, role, statement, user


def history(sandbox: Sandbox, attribute: str = "", value: str = "", region: str = "us-east-1") -> list[dict[str, Any]]:
    """CloudTrail's records, the newest first, parsed."""
    attributes = [{"AttributeKey": attribute, "AttributeValue": value}] if attribute else []
    found = sandbox.root(region=region).client("cloudtrail").lookup_events(LookupAttributes=attributes)["Events"]  # type: ignore[arg-type]
    return [json.loads(event["CloudTrailEvent"]) for event in found]


def test_a_record_carries_the_request_id_its_client_saw(sandbox: Sandbox) -> None:
    answered = sandbox.root().client("iam").create_user(UserName="x")
    (record,) = history(sandbox, "EventName", "CreateUser")
    assert record["requestID"] == answered["ResponseMetadata"]["RequestId"]
    assert (record["eventSource"], record["requestParameters"]) == ("iam.amazonaws.com", {"userName": "x"})
    assert record["responseElements"]["user"]["userId"].startswith("AIDA")
    assert record["userIdentity"]["type"] == "Root"


@pytest.mark.parametrize("service", ["s3", "kms", "dynamodb", "ec2", "sts", "sns", "rds", "backup", "guardduty"])
def test_every_protocol_gives_its_client_the_logged_request_id(sandbox: Sandbox, service: str) -> None:
    client: Any = sandbox.root().client(service)  # type: ignore[call-overload]
    calls = {
        "s3": "list_buckets",
        "kms": "list_keys",
        "dynamodb": "list_tables",
        "ec2": "describe_instances",
        "sts": "get_caller_identity",
        "sns": "list_topics",
        "rds": "describe_db_instances",
        "backup": "list_backup_vaults",
        "guardduty": "list_detectors",
    }
    answered = getattr(client, calls[service])()
    assert [call.id for call in sandbox.cloud.calls] == [answered["ResponseMetadata"]["RequestId"]]


def test_a_session_is_recorded_with_its_issuer_and_what_was_issued(sandbox: Sandbox) -> None:
    arn = role(sandbox, "clinician")
    session = assume(sandbox, user(sandbox), arn, "ward-7", SourceIdentity="alice")
    session.client("iam").create_user(UserName="x")
    (record,) = history(sandbox, "Username", "ward-7")
    identity = record["userIdentity"]
    assert identity["type"] == "AssumedRole"
    assert identity["principalId"].endswith(":ward-7")
    assert identity["sessionContext"]["sessionIssuer"]["arn"] == arn
    assert identity["sessionContext"]["sourceIdentity"] == "alice"
    (assumed,) = history(sandbox, "EventName", "AssumeRole")
    key = session.get_credentials()
    assert key is not None
    assert assumed["responseElements"]["credentials"]["accessKeyId"] == key.access_key
    assert key.secret_key not in json.dumps(assumed)
    assert str(key.token) not in json.dumps(assumed)
    assert history(sandbox, "ResourceName", arn)[0] == assumed
    assert history(sandbox, "ResourceName", key.access_key) == [assumed]


def test_a_refusal_is_recorded_with_its_code(sandbox: Sandbox) -> None:
    refused(user(sandbox, policy=None).client("iam").list_users)
    (record,) = history(sandbox, "Username", "mallory")
    assert (record["eventName"], record["errorCode"]) == ("ListUsers", "AccessDenied")
    assert "is not authorized to perform: iam:ListUsers" in record["errorMessage"]


def test_secrets_are_in_no_record(sandbox: Sandbox) -> None:
    user(sandbox)
    secrets = [user.keys[0].secret for user in [sandbox.cloud.history.newest(ACCOUNT, "user", "mallory")] if user]
    kms = sandbox.root().client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    kms.encrypt(KeyId=key, Plaintext=b"patient name")
    text = json.dumps(history(sandbox))
    assert secrets[0] not in text
    assert "patient name" not in text
    assert "cGF0aWVudCBuYW1l" not in text


def test_the_history_is_late_and_of_one_region_and_has_no_data_events(sandbox: Sandbox) -> None:
    sandbox.cloud.trail_lag = 300
    s3 = sandbox.root().client("s3")
    s3.create_bucket(Bucket="records")
    s3.put_object(Bucket="records", Key="x", Body=b"phi")
    sandbox.root(region="eu-west-1").client("kms").create_key()
    assert history(sandbox) == []
    sandbox.cloud.clock.advance(301)
    assert [record["eventName"] for record in history(sandbox)] == ["LookupEvents", "CreateBucket"]
    assert [record["eventName"] for record in history(sandbox, region="eu-west-1")] == ["CreateKey"]


def test_a_bucket_policy_is_recorded_under_its_bucket(sandbox: Sandbox) -> None:
    s3 = sandbox.root().client("s3")
    s3.create_bucket(Bucket="records")
    policy = document(statement("Deny", "s3:GetObject", "arn:aws:s3:::records/*", "*"))
    s3.put_bucket_policy(Bucket="records", Policy=policy)
    record = history(sandbox, "ResourceName", "records")[0]
    assert record["requestParameters"]["bucketPolicy"] == json.loads(policy)
    assert record["requestParameters"]["bucketName"] == "records"


def test_both_accounts_of_a_call_across_accounts_see_it(sandbox: Sandbox) -> None:
    arn = role(sandbox, "shared", trusted={"AWS": OTHER})
    assume(sandbox, user(sandbox, "stranger", account=OTHER), arn)
    assert [record["eventName"] for record in history(sandbox, "ResourceName", arn)] == ["AssumeRole", "CreateRole"]
    assumed = [{"AttributeKey": "EventName", "AttributeValue": "AssumeRole"}]
    (theirs,) = sandbox.root(OTHER).client("cloudtrail").lookup_events(LookupAttributes=assumed)["Events"]  # type: ignore[arg-type]
    assert theirs["Username"] == "stranger"


def test_the_history_comes_in_pages(sandbox: Sandbox) -> None:
    iam = sandbox.root().client("iam")
    for n in range(5):
        iam.create_user(UserName=f"u{n}")
    pages = sandbox.root().client("cloudtrail").get_paginator("lookup_events").paginate(PaginationConfig={"PageSize": 2})
    names = [event["EventName"] for page in pages for event in page["Events"] if event["EventName"] == "CreateUser"]
    assert len(names) == 5


def test_findings_of_the_scenario_are_found_and_others_are_not(sandbox: Sandbox) -> None:
    guardduty = sandbox.root().client("guardduty")
    detector = guardduty.create_detector(Enable=True)["DetectorId"]
    finding = {
        "AccountId": ACCOUNT,
        "Region": "us-east-1",
        "Id": "f1",
        "Arn": f"arn:aws:guardduty:us-east-1:{ACCOUNT}:detector/{detector}/finding/f1",
        "Type": "T",
        "Severity": 8.0,
    }
    times = {"CreatedAt": "2026-11-21T00:00:00Z", "UpdatedAt": "2026-11-21T00:00:00Z", "SchemaVersion": "2.0", "Resource": {}}
    sandbox.cloud.findings.store(finding | times)
    found = guardduty.get_findings(DetectorId=detector, FindingIds=["f1", "f2"])["Findings"]
    assert [each["Id"] for each in found] == ["f1"]
    assert guardduty.list_findings(DetectorId=detector)["FindingIds"] == ["f1"]
    assert refused(guardduty.get_findings, DetectorId="0" * 32, FindingIds=["f1"])[0] == "BadRequestException"


class TestDelivery:
    def collect(self, sandbox: Sandbox, expected: int) -> list[dict[str, Any]]:
        received: list[dict[str, Any]] = []
        enough = threading.Event()

        def subscriber(event: dict[str, Any]) -> None:
            received.append(event)
            if len(received) >= expected:
                enough.set()

        sandbox.cloud.events.subscribe(subscriber)
        for n in range(5):
            sandbox.root().client("iam").create_user(UserName=f"u{n}")
        sandbox.root().client("iam").list_users()
        enough.wait(5)
        return received

    def test_every_write_arrives_once_in_the_form_of_eventbridge(self, sandbox: Sandbox) -> None:
        events = self.collect(sandbox, 5)
        assert [event["detail"]["requestParameters"]["userName"] for event in events] == [f"u{n}" for n in range(5)]
        assert events[0]["detail-type"] == "AWS API Call via CloudTrail"
        assert (events[0]["source"], events[0]["account"], events[0]["region"]) == ("aws.iam", ACCOUNT, "us-east-1")

    def test_events_may_come_twice(self, sandbox: Sandbox) -> None:
        sandbox.cloud.events.delivery.duplicated = 1.0
        events = self.collect(sandbox, 10)
        assert len(events) == 10
        assert len({event["id"] for event in events}) == 5

    def test_events_may_be_lost(self, sandbox: Sandbox) -> None:
        sandbox.cloud.events.delivery.lost = 1.0
        sandbox.cloud.events.subscribe(lambda _: None)
        sandbox.root().client("iam").create_user(UserName="x")
        assert sandbox.cloud.events.waiting == 0

    def test_events_may_be_late(self, sandbox: Sandbox) -> None:
        sandbox.cloud.events.delivery.delay = 60
        received: list[dict[str, Any]] = []
        sandbox.cloud.events.subscribe(received.append)
        sandbox.root().client("iam").create_user(UserName="x")
        assert (received, sandbox.cloud.events.waiting) == ([], 1)
