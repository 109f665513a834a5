"""S3 Batch Operations, which moto lacks: CreateJob, DescribeJob, ListJobs, UpdateJobStatus.

Of its operations only updates of encryption are done, by a generated manifest.

A job goes on by one step each time it is looked at, and does all its tasks in one step. Each task is judged as a call of the job's
role, and really changes the key of the version.

Source: S3 API reference, CreateJob, DescribeJob, UpdateJobStatus; S3 user guide, "Tracking job status and completion reports",
"Granting permissions for Batch Operations", "Update object encryption".
"""

import hashlib
import json
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from moto.s3.models import FakeBucket, FakeKey, s3_backends

from shared.sandbox.aws import context, permission
from shared.sandbox.aws.clock import utc
from shared.sandbox.aws.cloud import Ask, Cloud, Rule
from shared.sandbox.aws.http import Reply
from shared.sandbox.aws.permission import Need
from shared.sandbox.aws.principals import Caller
from shared.sandbox.aws.refusals import BAD_REQUEST, NOT_FOUND, Refusal
from shared.sandbox.aws.resource_policies import by_arn
from shared.sandbox.aws.s3_encryption import of_object
from shared.sandbox.aws.s3_state import find_bucket, find_object
from shared.sandbox.aws.s3_update_encryption import change_key
from shared.sandbox.aws.sts_rules import compute_session

SERVICE = "batchoperations.s3.amazonaws.com"
SCHEMA = "Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage"
OVER = frozenset({"Complete", "Failed", "Cancelled"})
MOST_FAILED, ENOUGH = 0.5, 1_000
"""A job fails when more than this share of at least so many tasks failed ("Tracking job failures")."""

Job = dict[str, Any]


def create_job(cloud: Cloud, ask: Ask) -> Reply:
    """CreateJob. The same token is the same job, and with other parameters it is refused."""
    asked = ask.params
    require_role(cloud, ask, str(asked["RoleArn"]))
    said = json.dumps({name: value for name, value in asked.items() if name != "ClientRequestToken"}, default=str, sort_keys=True)
    for known in cloud.books.batch_jobs.values():
        if (known["account"], known["token"]) == (ask.account, asked["ClientRequestToken"]):
            if known["said"] != said:
                raise Refusal("IdempotencyException", "The token was used for another request.", BAD_REQUEST)
            return ask.answer({"JobId": known["id"]})
    _require_whole(ask, asked)
    made = str(uuid.uuid4())
    cloud.books.batch_jobs[made] = {
        "id": made,
        "account": ask.account,
        "token": asked["ClientRequestToken"],
        "said": said,
        "asked": asked,
        "status": "New",
        "at": ask.at,
        "tasks": None,
        "results": [],
        "failure": None,
    }
    return ask.answer({"JobId": made})


def require_role(cloud: Cloud, ask: Ask, role: str) -> None:
    """The caller may pass the role, and it is one of the account. Raises Refusal."""
    about = {**ask.context, "iam:passedtoservice": (SERVICE,)}
    permission.require(cloud, ask.caller, about, Need("iam:PassRole", role, ask.account), service="s3control")
    known = by_arn(role, cloud.history)
    if known is None or known.account != ask.account:
        raise Refusal("InvalidRequest", "The role is not one of this account.", BAD_REQUEST)


def _require_whole(ask: Ask, asked: Job) -> None:
    report, generator = asked["Report"], (asked.get("ManifestGenerator") or {}).get("S3JobManifestGenerator")
    update = asked["Operation"].get("S3UpdateObjectEncryption", {}).get("ObjectEncryption", {}).get("SSEKMS")
    if update is None or generator is None or "Manifest" in asked:
        raise Refusal("NotImplemented", "The sandbox does updates of encryption over generated manifests.", 501)
    if report["Enabled"] and not {"Bucket", "Format", "ReportScope"} <= report.keys():
        raise Refusal("InvalidRequest", "A report needs a bucket, a format and a scope.", BAD_REQUEST)
    places = (
        (generator["SourceBucket"], generator.get("ExpectedBucketOwner")),
        (report.get("Bucket"), report.get("ExpectedBucketOwner")),
    )
    for arn, owner in places:
        bucket = find_bucket(str(arn).rpartition(":")[2]) if arn else None
        if arn and (bucket is None or (owner and bucket.account_id != owner) or bucket.region_name != ask.region):
            raise Refusal("InvalidRequest", "The bucket does not exist here, or is not of the expected owner.", BAD_REQUEST)


