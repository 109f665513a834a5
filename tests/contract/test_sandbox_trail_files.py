"""What a trail delivers to its bucket: what its selectors take in, gzipped, late, and nothing that came while it was off."""

import gzip
import json
from typing import Any

import pytest

from shared.sandbox.aws.server import ACCOUNT, Sandbox
from tests.contract.sandbox_scenes import Client

DATA = [{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}]
LOG = "records-log"


@pytest.fixture
def trails(sandbox: Sandbox, s3: Client) -> Client:
    """A client of CloudTrail with a running trail of everything in `records`, whose log lies in `records-log`."""
    s3.create_bucket(Bucket=LOG)
    client: Client = sandbox.root().client("cloudtrail")
    client.create_trail(Name="all", S3BucketName=LOG, IsMultiRegionTrail=True)
    select(client, "arn:aws:s3:::records/")
    client.start_logging(Name="all")
    return client


def select(trails: Client, *values: str, rw: str = "All") -> None:
    resources = [{"Type": "AWS::S3::Object", "Values": list(values)}] if values else []
    selector = {"ReadWriteType": rw, "IncludeManagementEvents": True, "DataResources": resources}
    trails.put_event_selectors(TrailName="all", EventSelectors=[selector])


def delivered(s3: Client, *names: str) -> list[dict[str, Any]]:
    """The records in every file of the log, of these events."""
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=LOG, Prefix=f"AWSLogs/{ACCOUNT}/CloudTrail/").get("Contents", ())]
    files = [gzip.decompress(s3.get_object(Bucket=LOG, Key=key)["Body"].read()) for key in keys]
    found = [record for file in files for record in json.loads(file)["Records"]]
    return [record for record in found if not names or record["eventName"] in names]


def test_a_read_is_delivered_with_its_key_and_bytes(s3: Client, trails: Client) -> None:
    s3.put_object(Bucket="records", Key="Mary Malone.pdf", Body=b"x" * 37, ServerSideEncryption="AES256")
    s3.get_object(Bucket="records", Key="Mary Malone.pdf")["Body"].read()
    (read,) = delivered(s3, "GetObject")
    assert read["requestParameters"]["key"] == "Mary Malone.pdf"
    assert (read["additionalEventData"]["bytesTransferredOut"], read["eventCategory"]) == (37, "Data")
    (write,) = delivered(s3, "PutObject")
    assert write["requestParameters"]["x-amz-server-side-encryption"] == "AES256"
    assert delivered(s3, "StartLogging")


def test_what_selectors_leave_out_is_not_delivered(s3: Client, trails: Client) -> None:
    select(trails, "arn:aws:s3:::elsewhere/")
    s3.put_object(Bucket="records", Key="a", Body=b"")
    select(trails, "arn:aws:s3:::records/", rw="WriteOnly")
    s3.put_object(Bucket="records", Key="b", Body=b"")
    s3.get_object(Bucket="records", Key="b")
    select(trails)
    s3.put_object(Bucket="records", Key="c", Body=b"")
    found = delivered(s3, "PutObject", "GetObject")
    assert [record["requestParameters"]["key"] for record in found] == ["b"]


@pytest.mark.parametrize(
    ("fields", "taken"),
    [
        ({"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::records/ward"]}, ["ward/1"]),
        ({"Field": "resources.ARN", "NotStartsWith": ["arn:aws:s3:::records/ward"]}, ["desk"]),
        ({"Field": "readOnly", "Equals": ["true"]}, []),
        ({"Field": "eventName", "Equals": ["PutObject"]}, ["ward/1", "desk"]),
    ],
)
def test_advanced_selectors_are_obeyed(s3: Client, trails: Client, fields: dict[str, Any], taken: list[str]) -> None:
    data = [{"Field": "eventCategory", "Equals": ["Data"]}, {"Field": "resources.type", "Equals": ["AWS::S3::Object"]}]
    trails.put_event_selectors(TrailName="all", AdvancedEventSelectors=[{"FieldSelectors": [*data, fields]}])
    s3.put_object(Bucket="records", Key="ward/1", Body=b"")
    s3.put_object(Bucket="records", Key="desk", Body=b"")
    assert [record["requestParameters"]["key"] for record in delivered(s3, "PutObject")] == taken


