"""An edit that falls between our reading and our writing of a real policy: the log has it, and it comes back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

import boto3
import pytest
from botocore.exceptions import ClientError

from shared.adapters.aws.directory import AwsDirectory
from shared.adapters.aws.edits import statements
from shared.adapters.aws.evidence import CloudTrailEvidence
from shared.adapters.aws.world import AwsWorld
from shared.adapters.local.clock import SystemClock
from shared.containment.actions import ACTIONS
from shared.containment.overwritten import REMOVED
from shared.containment.statements import Ordinal, sid
from shared.domain.actor import Actor, Credential, Lineage
from shared.domain.case import Case, Reach, Scope, Standing
from shared.domain.facet import PolicyStatement
from shared.domain.plan import Status, Wave
from shared.domain.resource import Kind, Ref
from shared.sandbox.aws.calls import Answered
from shared.sandbox.aws.server import ACCOUNT, Sandbox
from shared.workflow import mending, waves
from shared.workflow.deps import Deps
from tests.contract.aws_responder import document, responder
from tests.contract.aws_stores import OUTSIDER, Stage, allow, deny
from tests.contract.sandbox_scenes import user
from tests.hospital import built, estate, signal


@pytest.fixture
def stage(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Stage:
    clients = responder(sandbox, monkeypatch)
    return Stage(sandbox, sandbox.root(), clients, AwsWorld(clients))


@pytest.fixture
def pipeline(stage: Stage) -> boto3.Session:
    """Somebody else, who keeps policies."""
    return user(stage.sandbox, "pipeline")


@pytest.fixture
def bucket(stage: Stage) -> Ref:
    """A bucket whose policy was last written some seconds ago."""
    made = stage.bucket()
    stage.client("s3").put_bucket_policy(Bucket=made.name, Policy=document(allow("Terraform", made.id, "s3:ListBucket")))
    stage.sandbox.cloud.clock.advance(2)
    return made


@pytest.fixture
def deps(stage: Stage) -> Deps:
    """A worker whose world and log are the sandbox's; the rest is in memory."""
    clock = SystemClock()
    evidence = CloudTrailEvidence(stage.clients, clock)
    caller = stage.clients.identity["Arn"]
    directory, own = AwsDirectory(stage.clients), estate(accounts={ACCOUNT})
    return built(clock).worker(world=stage.world, evidence=evidence, directory=directory, estate=own, caller=caller)


def case_of(target: Ref) -> Case:
    thief = Actor(credential=Credential.LONG_TERM_KEY, account=ACCOUNT, unique_id="AIDAEXAMPLETHIEF0000", access_key="AKIAEXAMPLE")
    now = datetime.now(UTC)
    standing = Standing(actor=thief, reach=Reach.PRINCIPAL)
    bucket = target.kind is Kind.BUCKET
    return Case(
        id="cb-1",
        opened=now,
        signal=signal(thief, target, at=now - timedelta(minutes=1), account=ACCOUNT),
        policy="p",
        lineage=Lineage(root=thief),
        scope=Scope(standings=(standing,), stores=(target,) if bucket else (), keys=() if bucket else (target,)),
    )


@contextmanager
def between(stage: Stage, read: str, act: Callable[[], object]) -> Iterator[None]:
    """Somebody acts right after the answer to our next read of this kind that is followed by a write."""
    done: list[Answered] = []

    def heard(call: Answered) -> None:
        mine = call.operation == read and call.principal.arn.endswith("user/responder")
        if mine and len(done) < READS_BEFORE_WRITE:
            done.append(call)
            if len(done) == READS_BEFORE_WRITE:
                act()

    stage.sandbox.cloud.calls.listen(heard)
    yield


READS_BEFORE_WRITE = 2
"""The engine looks before the intent is put on record; the write itself reads again."""

OURS = sid("cb-1", Ordinal.ACTORS)


def fenced(deps: Deps, target: Ref) -> Case:
    """A case with one write of ours, as a wave makes it."""
    bucket = target.kind is Kind.BUCKET
    action, on, calls = ("fence-store", f"{target.id}/*", "s3:*") if bucket else ("fence-key", "*", "kms:Decrypt")
    change = ACTIONS[action].change(target, deny(OURS, on, calls), "the actors")
    return waves.run(case_of(target), deps, Wave.FENCE, waves.Proposal((change,), {}, (), throttled=False), need=1)


def sids(stage: Stage, target: Ref) -> set[str]:
    return {s.sid for s in stage.world.look(target, PolicyStatement)}


