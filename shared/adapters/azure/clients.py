"""Azure's own clients: made when first used, kept, shared by all threads."""

from __future__ import annotations

import sys
from threading import Lock, RLock
from typing import TYPE_CHECKING, Any, cast

from shared.adapters.azure.errors import call
from shared.adapters.azure.rest import Rest

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from azure.core.credentials import TokenCredential
    from azure.core.pipeline.transport import HttpTransport
    from azure.keyvault.keys import KeyClient
    from azure.keyvault.keys.crypto import CryptographyClient
    from azure.mgmt.compute import ComputeManagementClient
    from azure.mgmt.keyvault import KeyVaultManagementClient
    from azure.mgmt.storage import StorageManagementClient
    from azure.monitor.query import LogsQueryClient
    from azure.storage.blob import BlobServiceClient

RETRIES = 3
STORAGE = "https://storage.azure.com/.default"

STORAGE_WAITS: dict[str, Any] = {"initial_backoff": 0, "increment_base": 1, "random_jitter_range": 1}
"""Seconds, two at most: storage's client has waits of its own; at the first answer lost a fence would stand still for 18 s."""

READY: set[str] = set()
"""Packages whose models are ready to be read by several threads at once."""

READYING = Lock()


class Clients:
    """Every Azure client of one responder, with one credential. `transport` stands in for the network where one is given."""

    def __init__(
        self, credential: TokenCredential, transport: HttpTransport[Any, Any] | None = None, *, retries: int = RETRIES
    ) -> None:
        self._credential = credential
        self._options: dict[str, Any] = {"retry_total": retries, "connection_timeout": 2, "read_timeout": 10}
        if transport is not None:
            self._options["transport"] = transport
        self._lock = RLock()
        self._made: dict[tuple[str, str], object] = {}
        self.answered: dict[str, datetime] = {}
        """when a service said that it did what it shows only later, by the resource's id"""

    def compute(self, subscription: str) -> ComputeManagementClient:
        def make() -> ComputeManagementClient:
            from azure.mgmt.compute import ComputeManagementClient  # noqa: PLC0415 - a slow import, paid when needed

            return ComputeManagementClient(self._credential, subscription, **self._options)

        return cast("ComputeManagementClient", self._client("compute", subscription, make))

    def storage(self, subscription: str) -> StorageManagementClient:
        def make() -> StorageManagementClient:
            from azure.mgmt.storage import StorageManagementClient  # noqa: PLC0415 - the same

            return StorageManagementClient(self._credential, subscription, **self._options)

        return cast("StorageManagementClient", self._client("storage", subscription, make))

    def vaults(self, subscription: str) -> KeyVaultManagementClient:
        def make() -> KeyVaultManagementClient:
            from azure.mgmt.keyvault import KeyVaultManagementClient  # noqa: PLC0415 - the same

            return KeyVaultManagementClient(self._credential, subscription, **self._options)

        return cast("KeyVaultManagementClient", self._client("vaults", subscription, make))

    def keys(self, vault_url: str) -> KeyClient:
        """The keys of one vault, by its address."""

        def make() -> KeyClient:
            from azure.keyvault.keys import KeyClient  # noqa: PLC0415 - the same

            return KeyClient(vault_url, self._credential, **self._options)

        return cast("KeyClient", self._client("keys", vault_url, make))

    def cryptography(self, key_id: str) -> CryptographyClient:
        """What one version of a key does, by its id."""

        def make() -> CryptographyClient:
            from azure.keyvault.keys.crypto import CryptographyClient  # noqa: PLC0415 - the same

            return CryptographyClient(key_id, self._credential, **self._options)

        return cast("CryptographyClient", self._client("cryptography", key_id, make))

    def blobs(self, account_url: str) -> BlobServiceClient:
        """The blobs of one account, by its address."""

        def make() -> BlobServiceClient:
            from azure.storage.blob import BlobServiceClient  # noqa: PLC0415 - the same

            return BlobServiceClient(account_url, self._credential, **self._options, **STORAGE_WAITS)

        return cast("BlobServiceClient", self._client("blobs", account_url, make))

    def storage_token(self) -> str:
        """What opens a blob as the source of a copy: an access token for storage. Raises `CloudError`."""
        return call(self._credential.get_token, STORAGE).token

    def logs(self) -> LogsQueryClient:
        """Log Analytics, asked about a resource."""

        def make() -> LogsQueryClient:
            from azure.monitor.query import LogsQueryClient  # noqa: PLC0415 - the same

            return LogsQueryClient(self._credential, **self._options)

        return cast("LogsQueryClient", self._client("logs", "", make))

    def rest(self, base: str, scope: str = "") -> Rest:
        """A service without a client of its own, by its address; `scope` is what its tokens are for, if not that."""

        def make() -> Rest:
            from azure.core import PipelineClient  # noqa: PLC0415 - the same
            from azure.core.pipeline.policies import BearerTokenCredentialPolicy, RetryPolicy  # noqa: PLC0415 - the same

            policies: list[Any] = [
                RetryPolicy(retry_total=self._options["retry_total"]),
                BearerTokenCredentialPolicy(self._credential, scope or f"{base}/.default"),
            ]
            return Rest(PipelineClient(base, policies=policies, **self._options), base)

        return cast("Rest", self._client("rest", base, make))

    def _client(self, service: str, place: str, make: Callable[[], object]) -> object:
        slot = (service, place)
        if slot not in self._made:
            with self._lock:
                self._made[slot] = self._made.get(slot) or _ready(make())
        return self._made[slot]


def _ready(client: object) -> object:
    """This client, whose answers several threads may read at once from the first on.

    The SDKs make a model ready when the first of its kind is read; threads that do so at once may get plain dictionaries for it.
    """
    package = ".".join(type(client).__module__.split(".")[:3])
    with READYING:
        if package not in READY:
            for name in [each for each in list(sys.modules) if each.startswith(package)]:
                models: list[Any] = [*vars(sys.modules[name]).values()]
                for model in models:
                    if hasattr(model, "__mro__") and hasattr(model, "_calculated"):
                        model.__new__(model)
            READY.add(package)
    return client
