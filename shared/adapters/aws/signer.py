"""The signing key of the record in KMS: an ECDSA P-256 key pair whose private half never leaves the service."""

import hashlib
from functools import cached_property

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call
from shared.domain.errors import NotReady

ACTIONS = frozenset({"kms:Sign", "kms:GetPublicKey"})
"""What the recorder needs on the key, exactly."""

SPEC = "ECC_NIST_P256"

BEGINS = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
"""SubjectPublicKeyInfo of a P-256 key up to its point, uncompressed (RFC 5480, section 2): no other key's begins so."""
POINT = 64
"""The two coordinates after it, 32 bytes each."""


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
        if not content.startswith(BEGINS) or len(content) != len(BEGINS) + POINT:
            raise NotReady(f"{self._key} is not a key of kind {SPEC}")
        return content
