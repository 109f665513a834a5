"""The `Jobs` port on AWS: S3 Batch Operations.

Rules
1. The manifest is S3's own, by the old key's ARN and the Bucket Key's setting, and is stored nowhere: it would be a list of names.
2. A job waits for its confirmation, and reports every task. The report is a list of names too: it lies in the responder's own
   bucket under S3's key, as S3 writes it, and expires there after a day.
3. Jobs have a role of their own, which the account has for them; one that an account does not have serves no store of it.
4. A report of another account's job comes to the responder's bucket, whose policy takes it from that role alone.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from shared.adapters.aws.arns import partition_of
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call
from shared.domain.errors import Absent, Refused
from shared.domain.resource import Ref
from shared.ports.jobs import NOT_AS_ORDERED, OVER, Job, JobSeen, JobState, Order, TaskDone
from shared.reencryption.plan import Canary

from .job_names import PLACE, ROLE
from .job_reports import tasks_of

ACTIONS = frozenset({"iam:GetRole", "s3:CreateJob", "s3:DescribeJob", "s3:GetObject", "s3:ListJobs", "s3:UpdateJobStatus"})
"""What ordering and watching jobs takes, besides handing on their role (`iam:PassRole`)."""

TASKS = frozenset(
    {
        "kms:Decrypt",
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
        "s3:PutInventoryConfiguration",
        "s3:PutObject",
        "s3:UpdateObjectEncryption",
    }
)
"""What the jobs' role may do: make the manifest, update (S3 API reference, UpdateObjectEncryption), and put the report."""

READS = frozenset({"lambda:InvokeFunction", "s3:GetObject", "s3:GetObjectVersion"})
"""What other kinds of jobs take, by which data would leave: the role never has it."""

PRIORITY = 10

STATES: Mapping[str, JobState] = {
    "New": JobState.PREPARING,
    "Preparing": JobState.PREPARING,
    "Suspended": JobState.WAITING,
    "Ready": JobState.RUNNING,
    "Active": JobState.RUNNING,
    "Pausing": JobState.RUNNING,
    "Paused": JobState.RUNNING,
    "Completing": JobState.RUNNING,
    "Cancelling": JobState.RUNNING,
    "Failing": JobState.RUNNING,
    "Complete": JobState.COMPLETE,
    "Cancelled": JobState.CANCELLED,
    "Failed": JobState.FAILED,
}
"""The service's status, and ours; none that is not here is a success."""


