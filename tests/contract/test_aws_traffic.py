"""What was read, and by whom a key was used, from the log files and the event history of the embedded AWS."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.adapters.aws import permissions
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.traffic import PERMISSIONS, AwsTraffic
from shared.adapters.aws.watching import NARROWED, NO_TRAIL, NOT_YET, STOPPED
from shared.adapters.local.clock import SystemClock
from shared.domain.errors import CloudError, Refused
from shared.domain.exposure import Told
from shared.domain.resource import Cloud, Kind, Ref
from shared.ports import PLAINTEXT, Encrypting, Request
from shared.sandbox.aws.clock import utc
from shared.sandbox.aws.server import ACCOUNT, REGION, Sandbox
from tests.contract.aws_responder import responder
from tests.contract.sandbox_scenes import Client, user
from tests.contract.test_sandbox_trail_files import LOG, select, trails

__all__ = ["trails"]

RECORDS = Ref(cloud=Cloud.AWS, kind=Kind.BUCKET, account=ACCOUNT, region=REGION, id="arn:aws:s3:::records")
PATIENT = "ward 7/Máire+Malone.pdf"
HOUR = timedelta(hours=1)

type Now = Callable[[], datetime]


@pytest.fixture
def clients(sandbox: Sandbox, trails: Client) -> Iterator[Clients]:
    """A responder that may do what is declared for this, and nothing else."""
    with pytest.MonkeyPatch.context() as patch:
        made = responder(sandbox, patch, *PERMISSIONS)
        statements = permissions.evidence_files()
        hold(sandbox, *statements)
        yield made


def hold(sandbox: Sandbox, *statements: permissions.Statement) -> None:
    sandbox.root().client("iam").put_user_policy(
        UserName="responder", PolicyName="files", PolicyDocument=permissions.document(*statements)
    )


@pytest.fixture
def traffic(clients: Clients) -> AwsTraffic:
    return AwsTraffic(clients, SystemClock())


@pytest.fixture
def now(sandbox: Sandbox) -> Callable[[], datetime]:
    """The sandbox's time, which tests move forward; a second ahead, for records have whole seconds."""
    return lambda: utc(sandbox.cloud.clock.now() + 1)


def requested(traffic: AwsTraffic, *names: str) -> list[Request]:
    """The requests of these names, of any time."""
    found = traffic.requests([RECORDS], datetime.now(UTC) - HOUR, datetime.now(UTC) + 24 * HOUR)
    return [r for r in found if r.act.name in names]


def test_a_read_comes_with_who_what_and_how_much(sandbox: Sandbox, s3: Client, traffic: AwsTraffic) -> None:
    s3.put_object(Bucket="records", Key=PATIENT, Body=b"x" * 37)
    thief: Any = user(sandbox).client("s3")
    thief.get_object(Bucket="records", Key=PATIENT)["Body"].read()
    (read,) = requested(traffic, "GetObject")
    assert (read.key, read.sent, read.store, read.told) == (PATIENT, 37, RECORDS, Told.DATA_EVENTS)
    assert read.act.actor.principal
    assert (read.act.actor.principal.name, read.tls) == ("mallory", "TLSv1.3")
    assert "Malone" not in repr(read)


def test_a_delivered_file_is_asked_for_once(sandbox: Sandbox, s3: Client, traffic: AwsTraffic) -> None:
    s3.put_object(Bucket="records", Key=PATIENT, Body=b"x")
    first = requested(traffic, "PutObject")
    assert requested(traffic, "PutObject") == first
    asked = sandbox.cloud.calls.of("s3:GetObject")
    assert len({call.resource for call in asked}) == len(asked) > 0


def test_a_copy_is_a_read_of_where_it_came_from(s3: Client, traffic: AwsTraffic) -> None:
    s3.create_bucket(Bucket="elsewhere")
    s3.put_object(Bucket="records", Key=PATIENT, Body=b"x")
    s3.copy_object(Bucket="elsewhere", Key="a", CopySource={"Bucket": "records", "Key": PATIENT})
    s3.copy_object(Bucket="records", Key="b", CopySource={"Bucket": "records", "Key": PATIENT})
    copied = [r for r in requested(traffic, "CopyObject") if r.copied]
    assert [(r.key, r.store) for r in copied] == [(PATIENT, RECORDS)]


WRITES = {
    "without a header": ({}, Encrypting()),
    "with S3's own key": ({"ServerSideEncryption": "AES256"}, Encrypting("AES256")),
    "under a key of KMS": (
        {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "alias/aws/s3"},
        Encrypting("aws:kms", "alias/aws/s3"),
    ),
}


