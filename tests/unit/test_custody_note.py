"""Checkpoints: C2SP notes with exactly one spelling."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.memory.custody import MemorySigner
from shared.custody.note import ORDER, Checkpoint, sign, size_of
from shared.custody.signed import read
from shared.domain.errors import Tampered

SIGNER = MemorySigner()
KEY = SIGNER.public_key()
POINT = Checkpoint("case-1", 12, hashlib.sha256(b"entry").hexdigest())
NOTE = sign(POINT, SIGNER)


class HighSigner(MemorySigner):
    """Gives the higher of the two signatures, as KMS does half of the time."""

    def sign(self, message: bytes) -> bytes:
        r, s = decode_dss_signature(super().sign(message))
        return encode_dss_signature(r, max(s, ORDER - s))


def resigned(change: str) -> bytes:
    """The note with its signature replaced: `sealed` bytes become what `change` says."""
    text, signature = NOTE.decode().rsplit(" ", 1)
    raw = base64.b64decode(signature)
    r, s = decode_dss_signature(raw[4:])
    raws = {
        "other s": raw[:4] + encode_dss_signature(r, ORDER - s),
        "long DER": raw[:4] + raw[4:] + b"\0",
        "other key id": b"\0\0\0\0" + raw[4:],
        "no signature": raw[:4],
    }
    return f"{text} {base64.b64encode(raws[change]).decode()}\n".encode()


def test_a_note_says_what_was_signed() -> None:
    assert read(NOTE, "case-1", KEY) == POINT
    assert size_of(NOTE) == 12


def test_a_note_has_the_form_of_c2sp_checkpoints() -> None:
    origin, size, head, blank, signature, end = NOTE.decode().split("\n")
    assert (origin, size, blank, end) == ("codeblue/case-1", "12", "", "")
    assert base64.b64decode(head) == hashlib.sha256(b"entry").digest()
    dash, name, sealed = signature.split(" ")
    assert (dash, name) == ("\N{EM DASH}", "codeblue/case-1")
    assert base64.b64decode(sealed)[:4] == hashlib.sha256(KEY).digest()[:4]


def test_a_signer_that_gives_the_higher_s_makes_a_note_all_the_same() -> None:
    signer = HighSigner()
    assert read(sign(POINT, signer), "case-1", signer.public_key()) == POINT


@given(st.integers(0, len(NOTE) - 1), st.integers(1, 255))
def test_any_flipped_bit_is_refused(at: int, mask: int) -> None:
    flipped = NOTE[:at] + bytes([NOTE[at] ^ mask]) + NOTE[at + 1 :]
    with pytest.raises(Tampered):
        read(flipped, "case-1", KEY)


@given(st.binary(max_size=200) | st.text().map(str.encode))
def test_what_is_no_note_is_refused(content: bytes) -> None:
    with pytest.raises(Tampered):
        read(content, "case-1", KEY)


@pytest.mark.parametrize(
    ("note", "case", "key"),
    [
        pytest.param(NOTE, "case-2", KEY, id="a note of another case"),
        pytest.param(NOTE, "case-1", MemorySigner().public_key(), id="a note signed by another key"),
        pytest.param(NOTE, "case-1", b"no key", id="a key that is none"),
        pytest.param(resigned("other s"), "case-1", KEY, id="the other signature that ECDSA accepts"),
        pytest.param(resigned("long DER"), "case-1", KEY, id="a signature with bytes behind it"),
        pytest.param(resigned("other key id"), "case-1", KEY, id="a key id that is not the key's"),
        pytest.param(resigned("no signature"), "case-1", KEY, id="a key id alone"),
        pytest.param(NOTE.replace(b"\n12\n", b"\n012\n"), "case-1", KEY, id="a size with a zero before it"),
        pytest.param(NOTE.replace(b"\n12\n", b"\n1_2\n"), "case-1", KEY, id="a size that only Python reads"),
        pytest.param(NOTE + NOTE.splitlines(keepends=True)[-1], "case-1", KEY, id="a signature that stands twice"),
    ],
)
def test_refused(note: bytes, case: str, key: bytes) -> None:
    with pytest.raises(Tampered):
        read(note, case, key)


def test_the_three_flips_of_base64_that_decode_alike_are_refused() -> None:
    head = POINT.text.splitlines()[2]
    alike = [head[:-2] + letter + "=" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"]
    alike = [other for other in alike if other != head and base64.b64decode(other) == base64.b64decode(head)]
    assert len(alike) == 3
    for other in alike:
        with pytest.raises(Tampered):
            read(NOTE.replace(head.encode(), other.encode()), "case-1", KEY)