def describe_job(cloud: Cloud, ask: Ask) -> Reply:
    """DescribeJob, after one step of the job."""
    job = _job(cloud, ask)
    try:
        STEPS.get(job["status"], _stays)(cloud, ask, job)
    except Refusal as refusal:
        job.update(status="Failed", failure={"FailureCode": refusal.code[:64], "FailureReason": refusal.message[:256]})
    reasons = {"FailureReasons": [job["failure"]]} if job["failure"] else {}
    told_back = ("Operation", "Priority", "Report", "RoleArn", "ConfirmationRequired", "ManifestGenerator")
    known = {name: job["asked"].get(name) for name in told_back}
    found = {"JobId": job["id"], "Status": job["status"], "ProgressSummary": _summary(job), **reasons, **known}
    return ask.answer({"Job": found})


def _summary(job: dict[str, Any]) -> dict[str, int]:
    failed = sum(row[3] == "failed" for row in job["results"])
    told = {"TotalNumberOfTasks": len(job["tasks"] or ())} if job["tasks"] is not None else {}
    return {**told, "NumberOfTasksSucceeded": len(job["results"]) - failed, "NumberOfTasksFailed": failed}


def list_jobs(cloud: Cloud, ask: Ask) -> Reply:
    """ListJobs: all of the account, in one page; what a job's role is it does not tell."""
    held = (job for job in cloud.books.batch_jobs.values() if job["account"] == ask.account)
    told = [
        {
            "JobId": job["id"],
            "Operation": next(iter(job["asked"]["Operation"])),
            "Priority": job["asked"]["Priority"],
            "Status": job["status"],
            "CreationTime": job["at"],
            "ProgressSummary": _summary(job),
        }
        for job in held
    ]
    return ask.answer({"Jobs": told})


def update_job_status(cloud: Cloud, ask: Ask) -> Reply:
    """UpdateJobStatus: confirm a job that is suspended, or cancel one that is not over."""
    job, wanted = _job(cloud, ask), ask.params["RequestedJobStatus"]
    if job["status"] in OVER or (wanted == "Ready" and job["status"] != "Suspended"):
        raise Refusal("JobStatusException", f"The job can not become {wanted} from {job['status']}.", BAD_REQUEST)
    job["status"] = "Ready" if wanted == "Ready" else "Cancelling"
    return ask.answer({"JobId": job["id"], "Status": job["status"]})


def _job(cloud: Cloud, ask: Ask) -> Job:
    job = cloud.books.batch_jobs.get(ask.params["JobId"])
    if job is None or job["account"] != ask.account:
        raise Refusal("NoSuchJob", "The specified job does not exist.", NOT_FOUND)
    return job


def _stays(_cloud: Cloud, _ask: Ask, _job: Job) -> None:
    """Nothing comes of being looked at."""


def _prepare(_cloud: Cloud, _ask: Ask, job: Job) -> None:
    job["status"] = "Preparing"


def _generate(cloud: Cloud, ask: Ask, job: Job) -> None:
    """The manifest: every version that the filter takes. The role needs the right to have an inventory made."""
    wanted = job["asked"]["ManifestGenerator"]["S3JobManifestGenerator"]
    _as_role(cloud, ask, job, "s3:PutInventoryConfiguration", wanted["SourceBucket"])
    job["tasks"] = list(_matching(cloud, wanted))
    if not job["tasks"]:
        raise Refusal("NoMatchingObjects", "No object matches the filter.", BAD_REQUEST)
    job["status"] = "Suspended" if job["asked"].get("ConfirmationRequired") else "Ready"


def _matching(cloud: Cloud, wanted: Job) -> Iterator[tuple[str, str]]:
    bucket = find_bucket(wanted["SourceBucket"].rpartition(":")[2])
    (sought,) = wanted["Filter"]["MatchAnyObjectEncryption"]
    kms = sought.get("SSEKMS") or {}
    for key in bucket.keys if bucket else ():
        for held in bucket.keys.getlist(key, []) if bucket else ():
            if isinstance(held, FakeKey):
                now = of_object(cloud, held)
                same = now.algorithm == "aws:kms" and kms.get("KmsKeyArn") in (None, now.key)
                if same and kms.get("BucketKeyEnabled") in (None, now.bucket_key):
                    yield key, str(held.version_id or "null")


def _activate(_cloud: Cloud, _ask: Ask, job: Job) -> None:
    job["status"] = "Active"


def _work(cloud: Cloud, ask: Ask, job: Job) -> None:
    """All tasks, one after the other; the report when they are done."""
    bucket = job["asked"]["ManifestGenerator"]["S3JobManifestGenerator"]["SourceBucket"].rpartition(":")[2]
    job["results"] = [_task(cloud, ask, job, bucket, *task) for task in job["tasks"]]
    failed = sum(row[3] == "failed" for row in job["results"])
    over = "Failed" if len(job["results"]) >= ENOUGH and failed > MOST_FAILED * len(job["results"]) else "Complete"
    _report(cloud, ask, job)
    job["status"] = over