class AwsJobs:
    """Jobs in every account that `clients` can enter. `canaries` name the responder's bucket of each Region, where reports lie."""

    def __init__(self, clients: Clients, canaries: Mapping[str, Canary]) -> None:
        self._clients, self._canaries = clients, canaries
        self._roles: dict[str, str] = {}

    def serves(self, store: Ref) -> bool:
        if store.region not in self._canaries:
            return False
        try:
            call(self._clients.iam(store.account).get_role, RoleName=ROLE)
        except Absent:
            return False
        return True

    def order(self, order: Order) -> str:
        client: Any = self._clients.s3control(order.store.account, order.store.region)
        answer: Mapping[str, Any] = call(
            client.create_job,
            AccountId=order.store.account,
            ClientRequestToken=order.token,
            ConfirmationRequired=True,
            Priority=PRIORITY,
            **self._ordered(order),
        )
        return str(answer["JobId"])

    def _ordered(self, order: Order) -> dict[str, Any]:
        """What a job of this order does, by which right, and where it reports."""
        found = {"SSEKMS": {"KmsKeyArn": order.old, "BucketKeyEnabled": order.bucket_key}}
        asked = {"SSEKMS": {"KMSKeyArn": order.successor, "BucketKeyEnabled": order.bucket_key}}
        generator = {
            "ExpectedBucketOwner": order.store.account,
            "SourceBucket": order.store.id,
            "EnableManifestOutput": False,
            "Filter": {"MatchAnyObjectEncryption": [found]},
        }
        return {
            "Operation": {"S3UpdateObjectEncryption": {"ObjectEncryption": asked}},
            "ManifestGenerator": {"S3JobManifestGenerator": generator},
            "Report": self._report(order.store),
            "RoleArn": _role(order.store),
        }

    def look(self, store: Ref, job: str) -> Job:
        client = self._clients.s3control(store.account, store.region)
        found: Mapping[str, Any] = call(client.describe_job, AccountId=store.account, JobId=job)["Job"]
        summary = found.get("ProgressSummary", {})
        reasons = found.get("FailureReasons", ())
        return Job(
            state=STATES.get(found["Status"], JobState.RUNNING),
            tasks=summary.get("TotalNumberOfTasks"),
            succeeded=summary.get("NumberOfTasksSucceeded", 0),
            failed=summary.get("NumberOfTasksFailed", 0),
            why=reasons[0].get("FailureCode", "") if reasons else "",
        )

    def seen(self, store: Ref, since: datetime) -> Iterator[JobSeen]:
        for each in self._listed(store):
            state, done = STATES.get(each["Status"], JobState.RUNNING), each.get("ProgressSummary", {})
            succeeded = done.get("NumberOfTasksSucceeded", 0)
            seen = JobSeen(each["JobId"], each["Operation"], state, each["CreationTime"], succeeded)
            if (state not in OVER or seen.ordered >= since) and self._role_of(store, seen.id) == _role(store):
                yield seen

    def _role_of(self, store: Ref, job: str) -> str:
        """The role of a job, which is its for good; a listing does not tell it, and each is asked about once."""
        if job not in self._roles:
            client = self._clients.s3control(store.account, store.region)
            found: Mapping[str, Any] = call(client.describe_job, AccountId=store.account, JobId=job)["Job"]
            self._roles[job] = found.get("RoleArn", "")
        return self._roles[job]

    def _listed(self, store: Ref) -> Iterator[Mapping[str, Any]]:
        client, more = self._clients.s3control(store.account, store.region), dict[str, Any]()
        while True:
            page: Mapping[str, Any] = call(client.list_jobs, AccountId=store.account, **more)
            yield from page.get("Jobs", ())
            if not page.get("NextToken"):
                return
            more = {"NextToken": page["NextToken"]}

    def confirm(self, order: Order, job: str) -> None:
        client = self._clients.s3control(order.store.account, order.store.region)
        found: Mapping[str, Any] = call(client.describe_job, AccountId=order.store.account, JobId=job)["Job"]
        if not _says(found, self._ordered(order)):
            raise Refused("the job is another one than was ordered", NOT_AS_ORDERED)
        self._become(order.store, job, "Ready")

    def cancel(self, store: Ref, job: str) -> None:
        self._become(store, job, "Cancelled")

    def report(self, store: Ref, job: str) -> Iterator[TaskDone]:
        s3 = self._clients.s3(self._clients.home, store.region)
        bucket = self._canaries[store.region].store.name

        def get(key: str) -> Any:  # noqa: ANN401  # the SDK's body of an answer
            return s3.get_object(Bucket=bucket, ExpectedBucketOwner=self._clients.home, Key=key)["Body"]

        yield from tasks_of(get, f"{place_of(store)}/job-{job}/")

    def _become(self, store: Ref, job: str, status: Any) -> None:  # noqa: ANN401  # a literal of the SDK's types
        client = self._clients.s3control(store.account, store.region)
        try:
            call(client.update_job_status, AccountId=store.account, JobId=job, RequestedJobStatus=status)
        except Refused as error:
            # it is there already, or over: the next look tells which
            if error.code != "JobStatusException":
                raise

    def _report(self, store: Ref) -> dict[str, Any]:
        return {
            "Bucket": self._canaries[store.region].store.id,
            "ExpectedBucketOwner": self._clients.home,
            "Format": "Report_CSV_20180820",
            "Enabled": True,
            "Prefix": place_of(store),
            "ReportScope": "AllTasks",
        }


def _says(told: object, ordered: object) -> bool:
    """Whether a description says all of this; what it leaves out of a switch is off."""
    if isinstance(ordered, dict):
        return isinstance(told, Mapping) and all(_says(told.get(name, False), each) for name, each in ordered.items())
    if isinstance(ordered, list):
        return isinstance(told, list) and len(told) == len(ordered) and all(map(_says, told, ordered))
    return told == ordered


def _role(store: Ref) -> str:
    """The ARN of the jobs' role in the store's account."""
    return f"arn:{partition_of(store.region)}:iam::{store.account}:role/{ROLE}"


def place_of(store: Ref) -> str:
    """Where the reports of a store's account lie: no account's jobs write over another's."""
    return f"{PLACE}/{store.account}"
