"""Real key material of Key Vault keys: RSA and EC pairs, and what the service does with them.

Source: Key Vault REST reference, "Keys": JSON Web Key (RFC 7517), algorithms of RFC 7518. Bytes travel as base64url.
"""

import base64
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

type Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

CURVES: Mapping[str, Callable[[], ec.EllipticCurve]] = {
    "P-256": ec.SECP256R1,
    "P-384": ec.SECP384R1,
    "P-521": ec.SECP521R1,
    "P-256K": ec.SECP256K1,
}
HASHES: Mapping[str, Callable[[], hashes.HashAlgorithm]] = {
    "256": hashes.SHA256,
    "384": hashes.SHA384,
    "512": hashes.SHA512,
}
PADDINGS: Mapping[str, Callable[[], padding.AsymmetricPadding]] = {
    "RSA-OAEP": lambda: padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None),  # noqa: S303 - as RFC 7518 says
    "RSA-OAEP-256": lambda: padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None),
    "RSA1_5": padding.PKCS1v15,
}
OPERATIONS: Mapping[str, tuple[str, ...]] = {
    "RSA": ("encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"),
    "EC": ("sign", "verify"),
}


class Unfit(ValueError):
    """An algorithm or a value that this key cannot do anything with."""


def b64(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Bytes from base64url, with or without padding. Raises ValueError."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def generate(kty: str, size: int = 2048, curve: str = "P-256") -> Private:
    """A new key pair of type `RSA`, `RSA-HSM`, `EC` or `EC-HSM`. Raises Unfit."""
    if kty.startswith("EC"):
        if curve not in CURVES:
            raise Unfit(f"Curve {curve} is not supported")
        return ec.generate_private_key(CURVES[curve]())
    if not kty.startswith("RSA") or size not in (2048, 3072, 4096):
        raise Unfit("Key type or size is not supported")
    return rsa.generate_private_key(65537, size)


def alike(private: Private) -> Private:
    """A new key pair of the same type and size."""
    if isinstance(private, ec.EllipticCurvePrivateKey):
        return ec.generate_private_key(private.curve)
    return rsa.generate_private_key(65537, private.key_size)


def jwk(private: Private) -> dict[str, str]:
    """The public half as the members of a JSON Web Key."""
    public = private.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        numbers = public.public_numbers()
        return {"n": b64(_octets(numbers.n, (public.key_size + 7) // 8)), "e": b64(_octets(numbers.e, 3))}
    point, width = public.public_numbers(), (public.curve.key_size + 7) // 8
    names = {made().name: name for name, made in CURVES.items()}
    return {"crv": names[public.curve.name], "x": b64(_octets(point.x, width)), "y": b64(_octets(point.y, width))}


def _octets(number: int, width: int) -> bytes:
    return number.to_bytes(width, "big")


def wrap(private: Private, algorithm: str, plaintext: bytes) -> bytes:
    """Encrypt to the public half. Raises Unfit."""
    return _rsa(private).public_key().encrypt(plaintext, _padding(algorithm))


def unwrap(private: Private, algorithm: str, ciphertext: bytes) -> bytes:
    """Decrypt. Raises Unfit, also where the ciphertext is another key's."""
    try:
        return _rsa(private).decrypt(ciphertext, _padding(algorithm))
    except ValueError as wrong:
        raise Unfit("Decryption failed") from wrong


def sign(private: Private, algorithm: str, digest: bytes) -> bytes:
    """Sign a digest; an ECDSA signature is r and s side by side, as RFC 7518 3.4 has it. Raises Unfit."""
    hashed = _prehashed(algorithm, digest)
    if isinstance(private, ec.EllipticCurvePrivateKey):
        width = (private.curve.key_size + 7) // 8
        r, s = utils.decode_dss_signature(private.sign(digest, ec.ECDSA(hashed)))
        return _octets(r, width) + _octets(s, width)
    return private.sign(digest, _signing_padding(algorithm), hashed)


def verify(private: Private, algorithm: str, digest: bytes, signature: bytes) -> bool:
    """Whether a signature of a digest is this key's. Raises Unfit."""
    hashed = _prehashed(algorithm, digest)
    try:
        if isinstance(private, ec.EllipticCurvePrivateKey):
            half = len(signature) // 2
            r, s = (int.from_bytes(part, "big") for part in (signature[:half], signature[half:]))
            private.public_key().verify(utils.encode_dss_signature(r, s), digest, ec.ECDSA(hashed))
        else:
            private.public_key().verify(signature, digest, _signing_padding(algorithm), hashed)
    except InvalidSignature:
        return False
    return True


def _prehashed(algorithm: str, digest: bytes) -> utils.Prehashed:
    made = HASHES.get(algorithm.removesuffix("K")[-3:])
    if made is None:
        raise Unfit(f"Algorithm {algorithm} is not supported")
    if len(digest) != made().digest_size:
        raise Unfit("Invalid length of value")
    return utils.Prehashed(made())


def _signing_padding(algorithm: str) -> padding.AsymmetricPadding:
    if algorithm.startswith("PS"):
        return padding.PSS(mgf=padding.MGF1(HASHES[algorithm[-3:]]()), salt_length=padding.PSS.DIGEST_LENGTH)
    if not algorithm.startswith("RS"):
        raise Unfit(f"Algorithm {algorithm} does not fit the key")
    return padding.PKCS1v15()


def _padding(algorithm: str) -> padding.AsymmetricPadding:
    if algorithm not in PADDINGS:
        raise Unfit(f"Algorithm {algorithm} is not supported")
    return PADDINGS[algorithm]()


def _rsa(private: Private) -> rsa.RSAPrivateKey:
    if not isinstance(private, rsa.RSAPrivateKey):
        raise Unfit("Operation is not permitted on an EC key")
    return private


def new_version() -> str:
    """A version's name: 32 hexadecimal digits."""
    return secrets.token_hex(16)


def restored(members: Mapping[str, Any]) -> Private:
    """The key pair of a JSON Web Key with its private members, for import. Raises Unfit."""
    number = {
        name: int.from_bytes(unb64(members[name]), "big")
        for name in ("n", "e", "d", "p", "q", "dp", "dq", "qi", "x", "y")
        if members.get(name)
    }
    try:
        if members.get("kty", "").startswith("EC"):
            public = ec.EllipticCurvePublicNumbers(number["x"], number["y"], CURVES[members["crv"]]())
            return ec.EllipticCurvePrivateNumbers(number["d"], public).private_key()
        halves = (number["p"], number["q"], number["d"], number["dp"], number["dq"], number["qi"])
        return rsa.RSAPrivateNumbers(*halves, rsa.RSAPublicNumbers(number["e"], number["n"])).private_key()
    except (KeyError, ValueError) as wrong:
        raise Unfit("The JSON Web Key is not complete") from wrong
