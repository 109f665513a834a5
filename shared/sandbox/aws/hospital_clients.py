"""Who goes on working in the hospital through a breach and its repair. What fails them is a fault of the response, and is counted.

Each stands for a way in which a replaced key has hurt somebody before: one policy names the old key's ARN, one program opens its
own envelopes by alias, one still names the old key when it writes, and services use a key in their own name.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count, cycle
from typing import Any, Final

from shared.sandbox.at_work import PAUSE, WRITES_EACH, AtWork, Failure, pace, running
from shared.sandbox.aws import clinic_people, keys, permission
from shared.sandbox.aws import hospital_names as hospital
from shared.sandbox.aws import scenario_names as names
from shared.sandbox.aws.authoriser import Principal
from shared.sandbox.aws.clinic import Clinic
from shared.sandbox.aws.cloud import Cloud
from shared.sandbox.aws.people import ONCE, code_of, drained
from shared.sandbox.aws.permission import Need
from shared.sandbox.aws.principals import Caller
from shared.sandbox.aws.server import Sandbox


class Worker(AtWork):
    """One person or program, with the services' own clients."""

    def __init__(self, sandbox: Sandbox, clinic: Clinic, who: str, rounds: "Round") -> None:
        session = clinic_people.bound(sandbox, clinic.credentials[who])
        super().__init__(who, sandbox.cloud.clock.now, lambda: rounds(self))
        self.keys = clinic.resources
        self.s3, self.kms = session.client("s3", config=ONCE), session.client("kms", config=ONCE)

    def tries(self, name: str, call: Callable[..., Mapping[str, Any]], **params: object) -> Mapping[str, Any]:
        """The answer of a call; nothing, and a failure on the list, where it was refused."""
        answers = list[Mapping[str, Any]]()
        self.noted(name, lambda: code_of(lambda: answers.append(drained(call(**params)))))
        return answers[0] if answers else {}

    def reads(self, bucket: str, key: str) -> None:
        self.tries("GetObject", self.s3.get_object, Bucket=bucket, Key=key)

    def writes(self, bucket: str, key: str, **options: object) -> None:
        self.tries("PutObject", self.s3.put_object, Bucket=bucket, Key=key, Body=b"seen today", **options)


type Round = Callable[[Worker], Iterator[None]]
"""What a worker does, a round at a time, for ever."""


def _reader(bucket: str, pattern: str, many: int, own: str) -> Round:
    """Reads what is there, and now and then writes and reads something of its own."""

    def rounds(worker: Worker) -> Iterator[None]:
        for number in count():
            worker.reads(bucket, pattern.format(number % many))
            if number % WRITES_EACH == 0:
                worker.writes(bucket, own)
                worker.reads(bucket, own)
            yield

    return rounds


def _clinician(worker: Worker) -> Iterator[None]:
    """Reads charts and results, and writes charts: the clinicians' application, and a clinician."""
    for number, patient in enumerate(cycle(names.PATIENTS)):
        chart = f"charts/{patient}.pdf"
        worker.reads(names.CHARTS, chart)
        worker.reads(names.LABS, f"labs/{patient}.hl7")
        if number % WRITES_EACH == 0:
            worker.writes(names.CHARTS, chart)
        yield


def _scanner(worker: Worker) -> Iterator[None]:
    """Names the old key when it writes, as it was once told to."""
    for number in count():
        if number % WRITES_EACH == 0:
            under = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": worker.keys["lab_key"]}
            worker.writes(hospital.FORMS, "forms/scanned.pdf", **under)
        yield


def _envelopes(worker: Worker) -> Iterator[None]:
    """Seals orders under data keys that it asks for by alias, and opens old ones by alias too; in the account of the key."""
    sealed: list[bytes] = []
    for number in count():
        if number % WRITES_EACH == 0:
            made = worker.tries("GenerateDataKey", worker.kms.generate_data_key, KeyId=hospital.LAB_ALIAS, KeySpec="AES_256")
            sealed += [made["CiphertextBlob"]] if made else []
        for opened in sealed[number % max(1, len(sealed)) :][:1]:
            worker.tries("Decrypt", worker.kms.decrypt, KeyId=hospital.LAB_ALIAS, CiphertextBlob=opened)
        yield


