"""The signing key of the record in KMS: an ECDSA P-256 key pair whose private half never leaves the service."""

import hashlib
from functools import cached_property

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call
from shared.domain.errors import NotReady

ACTIONS = frozenset({"kms:Sign", "kms:GetPublicKey"})
"""What the recorder needs on the key, exactly."""

SPEC = "ECC_NIST_P256"


class KmsSigner:
    """One key, by id, ARN or alias."""

    def __init__(self, clients: Clients, key: str, region: str = "", account: str = "") -> None:
        self._clients, self._key, self._region, self._account = clients, key, region, account

    def sign(self, message: bytes) -> bytes:
        """DER signature (KMS Sign, `MessageType=DIGEST`: the message itself may be longer than the 4 KiB that KMS takes)."""
        return call(
            self._clients.kms(self._account, self._region).sign,
            KeyId=self._key,
            Message=hashlib.sha256(message).digest(),
            MessageType="DIGEST",
            SigningAlgorithm="ECDSA_SHA_256",
        )["Signature"]

    def public_key(self) -> bytes:
        """SubjectPublicKeyInfo in DER (KMS GetPublicKey). Raises `NotReady` for any other kind of key."""
        return self._public_key

    @cached_property
    def _public_key(self) -> bytes:
        content = call(self._clients.kms(self._account, self._region).get_public_key, KeyId=self._key)["PublicKey"]
        key = load_der_public_key(content)
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            raise NotReady(f"{self._key} is not a key of kind {SPEC}")
        return content
