"""The signing key of the record in Key Vault: an ECDSA P-256 key pair whose private half never leaves the service."""

import hashlib
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shared.adapters.azure import names
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.errors import call
from shared.domain.errors import NotReady

if TYPE_CHECKING:
    from azure.keyvault.keys import KeyVaultKey

DATA_ACTIONS = frozenset({"Microsoft.KeyVault/vaults/keys/sign/action", "Microsoft.KeyVault/vaults/keys/read"})
"""What the recorder needs on the key, exactly."""

HALF = 32
"""bytes of each number of an ES256 signature (RFC 7518, 3.4)"""


class VaultSigner:
    """One key, by its address. Without a version it is the one that is current when it is first used, for good."""

    def __init__(self, clients: Clients, key: str) -> None:
        self._clients, self._name = clients, names.key(key)

    def sign(self, message: bytes) -> bytes:
        """DER signature (Key Vault `sign`, ES256). The service returns both numbers bare, which no verifier of ours reads."""
        from azure.keyvault.keys.crypto import SignatureAlgorithm  # noqa: PLC0415 - with its client, paid when needed

        digest = hashlib.sha256(message).digest()
        client = self._clients.cryptography(str(self._key.id))
        signed = call(client.sign, SignatureAlgorithm.es256, digest).signature
        return encode_dss_signature(int.from_bytes(signed[:HALF]), int.from_bytes(signed[HALF:]))

    def public_key(self) -> bytes:
        """SubjectPublicKeyInfo in DER. Raises `NotReady` for any other kind of key."""
        held: Any = self._key.key
        if (
            str(getattr(held.kty, "value", held.kty)) not in ("EC", "EC-HSM")
            or str(getattr(held.crv, "value", held.crv)) != "P-256"
        ):
            raise NotReady(f"{self._name.name} is not a key of kind EC, P-256")
        numbers = ec.EllipticCurvePublicNumbers(int.from_bytes(held.x), int.from_bytes(held.y), ec.SECP256R1())
        return numbers.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @cached_property
    def _key(self) -> "KeyVaultKey":
        return call(self._clients.keys(self._name.vault_url).get_key, self._name.name, self._name.version or None)
