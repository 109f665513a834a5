"""Who goes on working in the hospital through a breach and its repair, with the services' own clients.

What fails them is a fault of the response, and is counted. A viewer of charts and the laboratory have their machines' identities; a
legacy program has a connection string, and a partner a link that was signed with the same key: both come from outside the network.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final

from azure.core.exceptions import AzureError, HttpResponseError
from azure.identity import ManagedIdentityCredential
from azure.storage.blob import BlobSasPermissions, BlobServiceClient, generate_blob_sas

from shared.sandbox.at_work import WRITES_EACH, AtWork, Failure, pace, running
from shared.sandbox.azure import clinic_names as names
from shared.sandbox.azure import hospital_names as hospital
from shared.sandbox.azure.clinic import Clinic
from shared.sandbox.azure.cloud import Cloud
from shared.sandbox.azure.transport import transport

_LINK_DAYS = 90
_ONCE: Any = {"retry_total": 0}
"""No second try: each refusal is seen."""


class Keys:
    """The account's keys as the hospital has handed them out: which of the two its programs and links live on."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self.name, self.value = "", ""
        self.hand_out("key2")

    def hand_out(self, name: str) -> None:
        """Give everybody who needs one this key, as it is now."""
        self.name, self.value = name, self._cloud.storage.accounts[names.ACCOUNT].keys[name].value

    def change(self) -> None:
        """Give them the other one: the one that they have is to be made anew."""
        self.hand_out("key1" if self.name == "key2" else "key2")


class Worker(AtWork):
    """One person or program, with the services' own clients."""

    def __init__(self, cloud: Cloud, who: str, rounds: "Round", client: Callable[[], BlobServiceClient]) -> None:
        super().__init__(who, cloud.clock.now, lambda: rounds(self))
        self.client = client

    def once(self) -> None:
        """One round alone, as on a day before."""
        next(self._rounds())

    def reads(self, container: str, blob: str) -> None:
        self._tries("GetBlob", lambda: self.client().get_blob_client(container, blob).download_blob().readall())

    def writes(self, container: str, blob: str) -> None:
        self._tries("PutBlob", lambda: self.client().get_blob_client(container, blob).upload_blob(b"seen today", overwrite=True))

    def _tries(self, name: str, call: Callable[[], object]) -> None:
        self.noted(name, lambda: _code_of(call))


def _code_of(call: Callable[[], object]) -> str:
    """The service's error code, empty where the call worked."""
    try:
        call()
    except HttpResponseError as refused:
        return str(getattr(refused, "error_code", None) or refused.status_code)
    except AzureError as unanswered:
        return type(unanswered).__name__
    return ""


type Round = Callable[[Worker], Iterator[None]]
"""What a worker does, a round at a time, for ever."""


def _at(pattern: str, many: int, own: str, *containers: str) -> Round:
    """Reads what is there, and writes something of its own (where it is named) and reads that."""

    def rounds(worker: Worker) -> Iterator[None]:
        for number in count():
            for container in containers:
                worker.reads(container, pattern.format(number % many))
                if own and number % WRITES_EACH == 0:
                    worker.writes(container, own)
                    worker.reads(container, own)
            yield

    return rounds


def _partner(worker: Worker) -> Iterator[None]:
    while True:
        worker.reads(names.TENANTS[0], hospital.LINKED)
        yield


ROUNDS: Final[Mapping[str, Round]] = {
    "clinician": _at("{:04}.dcm", 3, "today.dcm", *names.TENANTS),
    "legacy": _at("{:04}.dcm", 3, "export.dcm", *names.TENANTS),
    "partner": _partner,
    "laboratory": _at("{:04}.hl7", 3, "today.hl7", hospital.LAB_SCOPE),
}


def workers(cloud: Cloud, clinic: Clinic, keys: Keys) -> tuple[Worker, ...]:
    """Everybody, each with a way in of their own."""
    clients: Mapping[str, Callable[[], BlobServiceClient]] = {
        "clinician": _machine(cloud, clinic.credentials["clinician"], names.BLOB_URL),
        "legacy": lambda: _by_string(cloud, keys),
        "partner": lambda: _by_link(cloud, keys),
        "laboratory": _machine(cloud, clinic.credentials["laboratory"], hospital.LAB_URL),
    }
    return tuple(Worker(cloud, who, rounds, clients[who]) for who, rounds in ROUNDS.items())


def _machine(cloud: Cloud, held: Mapping[str, str], store: str) -> Callable[[], BlobServiceClient]:
    """A machine in a subnet, which asks as its own identity."""
    place = transport(cloud, ip=held["ip"], subnet=held["subnet"])
    identity = ManagedIdentityCredential(transport=transport(cloud, ip=held["ip"], identity=held["managed_identity"]))
    client = BlobServiceClient(store, credential=identity, transport=place, **_ONCE)
    return lambda: client


def _by_string(cloud: Cloud, keys: Keys) -> BlobServiceClient:
    named = f"AccountName={names.ACCOUNT};AccountKey={keys.value};EndpointSuffix=core.windows.net"
    place = transport(cloud, ip=names.LEGACY_IP)
    return BlobServiceClient.from_connection_string(f"DefaultEndpointsProtocol=https;{named}", transport=place, **_ONCE)


def _by_link(cloud: Cloud, keys: Keys) -> BlobServiceClient:
    """A link to one chart, signed for months."""
    until = datetime.now(UTC) + timedelta(days=_LINK_DAYS)
    link = generate_blob_sas(
        names.ACCOUNT,
        names.TENANTS[0],
        hospital.LINKED,
        account_key=keys.value,
        permission=BlobSasPermissions(read=True),
        expiry=until,
    )
    return BlobServiceClient(f"{names.BLOB_URL}?{link}", transport=transport(cloud, ip=hospital.PARTNER_IP), **_ONCE)


@dataclass(frozen=True, slots=True)
class Shift:
    """Everybody at work, and the keys that some of them live on."""

    workers: tuple[Worker, ...]
    keys: Keys

    @property
    def failures(self) -> tuple[Failure, ...]:
        return tuple(sorted((failure for each in self.workers for failure in each.failures), key=lambda failure: failure.at))

    @property
    def calls(self) -> int:
        return sum(each.calls for each in self.workers)

    def pace(self, since: float, until: float) -> float:
        """Seconds that a call took in this time, on average."""
        return pace((call for each in self.workers for call in each.took), since, until)

    def hand_over(self) -> None:
        """Whoever lives on a key of the account gets the other one, and has worked with it when this returns."""
        self.keys.change()
        for each in self.workers:
            if each.who in {"legacy", "partner"}:
                each.once()


def shift(cloud: Cloud, clinic: Clinic) -> Shift:
    """Everybody, before they begin."""
    keys = Keys(cloud)
    return Shift(workers(cloud, clinic, keys), keys)


@contextmanager
def at_work(everybody: Shift) -> Iterator[Shift]:
    """Everybody, working until the block ends."""
    with ExitStack() as working:
        for each in everybody.workers:
            working.enter_context(running(each.work))
        yield everybody
