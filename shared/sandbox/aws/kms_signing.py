"""KMS signatures of digests, which moto would hash again: made and checked over the digest, as the service does.

Source: KMS API reference, Sign, Verify (`MessageType` DIGEST).
"""

from collections.abc import Callable
from typing import Any, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from moto.kms.models import Key

from shared.sandbox.aws import keys
from shared.sandbox.aws.cloud import Ask, Cloud, Rule
from shared.sandbox.aws.http import Reply
from shared.sandbox.aws.refusals import Refusal

HASHES: dict[str, Callable[[], hashes.HashAlgorithm]] = {
    "SHA_256": hashes.SHA256,
    "SHA_384": hashes.SHA384,
    "SHA_512": hashes.SHA512,
}


def sign(_: Cloud, ask: Ask) -> Reply:
    """Sign a message, or its digest."""
    key, algorithm, message = _asked(ask)
    private = cast("ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey", key.private_key.private_key)  # type: ignore[attr-defined]
    prehashed = _digest(algorithm, message) if ask.params.get("MessageType") == "DIGEST" else _hash(algorithm)
    if isinstance(private, ec.EllipticCurvePrivateKey):
        signature = private.sign(message, ec.ECDSA(prehashed))
    else:
        signature = private.sign(message, _padding(algorithm), prehashed)
    return ask.answer({"KeyId": key.arn, "Signature": signature, "SigningAlgorithm": algorithm})


def verify(_: Cloud, ask: Ask) -> Reply:
    """Verify a signature: an invalid one is refused with KMSInvalidSignatureException."""
    key, algorithm, message = _asked(ask)
    private = cast("ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey", key.private_key.private_key)  # type: ignore[attr-defined]
    prehashed = _digest(algorithm, message) if ask.params.get("MessageType") == "DIGEST" else _hash(algorithm)
    try:
        if isinstance(private, ec.EllipticCurvePrivateKey):
            private.public_key().verify(ask.params["Signature"], message, ec.ECDSA(prehashed))
        else:
            private.public_key().verify(ask.params["Signature"], message, _padding(algorithm), prehashed)
    except InvalidSignature as invalid:
        raise Refusal("KMSInvalidSignatureException", "") from invalid
    return ask.answer({"KeyId": key.arn, "SignatureValid": True, "SigningAlgorithm": algorithm})


def _asked(ask: Ask) -> tuple[Key, str, bytes]:
    params: dict[str, Any] = ask.params
    key, algorithm = keys.require(ask.account, ask.region, params["KeyId"]), str(params["SigningAlgorithm"])
    if key.key_usage != "SIGN_VERIFY" or algorithm not in key.signing_algorithms:
        raise Refusal("InvalidKeyUsageException", f"{key.arn} cannot be used with {algorithm}.")
    return key, algorithm, bytes(params["Message"])


def _hash(algorithm: str) -> hashes.HashAlgorithm:
    return HASHES[algorithm[-7:]]()


def _digest(algorithm: str, message: bytes) -> utils.Prehashed:
    if len(message) != _hash(algorithm).digest_size:
        raise Refusal("ValidationException", "Digest is invalid length for algorithm.")
    return utils.Prehashed(_hash(algorithm))


def _padding(algorithm: str) -> padding.AsymmetricPadding:
    if algorithm.startswith("RSASSA_PSS"):
        return padding.PSS(mgf=padding.MGF1(_hash(algorithm)), salt_length=padding.PSS.DIGEST_LENGTH)
    return padding.PKCS1v15()


RULES: dict[str, Rule] = {"Sign": sign, "Verify": verify}