def _task(cloud: Cloud, ask: Ask, job: Job, bucket: str, key: str, version: str) -> tuple[str, ...]:
    named = (bucket, quote(key), version)
    update = job["asked"]["Operation"]["S3UpdateObjectEncryption"]["ObjectEncryption"]["SSEKMS"]
    try:
        by_role = _as_role(cloud, ask, job, "s3:UpdateObjectEncryption", f"arn:aws:s3:::{bucket}/{key}")
        holder, held = _found(bucket, key, version)
        change_key(cloud, by_role, holder, held, (update["KMSKeyArn"], bool(update.get("BucketKeyEnabled", False))))
    except Refusal as refusal:
        return (*named, "failed", refusal.code, str(refusal.status), refusal.message)
    return (*named, "succeeded", "", "200", "")


def _found(bucket: str, key: str, version: str) -> tuple[FakeBucket, FakeKey]:
    holder = find_bucket(bucket)
    held = find_object(holder, key, version) if holder else None
    if holder is None or held is None:
        raise Refusal("NoSuchVersion", "The specified version does not exist.", NOT_FOUND)
    return holder, held


def _as_role(cloud: Cloud, ask: Ask, job: Job, action: str, resource: str) -> Ask:
    """The request as one of the job's role, which may do this. Raises Refusal."""
    if "session" not in job:
        job["session"] = compute_session(cloud, job["asked"]["RoleArn"], SERVICE, f"s3-batch-{job['id'][:8]}")
    session = job["session"]
    caller = Caller(session.principal, session.access_key_id, session.secret, session.holder, session)
    keys = context.of_request(caller, None, ask.http, ask.region, ask.at)
    bucket = find_bucket(resource.removeprefix("arn:aws:s3:::").partition("/")[0])
    need = Need(action, resource, bucket.account_id if bucket else ask.account)
    about = keys | context.of_resource(resource, need.account, cloud.history)
    permission.require(cloud, caller, about, need, service="s3")
    return Ask(ask.id, ask.at, ask.http, ask.call, caller, ask.account, keys)


def _report(cloud: Cloud, ask: Ask, job: Job) -> None:
    """The results by outcome, and a file that names them ("Examples: S3 Batch Operations completion reports")."""
    wanted = job["asked"]["Report"]
    if not wanted["Enabled"]:
        return
    bucket, under = wanted["Bucket"].rpartition(":")[2], f"{wanted.get('Prefix', '')}/job-{job['id']}".lstrip("/")
    _as_role(cloud, ask, job, "s3:PutObject", f"{wanted['Bucket']}/{under}/manifest.json")
    named = []
    for outcome in ("succeeded", "failed"):
        rows = [row for row in job["results"] if row[3] == outcome]
        if rows and (outcome == "failed" or wanted["ReportScope"] == "AllTasks"):
            content = "".join(",".join(f'"{cell}"' if "," in cell else cell for cell in row) + "\n" for row in rows).encode()
            md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
            place = f"{under}/results/{hashlib.sha1(content, usedforsecurity=False).hexdigest()}.csv"
            put_file(bucket, place, content, ask.at)
            named.append({"TaskExecutionStatus": outcome, "Bucket": bucket, "MD5Checksum": md5, "Key": place})
    told = {"Format": wanted["Format"], "ReportCreationDate": utc(ask.at).isoformat(), "Results": named, "ReportSchema": SCHEMA}
    put_file(bucket, f"{under}/manifest.json", json.dumps(told).encode(), ask.at)


def put_file(bucket: str, name: str, content: bytes, at: float) -> None:
    """One file, as S3 itself puts it."""
    _, account = s3_backends.bucket_accounts.get(bucket, ("", ""))
    made = s3_backends[account]["aws"].put_object(bucket, name, content, disable_notification=True)
    made.last_modified = utc(at).replace(tzinfo=None)


def _cancel(cloud: Cloud, ask: Ask, job: Job) -> None:
    if job["results"]:
        _report(cloud, ask, job)
    job["status"] = "Cancelled"


STEPS = {
    "New": _prepare,
    "Preparing": _generate,
    "Ready": _activate,
    "Active": _work,
    "Cancelling": _cancel,
}
"""What a look does to a job of this status; one that is suspended waits, and one that is over stays so."""

RULES: dict[str, Rule] = {
    "CreateJob": create_job,
    "DescribeJob": describe_job,
    "ListJobs": list_jobs,
    "UpdateJobStatus": update_job_status,
}
