"""What was read where no trail was looking: from the access log of the embedded AWS."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

from shared.adapters.aws import permissions
from shared.adapters.aws.access_logs import OFF, OUT_OF_REACH
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.traffic import PERMISSIONS, AwsTraffic
from shared.adapters.aws.watching import NARROWED, NO_TRAIL, NOT_YET
from shared.adapters.local.clock import SystemClock
from shared.domain.errors import Refused
from shared.domain.exposure import Told
from shared.domain.resource import Cloud, Kind, Ref
from shared.ports import Request
from shared.sandbox.aws.clock import utc
from shared.sandbox.aws.server import ACCOUNT, REGION, Sandbox
from tests.contract.aws_responder import responder
from tests.contract.sandbox_scenes import Client, refused, user
from tests.contract.test_aws_traffic import hold
from tests.contract.test_sandbox_trail_files import select, trails

__all__ = ["trails"]

RECORDS = Ref(cloud=Cloud.AWS, kind=Kind.BUCKET, account=ACCOUNT, region=REGION, id="arn:aws:s3:::records")
LOG = "access-log"
BELOW = f"AWSLogs/{ACCOUNT}/S3/records/"
PATIENT = "ward 7/Máire+Malone 100%.pdf"
HOUR = timedelta(hours=1)

type Now = Callable[[], datetime]


@pytest.fixture
def logging(s3: Client) -> Client:
    """The client of an administrator; `records` has an access log, and no trail takes it in."""
    s3.create_bucket(Bucket=LOG)
    may = {"Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject"}
    policy = {"Version": "2012-10-17", "Statement": [{**may, "Resource": f"arn:aws:s3:::{LOG}/*"}]}
    s3.put_bucket_policy(Bucket=LOG, Policy=json.dumps(policy))
    switch(s3, BELOW)
    return s3


def switch(s3: Client, prefix: str | None, **form: object) -> None:
    status = {} if prefix is None else {"LoggingEnabled": {"TargetBucket": LOG, "TargetPrefix": prefix, **form}}
    s3.put_bucket_logging(Bucket="records", BucketLoggingStatus=status)


@pytest.fixture
def clients(sandbox: Sandbox, s3: Client) -> Iterator[Clients]:
    """A responder that may do what is declared for this, and nothing else."""
    with pytest.MonkeyPatch.context() as patch:
        made = responder(sandbox, patch, *PERMISSIONS)
        hold(sandbox, *permissions.evidence_files())
        yield made


@pytest.fixture
def traffic(clients: Clients) -> AwsTraffic:
    return AwsTraffic(clients, SystemClock())


@pytest.fixture
def now(sandbox: Sandbox) -> Now:
    """The sandbox's time, which tests move forward; a second ahead, for lines have whole seconds."""
    return lambda: utc(sandbox.cloud.clock.now() + 1)


@pytest.fixture
def thief(sandbox: Sandbox) -> Client:
    return user(sandbox).client("s3")


def requested(traffic: AwsTraffic, now: Now, *names: str) -> list[Request]:
    return [r for r in traffic.requests([RECORDS], now() - HOUR, now()) if r.act.name in names]


def test_a_read_is_told_with_its_key_and_bytes_by_who_did_it(logging: Client, thief: Client, traffic: AwsTraffic, now: Now) -> None:
    logging.put_object(Bucket="records", Key=PATIENT, Body=b"x" * 37)
    answer = thief.get_object(Bucket="records", Key=PATIENT)
    (read,) = requested(traffic, now, "GetObject")
    assert (read.key, read.sent, read.store, read.told) == (PATIENT, 37, RECORDS, Told.ACCESS_LOGS)
    assert read.act.request_id == answer["ResponseMetadata"]["RequestId"]
    assert read.act.actor.principal
    assert (read.act.actor.principal.name, read.act.failed) == ("mallory", False)


def test_the_log_has_the_services_form_with_keys_encoded_twice(logging: Client, thief: Client) -> None:
    refused(thief.get_object, Bucket="records", Key="not there")
    (file,) = logging.list_objects_v2(Bucket=LOG, Prefix=BELOW)["Contents"]
    lines = logging.get_object(Bucket=LOG, Key=file["Key"])["Body"].read().decode().splitlines()
    line = next(each for each in lines if "REST.GET.OBJECT" in each)
    assert ' not%2520there "GET /records/not%20there' in line
    assert "404 NoSuchKey" in line
    assert len(line.rpartition('" ')[2].split()) == 9


def test_a_log_that_is_filed_by_source_and_day_is_read_there(logging: Client, thief: Client, traffic: AwsTraffic, now: Now) -> None:
    switch(logging, "AWSLogs/", TargetObjectKeyFormat={"PartitionedPrefix": {"PartitionDateSource": "EventTime"}})
    logging.put_object(Bucket="records", Key=PATIENT, Body=b"x")
    assert [r.key for r in requested(traffic, now, "PutObject")] == [PATIENT]
    assert logging.list_objects_v2(Bucket=LOG, Prefix=f"AWSLogs/{ACCOUNT}/{REGION}/records/{now():%Y/%m/%d}/")["KeyCount"] == 1


