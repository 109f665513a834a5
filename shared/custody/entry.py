"""One entry of a ledger and its bytes.

The bytes are RFC 8785 (JCS): sorted keys, no spaces, one spelling for every string and number. They are made by a fast encoder,
which is right because content is confined to what both spell alike: no floats, integers below 2^53, ASCII keys.
"""

import hashlib
import re
from collections.abc import Iterable

import msgspec

from shared.domain.errors import BadInput, Tampered

VERSION = 1
GENESIS = "0" * 64
"""`prev` of the first entry."""
SAFE = 2**53
"""RFC 8785 writes numbers as IEEE 754 doubles: from here on two integers share one spelling."""
DEEPEST = 32
"""Levels of nesting; no fact needs as many, and a hostile file must not exhaust the stack."""

_ENCODER = msgspec.json.Encoder(order="sorted")
_BLOBS = re.compile(rb'"cipher":"([0-9a-f]{64})"')


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One fact. `at` is UTC in RFC 3339 with microseconds; `prev` is the SHA-256 of the entry before it."""

    seq: int
    at: str
    case: str
    kind: str
    prev: str
    body: dict[str, object]
    v: int = VERSION


_DECODER = msgspec.json.Decoder(Entry)


def encode(entry: Entry) -> bytes:
    """The entry's canonical bytes. Raises `BadInput` where it holds what has no single spelling."""
    try:
        _check(entry.body, DEEPEST)
        return _ENCODER.encode(entry)
    except (TypeError, UnicodeEncodeError):
        raise BadInput("an entry holds text, integers, truth values, null, lists and maps of these") from None


def decode(content: bytes) -> Entry:
    """The entry that these bytes are. Raises `Tampered` where they are not exactly what `encode` would write."""
    try:
        entry = _DECODER.decode(content)
        if entry.v == VERSION and encode(entry) == content:
            return entry
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, BadInput):
        raise Tampered("not an entry") from None
    raise Tampered("not in canonical form")


def digest(content: bytes) -> str:
    """SHA-256 as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def evidence(content: bytes) -> set[str]:
    """Digests of the blobs that an entry with these bytes names. Quotes inside a string are escaped: no text can pass for one."""
    return {found.decode() for found in _BLOBS.findall(content)}


def _check(value: object, depth: int) -> None:
    """Raise `BadInput`, or `TypeError` for a key that is no text, where the canonical spelling is not beyond doubt."""
    match value:
        case str() | bool() | None:
            return
        case int() if abs(value) < SAFE:
            return
        case dict() if depth and "".join(value).isascii():
            _check_all(value.values(), depth - 1)
        case list() | tuple() if depth:
            _check_all(value, depth - 1)
        case _:
            raise BadInput(f"an entry can not hold this {type(value).__name__}")


def _check_all(values: Iterable[object], depth: int) -> None:
    for value in values:
        if type(value) is not str:  # most are, and a call each is what an entry's time would go into
            _check(value, depth)
