"""Jobs of S3 Batch Operations, over HTTP, against the service's rules as they are documented."""

import json
from copy import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.adapters.aws import objects
from shared.adapters.aws.canaries import bucket_of
from shared.adapters.aws.job_names import PLACE, ROLE
from shared.adapters.aws.jobs import ACTIONS, AwsJobs
from shared.adapters.aws.permissions import document, tasks
from shared.domain.errors import Absent, Refused, Unreachable
from shared.domain.versions import Engine
from shared.ports.jobs import NOT_AS_ORDERED, Job, JobState, Order
from shared.reencryption.lanes import Lane, Reason
from shared.reencryption.manifest import Manifest
from shared.sandbox.aws.authoriser import Named, Policies, Principal, Request, decide
from shared.sandbox.aws.server import ACCOUNT, Sandbox
from tests.contract.aws_objects import Scene, bucket, scene


@pytest.fixture
def charts(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """Three versions by a Bucket Key and one without, of three charts."""
    made = scene(sandbox, monkeypatch, by=Engine.BATCH)
    made.versioning("Enabled")
    for key in ("jane doe", "jane doe", "b/ü+x"):
        made.put(key)
    made.put("c", BucketKeyEnabled=False)
    return made


def jobs(made: Scene) -> AwsJobs:
    assert made.job is not None
    assert isinstance(made.job.jobs, AwsJobs)
    return made.job.jobs


def order(made: Scene, token: str = "once") -> Order:
    return Order(token, made.plan.store, made.old, made.new, bucket_key=True)


def until(made: Scene, ident: str, *states: JobState) -> Job:
    for _ in range(10):
        job = jobs(made).look(made.plan.store, ident)
        if job.state in states:
            return job
    raise AssertionError(job)


def test_a_job_moves_what_there_is_and_its_report_is_on_record(charts: Scene, sandbox: Sandbox) -> None:
    result = charts.migrate()
    assert (result.finished, result.moved) == (True, {Lane.UPDATE: 4})
    # the canary's update is the only one of ours
    assert len(sandbox.cloud.calls.of("s3:UpdateObjectEncryption")) == 1
    rows = Manifest.recall(charts.plan, charts.journal).moved.values()
    assert {row.request_ids[0] for row in rows} == set(sandbox.cloud.books.batch_jobs)
    assert all(row.before and row.before.listed and row.after and row.after.key == charts.new for row in rows)
    assert charts.verify().compared == 4
    assert [charts.head(key).get("BucketKeyEnabled", False) for key in ("jane doe", "b/ü+x", "c")] == [True, True, False]
    assert "jane" not in "".join(str(entry) for entry in charts.journal.listed)
    reports = [held["Key"] for held in charts.s3.list_objects_v2(Bucket="codeblue-responder")["Contents"]]
    assert {key.rpartition("/job-")[0] for key in reports if "canary" not in key} == {f"{PLACE}/{ACCOUNT}"}


def test_the_same_token_is_the_same_job(charts: Scene) -> None:
    first = jobs(charts).order(order(charts))
    assert jobs(charts).order(order(charts)) == first
    assert jobs(charts).order(order(charts, "another")) != first
    with pytest.raises(Refused, match="IdempotencyException"):
        jobs(charts).order(replace(order(charts), bucket_key=False))


def test_jobs_under_the_jobs_role_are_seen_whoever_ordered_them(charts: Scene, sandbox: Sandbox) -> None:
    opened = datetime.fromtimestamp(sandbox.cloud.clock.now(), UTC)
    mine = jobs(charts).order(order(charts))
    theirs = sandbox.cloud.books.batch_jobs[jobs(charts).order(order(charts, "theirs"))]
    theirs["asked"] = {**theirs["asked"], "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/their-own"}
    (seen,) = jobs(charts).seen(charts.plan.store, opened)
    assert (seen.id, seen.operation, seen.succeeded) == (mine, "S3UpdateObjectEncryption", 0)
    jobs(charts).cancel(charts.plan.store, mine)
    until(charts, mine, JobState.CANCELLED)
    assert list(jobs(charts).seen(charts.plan.store, opened + timedelta(days=1))) == []


def test_a_job_is_asked_about_once_and_tells_what_it_did(charts: Scene, sandbox: Sandbox) -> None:
    at, ident = jobs(charts), jobs(charts).order(order(charts))
    until(charts, ident, JobState.WAITING)
    jobs(charts).confirm(order(charts), ident)
    until(charts, ident, JobState.COMPLETE)
    before, since = len(sandbox.cloud.calls.of("s3control:DescribeJob")), datetime.min.replace(tzinfo=UTC)
    assert [[seen.succeeded for seen in at.seen(charts.plan.store, since)] for _ in range(3)] == [[3]] * 3
    assert len(sandbox.cloud.calls.of("s3control:DescribeJob")) == before + 1 > 1


def test_a_job_does_nothing_before_it_is_confirmed(charts: Scene) -> None:
    ident = jobs(charts).order(order(charts))
    assert until(charts, ident, JobState.WAITING) == Job(JobState.WAITING, tasks=3)
    assert until(charts, ident, JobState.WAITING).succeeded == 0
    jobs(charts).confirm(order(charts), ident)
    assert until(charts, ident, JobState.COMPLETE) == Job(JobState.COMPLETE, tasks=3, succeeded=3)
    jobs(charts).confirm(order(charts), ident)  # it is over: nothing comes of it
    assert {done.key for done in jobs(charts).report(charts.plan.store, ident)} == {"jane doe", "b/ü+x"}


@pytest.mark.parametrize("changed", [{"bucket_key": False}, {"old": "other"}, {"successor": "other"}], ids=["how", "what", "to"])
def test_a_job_that_somebody_else_ordered_is_not_confirmed(charts: Scene, changed: dict[str, Any]) -> None:
    theirs: dict[str, Any] = {field: charts.other if value == "other" else value for field, value in changed.items()}
    if "old" in theirs:
        charts.put("z", SSEKMSKeyId=charts.other)
    ident = jobs(charts).order(replace(order(charts), **theirs))
    until(charts, ident, JobState.WAITING)
    with pytest.raises(Refused) as told:
        jobs(charts).confirm(order(charts), ident)
    assert told.value.code == NOT_AS_ORDERED
    assert until(charts, ident, JobState.WAITING).succeeded == 0


def test_a_job_that_is_cancelled_ends_and_has_no_report_where_it_did_nothing(charts: Scene) -> None:
    ident = jobs(charts).order(order(charts))
    jobs(charts).cancel(charts.plan.store, ident)
    assert until(charts, ident, JobState.CANCELLED).succeeded == 0
    jobs(charts).cancel(charts.plan.store, ident)
    with pytest.raises(Absent):
        list(jobs(charts).report(charts.plan.store, ident))
    with pytest.raises(Absent):
        jobs(charts).look(charts.plan.store, "no-such-job")


def test_what_a_task_was_refused_is_in_the_report_and_the_sweeps_move_it(charts: Scene, sandbox: Sandbox) -> None:
    may_not(sandbox, "s3:UpdateObjectEncryption")
    ident = jobs(charts).order(order(charts))
    until(charts, ident, JobState.WAITING)
    jobs(charts).confirm(order(charts), ident)
    assert until(charts, ident, JobState.COMPLETE).failed == 3
    assert {done.code for done in jobs(charts).report(charts.plan.store, ident)} == {"AccessDenied"}
    assert charts.migrate().moved == {Lane.UPDATE: 4}
    kept = Manifest.recall(charts.plan, charts.journal).kept.values()
    assert {row.reason for row in kept} == {Reason.DENIED}


def may_not(sandbox: Sandbox, action: str) -> None:
    denied = f'{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Action":"{action}","Resource":"*"}}]}}'
    sandbox.root().client("iam").put_role_policy(RoleName=ROLE, PolicyName="but", PolicyDocument=denied)


OUT: tuple[tuple[str, str, str, dict[str, tuple[str, ...]]], ...] = (
    ("read a chart", "s3:GetObject", "arn:aws:s3:::charts/jane", {}),
    ("read a version of it", "s3:GetObjectVersion", "arn:aws:s3:::charts/jane", {}),
    ("copy one into a bucket of the account", "s3:PutObject", "arn:aws:s3:::thiefs/x", {"s3:x-amz-copy-source": ("/charts/jane",)}),
    ("copy one to where reports lie", "s3:PutObject", "{place}", {"s3:x-amz-copy-source": ("/charts/jane",)}),
    ("report to a bucket of the account", "s3:PutObject", "arn:aws:s3:::thiefs/codeblue/jobs/{account}/job-1/manifest.json", {}),
    ("report to where another account does", "s3:PutObject", "{other}", {}),
    ("run a program with what is read", "lambda:InvokeFunction", "arn:aws:lambda:us-east-1:{account}:function:out", {}),
)
ABROAD = "444455556666"


@pytest.mark.parametrize(("action", "resource", "about"), [row[1:] for row in OUT], ids=[row[0] for row in OUT])
def test_with_the_jobs_role_nobody_can(action: str, resource: str, about: dict[str, tuple[str, ...]]) -> None:
    """Also where a policy of the account on the thing itself lets the role in."""
    assert not judged(action, resource, about, ABROAD)


def test_with_the_jobs_role_a_job_is_done_and_reports() -> None:
    assert judged("s3:UpdateObjectEncryption", "arn:aws:s3:::charts/jane", {}, ABROAD)
    assert judged("s3:PutObject", "{place}", {}, ACCOUNT)
    assert not judged("s3:PutObject", "{place}", {}, ABROAD), "the bucket's name, taken by somebody else"


def judged(action: str, resource: str, about: dict[str, tuple[str, ...]], owner: str) -> bool:
    """Whether the role of an account (ABROAD) may, in whose buckets everybody may, where the responder lives in ACCOUNT."""
    place = f"arn:aws:s3:::{bucket_of(ACCOUNT, 'us-east-1')}/{PLACE}"
    named = resource.format(place=f"{place}/{ABROAD}/job-1/x", other=f"{place}/{ACCOUNT}/job-1/x", account=ABROAD)
    role = Principal(
        "role", ABROAD, f"arn:aws:sts::{ABROAD}:assumed-role/{ROLE}/s", "AROAEXAMPLE:s", f"arn:aws:iam::{ABROAD}:role/{ROLE}"
    )
    keys = {"aws:principalaccount": (ABROAD,), "aws:resourceaccount": (owner,), **about}
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    resources = Named("bucket", {"Version": "2012-10-17", "Statement": [everybody]})
    policies = Policies(identity=(Named("tasks", json.loads(document(*tasks(ACCOUNT)))),), resource=resources)
    return decide(Request(role, action, named, owner, keys), policies).allowed


WANTING = ("s3:PutInventoryConfiguration", "s3:PutObject")


@pytest.mark.parametrize("action", WANTING)
def test_a_job_whose_role_lacks_a_right_is_no_success(charts: Scene, sandbox: Sandbox, action: str) -> None:
    may_not(sandbox, action)
    result = charts.migrate()
    assert (result.finished, result.why) == (False, "the store's own job failed: AccessDenied")


def test_a_role_that_s3_may_not_have_begins_nothing(charts: Scene, sandbox: Sandbox) -> None:
    other = '{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}'
    trust = f'{{"Version":"2012-10-17","Statement":[{other}]}}'
    sandbox.root().client("iam").update_assume_role_policy(RoleName=ROLE, PolicyDocument=trust)
    ident = jobs(charts).order(order(charts))
    assert until(charts, ident, JobState.FAILED).why == "AssumeRoleUnauthorizedAccess"


def test_a_store_is_served_where_the_role_and_a_place_for_reports_are(charts: Scene, sandbox: Sandbox) -> None:
    store = charts.plan.store
    assert jobs(charts).serves(store)
    assert not jobs(charts).serves(store.model_copy(update={"region": "eu-west-1"}))
    with pytest.raises(Unreachable):
        jobs(charts).serves(store.model_copy(update={"account": "444455556666"}))
    iam = sandbox.root().client("iam")
    iam.delete_role_policy(RoleName=ROLE, PolicyName="tasks")
    iam.delete_role(RoleName=ROLE)
    assert not jobs(charts).serves(store)


REPORT = {"Enabled": True, "Format": "Report_CSV_20180820", "ReportScope": "AllTasks"}


def test_what_is_not_whole_is_refused(charts: Scene, sandbox: Sandbox) -> None:
    ours = bucket("codeblue-responder").id
    client: Any = sandbox.root().client("s3control")
    role, source = f"arn:aws:iam::{ACCOUNT}:role/{ROLE}", {"SourceBucket": "arn:aws:s3:::charts", "EnableManifestOutput": False}
    rows = (
        ("a report in a bucket that is not there", {**REPORT, "Bucket": "arn:aws:s3:::nobodys"}, role),
        ("a report without a place", REPORT, role),
        ("a bucket of somebody else", {**REPORT, "Bucket": ours, "ExpectedBucketOwner": "444455556666"}, role),
        ("a role that does not exist", {**REPORT, "Bucket": ours}, f"{role}-not-there"),
    )
    for what, report, by in rows:
        with pytest.raises(client.exceptions.ClientError, match="InvalidRequest"):
            client.create_job(
                AccountId=ACCOUNT,
                ClientRequestToken=what,
                Operation={"S3UpdateObjectEncryption": {"ObjectEncryption": {"SSEKMS": {"KMSKeyArn": charts.new}}}},
                ManifestGenerator={"S3JobManifestGenerator": source},
                Report=report,
                Priority=1,
                RoleArn=by,
            )


def test_every_declared_right_is_needed_and_no_other(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    every = [*objects.ACTIONS, *ACTIONS, "iam:PassRole"]
    made = scene(sandbox, monkeypatch, *every, by=Engine.BATCH)
    made.put("jane")
    assert jobs(made).serves(made.plan.store)
    assert made.migrate().moved == {Lane.UPDATE: 1}
    assert len(sandbox.cloud.calls.of("s3:UpdateObjectEncryption")) == 1
    iam = sandbox.root().client("iam")
    for number, action in enumerate(sorted({*ACTIONS, "iam:PassRole"})):
        denied = f'{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Action":"{action}","Resource":"*"}}]}}'
        iam.put_user_policy(UserName="responder", PolicyName="but", PolicyDocument=denied)
        made.put(f"chart {number}")
        with pytest.raises((Absent, Refused)):
            _all_of_it(made, f"{number}")


def _all_of_it(made: Scene, token: str) -> None:
    jobs(made).serves(made.plan.store)
    ident = jobs(made).order(order(made, token))
    until(made, ident, JobState.WAITING)
    jobs(made).confirm(order(made, token), ident)
    until(made, ident, JobState.COMPLETE)
    list(jobs(made).report(made.plan.store, ident))
    list(jobs(made).seen(made.plan.store, datetime.min.replace(tzinfo=UTC)))
