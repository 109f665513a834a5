"""Rehearsals by the clock, through the function's handler and under the account's role: none before the last one is tidied up."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import ClientError

from functions import environment, rehearse
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.rehearsal import Scenery, inside
from shared.adapters.aws.rehearsal_rights import ALIAS, BOUNDARY, ENTERED, NAME, boundary_of, bounds, permissions
from shared.adapters.local.clock import SystemClock
from shared.adapters.memory.notifier import MemoryNotifier
from shared.sandbox.aws.server import ACCOUNT
from shared.workflow import deciding
from shared.workflow.rehearsing import Rehearsed
from shared.workflow.rehearsing_when_due import FAILED, HELD, LEFT, SKIPPED, SLOW_SECONDS, late
from tests.contract.aws_rehearsal_night import Night, OnDuty, night
from tests.contract.aws_responder import document
from tests.custody_cases import case

__all__ = ["night"]

DAYS = 30
ALL = document({"Effect": "Allow", "Action": "*", "Resource": "*"})


@dataclass
class Visits:
    """The function as the schedule calls it, with a memory of whom it has told what."""

    night: Night
    people: MemoryNotifier
    patch: pytest.MonkeyPatch

    def come(self, days: float = 0, on_duty: OnDuty | None = None) -> dict[str, object]:
        """One look, so many days from now; `on_duty`: who answers meanwhile."""
        self.patch.setattr(environment, "looking", lambda: self.night.looking(on_duty or self.night.respond))
        at = datetime.now(UTC) + timedelta(days=days, minutes=1 if days else 0)
        return rehearse.handler({"time": at.isoformat()}, LambdaContext())

    @property
    def pages(self) -> list[str]:
        return [page.subject for page in self.people.pages]

    @property
    def notices(self) -> list[str]:
        return [subject for subject, _ in self.people.notices]


@pytest.fixture
def visits(night: Night, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visits]:
    root = night.sandbox.root()
    iam, s3 = root.client("iam"), root.client("s3")
    iam.create_policy(PolicyName=BOUNDARY, PolicyDocument=document(*bounds("aws", ACCOUNT)))
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/rehearser"}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName=ENTERED, AssumeRolePolicyDocument=document(trust))
    rights = iam.create_policy(
        PolicyName="rehearse", PolicyDocument=document(*permissions("aws", ACCOUNT, boundary_of("aws", ACCOUNT)))
    )
    iam.attach_role_policy(RoleName=ENTERED, PolicyArn=rights["Policy"]["Arn"])
    s3.create_bucket(Bucket="trail-files")
    s3.put_bucket_policy(Bucket="trail-files", Policy=document(*written_by_trails("trail-files")))
    trail = root.client("cloudtrail")
    trail.create_trail(Name="all", S3BucketName="trail-files", IsMultiRegionTrail=True)
    trail.start_logging(Name="all")
    kms = root.client("kms")
    kms.create_alias(AliasName=ALIAS, TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    root.client("backup").create_backup_vault(BackupVaultName="nightly")
    people = MemoryNotifier()
    monkeypatch.setenv("CODEBLUE_REHEARSE_ACCOUNT", ACCOUNT)
    monkeypatch.setenv("CODEBLUE_REHEARSE_DAYS", str(DAYS))
    monkeypatch.setattr(environment, "people", lambda: people)
    environment.settings.cache_clear()
    yield Visits(night, people, monkeypatch)
    environment.settings.cache_clear()


def written_by_trails(bucket: str) -> tuple[dict[str, object], ...]:
    """What CloudTrail must be allowed before it makes a trail (user guide, "Amazon S3 bucket policy for CloudTrail")."""
    service = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}}
    owned = {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}
    return (
        {**service, "Action": "s3:GetBucketAcl", "Resource": f"arn:aws:s3:::{bucket}"},
        {**service, "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/AWSLogs/*", "Condition": owned},
    )


def tidy(night: Night, name: str) -> None:
    """What people do who were told so, with the commands that they were told."""
    for plan in (deciding.rollback_plan, lambda c, d: deciding.release_plan(c, d, "trail-files")):
        lease = night.working.cases.take(name, "people")
        assert lease
        found = night.working.cases.load(name)
        wanted = plan(found, night.working)
        whole = plan is deciding.rollback_plan
        after = deciding.undo(found, night.working, wanted, wanted.digest, "people", whole=whole)
        night.working.cases.save(after, lease)
        night.working.cases.give_back(lease)


def test_it_comes_is_measured_and_comes_again_only_after_people_took_back_what_it_left(
    visits: Visits, capsys: pytest.CaptureFixture[str]
) -> None:
    first = visits.come()
    assert (first["wrong"], visits.pages, visits.notices) == (0, [], [HELD])
    (told,) = [body for _, body in visits.people.notices]
    rollback, release = f"codeblue rollback {first['case']} --direct", f"codeblue release {first['case']} arn:aws:s3:::trail-files"
    assert (rollback in told, release in told) == (True, True)
    metrics = json.loads(next(line for line in capsys.readouterr().out.splitlines() if "_aws" in line))
    assert metrics["Fenced"][0] >= metrics["CaseOpened"][0] > 0

    assert "due at" in str(visits.come(DAYS - 1)["none"])
    for days, pages in ((DAYS, 1), (DAYS + 1, 1), (DAYS + 5, 1), (2 * DAYS, 2)):
        assert "codeblue rollback" in str(visits.come(days)["none"])
        assert (visits.pages, len(visits.night.working.cases.all())) == ([LEFT] * pages, 1)
    assert (rollback in visits.people.pages[0].body, release in visits.people.pages[0].body) == (True, True)

    tidy(visits.night, str(first["case"]))
    again = visits.come(2 * DAYS + 1)
    assert (again["wrong"], visits.notices) == (0, [HELD, HELD])
    assert again["case"] != first["case"]


def test_a_real_case_comes_first_and_is_said_so_once_for_each_time_that_one_was_due(visits: Visits) -> None:
    visits.night.working.cases.create(case("cb-real"))
    assert "cb-real is open" in str(visits.come()["none"])
    assert (visits.pages, visits.notices, visits.night.left()) == ([], [SKIPPED], ([], []))


def test_a_response_that_never_comes_is_paged_and_tried_again_the_next_day(visits: Visits) -> None:
    visits.patch.setattr(rehearse, "LIMIT", 70)
    for day in range(2):
        assert visits.come(day, lambda: None) == {"case": "", "wrong": 1}
    assert (visits.pages, visits.night.left()) == ([FAILED, FAILED], ([], []))
    assert "no case was opened" in visits.people.pages[0].body


def test_what_a_killed_run_left_the_next_look_takes_away_and_rehearses_only_when_due(visits: Visits) -> None:
    scene = Scenery(inside(Clients(), ACCOUNT), SystemClock(), datetime.now(UTC), bounded=True)
    scene.set_up()
    scene.attack()
    visits.night.respond()
    assert "due at" in str(visits.come(1)["none"])
    assert (visits.pages, visits.night.left()[0]) == ([], [])


def test_a_run_that_was_killed_before_its_deed_is_done_over(visits: Visits) -> None:
    Scenery(inside(Clients(), ACCOUNT), SystemClock(), datetime.now(UTC) - timedelta(seconds=9), bounded=True).set_up()
    went = visits.come()
    assert (went["wrong"], visits.night.left()[0], len(visits.night.left()[1])) == (0, [], 1)


def test_a_fence_that_comes_late_is_paged(visits: Visits) -> None:
    went = Rehearsed("cb-1", 1.0, SLOW_SECONDS + 1, SLOW_SECONDS + 2, (), ())
    (line,) = late(went)
    assert "301 s after the deed" in line


@pytest.mark.parametrize(
    "deed",
    [
        pytest.param(lambda s, _: s.client("s3").put_object(Bucket="charts", Key="x", Body=b""), id="write into a tenant's bucket"),
        pytest.param(lambda s, _: s.client("s3").delete_bucket(Bucket="charts"), id="delete a tenant's bucket"),
        pytest.param(lambda s, _: s.client("iam").delete_user(UserName="responder"), id="delete a user"),
        pytest.param(lambda s, key: s.client("kms").schedule_key_deletion(KeyId=key), id="end a tenant's key"),
        pytest.param(
            lambda s, key: s.client("kms").tag_resource(KeyId=key, Tags=[{"TagKey": "codeblue:rehearsal", "TagValue": "true"}]),
            id="tag a tenant's key as a rehearsal's",
        ),
        pytest.param(
            lambda s, key: s.client("kms").create_alias(AliasName="alias/codeblue-rehearsal-x", TargetKeyId=key),
            id="name a tenant's key as its own",
        ),
        pytest.param(
            lambda s, _: s.client("iam").create_role(RoleName=f"{NAME}-x", AssumeRolePolicyDocument=document()),
            id="make a role without bounds",
        ),
        pytest.param(
            lambda s, _: s.client("iam").delete_role_permissions_boundary(RoleName=f"{NAME}-bounded"), id="take a role's bounds off"
        ),
        pytest.param(
            lambda s, _: s.client("iam").put_role_policy(RoleName=f"{NAME}-free", PolicyName="x", PolicyDocument=ALL),
            id="give a role more that has no bounds",
        ),
    ],
)
def test_who_holds_the_role_may_not(visits: Visits, deed: Callable[[Any, str], object]) -> None:
    iam = visits.night.sandbox.root().client("iam")
    trust = document({"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"})
    iam.create_role(RoleName=f"{NAME}-free", AssumeRolePolicyDocument=trust)
    iam.create_role(RoleName=f"{NAME}-bounded", AssumeRolePolicyDocument=trust, PermissionsBoundary=boundary_of("aws", ACCOUNT))
    key = visits.night.sandbox.root().client("kms").create_key()["KeyMetadata"]["KeyId"]
    with pytest.raises(ClientError, match="AccessDenied"):
        deed(_held(visits), key)


def test_a_role_that_it_makes_and_lets_do_everything_may_do_no_more_than_a_rehearsals(visits: Visits) -> None:
    session = _held(visits)
    iam = session.client("iam")
    trust = document({"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"})
    arn = iam.create_role(RoleName=f"{NAME}-x", AssumeRolePolicyDocument=trust, PermissionsBoundary=boundary_of("aws", ACCOUNT))[
        "Role"
    ]["Arn"]
    iam.put_role_policy(RoleName=f"{NAME}-x", PolicyName="all", PolicyDocument=ALL)
    got = session.client("sts").assume_role(RoleArn=arn, RoleSessionName="someone")["Credentials"]
    made = visits.night.sandbox.session(got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"])
    for wanted in (
        lambda: made.client("s3").list_objects_v2(Bucket="charts"),
        lambda: made.client("iam").create_user(UserName="mine"),
        lambda: made.client("kms").list_keys(),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            wanted()


def _held(visits: Visits) -> Any:  # noqa: ANN401  # a session of boto3
    held = inside(Clients(), ACCOUNT).credentials("")
    assert held
    return visits.night.sandbox.session(held.access_key or "", held.secret_key or "", held.token or "")
