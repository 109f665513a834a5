"""What a signed note says, verified. Whoever only writes a record verifies none, and loads no key: a fence is such a writer."""

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from shared.domain.errors import Tampered

from .note import KEY_ID, ORDER, Checkpoint, key_id, parse


def read(note: bytes, case: str, public_key: bytes) -> Checkpoint:
    """What this note says about the case. Raises `Tampered` unless this key signed it and every byte is as it must be."""
    checkpoint, sealed = parse(note, case)
    if sealed[:KEY_ID] != key_id(public_key):
        raise Tampered(f"signed by another key ({sealed[:KEY_ID].hex()})")
    _verify(checkpoint.text.encode(), sealed[KEY_ID:], public_key)
    return checkpoint


def _verify(text: bytes, signature: bytes, public_key: bytes) -> None:
    try:
        key = load_der_public_key(public_key)
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            raise Tampered("the key is not on the curve P-256")
        r, s = decode_dss_signature(signature)
        key.verify(signature, text, ec.ECDSA(SHA256()))
    except (ValueError, InvalidSignature, UnsupportedAlgorithm):
        raise Tampered("the signature does not verify") from None
    if s > ORDER // 2 or encode_dss_signature(r, s) != signature:
        raise Tampered("the signature is not spelled as it must be")
