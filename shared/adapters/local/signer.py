"""A signing key in a file: as trustworthy as the file is out of others' reach."""

from contextlib import suppress
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat, load_pem_private_key

from shared.adapters.local.files import make_folder, write_new
from shared.domain.errors import NotReady


class PemSigner:
    """An ECDSA P-256 key in PEM (PKCS #8)."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key

    @classmethod
    def open(cls, file: Path) -> Self:
        """The key in this file, made now if there is none. Raises `NotReady` for any other content."""
        if not file.exists():
            pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            make_folder(file.parent)
            with suppress(FileExistsError):  # another worker was first: its key is the key
                write_new(file, pem, file.parent)
        try:
            key = load_pem_private_key(file.read_bytes(), password=None)
        except ValueError:
            raise NotReady(f"{file} holds no private key in PEM") from None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise NotReady(f"{file} holds no key on the curve P-256")
        return cls(key)

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message, ec.ECDSA(SHA256()))

    def public_key(self) -> bytes:
        return self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
