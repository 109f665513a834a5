"""The whole embedded Azure: its state, and which plane answers which host."""

import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol

from shared.sandbox.azure.activity import ActivityLog
from shared.sandbox.azure.arm import Arm
from shared.sandbox.azure.arm_call import Resources
from shared.sandbox.azure.blob_plane import BlobService
from shared.sandbox.azure.calls import CallLog
from shared.sandbox.azure.clock import Clock, DrillClock, http_date
from shared.sandbox.azure.compute import DiskExport
from shared.sandbox.azure.delays import Delays
from shared.sandbox.azure.entra import Entra
from shared.sandbox.azure.faults import Faults
from shared.sandbox.azure.graph import Graph
from shared.sandbox.azure.imds import InstanceMetadata
from shared.sandbox.azure.log_queries import LogQueries
from shared.sandbox.azure.login import Login
from shared.sandbox.azure.logs import LogStore
from shared.sandbox.azure.rbac import Rbac
from shared.sandbox.azure.storage_book import StorageBook
from shared.sandbox.azure.vault_book import VaultBook
from shared.sandbox.azure.vault_plane import KeyVault
from shared.sandbox.azure.wire import Answer, Problem, Request


class Plane(Protocol):
    """One service as clients reach it. It keeps its own state; the cloud's lock is held while it works."""

    name: str

    def handle(self, request: Request) -> Answer:
        """Answer, or raise Problem."""

    def refuse(self, request: Request, problem: Problem) -> Answer:
        """A refusal in this service's own form."""


HOSTS: Mapping[str, str] = {
    "169.254.169.254": "imds",
    "api.loganalytics.azure.com": "logs",
    "api.loganalytics.io": "logs",
    "blob.storage.azure.net": "disks",
    "graph.microsoft.com": "graph",
    "login.microsoftonline.com": "login",
    "login.microsoft.com": "login",
    "management.azure.com": "arm",
    "blob.core.windows.net": "blob",
    "vault.azure.net": "keyvault",
}
"""The plane of a host's whole name, or of what follows its first label."""

PLANES: Mapping[str, Callable[["Cloud"], Plane]] = {
    "arm": Arm,
    "blob": BlobService,
    "disks": DiskExport,
    "graph": Graph,
    "imds": InstanceMetadata,
    "keyvault": KeyVault,
    "login": Login,
    "logs": LogQueries,
}


class Cloud:
    """Everything behind the boundary. One lock makes each request atomic, as the services do."""

    def __init__(self, clock: Clock | None = None, seed: int = 0, delays: Delays | None = None) -> None:
        self.clock = clock or DrillClock()
        self.delays = delays or Delays()
        self.lock = threading.RLock()
        self.calls = CallLog()
        self.faults = Faults(self.clock, seed)
        self.resources = Resources()
        self.logs = LogStore(self)
        self.activity = ActivityLog(self)
        self.entra = Entra(self)
        self.rbac = Rbac(self)
        self.storage = StorageBook()
        self.vaults = VaultBook()
        self.disk_links: dict[str, tuple[str, float]] = {}
        """the signature by which a disk or snapshot is open, by its id in lower case, and until when (seconds since 1970)"""
        self.planes = {name: plane(self) for name, plane in PLANES.items()}

    def answer(self, request: Request) -> Answer:
        """What the services answer. Raises `faults.Dropped` where the connection is cut."""
        taken = replace(request, id=str(uuid.uuid4()), at=self.clock.now())
        plane = self._plane(taken.host)
        code = ""
        try:
            self.faults.arrive(plane.name, taken)
            with self.lock:
                answer = plane.handle(replace(taken, at=self.clock.now()))
        except Problem as problem:
            answer, code = plane.refuse(taken, problem), problem.code
        answer = answer.plus({"x-ms-request-id": taken.id, "date": http_date(taken.at)})
        self.calls.answered(plane.name, taken, answer, code)
        self.faults.leave(plane.name, taken)
        return answer

    def _plane(self, host: str) -> Plane:
        name = HOSTS.get(host) or HOSTS.get(host.partition(".")[2])
        if name is None:
            raise NameResolution(f"there is no {host} in this cloud")
        return self.planes[name]


class NameResolution(ConnectionError):
    """No such host: the client sees what it sees when a name does not resolve."""
