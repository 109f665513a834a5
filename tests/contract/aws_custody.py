"""Custody in a sandbox, by a recorder with exactly the declared permissions."""

import pytest

from shared.adapters.aws import cases, keyring, signer, sinks
from shared.adapters.aws.cases import DynamoCases
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.custody_init import init
from shared.adapters.aws.keyring import KmsKeyring
from shared.adapters.aws.signer import KmsSigner
from shared.adapters.aws.sinks import S3Sink
from shared.adapters.local.clock import SystemClock
from shared.custody.record import Record
from shared.domain.errors import Absent
from shared.sandbox.aws.faults import Fault
from shared.sandbox.aws.server import ACCOUNT, REGION, Sandbox
from shared.settings import CustodyPlaces
from tests.custody_cases import case

from .aws_responder import responder

CASE = "case-1"
PLACES = CustodyPlaces()
RECORDER = sinks.ACTIONS | signer.ACTIONS | keyring.ACTIONS | cases.ACTIONS


class Custody:
    """The places that `init` made, and the recorder's adapters over them."""

    def __init__(self, sandbox: Sandbox, patch: pytest.MonkeyPatch, actions: frozenset[str] = RECORDER) -> None:
        self.sandbox = sandbox
        self.admin = administrator(sandbox, patch)
        self.made = init(self.admin, PLACES)
        self.clients = responder(sandbox, patch, *actions)
        self.first = S3Sink(self.clients, self.made["bucket"])
        self.second = S3Sink(self.clients, self.made["second_bucket"], self.made["second_region"])
        self.signer = KmsSigner(self.clients, self.made["key"])
        self.keyring = KmsKeyring(self.clients, self.made["table"], self.made["data_key"])
        self.cases = DynamoCases(self.clients, self.made["table"], SystemClock())
        self.s3 = self.admin.s3("", "")

    def record(self) -> Record:
        return Record.resume(CASE, [self.first, self.second], self.signer, self.keyring, SystemClock())

    def lose_answers(self, service: str, operation: str, times: int = 1) -> None:
        """The service does the work, and its answer never arrives; the SDK asks again."""
        self.sandbox.cloud.faults.add(Fault("drop", service, operation, late=True, times=times))


def administrator(sandbox: Sandbox, patch: pytest.MonkeyPatch) -> Clients:
    caller = sandbox.cloud.principals.root(ACCOUNT)
    patch.setenv("AWS_ACCESS_KEY_ID", caller.access_key_id)
    patch.setenv("AWS_SECRET_ACCESS_KEY", caller.secret)
    patch.setenv("AWS_DEFAULT_REGION", REGION)
    patch.setenv("AWS_ENDPOINT_URL", sandbox.endpoint_url)
    return Clients()


# init


def everything(custody: Custody) -> None:
    """Each thing that a recorder does, once."""
    custody.first.ready()
    custody.cases.create(case(CASE))
    lease = custody.cases.take(CASE, "worker")
    assert lease
    custody.cases.save(custody.cases.load(CASE), lease)
    custody.cases.all()
    custody.cases.remember(["a-request"])
    custody.cases.remembered(["a-request"])
    record = custody.record()
    digest = record.blob(b"alert")
    record.append("opened", {})
    record.close({})
    record.blobs(digest)
    with pytest.raises(Absent):
        custody.first.get(f"{CASE}/entries/none")
    KmsKeyring(custody.clients, custody.made["table"], custody.made["data_key"]).data_key(CASE)
