"""Evidence and names: what the record may hold only in a form that goes blind when the case's secret is deleted."""

import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.domain.errors import Tampered

PLAIN = 32
NONCE = 12
"""Random, as NIST SP 800-38D 8.2.2 allows for fewer than 2^32 blobs under one key; a case has thousands."""


def seal(content: bytes, key: bytes) -> bytes:
    """SHA-256 of the content, nonce, then AES-256-GCM ciphertext and tag; the first part is bound in as associated data."""
    plain = hashlib.sha256(content).digest()
    nonce = secrets.token_bytes(NONCE)
    return plain + nonce + AESGCM(key).encrypt(nonce, content, plain)


def unseal(sealed: bytes, key: bytes) -> bytes:
    """The content. Raises `Tampered` where this key did not seal it."""
    plain, nonce, ciphertext = sealed[:PLAIN], sealed[PLAIN : PLAIN + NONCE], sealed[PLAIN + NONCE :]
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, plain)
    except (InvalidTag, ValueError):
        raise Tampered("evidence that the case's key did not seal") from None


def plain_digest(sealed: bytes) -> str:
    """SHA-256 of the content, as 64 hexadecimal digits."""
    return sealed[:PLAIN].hex()


def stand_in(text: str, key: bytes) -> str:
    """HMAC-SHA256 of a name: equal names are seen to be equal, and no one without the key can try out names."""
    return hmac.digest(key, text.encode(), "sha256").hex()
