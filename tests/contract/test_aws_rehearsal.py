"""A rehearsal against the embedded AWS: a deed of its own actor, read from the log, taken in and fenced as any other alert is."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from typer.testing import CliRunner

from functions.ingest import ingest
from shared.adapters.aws import identities
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.permissions import allow
from shared.adapters.aws.rehearsal import NAME, Scenery, permissions
from shared.adapters.local.clock import SystemClock
from shared.adapters.memory.windows import BoundedMemory
from shared.bootstrap import audited, deps
from shared.cli.app import app
from shared.domain.case import Case, Mode, Stage, Verdict
from shared.domain.errors import NotReady
from shared.sandbox.aws.faults import Fault
from shared.sandbox.aws.server import ACCOUNT, REGION, Sandbox
from shared.settings import Policy
from shared.workflow import rehearsing
from shared.workflow.deps import Deps
from shared.workflow.judging import Judge
from shared.workflow.rehearsing import Rehearsed, outside, rehearse, written
from shared.workflow.tasks import Task, run
from tests.contract.aws_responder import document, responder
from tests.custody_cases import case
from tests.workflow.test_functions import Started, batch

POLICY = """version = 1
[custody]
directory = "{0}/first"
second_directory = "{0}/second"
[responder]
roles = ["arn:aws:iam::111122223333:user/responder"]
[tenants.st-brendan]
buckets = ["charts"]
"""

type OnDuty = Callable[[], None]


class Watch(SystemClock):
    """A clock by which nobody waits: while somebody would, the responder works; an hour goes by in sixty looks."""

    def __init__(self, on_duty: OnDuty) -> None:
        self.on_duty, self.slept = on_duty, 0.0

    def monotonic(self) -> float:
        return self.slept

    def sleep(self, seconds: float) -> None:
        self.slept += seconds if self.slept else 60
        self.on_duty()


@dataclass
class Night:
    """A deployed responder, and somebody who rehearses with exactly what a rehearsal takes."""

    sandbox: Sandbox
    policy: Policy
    working: Deps
    own: Clients
    judged: list[str] = field(default_factory=list)

    def scenery(self) -> Scenery:
        now = datetime.now(UTC) + timedelta(seconds=len(self.judged) + 1)
        return Scenery(self.own, SystemClock(), now)

    def rehearse(self, on_duty: OnDuty | None = None, scenery: Scenery | None = None, limit: float = 100) -> Rehearsed:
        looking = replace(self.working, clock=Watch(on_duty or (lambda: None)))
        return rehearse(scenery or self.scenery(), looking, self.audit, limit)

    def audit(self, name: str) -> object:
        return audited(name, self.policy, open_case=True, public_key=None, folder=None)

    def respond(self) -> None:
        """What EventBridge, the queue and the state machine do: each record of the log once, and its case."""
        for record in self.log():
            if record["eventID"] not in self.judged:
                self.judged.append(record["eventID"])
                self._take_in(record)

    def log(self) -> list[dict[str, Any]]:
        """What the log has of who rehearses and of its role, the oldest first."""
        pages = self.sandbox.root().client("cloudtrail").get_paginator("lookup_events").paginate()
        records = [json.loads(each["CloudTrailEvent"]) for page in pages for each in page["Events"]]
        return [each for each in reversed(records) if "rehears" in each["userIdentity"].get("arn", "")]

    def _take_in(self, record: dict[str, Any]) -> None:
        about = {"source": "aws.s3", "account": ACCOUNT, "region": REGION, "time": record["eventTime"]}
        event = {"version": "0", "id": record["eventID"], "detail-type": "AWS API Call via CloudTrail", "detail": record, **about}
        started = Started()
        judge = Judge(self.policy, self.working.exempt, BoundedMemory, automatic=True)
        ingest(batch(json.dumps(event)), LambdaContext(), self.working, judge, started, started, BoundedMemory())
        for name in started.cases:
            for stage in (Stage.OPEN, Stage.SCOPE, Stage.FENCE, Stage.PRESERVE):
                run(Task(case=name, stage=stage), self.working, f"request-{stage}")

    def left(self) -> tuple[list[str], list[str]]:
        """Roles and buckets of rehearsals that are there."""
        root = self.sandbox.root()
        roles = root.client("iam").list_roles()["Roles"]
        buckets = root.client("s3").list_buckets()["Buckets"]
        names = [each["RoleName"] for each in roles if each["RoleName"].startswith(NAME)]
        return names, [each["Name"] for each in buckets if each["Name"].startswith(NAME)]


@pytest.fixture
def night(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Night:
    clients = responder(sandbox, monkeypatch)
    assert clients.identity
    root = sandbox.root()
    root.client("s3").create_bucket(Bucket="charts")
    policy = Policy.read(POLICY.format(tmp_path))
    working = deps(policy)
    iam = root.client("iam")
    iam.create_user(UserName="rehearser")
    known = allow(identities.PERMISSIONS, "*")
    rights = iam.create_policy(PolicyName="rehearses", PolicyDocument=document(*permissions("aws", ACCOUNT), known))
    iam.attach_user_policy(UserName="rehearser", PolicyArn=rights["Policy"]["Arn"])
    key = iam.create_access_key(UserName="rehearser")["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    (tmp_path / "response.toml").write_text(POLICY.format(tmp_path))
    monkeypatch.setenv("CODEBLUE_POLICY", str(tmp_path / "response.toml"))
    return Night(sandbox, policy, working, Clients())


def test_a_deed_is_fenced_and_measured_and_nothing_else_is_touched(night: Night) -> None:
    scenery = night.scenery()
    went = night.rehearse(night.respond, scenery)
    (opened,) = night.working.cases.all()
    assert (went.case, went.wrong) == (opened.id, ())
    assert opened.verdict is not Verdict.AWAITING_APPROVAL
    times = (went.opened, went.fenced, went.refused)
    assert None not in times
    assert times == tuple(sorted(time for time in times if time is not None))
    roles, buckets = night.left()
    assert (roles, len(buckets)) == ([], 1), "the actor is gone; what its open case looks after stays"

    changes = tuple(written(night.working.journal(opened.id)))
    stranger = next(change for change in changes if change.target.kind == "bucket")
    charts = stranger.target.but(id="arn:aws:s3:::charts")
    (told,) = outside(scenery, (*changes, stranger.but(target=charts)))
    assert "charts was changed" in told

    assert rehearsing.clear(night.scenery(), night.working) == ()
    assert len(night.left()[1]) == 1
    lease = night.working.cases.take(opened.id, "a person")
    assert lease
    night.working.cases.save(night.working.cases.load(opened.id).but(stage=Stage.CLOSE), lease)
    assert rehearsing.clear(night.scenery(), night.working) == ()
    assert night.left() == ([], [])


def test_setting_the_scene_alarms_nobody(night: Night) -> None:
    night.scenery().set_up()
    night.respond()
    assert {"CreateRole", "CreateKey", "PutRolePolicy", "AssumeRole"} <= {record["eventName"] for record in night.log()}
    assert night.working.cases.all() == ()


def test_a_response_that_never_comes_is_told_and_leaves_nothing(night: Night) -> None:
    went = night.rehearse()
    (wrong,) = went.wrong
    assert "no case was opened" in wrong
    assert (went.case, went.opened, went.fenced, went.refused, night.left()) == ("", None, None, None, ([], []))


def test_a_fence_that_never_comes_is_told_with_its_case(night: Night) -> None:
    asks = night.policy.but(modes=night.policy.modes.but(fence=Mode.ASK))
    night.working, night.policy = replace(night.working, policy=asks), asks
    (wrong,) = (went := night.rehearse(night.respond, limit=61)).wrong
    assert f"case {went.case} is awaiting_approval, and its fence did not come" in wrong
    assert (went.fenced, went.refused, night.left()[0]) == (None, None, [])


def test_a_real_case_that_is_open_comes_first(night: Night) -> None:
    night.working.cases.create(case("cb-real"))
    with pytest.raises(NotReady, match="cb-real is open"):
        night.rehearse()
    assert night.left() == ([], [])


def test_a_real_case_that_comes_meanwhile_ends_the_rehearsal(night: Night) -> None:
    def real() -> None:
        night.working.cases.create(case("cb-real"))

    (wrong,) = night.rehearse(real).wrong
    assert "cb-real came" in wrong
    assert night.left() == ([], [])


def test_a_thief_who_names_a_rehearsal_and_something_else_is_a_real_case(night: Night) -> None:
    scenery = night.scenery()
    went = night.rehearse(night.respond, scenery)
    opened: Case = night.working.cases.load(went.case)
    charts = opened.signal.resources[0].but(id="arn:aws:s3:::charts")
    widened = opened.but(fronts=(opened.signal.but(resources=(charts,)),))
    assert rehearsing._real(scenery, (opened,)) == ""
    assert rehearsing._real(scenery, (widened,)) == opened.id


def test_what_a_killed_run_left_the_next_one_takes_away(night: Night) -> None:
    night.scenery().set_up()
    night.judged.append("another second")
    assert [len(each) for each in night.left()] == [1, 1]
    night.rehearse()
    assert night.left() == ([], [])


def test_what_can_not_be_removed_is_told_and_goes_the_next_time(night: Night) -> None:
    number = night.sandbox.cloud.faults.add(Fault("error", "s3", "DeleteBucket"))
    wrong = night.rehearse().wrong
    assert any("could not be removed" in each for each in wrong)
    night.sandbox.cloud.faults.remove(number)
    assert rehearsing.clear(night.scenery(), night.working) == ()
    assert night.left() == ([], [])


@pytest.mark.parametrize(
    "deed",
    [
        pytest.param(lambda s: s.client("s3").delete_bucket(Bucket="charts"), id="a bucket of a tenant"),
        pytest.param(lambda s: s.client("iam").delete_user(UserName="responder"), id="a user"),
        pytest.param(lambda s: s.client("iam").create_role(RoleName="x", AssumeRolePolicyDocument="{}"), id="a role elsewhere"),
        pytest.param(lambda s: s.client("kms").create_key(), id="a key without the tag"),
    ],
)
def test_who_rehearses_may_not_touch(night: Night, deed: Callable[[Any], object]) -> None:
    held = night.own.credentials("")
    assert held
    with pytest.raises(Exception, match="AccessDenied"):
        deed(night.sandbox.session(held.access_key or "", held.secret_key or ""))


def test_the_command_shows_its_plan_and_stops_at_a_no(night: Night) -> None:
    ran = CliRunner().invoke(app, ["rehearse", "--account", ACCOUNT], input="n\n")
    assert "until `codeblue rollback CASE`" in ran.output
    assert (ran.exit_code, night.left()) == (1, ([], []))


@pytest.mark.parametrize(
    ("given", "code"),
    [
        pytest.param(["--account", ACCOUNT, "--yes", "--limit", "0", "--json"], 3, id="nobody answers"),
        pytest.param(["--account", ACCOUNT, "--clear"], 0, id="only clearing"),
        pytest.param(["--account", ACCOUNT, "--rights"], 0, id="only the rights"),
    ],
)
def test_the_command_by_its_exit_code(night: Night, given: list[str], code: int) -> None:
    assert CliRunner().invoke(app, ["rehearse", *given]).exit_code == code
    assert night.left() == ([], [])


def test_the_command_enters_no_other_account(night: Night) -> None:
    ran = CliRunner().invoke(app, ["rehearse", "--account", "444455556666", "--yes"])
    assert "not of 444455556666" in str(ran.exception)
    assert night.left() == ([], [])
