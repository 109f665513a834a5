"""Who goes on working through a breach: the clinicians' application, a clinician, and a pipeline that keeps a policy.

Everyone counts what failed: a fence that hurts care is a fault of the fence.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count, cycle
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from shared.sandbox.at_work import Failure, pace, running
from shared.sandbox.aws import clinic_people as people
from shared.sandbox.aws import clinic_policies as policies
from shared.sandbox.aws import scenario_names as names
from shared.sandbox.aws.clinic import Clinic
from shared.sandbox.aws.server import Sandbox

ONCE = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=20)
"""No second try: each refusal is seen."""

CARE_PAUSE = 0.3
PIPELINE_PAUSE = 0.5


class Care:
    """A person or program that reads and writes health data, one call after the other, until told to stop.

    `took`: when each call began, and its seconds.
    """

    def __init__(self, sandbox: Sandbox, clinic: Clinic, who: str) -> None:
        self._s3 = people.bound(sandbox, clinic.credentials[who]).client("s3", config=ONCE)
        self._clock = sandbox.cloud.clock
        self._who = who
        self.took: list[tuple[float, float]] = []
        self.failures: list[Failure] = []

    def work(self, stopped: threading.Event) -> None:
        """Read a chart, read results, write a chart, over and over."""
        patients = cycle(names.PATIENTS)
        while not stopped.wait(CARE_PAUSE):
            patient = next(patients)
            self._try("GetObject", self._s3.get_object, Bucket=names.CHARTS, Key=f"charts/{patient}.pdf")
            self._try("GetObject", self._s3.get_object, Bucket=names.LABS, Key=f"labs/{patient}.hl7")
            self._try("PutObject", self._s3.put_object, Bucket=names.CHARTS, Key=f"charts/{patient}.pdf", Body=b"seen today")

    def _try(self, name: str, call: Callable[..., Mapping[str, Any]], **params: object) -> None:
        at = self._clock.now()
        code = code_of(lambda: drained(call(**params)))
        self.took.append((at, self._clock.now() - at))
        if code:
            self.failures.append(Failure(at, self._who, name, code))


def drained(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """An answer whose content, if it has one, has been read to its end."""
    if "Body" in answer:
        answer["Body"].read()
    return answer


def code_of(call: Callable[[], object]) -> str:
    """The service's error code, empty where the call worked."""
    try:
        call()
    except ClientError as refused:
        return str(refused.response["Error"]["Code"])
    except BotoCoreError as unanswered:
        return type(unanswered).__name__
    return ""


class Pipeline:
    """A deployment pipeline in Terraform's manner: it changes its own statements of a bucket policy and keeps all others.

    S3 has no conditional write of a policy: who reads it before and writes it after somebody else puts an older revision back, and
    the pipeline's next run mends that (`reverted`). A statement that is gone, and the last one if it is not there, are `lost`.
    """

    def __init__(self, sandbox: Sandbox, clinic: Clinic) -> None:
        session = people.bound(sandbox, clinic.credentials["pipeline"])
        self._s3, self._iam = session.client("s3"), session.client("iam")
        self._clock = sandbox.cloud.clock
        self.revisions = 0
        self.reverted: list[Failure] = []
        self.lost: list[Failure] = []
        self.failures: list[Failure] = []

    def work(self, stopped: threading.Event) -> None:
        """Write the next revision of its statement, look whether it is still there, now and then create a role."""
        for revision in count(1):
            self._try("PutBucketPolicy", partial(self._apply, revision))
            if revision == NEW_ROLE_AT:
                self._try("CreateRole", self._create_role)
            over = stopped.wait(PIPELINE_PAUSE)
            self._try("GetBucketPolicy", partial(self._look_again, last=over))
            if over:
                return

    def _try(self, name: str, call: Callable[[], None]) -> None:
        at, code = self._clock.now(), code_of(call)
        if code:
            self.failures.append(Failure(at, names.PIPELINE, name, code))

    def _look_again(self, *, last: bool) -> None:
        own = _own(self._policy())
        if own != [statement(self.revisions)]:
            found = Failure(self._clock.now(), names.PIPELINE, "PutBucketPolicy", f"revision {self.revisions} is gone")
            (self.lost if last or not own else self.reverted).append(found)

    def _create_role(self) -> None:
        self._iam.create_role(RoleName=NEW_ROLE, AssumeRolePolicyDocument=policies.trust(service="ec2.amazonaws.com"))

    def _apply(self, revision: int) -> None:
        policy = self._policy()
        others = [each for each in policy["Statement"] if each not in _own(policy)]
        document = {**policy, "Statement": [*others, statement(revision)]}
        self._s3.put_bucket_policy(Bucket=names.CHARTS, Policy=json.dumps(document))
        self.revisions = revision

    def _policy(self) -> dict[str, Any]:
        return dict(json.loads(self._s3.get_bucket_policy(Bucket=names.CHARTS)["Policy"]))


SID = "PipelineRevision"

NEW_ROLE = "ward-display"
"""A role that the pipeline makes in the middle of the breach, as it would on any day."""

NEW_ROLE_AT = 4
"""The revision after which it does."""


def statement(revision: int) -> dict[str, Any]:
    """The statement that the pipeline keeps; its revision is told by a condition that harms nobody."""
    return {
        "Sid": SID,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{names.CHARTS}/*",
        "Condition": {"StringEquals": {"s3:x-amz-storage-class": f"NOT-REVISION-{revision}"}},
    }


def _own(policy: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
    return [each for each in policy["Statement"] if each.get("Sid") == SID]


@dataclass(frozen=True, slots=True)
class Staff:
    """Everyone at work in one scene."""

    care: tuple[Care, ...]
    pipeline: Pipeline

    def pace(self, since: float, until: float) -> float:
        """Seconds that a call took in this time, on average."""
        return pace((call for each in self.care for call in each.took), since, until)

    @property
    def failures(self) -> tuple[Failure, ...]:
        return tuple(failure for each in self.care for failure in each.failures)


@contextmanager
def at_work(sandbox: Sandbox, clinic: Clinic) -> Iterator[Staff]:
    """The staff, working until the block ends."""
    staff = Staff(tuple(Care(sandbox, clinic, who) for who in ("clinician_app", "clinician")), Pipeline(sandbox, clinic))
    with ExitStack() as shift:
        for work in (*(each.work for each in staff.care), staff.pipeline.work):
            shift.enter_context(running(work))
        yield staff
