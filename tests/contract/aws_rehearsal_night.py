"""A responder at work beside somebody who rehearses, in the embedded AWS."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.ingest import ingest
from shared.adapters.aws import identities
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.permissions import allow
from shared.adapters.aws.rehearsal import Scenery
from shared.adapters.aws.rehearsal_rights import ENTERED, NAME, permissions
from shared.adapters.local.clock import SystemClock
from shared.adapters.memory.windows import BoundedMemory
from shared.bootstrap import audited, deps
from shared.domain.case import Stage
from shared.sandbox.aws.server import ACCOUNT, REGION, Sandbox
from shared.settings import Policy
from shared.workflow.deps import Deps
from shared.workflow.judging import Judge
from shared.workflow.rehearsing import Looking, Rehearsed, rehearse
from shared.workflow.tasks import Task, run
from tests.contract.aws_responder import document, responder
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
        return rehearse(scenery or self.scenery(), self.looking(on_duty), limit)

    def looking(self, on_duty: OnDuty | None = None) -> Looking:
        """What whoever rehearses sees; while they wait, the responder works."""
        assert self.working.afresh
        return Looking(self.working.cases, Watch(on_duty or (lambda: None)), self.working.afresh, self.audit)

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
    enters = document(allow({"sts:AssumeRole"}, f"arn:aws:iam::{ACCOUNT}:role/{ENTERED}"))
    iam.put_user_policy(UserName="rehearser", PolicyName="enters", PolicyDocument=enters)
    key = iam.create_access_key(UserName="rehearser")["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    (tmp_path / "response.toml").write_text(POLICY.format(tmp_path))
    monkeypatch.setenv("CODEBLUE_POLICY", str(tmp_path / "response.toml"))
    return Night(sandbox, policy, working, Clients())
