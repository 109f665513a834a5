"""What CloudTrail and GuardDuty are asked, over real HTTP by unmodified clients, and what their answers become."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.evidence import CloudTrailEvidence
from shared.adapters.aws.lookup import EventHistory
from shared.adapters.aws.sources import AwsSources
from shared.domain.actor import Actor, Credential
from shared.domain.errors import Throttled
from shared.domain.resource import Cloud, Kind, Ref
from shared.domain.signal import Confirmation, Signal
from shared.intake import read
from shared.intake.render import render

from .event_history import NOW, History, StoppedClock, served

ACCOUNT = "111122223333"
EVENTS = Path(__file__).parents[2] / "events" / "aws"
BUCKET = Ref(cloud=Cloud.AWS, kind=Kind.BUCKET, account=ACCOUNT, region="us-east-1", id="arn:aws:s3:::st-brendan-charts")


@pytest.fixture(scope="module")
def service() -> Iterator[History]:
    with served() as history:
        yield history


@pytest.fixture
def history(service: History) -> History:
    service.records.clear()
    service.findings.clear()
    service.asked.clear()
    service.throttled = 0
    return service


@pytest.fixture(scope="module")
def clients(service: History) -> Iterator[Clients]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", service.url)
        patch.setenv("AWS_ACCESS_KEY_ID", "AKIARESPONDEREXAMPLE")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "EXAMPLE")
        patch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        patch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
        patch.setattr(Clients, "home", ACCOUNT)
        yield Clients()


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def evidence(clients: Clients, clock: StoppedClock) -> CloudTrailEvidence:
    return CloudTrailEvidence(clients, clock)


def user(name: str, unique_id: str = "") -> Actor:
    principal = Ref(cloud=Cloud.AWS, kind=Kind.USER, account=ACCOUNT, id=f"arn:aws:iam::{ACCOUNT}:user/{name}")
    return Actor(credential=Credential.LONG_TERM_KEY, account=ACCOUNT, principal=principal, unique_id=unique_id)


def role(name: str, session: str) -> Actor:
    principal = Ref(cloud=Cloud.AWS, kind=Kind.ROLE, account=ACCOUNT, id=f"arn:aws:iam::{ACCOUNT}:role/{name}")
    return Actor(credential=Credential.ROLE_SESSION, account=ACCOUNT, principal=principal, unique_id=f"AROA{name}", session=session)


def by_user(name: str, call: str, ago: timedelta, **more: object) -> dict[str, Any]:
    identity = {"type": "IAMUser", "userName": name, "accountId": ACCOUNT, "principalId": more.pop("unique_id", "AIDAONE")}
    identity["arn"] = f"arn:aws:iam::{ACCOUNT}:user/{name}"
    return record(identity, call, ago, **more)


def by_session(name: str, session: str, call: str, ago: timedelta, **more: object) -> dict[str, Any]:
    issuer = {"type": "Role", "principalId": f"AROA{name}", "arn": f"arn:aws:iam::{ACCOUNT}:role/{name}"}
    identity = {
        "type": "AssumedRole",
        "principalId": f"AROA{name}:{session}",
        "accountId": ACCOUNT,
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{session}",
        "sessionContext": {"sessionIssuer": issuer},
    }
    return record(identity, call, ago, **more)


def record(identity: dict[str, Any], call: str, ago: timedelta, **more: object) -> dict[str, Any]:
    at = (NOW - ago).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "eventID": str(uuid4()),
        "eventTime": at,
        "eventName": call,
        "eventSource": "iam.amazonaws.com",
        "awsRegion": "us-east-1",
        "recipientAccountId": ACCOUNT,
        "userIdentity": identity,
        **more,
    }


MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def test_a_user_is_asked_for_by_name_in_its_region_and_where_iam_records(history: History, evidence: CloudTrailEvidence) -> None:
    history.add(by_user("ann", "ListUsers", 3 * MINUTE))
    history.add(by_user("ann", "ListBuckets", 2 * MINUTE), region="eu-west-1")
    acts = evidence.by(user("ann"), NOW - timedelta(hours=1))
    assert [act.name for act in acts] == ["ListUsers", "ListBuckets"]
    assert sorted(history.asked) == [("eu-west-1", "Username", "ann"), ("us-east-1", "Username", "ann")]


def test_a_recreated_namesake_is_somebody_else(history: History, evidence: CloudTrailEvidence) -> None:
    history.add(by_user("ann", "ListUsers", MINUTE, unique_id="AIDATWO"))
    assert evidence.by(user("ann", "AIDAONE"), NOW - DAY) == ()
    assert len(evidence.by(user("ann", "AIDATWO"), NOW - DAY)) == 1


def test_an_event_in_two_answers_counts_once(history: History, evidence: CloudTrailEvidence) -> None:
    event = by_user("ann", "ListUsers", MINUTE)
    history.add(event)
    history.add(event, region="eu-west-1")
    assert len(evidence.by(user("ann"), NOW - DAY)) == 1


def test_a_flood_of_today_does_not_hide_who_worked_there_before(history: History, evidence: CloudTrailEvidence) -> None:
    history.add(by_user("ann", "GetUser", 5 * DAY, sourceIPAddress="10.0.0.1"))
    for number in range(700):
        history.add(by_user("ann", "ListUsers", number * timedelta(seconds=1), sourceIPAddress="198.51.100.1"))
    acts = evidence.by(user("ann"), NOW - 30 * DAY)
    assert acts[0].source_address == "10.0.0.1"
    assert 500 <= len(acts) <= 501


def test_the_last_day_is_read_page_after_page(history: History, evidence: CloudTrailEvidence) -> None:
    for number in range(120):
        history.add(by_user("ann", "ListUsers", number * MINUTE))
    assert len(evidence.by(user("ann"), NOW - timedelta(hours=12))) == 120


def test_a_role_shows_its_own_session_and_others(history: History, evidence: CloudTrailEvidence) -> None:
    role_arn = f"arn:aws:iam::{ACCOUNT}:role/app"
    opened = {"assumedRoleUser": {"assumedRoleId": "AROAapp:night-batch", "arn": "x"}, "credentials": {"accessKeyId": "ASIA1"}}
    ask = {"roleArn": role_arn, "roleSessionName": "night-batch"}
    history.add(
        by_user("ann", "AssumeRole", 9 * MINUTE, eventSource="sts.amazonaws.com", requestParameters=ask, responseElements=opened)
    )
    history.add(by_session("app", "thief", "ListBuckets", 2 * MINUTE))
    history.add(by_session("app", "night-batch", "ListBuckets", 8 * MINUTE))
    history.add(by_session("other", "thief", "ListBuckets", 2 * MINUTE))
    acts = evidence.by(role("app", "thief"), NOW - DAY)
    assert [act.actor.session for act in acts] == ["night-batch", "thief"]
    assert {act.actor.unique_id for act in acts} == {"AROAapp"}


def test_acts_on_a_resource_are_anybodys(history: History, evidence: CloudTrailEvidence) -> None:
    about = {"eventSource": "s3.amazonaws.com", "requestParameters": {"bucketName": "st-brendan-charts"}}
    history.add(by_user("ann", "PutBucketPolicy", MINUTE, **about))
    history.add(by_session("app", "one", "GetBucketPolicy", 2 * MINUTE, **about))
    history.add(by_user("ann", "PutBucketPolicy", MINUTE, eventSource="s3.amazonaws.com", requestParameters={"bucketName": "x"}))
    acts = evidence.on(BUCKET, NOW - DAY)
    assert [act.name for act in acts] == ["GetBucketPolicy", "PutBucketPolicy"]
    assert all(act.resources == (BUCKET,) for act in acts)


def test_later_is_waited_for(history: History, evidence: CloudTrailEvidence, clock: StoppedClock) -> None:
    history.add(by_user("ann", "ListUsers", MINUTE))
    history.throttled = 4
    assert len(evidence.on(user_ref("ann"), NOW - DAY)) == 0
    assert len(evidence.by(user("ann"), NOW - timedelta(hours=1))) == 1
    assert clock.waited > 0


def test_the_newest_event_of_all_is_waited_for_as_well(history: History, clients: Clients, clock: StoppedClock) -> None:
    asked, here = EventHistory(clients, clock), (ACCOUNT, "eu-west-1")
    assert asked.newest(here) is None
    for minutes in (9, 2, 5):
        history.add(by_user("ann", "ListUsers", timedelta(minutes=minutes)), here[1])
    history.throttled = 4
    assert asked.newest(here) == NOW - timedelta(minutes=2)
    assert clock.waited > 0


def test_later_for_ever_is_passed_on(history: History, evidence: CloudTrailEvidence) -> None:
    history.throttled = 1000
    with pytest.raises(Throttled):
        evidence.by(user("ann"), NOW - timedelta(hours=1))


def user_ref(name: str) -> Ref:
    principal = user(name).principal
    assert principal is not None
    return principal


def signal(name: str) -> Signal:
    return read(render((EVENTS / f"{name}.json").read_bytes(), NOW))[0]


def detail(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(render((EVENTS / f"{name}.json").read_bytes(), NOW))
    found: dict[str, Any] = content.get("detail", content)
    return found


FINDING = "guardduty-s3-exfiltration"
EVENT = "cloudtrail-stop-logging"


def known(history: History, name: str) -> Signal:
    told = signal(name)
    if told.detector:
        history.findings[told.detector] = [detail(name)]
    else:
        history.add(detail(name))
    return told


@pytest.mark.parametrize(
    "name", [FINDING, EVENT, "guardduty-instance-credential-exfiltration", "cloudtrail-identity-center-create-grant"]
)
def test_a_fact_is_borne_out_by_its_source(name: str, history: History, clients: Clients, clock: StoppedClock) -> None:
    assert AwsSources(clients, clock).confirm(known(history, name)) is Confirmation.AGREES


@pytest.mark.parametrize(
    ("name", "forged"),
    [
        pytest.param(FINDING, {"actor": user("dr-amal")}, id="a finding about somebody else"),
        pytest.param(FINDING, {"actor": None}, id="a finding without its actor"),
        pytest.param(FINDING, {"event": "Exfiltration:S3/MaliciousIPCaller"}, id="a finding of another type"),
        pytest.param(FINDING, {"resources": (BUCKET.but(id="arn:aws:s3:::another"),)}, id="a finding about another store"),
        pytest.param(FINDING, {"sample": True}, id="a finding said to be a sample"),
        pytest.param(EVENT, {"actor": role("clinician-app", "i-0a1b2c3d4e5f60718")}, id="a call by somebody else"),
        pytest.param(EVENT, {"event": "DeleteTrail"}, id="another call"),
        pytest.param(EVENT, {"failed": True}, id="a call said to have failed"),
        pytest.param(EVENT, {"resources": (BUCKET,)}, id="a call on something else"),
    ],
)
def test_a_forged_fact_is_denied(
    name: str, forged: dict[str, Any], history: History, clients: Clients, clock: StoppedClock
) -> None:
    assert AwsSources(clients, clock).confirm(known(history, name).but(**forged)) is Confirmation.DISAGREES


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        pytest.param(FINDING, {"id": "0" * 32}, id="a finding that GuardDuty does not have"),
        pytest.param(FINDING, {"detector": "f" * 32}, id="a detector that is not the account's"),
        pytest.param(FINDING, {"detector": ""}, id="a finding without a detector"),
        pytest.param(EVENT, {"id": "not-yet"}, id="an event that CloudTrail does not have yet"),
        pytest.param(EVENT, {"region": "eu-west-1"}, id="an event of another Region"),
    ],
)
def test_what_is_not_there_is_no_denial(
    name: str, changed: dict[str, Any], history: History, clients: Clients, clock: StoppedClock
) -> None:
    assert AwsSources(clients, clock).confirm(known(history, name).but(**changed)) is Confirmation.NOT_FOUND


def test_a_source_that_gives_no_answer_is_unreachable(history: History, clients: Clients, clock: StoppedClock) -> None:
    told = known(history, EVENT)
    history.throttled = 1000
    assert AwsSources(clients, clock).confirm(told) is Confirmation.UNREACHABLE


def test_an_actor_without_a_principal_is_asked_for_by_its_key(history: History, evidence: CloudTrailEvidence) -> None:
    elsewhere = Actor(credential=Credential.FOREIGN, account=ACCOUNT, access_key="ASIAELSE")
    identity = {"type": "AWSAccount", "accountId": "444455556666", "accessKeyId": "ASIAELSE"}
    history.add(record(identity, "ListBuckets", MINUTE))
    assert [act.actor.access_key for act in evidence.by(elsewhere, NOW - DAY)] == ["ASIAELSE"]
    assert evidence.by(elsewhere.but(access_key=""), NOW - DAY) == ()


def test_the_root_user_is_asked_for_by_its_name(history: History, evidence: CloudTrailEvidence) -> None:
    root = Actor(credential=Credential.ROOT, account=ACCOUNT, unique_id=ACCOUNT)
    identity = {"type": "Root", "userName": "root", "principalId": ACCOUNT, "accountId": ACCOUNT}
    history.add(record(identity, "CreateAccessKey", MINUTE))
    assert [act.name for act in evidence.by(root, NOW - DAY)] == ["CreateAccessKey"]
