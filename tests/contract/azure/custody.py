"""Custody in a sandbox, by a recorder with exactly the declared permissions."""

from collections.abc import Callable
from copy import replace
from typing import Any
from uuid import uuid4

import pytest

from shared.adapters.azure import cases, keyring, ledgers, signer
from shared.adapters.azure.cases import BlobCases
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.custody_init import init
from shared.adapters.azure.custody_places import LEDGERS, by_convention
from shared.adapters.azure.documents import Documents
from shared.adapters.azure.keyring import VaultKeyring
from shared.adapters.azure.ledgers import AppendSink
from shared.adapters.azure.signer import VaultSigner
from shared.adapters.local.clock import SystemClock
from shared.custody.record import Record
from shared.ports import Clock
from shared.sandbox.azure.entra import TENANT
from shared.sandbox.azure.roles import Role
from shared.sandbox.azure.transport import transport
from tests.contract.azure.scenes import GROUP, SCOPE, SUBSCRIPTION, Scene

CASE = "case-1"
PLACES = by_convention(SUBSCRIPTION, GROUP)
DAYS = 2192

RECORDER = Role(
    "recorder",
    "Codeblue recorder",
    actions=tuple(ledgers.ACTIONS | cases.ACTIONS),
    data_actions=tuple(ledgers.DATA_ACTIONS | cases.DATA_ACTIONS | signer.DATA_ACTIONS | keyring.KEY_ACTIONS),
    custom=True,
)


class Custody:
    """The places that `init` made, and the recorder's adapters over them."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        for role in ("Key Vault Administrator", "Storage Blob Data Owner"):
            scene.cloud.rbac.assign(scene.owner.id, role, SCOPE)
        self.admin = Clients(scene.bearer(), transport(scene.cloud))
        self.made = init(self.admin, PLACES, TENANT, "eastus", DAYS)
        scene.cloud.rbac.definitions[RECORDER.id] = RECORDER
        _, recorder = scene.cloud.entra.directory.add_application("recorder")
        scene.cloud.rbac.assign(recorder.id, RECORDER.id, f"{SCOPE}/resourceGroups/{GROUP}")
        self.clients = Clients(scene.bearer(recorder), transport(scene.cloud))
        self.sink = AppendSink(self.clients, PLACES)
        self.signer = VaultSigner(self.clients, PLACES.signing_key)
        self.documents = Documents(self.clients, PLACES)
        self.keyring = VaultKeyring(self.clients, self.documents, PLACES.data_key)

    def container(self) -> Callable[[], Documents]:
        """A new container for documents, as each of several workers sees it."""
        name = f"state-{uuid4()}"
        content: Any = {"properties": {}}
        self.admin.storage(SUBSCRIPTION).blob_containers.create(GROUP, PLACES.account, name, content)
        return lambda: Documents(self.clients, PLACES, name)

    def grant(self, *without: str) -> None:
        """The recorder may do what is declared, less something."""
        actions = tuple(action for action in RECORDER.actions if action not in without)
        data = tuple(action for action in RECORDER.data_actions if action not in without)
        self.scene.cloud.rbac.definitions[RECORDER.id] = replace(RECORDER, actions=actions, data_actions=data)

    def cases(self, clock: Clock | None = None) -> BlobCases:
        return BlobCases(Documents(self.clients, PLACES), clock or SystemClock())

    def another_sink(self) -> AppendSink:
        """Another worker's view of the same ledgers."""
        return AppendSink(self.clients, PLACES)

    def record(self) -> Record:
        return Record.resume(CASE, [self.sink], self.signer, self.keyring, SystemClock())


@pytest.fixture(scope="module")
def custody() -> Custody:
    return Custody(Scene())


__all__ = ["CASE", "DAYS", "LEDGERS", "PLACES", "Custody", "custody"]
