"""A bucket of charts beside the responder's own, old and new keys, and objects of every kind: for the tests of re-encryption."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from shared.adapters.aws import permissions
from shared.adapters.aws.canaries import bucket_of
from shared.adapters.aws.job_names import ROLE, SERVICE
from shared.adapters.aws.jobs import AwsJobs
from shared.adapters.aws.map_runs import AwsMapRuns
from shared.adapters.aws.objects import AwsObjects
from shared.adapters.aws.wire.objects import FastObjects
from shared.adapters.local.clock import SystemClock
from shared.domain.resource import Ref
from shared.domain.versions import Engine
from shared.ports.map_runs import Item
from shared.reencryption import by_parts
from shared.reencryption.by_job import GOES_ON, ByJob
from shared.reencryption.by_map import ByMap, by_map
from shared.reencryption.migrate import migrate
from shared.reencryption.plan import Canary, Migration
from shared.reencryption.result import MigrationResult, Proof
from shared.reencryption.verify import verify
from shared.sandbox.aws.server import ACCOUNT, Sandbox
from tests.contract.aws_map_runs import make_machine
from tests.contract.aws_responder import document, responder
from tests.contract.aws_stores import Stage
from tests.unit.reencryption import NamingJournal, ledger_of, told

CUSTOMER = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": b"k" * 32}
MIB = 1024 * 1024

AWKWARD = ("a b+c", "é/ü", "a//b", "line\nbreak", "../x", "%41", "x?y=z&encryption", "trailing/")


class ImpatientClock(SystemClock):
    """The machine's clock, for whom no pause is worth waiting: a job goes on whenever it is looked at."""

    def sleep(self, seconds: float) -> None:
        super().sleep(min(seconds, 0.01))


@dataclass(frozen=True)
class Scene:
    """Charts, the responder's bucket, the keys, and the journal of one migration. `s3` is a person's client."""

    s3: Any
    objects: AwsObjects
    plan: Migration
    journal: NamingJournal
    other: str
    job: ByJob | None = None
    crew: "Crew | None" = None

    @property
    def old(self) -> str:
        (key,) = self.plan.old
        return key

    @property
    def new(self) -> str:
        return self.plan.successor

    @property
    def under_old(self) -> dict[str, Any]:
        return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self.old, "BucketKeyEnabled": True}

    def put(self, key: str, content: bytes = b"phi", **options: Any) -> str:  # noqa: ANN401  # whatever PutObject takes
        """Store an object under the old key; its version id."""
        return str(self.s3.put_object(Bucket="charts", Key=key, Body=content, **{**self.under_old, **options}).get("VersionId"))

    def head(self, key: str, **options: str) -> dict[str, Any]:
        return dict(self.s3.head_object(Bucket="charts", Key=key, ChecksumMode="ENABLED", **options))

    def content(self, key: str, **options: str) -> bytes:
        return bytes(self.s3.get_object(Bucket="charts", Key=key, **options)["Body"].read())

    def versions(self) -> list[dict[str, Any]]:
        return list(self.s3.list_object_versions(Bucket="charts").get("Versions", []))

    def versioning(self, status: str) -> None:
        self.s3.put_bucket_versioning(Bucket="charts", VersioningConfiguration={"Status": status})

    def owned_by(self, rule: str) -> None:
        """S3's rule about who owns new objects; none where it is empty."""
        if rule:
            self.s3.put_bucket_ownership_controls(Bucket="charts", OwnershipControls={"Rules": [{"ObjectOwnership": rule}]})
        else:
            self.s3.delete_bucket_ownership_controls(Bucket="charts")

    def migrate(self, **changes: object) -> MigrationResult:
        if self.crew:
            self.crew.work_on(self.plan.but(**changes), self.objects, self.journal)
        return migrate(self.plan.but(**changes), self.objects, self.journal, ImpatientClock(), job=self.job)

    def verify(self) -> Proof:
        proof = verify(self.plan, self.objects, self.journal, SystemClock())
        assert proof is not None
        return proof


@dataclass
class Crew:
    """Workers beside each other: a worker of the machine is given a number, and knows the rest by itself."""

    runs: AwsMapRuns | None = None
    of: by_parts.Shared | None = None
    seen: list[int] = field(default_factory=list)

    def work_on(self, plan: Migration, objects: AwsObjects, journal: NamingJournal) -> None:
        def ledger(number: int) -> NamingJournal:
            held = ledger_of(journal, number)
            assert isinstance(held, NamingJournal)
            return held

        self.of = by_parts.Shared(plan, objects, journal, ledger, ImpatientClock(), versions=1, beside=1, at_once=100)
        assert self.runs
        while by_map(self.of, ByMap(self.runs, "cb-1"), lambda: False) == GOES_ON:
            pass

    def worker(self, given: Mapping[str, Any]) -> dict[str, object]:
        assert self.of
        self.seen.append(given["number"])
        done = told(Item(**given), by_parts.work(self.of, given["number"]))
        return {"over": done.over, "why": done.why}


def scene(
    sandbox: Sandbox,
    patch: pytest.MonkeyPatch,
    *actions: str,
    lock: bool = False,
    page: int = 1000,
    objects: type[AwsObjects] = FastObjects,
    by: Engine = Engine.IN_PROCESS,
) -> Scene:
    """A blank scene whose responder may do these actions, or everything."""
    clients = responder(sandbox, patch, *actions)
    root = sandbox.root()
    s3, kms = root.client("s3"), root.client("kms")
    s3.create_bucket(Bucket="charts", ObjectLockEnabledForBucket=lock)
    s3.create_bucket(Bucket="codeblue-responder")
    old, new, other = (kms.create_key()["KeyMetadata"]["Arn"] for _ in range(3))
    canary = Canary(store=bucket("codeblue-responder"), key=new)
    plan = Migration(store=bucket("charts"), old=frozenset({old}), successor=new, canary=canary, width=4)
    if by is Engine.BATCH:
        make_role(root.client("iam"))
    ours, crew = {canary.store.region: canary}, Crew()
    if by is Engine.MAP:
        crew.runs = AwsMapRuns(clients, ours)
        make_machine(sandbox, canary.store.name, crew.worker)
    job = ByJob(AwsJobs(clients, ours)) if by is Engine.BATCH else None
    return Scene(s3, objects(clients, page), plan, NamingJournal(), other, job, crew if by is Engine.MAP else None)


def make_role(iam: Any) -> None:  # noqa: ANN401  # the SDK's client
    """The jobs' role, which may do what is declared, and reports to the responder's bucket of these tests."""
    trust = {"Effect": "Allow", "Principal": {"Service": SERVICE}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=document(trust))
    declared = permissions.document(*permissions.tasks(ACCOUNT)).replace(bucket_of(ACCOUNT, "*"), "codeblue-responder")
    iam.put_role_policy(RoleName=ROLE, PolicyName="tasks", PolicyDocument=declared)


def bucket(name: str) -> Ref:
    return Stage.bucket_ref(name)
