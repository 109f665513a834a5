"""The secrets of cases: 64 random bytes each, wrapped by a key of the vault, in a container where they can be deleted.

The record keeps what they encrypt for years; without the wrapped secret it is unreadable from then on. What is wrapped begins with
a digest of the case's id, so that no case can be given another's.
"""

import hashlib
import secrets
from functools import cache
from typing import TYPE_CHECKING

from shared.adapters.azure import names
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.documents import Documents
from shared.adapters.azure.errors import call
from shared.domain.errors import Absent, Tampered

if TYPE_CHECKING:
    from azure.keyvault.keys.crypto import CryptographyClient, KeyWrapAlgorithm

KEY_ACTIONS = frozenset(f"Microsoft.KeyVault/vaults/keys/{verb}" for verb in ("read", "unwrap/action"))
"""What the recorder needs on the key, exactly: the SDK wraps by itself, with the public half that it has read."""

KEY = 32
BOUND = 16
"""bytes of the digest that binds a secret to its case"""


class VaultKeyring:
    """Blobs `secrets/<case>`: the version of the key and what it wrapped, or nothing once deleted. Threads may share it."""

    def __init__(self, clients: Clients, documents: Documents, key: str) -> None:
        self._clients, self._documents, self._name = clients, documents, names.key(key)
        self._secret = cache(self._fetch)

    def data_key(self, case: str) -> bytes:
        return self._secret(case)[:KEY]

    def name_key(self, case: str) -> bytes:
        return self._secret(case)[KEY:]

    def forget(self, case: str) -> None:
        """Delete the case's secrets for ever: its evidence and names can not be read again."""
        self._documents.write(f"secrets/{case}", b"")
        self._secret.cache_clear()

    def _fetch(self, case: str) -> bytes:
        try:
            return self._unwrap(case, self._documents.read(f"secrets/{case}")[0])
        except Absent as absent:
            if absent.code != "BlobNotFound":
                raise
        return self._make(case)

    def _make(self, case: str) -> bytes:
        """New secrets, unless another worker was first."""
        made = secrets.token_bytes(2 * KEY)
        version = str(call(self._clients.keys(self._name.vault_url).get_key, self._name.name).id)
        wrapped = call(self._by(version).wrap_key, _algorithm(), _bound(case) + made).encrypted_key
        if self._documents.create(f"secrets/{case}", f"{version}\n".encode() + wrapped):
            return made
        return self._unwrap(case, self._documents.read(f"secrets/{case}")[0])

    def _unwrap(self, case: str, kept: bytes) -> bytes:
        if not kept:
            raise Absent(f"the secrets of {case} were deleted")
        version, _, wrapped = kept.partition(b"\n")
        opened = call(self._by(version.decode()).unwrap_key, _algorithm(), wrapped).key
        if opened[:BOUND] != _bound(case):
            raise Tampered(f"the secrets of {case} are another case's")
        return opened[BOUND:]

    def _by(self, version: str) -> "CryptographyClient":
        return self._clients.cryptography(version)


def _bound(case: str) -> bytes:
    return hashlib.sha256(case.encode()).digest()[:BOUND]


def _algorithm() -> "KeyWrapAlgorithm":
    from azure.keyvault.keys.crypto import KeyWrapAlgorithm  # noqa: PLC0415 - with its client, paid when needed

    return KeyWrapAlgorithm.rsa_oaep_256