@pytest.mark.parametrize(("said", "asked"), WRITES.values(), ids=WRITES)
def test_a_write_shows_what_it_asked_for(s3: Client, traffic: AwsTraffic, said: dict[str, str], asked: Encrypting) -> None:
    s3.put_object(Bucket="records", Key="a", Body=b"x", **said)
    (written,) = requested(traffic, "PutObject")
    assert written.asked == asked


def test_a_request_in_clear_is_seen_as_one(sandbox: Sandbox, traffic: AwsTraffic) -> None:
    plain: Any = sandbox.root().client("s3", endpoint_url=sandbox.plaintext_url)
    plain.put_object(Bucket="records", Key="a", Body=b"")
    assert [r.tls for r in requested(traffic, "PutObject")] == [PLAINTEXT]


def test_other_stores_and_other_times_are_left_out(s3: Client, traffic: AwsTraffic, trails: Client, now: Now) -> None:
    s3.create_bucket(Bucket="elsewhere")
    select(trails, "arn:aws:s3")
    s3.put_object(Bucket="elsewhere", Key="a", Body=b"x")
    s3.put_object(Bucket="records", Key="b", Body=b"x")
    assert [r.key for r in requested(traffic, "PutObject")] == ["b"]
    assert list(traffic.requests([RECORDS], now() - 3 * HOUR, now() - 2 * HOUR)) == []


class TestWatched:
    """Since when, and when not, the store was recorded."""

    def test_a_store_of_a_trail_that_runs_is_recorded_but_for_its_first_moments(self, traffic: AwsTraffic, now: Now) -> None:
        watched = traffic.watched(RECORDS, now() - HOUR, now())
        assert watched.told == (Told.DATA_EVENTS,)
        assert sum(blind.seconds for blind in watched.blind) < 5

    def test_a_store_of_no_trail_is_not(self, trails: Client, traffic: AwsTraffic, now: Now) -> None:
        select(trails)
        watched = traffic.watched(RECORDS, now() - HOUR, now())
        assert watched.told == ()
        assert [blind.why for blind in watched.blind] == [NO_TRAIL]

    def test_a_trail_that_was_stopped_was_blind_meanwhile(
        self, sandbox: Sandbox, trails: Client, traffic: AwsTraffic, now: Now
    ) -> None:
        begun = now() - timedelta(seconds=10)
        trails.stop_logging(Name="all")
        sandbox.cloud.clock.advance(600)
        trails.start_logging(Name="all")
        sandbox.cloud.clock.advance(30)
        later = now()
        found = [
            b
            for b in traffic.watched(RECORDS, later - HOUR, later).blind
            if b.why == STOPPED and b.since > begun and b.seconds > 60
        ]
        assert [round(b.seconds, -2) for b in found] == [600]

    def test_a_trail_that_is_stopped_is_blind_until_now(self, trails: Client, traffic: AwsTraffic, now: Now) -> None:
        trails.stop_logging(Name="all")
        until = now() + timedelta(seconds=60)
        assert any(b.why == STOPPED and b.until == until for b in traffic.watched(RECORDS, now() - HOUR, until).blind)

    def test_narrowed_selectors_left_it_out_meanwhile(
        self, sandbox: Sandbox, trails: Client, traffic: AwsTraffic, now: Now
    ) -> None:
        sandbox.cloud.clock.advance(60)
        begun = now() - timedelta(seconds=10)
        select(trails, "arn:aws:s3:::elsewhere/")
        sandbox.cloud.clock.advance(600)
        select(trails, "arn:aws:s3:::records/")
        later = now()
        found = [b for b in traffic.watched(RECORDS, later - HOUR, later).blind if b.why == NARROWED and b.since > begun]
        assert [round(b.seconds, -2) for b in found] == [600]

    def test_what_has_not_come_yet_can_not_be_excluded(self, sandbox: Sandbox, s3: Client, traffic: AwsTraffic, now: Now) -> None:
        sandbox.cloud.trail_lag = 300
        sandbox.cloud.clock.advance(1800)
        s3.list_buckets()
        later = now()
        (late,) = [b for b in traffic.watched(RECORDS, later - HOUR, later).blind if b.why == NOT_YET]
        assert 290 < late.seconds < 320