ROUNDS: Final[Mapping[str, Round]] = {
    "clinician_app": _clinician,
    "clinician": _clinician,
    "radiology": _reader(names.CHARTS, "imaging/xray-{}.png", 3, "imaging/today.png"),
    "nurse": _reader(hospital.RECORDS, "records/{}.xml", 4, "records/today.xml"),
    "pathologist": _reader(hospital.RESULTS, "results/{}.hl7", 8, "results/today.hl7"),
    "scanner": _scanner,
    "envelopes": _envelopes,
}


class Services:
    """CloudTrail, CloudWatch Logs and SNS: they use whatever key they are told to, in their own name."""

    def __init__(self, sandbox: Sandbox) -> None:
        session = sandbox.root()
        self._cloud = sandbox.cloud
        trails, logs, topics = session.client("cloudtrail"), session.client("logs"), session.client("sns")
        topic = f"arn:aws:sns:{names.REGION}:{names.ACCOUNT}:{hospital.TOPIC}"
        group: Any = {"logGroupNamePrefix": hospital.LOG_GROUP}
        self._keys: Mapping[str, Callable[[], str]] = {
            "cloudtrail.amazonaws.com": lambda: trails.get_trail(Name=hospital.KEYED_TRAIL)["Trail"].get("KmsKeyId", ""),
            f"logs.{names.REGION}.amazonaws.com": lambda: logs.describe_log_groups(**group)["logGroups"][0].get("kmsKeyId", ""),
            "events.amazonaws.com": lambda: topics.get_topic_attributes(TopicArn=topic)["Attributes"].get("KmsMasterKeyId", ""),
        }
        self.calls = 0
        self.failures: list[Failure] = []

    def work(self, stopped: threading.Event) -> None:
        while not stopped.wait(PAUSE):
            for service, key in self._keys.items():
                self._use(service, key())

    def _use(self, service: str, reference: str) -> None:
        at = self._cloud.clock.now()
        self.calls += 1
        with self._cloud.lock:
            key = keys.find(names.ACCOUNT, names.REGION, reference)
            code = "" if key and key.key_state == "Enabled" and _admits(self._cloud, service, str(key.arn)) else "KMSAccessDenied"
        if code:
            self.failures.append(Failure(at, service, "GenerateDataKey", code))


def _admits(cloud: Cloud, service: str, key: str) -> bool:
    caller = Caller(Principal(kind="service", account="", arn=service, user_id=""))
    context = {"aws:principalisawsservice": ("true",), "aws:sourceaccount": (names.ACCOUNT,)}
    need = Need("kms:GenerateDataKey", key, names.ACCOUNT)
    return permission.decision(cloud, caller, context, need).allowed


@dataclass(frozen=True, slots=True)
class Shift:
    """Everybody at work."""

    workers: tuple[Worker | Services, ...]

    @property
    def failures(self) -> tuple[Failure, ...]:
        return tuple(sorted((failure for each in self.workers for failure in each.failures), key=lambda failure: failure.at))

    @property
    def calls(self) -> int:
        return sum(each.calls for each in self.workers)

    def pace(self, since: float, until: float) -> float:
        """Seconds that a call took in this time, on average."""
        return pace((call for each in self.workers if isinstance(each, Worker) for call in each.took), since, until)


@contextmanager
def at_work(sandbox: Sandbox, clinic: Clinic) -> Iterator[Shift]:
    """Everybody, working until the block ends."""
    workers = [Worker(sandbox, clinic, who, rounds) for who, rounds in ROUNDS.items()]
    shift = Shift((*workers, Services(sandbox)))
    with ExitStack() as working:
        for each in shift.workers:
            working.enter_context(running(each.work))
        yield shift
