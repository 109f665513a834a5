"""A storage account with two keys and clients of it: of the embedded Azure, or of azurite, the emulator from npm.

azurite is the second opinion on blobs: what both answer in the same way is nobody's invention.
"""

import base64
import os
import re
import shutil
import subprocess
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from azure.core.credentials import AzureNamedKeyCredential
from azure.storage.blob import BlobServiceClient, ContainerClient

from shared.sandbox.azure.clock import utc
from shared.sandbox.azure.storage_state import Account
from tests.contract.azure.scenes import GROUP, Scene
from tests.contract.azure.storage_scenes import by_key, by_signature, management

KEYS = {"key1": "the-first-key-EXAMPLE", "key2": "the-second-key-EXAMPLE"}
NO_CLOUD = "azurite is blobs alone: no clock to move, no tokens, no management"

LACKS = {
    "test_a_name_that_xml_cannot_write_is_listed_encoded": "a listing with such a name is an error 500",
    "test_a_lease_ends": NO_CLOUD,
    "test_a_signature_ends": NO_CLOUD,
    "test_creating_is_not_overwriting": "it refuses with the code for a permission that is not there",
    "test_each_write_leaves_the_state_before_it_and_a_deletion_too": "it keeps no versions",
    "test_metadata_makes_a_version_and_an_append_does_not": "it keeps no versions",
    "test_soft_delete_gives_back_for_as_long_as_it_was_set": "it deletes for good",
    "test_a_source_elsewhere_needs_rights_of_its_own": NO_CLOUD,
}
"""Tests that azurite does not pass, and what it lacks."""

READY = re.compile(rb"listens on (http://127\.0\.0\.1:\d+)")


class BlobAccount(Protocol):
    """One account, blank when a test gets it. `address`: where its containers are."""

    name: str
    address: str
    unsigned: tuple[int, str] = (403, "AuthenticationFailed")
    """How it calls a signature that is none."""

    @abstractmethod
    def key(self, name: str = "key1") -> str:
        """One of its keys."""

    @abstractmethod
    def by_key(self, name: str = "key1") -> BlobServiceClient:
        """A client that signs with one of the keys."""

    @abstractmethod
    def by_signature(self, signature: str = "") -> BlobServiceClient:
        """A client with a shared access signature, or with nothing at all."""

    @abstractmethod
    def now(self) -> datetime:
        """The time by which it judges what has ended."""

    @abstractmethod
    def scene(self) -> Scene:
        """The cloud that it lies in, with clocks, tokens and management. Raises `NotImplementedError` where there is none."""

    def records(self) -> ContainerClient:
        """Its one container."""
        client = self.by_key().get_container_client("records")
        if not client.exists():
            client.create_container()
        return client

    def later(self, hours: float = 1.0) -> datetime:
        return self.now() + timedelta(hours=hours)


class Embedded(BlobAccount):
    """An account of the embedded Azure."""

    def __init__(self, scene: Scene, account: Account) -> None:
        self._scene, self._account = scene, account
        self.name, self.address = account.name, f"https://{account.host}"

    def key(self, name: str = "key1") -> str:
        return self._account.keys[name].value

    def by_key(self, name: str = "key1") -> BlobServiceClient:
        return by_key(self._scene, self._account, name)

    def by_signature(self, signature: str = "") -> BlobServiceClient:
        return by_signature(self._scene, signature, self.address)

    def now(self) -> datetime:
        return utc(self._scene.cloud.clock.now())

    def scene(self) -> Scene:
        return self._scene


class OfAzurite(BlobAccount):
    """An account of a running azurite, which has another word for a refusal."""

    unsigned = (403, "AuthorizationFailure")

    def __init__(self, endpoint: str, name: str) -> None:
        self.name, self.address = name, f"{endpoint}/{name}"

    def key(self, name: str = "key1") -> str:
        return base64.b64encode(KEYS[name].encode()).decode()

    def by_key(self, name: str = "key1") -> BlobServiceClient:
        credential = AzureNamedKeyCredential(self.name, self.key(name))
        return BlobServiceClient(self.address, credential=credential, retry_total=0)

    def by_signature(self, signature: str = "") -> BlobServiceClient:
        return BlobServiceClient(f"{self.address}?{signature}" if signature else self.address, retry_total=0)

    def now(self) -> datetime:
        return datetime.now(UTC)

    def scene(self) -> Scene:
        raise NotImplementedError(NO_CLOUD)


def settings(account: BlobAccount, **properties: object) -> None:
    """Settings of an account's blobs, through Resource Manager."""
    scene, wanted = account.scene(), {"properties": properties}
    management(scene).blob_services.set_service_properties(GROUP, account.name, wanted)  # type: ignore[call-overload]


def program(root: Path) -> list[str] | None:
    """How azurite's blobs are started; None where it is not installed."""
    script, node = root / ".venv-azurite/node_modules/azurite/dist/src/blob/main.js", shutil.which("node")
    return [node, str(script)] if node and script.is_file() else None


@contextmanager
def azurite(command: list[str], names: tuple[str, ...]) -> Iterator[str]:
    """A running azurite with blank accounts of these names, on a free port of loopback; its address. It keeps nothing on disk."""
    keys = ":".join(base64.b64encode(key.encode()).decode() for key in KEYS.values())
    environment = {**os.environ, "AZURITE_ACCOUNTS": ";".join(f"{name}:{keys}" for name in names)}
    port = ["--blobHost", "127.0.0.1", "--blobPort", "0"]
    quiet = ["--inMemoryPersistence", "--silent", "--disableTelemetry", "--skipApiVersionCheck"]
    with subprocess.Popen([*command, *port, *quiet], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            yield _address(process)
        finally:
            process.terminate()
            process.communicate(timeout=10)


def _address(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout
    said = b""
    for line in process.stdout:
        said += line
        if found := READY.search(line):
            return found[1].decode()
    raise RuntimeError(f"azurite did not start: {said.decode(errors='replace')}")