class TestUses:
    """Uses of a key, from the event history."""

    def test_direct_uses_are_told_with_their_user(self, sandbox: Sandbox, key: str, traffic: AwsTraffic, now: Now) -> None:
        kms = sandbox.root().client("kms")
        kms.create_alias(AliasName="alias/charts", TargetKeyId=key)
        kms.decrypt(KeyId="alias/charts", CiphertextBlob=kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"])
        kms.describe_key(KeyId=key)
        uses = traffic.uses(_key(key), now() - HOUR)
        assert {(use.act.name, use.by_alias) for use in uses.found} == {("Encrypt", False), ("Decrypt", True)}
        assert uses.whole
        assert uses.through >= uses.found[-1].act.at

    def test_a_use_through_a_store_names_the_store_and_no_object(self, s3: Client, key: str, traffic: AwsTraffic, now: Now) -> None:
        s3.put_object(Bucket="records", Key=PATIENT, Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
        (use,) = traffic.uses(_key(key), now() - HOUR).found
        assert (use.within, use.act.by_service, use.act.name) == (RECORDS.id, True, "GenerateDataKey")

    def test_a_late_history_does_not_reach_to_now(self, sandbox: Sandbox, key: str, traffic: AwsTraffic, now: Now) -> None:
        sandbox.cloud.trail_lag = 600
        sandbox.root().client("kms").encrypt(KeyId=key, Plaintext=b"x")
        uses = traffic.uses(_key(key), now() - HOUR)
        assert (uses.found, uses.through < now() - timedelta(minutes=9)) == ((), True)


def _key(arn: str) -> Ref:
    return Ref(cloud=Cloud.AWS, kind=Kind.KEY, account=ACCOUNT, region=REGION, id=arn)


def everything(traffic: AwsTraffic, key: str, now: datetime) -> None:
    """Ask all that can be asked; of the log's own bucket too, which no trail takes in."""
    traffic.watched(
        Ref(cloud=Cloud.AWS, kind=Kind.BUCKET, account=ACCOUNT, region=REGION, id=f"arn:aws:s3:::{LOG}"), now - HOUR, now
    )
    list(traffic.requests([RECORDS], now - HOUR, now))
    traffic.watched(RECORDS, now - HOUR, now)
    traffic.uses(_key(key), now - HOUR)


class TestPermissions:
    """What is declared is enough, and none of it too much."""

    @pytest.mark.parametrize("action", sorted(PERMISSIONS))
    def test_each_action_is_needed(self, sandbox: Sandbox, key: str, traffic: AwsTraffic, action: str, now: Now) -> None:
        rest: permissions.Statement = {"Effect": "Deny", "Action": [action], "Resource": "*"}
        hold(sandbox, *permissions.evidence_files(), rest)
        with pytest.raises(CloudError):
            everything(traffic, key, now())

    @pytest.mark.parametrize("number", [0, 1])
    def test_each_statement_about_files_is_needed(
        self, sandbox: Sandbox, s3: Client, traffic: AwsTraffic, number: int, now: Now
    ) -> None:
        s3.put_object(Bucket="records", Key="a", Body=b"")
        hold(sandbox, *(one for n, one in enumerate(permissions.evidence_files()) if n != number))
        with pytest.raises(Refused):
            list(traffic.requests([RECORDS], now() - HOUR, now()))

    def test_no_chart_can_be_read_or_listed_with_them(self, s3: Client, clients: Clients) -> None:
        s3.put_object(Bucket="records", Key=PATIENT, Body=b"x")
        reading: Any = clients.s3(ACCOUNT, REGION)
        with pytest.raises(Exception, match="AccessDenied"):
            reading.get_object(Bucket="records", Key=PATIENT)
        with pytest.raises(Exception, match="AccessDenied"):
            reading.list_objects_v2(Bucket="records")


def test_a_file_that_is_broken_is_no_empty_file(s3: Client, traffic: AwsTraffic, now: Now) -> None:
    s3.put_object(Bucket="records", Key=PATIENT, Body=b"x")
    (path,) = {each["Key"] for each in s3.list_objects_v2(Bucket=LOG)["Contents"]}
    s3.put_object(Bucket=LOG, Key=path, Body=b"Malone")
    with pytest.raises(Refused, match="broken") as broken:
        list(traffic.requests([RECORDS], now() - 24 * HOUR, now()))
    assert "Malone" not in str(broken.value)


def test_a_month_is_listed_in_one_go(sandbox: Sandbox, traffic: AwsTraffic, now: Now) -> None:
    before = len(sandbox.cloud.calls)
    list(traffic.requests([RECORDS], now() - timedelta(days=30), now()))
    listings = [c for c in tuple(sandbox.cloud.calls)[before:] if c.operation == "ListObjectsV2"]
    assert len(listings) == 1


def test_files_of_other_days_are_not_read(sandbox: Sandbox, s3: Client, traffic: AwsTraffic, now: Now) -> None:
    s3.put_object(Bucket="records", Key=PATIENT, Body=b"x")
    s3.list_objects_v2(Bucket=LOG)
    before = len(sandbox.cloud.calls)
    assert list(traffic.requests([RECORDS], now() - timedelta(days=9), now() - timedelta(days=2))) == []
    assert not [c for c in tuple(sandbox.cloud.calls)[before:] if c.operation == "GetObject"]