def test_a_bucket_policy_of_somebodys_that_we_overwrote_comes_back(
    stage: Stage, pipeline: boto3.Session, bucket: Ref, deps: Deps
) -> None:
    theirs = document(allow("Terraform", bucket.id, "s3:ListBucket"), allow("Ward7", bucket.id, "s3:GetBucketLocation"))
    put = partial(pipeline.client("s3").put_bucket_policy, Bucket=bucket.name, Policy=theirs)
    with between(stage, "GetBucketPolicy", put):
        case = fenced(deps, bucket)
    assert sids(stage, bucket) == {"Terraform", OURS}
    after = mending.mended(case, deps)
    assert sids(stage, bucket) == {"Terraform", "Ward7", OURS}
    assert after.waves[-1].counts == {Status.APPLIED: 1}
    assert mending.mended(after, deps).waves == after.waves


def test_a_key_policy_of_somebodys_that_we_overwrote_comes_back(stage: Stage, pipeline: boto3.Session, deps: Deps) -> None:
    key = stage.key()
    root = allow("Root", "*", "kms:*")
    stage.client("kms").put_key_policy(KeyId=key.id, PolicyName="default", Policy=document(root))
    stage.sandbox.cloud.clock.advance(2)
    theirs = document(root, allow("Ward7", "*", "kms:DescribeKey"))
    put = partial(pipeline.client("kms").put_key_policy, KeyId=key.id, PolicyName="default", Policy=theirs)
    with between(stage, "GetKeyPolicy", put):
        case = fenced(deps, key)
    assert sids(stage, key) == {"Root", OURS}
    mending.mended(case, deps)
    assert sids(stage, key) == {"Root", "Ward7", OURS}


def test_what_lets_another_account_in_is_left_for_people(stage: Stage, pipeline: boto3.Session, bucket: Ref, deps: Deps) -> None:
    outsider = {"AWS": f"arn:aws:iam::{OUTSIDER}:root"}
    theirs = document({**allow("Open", f"{bucket.id}/*", "s3:GetObject"), "Principal": outsider})
    put = partial(pipeline.client("s3").put_bucket_policy, Bucket=bucket.name, Policy=theirs)
    with between(stage, "GetBucketPolicy", put):
        case = fenced(deps, bucket)
    after = mending.mended(case, deps)
    assert sids(stage, bucket) == {"Terraform", OURS}
    assert {left.reason.rpartition(": ")[2] for left in after.left} == {REMOVED, "it lets in who is not of ours"}
    assert not any(left.blocks for left in after.left)


def test_the_log_tells_edits_of_these_resources_alone_with_what_was_written(
    stage: Stage, pipeline: boto3.Session, bucket: Ref, deps: Deps
) -> None:
    since = datetime.now(UTC) - timedelta(minutes=1)
    other, s3 = stage.bucket(), pipeline.client("s3")
    s3.put_bucket_policy(Bucket=other.name, Policy=document(allow("Elsewhere", other.id, "s3:ListBucket")))
    s3.delete_bucket_policy(Bucket=bucket.name)
    found = deps.evidence.edits([bucket], since)
    assert [[s.sid for s in edit.statements or ()] for edit in found] == [["Terraform"], []]
    assert [edit.act.name for edit in found] == ["PutBucketPolicy", "DeleteBucketPolicy"]
    assert {edit.target for edit in found} == {bucket}


def test_a_refused_edit_is_none(stage: Stage, bucket: Ref, deps: Deps) -> None:
    since = datetime.now(UTC) - timedelta(minutes=1)
    stranger = user(stage.sandbox, "stranger", policy=None).client("s3")
    with pytest.raises(ClientError):
        stranger.delete_bucket_policy(Bucket=bucket.name)
    assert [edit.act.name for edit in deps.evidence.edits([bucket], since)] == ["PutBucketPolicy"]


@pytest.mark.parametrize(
    ("record", "written"),
    [
        pytest.param({"eventname": "DeleteBucketPolicy"}, (), id="a deletion leaves no statement"),
        pytest.param({"eventname": "PutKeyPolicy", "requestparameters": {"policy": "{}"}}, None, id="no policy"),
        pytest.param({"eventname": "PutKeyPolicy", "requestparameters": {"policy": "not JSON"}}, None, id="no JSON"),
        pytest.param({"eventname": "PutBucketPolicy", "requestparameters": None}, None, id="too large for the record"),
        pytest.param({"eventname": "PutKeyPolicy", "requestparameters": {"policy": '{"Statement": ["x"]}'}}, None, id="a word"),
    ],
)
def test_what_a_record_holds(record: dict[str, object], written: tuple[PolicyStatement, ...] | None) -> None:
    assert statements(record) == written
