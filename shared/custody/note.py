"""Checkpoints: the signed head of a ledger, as a C2SP signed note (c2sp.org/signed-note, c2sp.org/tlog-checkpoint).

    codeblue/<case>
    <number of entries>
    <base64 of the SHA-256 of the last entry>

    — codeblue/<case> <base64 of key id and signature>

The signature is ECDSA P-256 over SHA-256 in DER; the key id is the first four bytes of the SHA-256 of the key's SPKI (note
signature type 0x02). Every checkpoint has exactly one spelling: base64 that re-encodes to itself, minimal DER, and the lower of
the two `s` that ECDSA accepts. So no byte can change unseen.
"""

import base64
import binascii
import hashlib

import msgspec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from shared.domain.errors import Tampered
from shared.ports import Signer

ORIGIN = "codeblue/"
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""The order n of the P-256 group (SEC 2): where (r, s) is a signature, (r, n - s) is one too."""
KEY_ID = 4
HEAD = 32


class Checkpoint(msgspec.Struct, frozen=True):
    """The first `size` entries end in the entry with SHA-256 `head` (64 hexadecimal digits)."""

    case: str
    size: int
    head: str

    @property
    def text(self) -> str:
        return f"{ORIGIN}{self.case}\n{self.size}\n{_spell(bytes.fromhex(self.head))}\n"


def key_id(public_key: bytes) -> bytes:
    """The four bytes by which a note names its key (SPKI, DER)."""
    return hashlib.sha256(public_key).digest()[:KEY_ID]


def sign(checkpoint: Checkpoint, signer: Signer) -> bytes:
    """The note's bytes. Raises what the signer raises."""
    r, s = decode_dss_signature(signer.sign(checkpoint.text.encode()))
    signature = encode_dss_signature(r, min(s, ORDER - s))
    sealed = _spell(key_id(signer.public_key()) + signature)
    return f"{checkpoint.text}\n— {ORIGIN}{checkpoint.case} {sealed}\n".encode()


def size_of(note: bytes) -> int:
    """The number of entries that a note speaks of, unverified. Raises `Tampered` where it is no note."""
    lines = note.split(b"\n")
    if len(lines) < len(("origin", "size", "head")) or not lines[1].isdigit():
        raise Tampered("not a checkpoint")
    return int(lines[1])


def parse(note: bytes, case: str) -> tuple[Checkpoint, bytes]:
    """The checkpoint, and key id with signature, unverified. Raises `Tampered` unless writing them again gives the same bytes."""
    try:
        origin, size, head, blank, signature, end = note.decode().split("\n")
        dash, name, sealed = signature.split(" ")
        checkpoint = Checkpoint(case, int(size), base64.b64decode(head, validate=True).hex())
        raw = base64.b64decode(sealed, validate=True)
    except (ValueError, binascii.Error):
        raise Tampered("not a checkpoint") from None
    if name != origin or origin != ORIGIN + case:
        raise Tampered("a checkpoint of another ledger")
    again = f"{checkpoint.text}\n— {name} {_spell(raw)}\n"
    if (dash, blank, end) != ("—", "", "") or len(checkpoint.head) != 2 * HEAD or again.encode() != note:
        raise Tampered("not spelled as a checkpoint must be")
    return checkpoint, raw


def _spell(content: bytes) -> str:
    return base64.b64encode(content).decode()