def test_a_copy_and_a_listing_are_told(logging: Client, thief: Client, traffic: AwsTraffic, now: Now) -> None:
    logging.create_bucket(Bucket="elsewhere")
    logging.put_object(Bucket="records", Key=PATIENT, Body=b"x")
    thief.copy_object(Bucket="elsewhere", Key="a", CopySource={"Bucket": "records", "Key": PATIENT})
    thief.list_object_versions(Bucket="records")
    found = requested(traffic, now, "CopyObject", "ListObjectVersions")
    assert [(r.act.name, r.key, r.copied) for r in found] == [("CopyObject", PATIENT, True), ("ListObjectVersions", "", False)]


class TestWatched:
    """What cannot be excluded is what neither trail nor log has."""

    def test_a_store_with_a_log_and_no_trail_is_recorded_up_to_the_last_file(
        self, logging: Client, traffic: AwsTraffic, now: Now
    ) -> None:
        logging.head_bucket(Bucket="records")
        watched = traffic.watched(RECORDS, now() - HOUR, now())
        assert watched.told == (Told.ACCESS_LOGS,)
        assert {blind.why for blind in watched.blind} <= {NO_TRAIL, OFF, NOT_YET}
        assert sum(blind.seconds for blind in watched.blind) < 6

    def test_what_the_log_has_fills_what_the_trail_left_out(
        self, sandbox: Sandbox, logging: Client, trails: Client, traffic: AwsTraffic, now: Now
    ) -> None:
        select(trails)
        logging.put_object(Bucket="records", Key=PATIENT, Body=b"x")
        sandbox.cloud.clock.advance(600)
        select(trails, "arn:aws:s3:::records/")
        sandbox.cloud.clock.advance(600)
        logging.head_bucket(Bucket="records")
        watched = traffic.watched(RECORDS, now() - HOUR, now())
        assert watched.told == (Told.DATA_EVENTS, Told.ACCESS_LOGS)
        assert NARROWED not in {blind.why for blind in watched.blind if blind.seconds > 5}
        assert [r.told for r in requested(traffic, now, "PutObject")] == [Told.ACCESS_LOGS]

    def test_a_log_that_was_switched_off_is_blind_from_then_on_and_read_up_to_then(
        self, sandbox: Sandbox, logging: Client, thief: Client, traffic: AwsTraffic, now: Now
    ) -> None:
        logging.put_object(Bucket="records", Key=PATIENT, Body=b"x")
        thief.get_object(Bucket="records", Key=PATIENT)
        switch(logging, None)
        sandbox.cloud.clock.advance(600)
        thief.get_object(Bucket="records", Key=PATIENT)
        watched = traffic.watched(RECORDS, now() - HOUR, now())
        assert watched.told == (Told.ACCESS_LOGS,)
        assert sum(blind.seconds for blind in watched.blind) > 590
        assert len(requested(traffic, now, "GetObject")) == 1

    def test_a_log_among_somebodys_data_is_not_read_and_it_is_said(self, logging: Client, traffic: AwsTraffic, now: Now) -> None:
        switch(logging, "anywhere/")
        logging.head_bucket(Bucket="records")
        watched = traffic.watched(RECORDS, now() - HOUR, now())
        assert (watched.told, {blind.why for blind in watched.blind}) == ((), {OUT_OF_REACH})
        assert requested(traffic, now, "HeadBucket") == []

    def test_a_store_without_either_is_not_recorded(self, traffic: AwsTraffic, now: Now) -> None:
        watched = traffic.watched(RECORDS, now() - HOUR, now())
        assert (watched.told, [blind.why for blind in watched.blind]) == ((), [NO_TRAIL])


def test_a_store_that_a_trail_records_throughout_is_not_asked_for_its_log(
    sandbox: Sandbox, logging: Client, trails: Client, traffic: AwsTraffic, now: Now
) -> None:
    begun = now()
    sandbox.cloud.clock.advance(600)
    logging.put_object(Bucket="records", Key=PATIENT, Body=b"x")
    found = [r.told for r in traffic.requests([RECORDS], begun, now()) if r.act.name == "PutObject"]
    assert found == [Told.DATA_EVENTS]
    assert not sandbox.cloud.calls.of("s3:GetBucketLogging")


def test_a_line_that_is_broken_is_no_line_that_is_not_there(logging: Client, traffic: AwsTraffic, now: Now) -> None:
    logging.head_bucket(Bucket="records")
    (file,) = logging.list_objects_v2(Bucket=LOG, Prefix=BELOW)["Contents"]
    logging.put_object(Bucket=LOG, Key=file["Key"], Body=b"Malone")
    with pytest.raises(Refused, match="broken") as broken:
        list(traffic.requests([RECORDS], now() - HOUR, now()))
    assert "Malone" not in str(broken.value)


def test_other_files_beside_the_log_are_left_alone(logging: Client, traffic: AwsTraffic, now: Now) -> None:
    logging.put_object(Bucket=LOG, Key=f"{BELOW}readme.txt", Body=b"Malone")
    logging.head_bucket(Bucket="records")
    assert requested(traffic, now, "GetObject") == []