def test_what_happened_while_it_was_stopped_is_never_delivered(s3: Client, trails: Client) -> None:
    trails.stop_logging(Name="all")
    s3.put_object(Bucket="records", Key="hidden", Body=b"")
    trails.start_logging(Name="all")
    s3.put_object(Bucket="records", Key="seen", Body=b"")
    assert [record["requestParameters"]["key"] for record in delivered(s3, "PutObject")] == ["seen"]


def test_files_come_as_late_as_told_and_each_record_once(sandbox: Sandbox, s3: Client, trails: Client) -> None:
    sandbox.cloud.trail_lag = 600
    s3.put_object(Bucket="records", Key="a", Body=b"")
    assert delivered(s3) == []
    sandbox.cloud.clock.advance(601)
    assert len(delivered(s3, "PutObject")) == 1
    assert len(delivered(s3, "PutObject")) == 1


def test_a_request_in_clear_has_no_tls(sandbox: Sandbox, s3: Client, trails: Client) -> None:
    plain: Any = sandbox.root().client("s3", endpoint_url=sandbox.plaintext_url)
    plain.put_object(Bucket="records", Key="a", Body=b"")
    s3.put_object(Bucket="records", Key="b", Body=b"")
    assert ["tlsDetails" in record for record in delivered(s3, "PutObject")] == [False, True]


class TestWhatServicesDo:
    """S3 uses a key in its caller's name: no client sees that call, and CloudTrail has it."""

    def use(self, sandbox: Sandbox, s3: Client, key: str, *, bucket_key: bool) -> list[dict[str, Any]]:
        kms = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key, "BucketKeyEnabled": bucket_key}
        for name in ("a", "b"):
            s3.put_object(Bucket="records", Key=name, Body=b"x", **kms)
            s3.get_object(Bucket="records", Key=name)
        asked = [{"AttributeKey": "ResourceName", "AttributeValue": key}]
        events = sandbox.root().client("cloudtrail").lookup_events(LookupAttributes=asked)["Events"]  # type: ignore[arg-type]
        found = [json.loads(event["CloudTrailEvent"]) for event in events]
        return [record for record in found if record["userIdentity"].get("invokedBy")]

    def test_each_object_is_a_use_of_its_key_that_says_what_for(self, sandbox: Sandbox, s3: Client, key: str) -> None:
        found = self.use(sandbox, s3, key, bucket_key=False)
        told = sorted((r["eventName"], r["requestParameters"]["encryptionContext"]["aws:s3:arn"]) for r in found)
        each = [f"arn:aws:s3:::records/{name}" for name in ("a", "b")]
        assert told == [*(("Decrypt", arn) for arn in each), *(("GenerateDataKey", arn) for arn in each)]
        assert {r["userIdentity"]["type"] for r in found} == {"Root"}

    def test_with_a_bucket_key_it_is_used_once_in_a_while(self, sandbox: Sandbox, s3: Client, key: str) -> None:
        found = self.use(sandbox, s3, key, bucket_key=True)
        assert sorted(r["eventName"] for r in found) == ["Decrypt", "GenerateDataKey"]
        assert {r["requestParameters"]["encryptionContext"]["aws:s3:arn"] for r in found} == {"arn:aws:s3:::records"}

    def test_no_client_has_made_it(self, sandbox: Sandbox, s3: Client, key: str) -> None:
        self.use(sandbox, s3, key, bucket_key=False)
        assert not [call for call in sandbox.cloud.calls if call.operation in {"Decrypt", "GenerateDataKey"}]


@pytest.mark.usefixtures("trails")
def test_files_come_no_more_often_than_they_are_said_to(sandbox: Sandbox, s3: Client) -> None:
    sandbox.cloud.trails.every = 600
    first = len(s3.list_objects_v2(Bucket=LOG).get("Contents", ()))
    s3.put_object(Bucket="records", Key="later", Body=b"phi")
    assert len(s3.list_objects_v2(Bucket=LOG).get("Contents", ())) == first
    sandbox.cloud.clock.advance(601)
    assert len(s3.list_objects_v2(Bucket=LOG)["Contents"]) > first
