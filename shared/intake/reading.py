"""From a file, however large, to facts: whole where it is small, piece by piece where it is not.

A log file of CloudTrail goes straight from its bytes into structs; anything else, and any log file with something odd in it,
is read tolerantly. Only one piece is in memory at a time.
"""

import io
import json
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import BinaryIO

import msgspec

from .fact import Fact
from .forms import line_value, values
from .sources import fact_in
from .trail import ARRAY, LOG_FILE, ONE, Trail
from .trail_fact import fact_of
from .wrappings import GZIP, MAX_BYTES, Unreadable, peel

type Read = Fact | Unreadable

CHUNK = 1024 * 1024

LARGEST = 16 * 1024 * 1024
"""Of one record in a file that is read piece by piece; a larger one is no record."""

DAMAGED = "the file begins like gzip and is damaged from here on"


def facts(stream: BinaryIO) -> Iterator[Read]:
    """The facts in this stream, in order; `Unreadable` in the place of what is none. Raises OSError where it can not be read."""
    buffered = io.BufferedReader(stream, CHUNK) if isinstance(stream, io.RawIOBase) else stream
    head = buffered.read(len(GZIP))
    source: Source = Source(head, buffered)
    content = source.read(MAX_BYTES + 1)
    if len(content) <= MAX_BYTES:
        yield from of_bytes(content)
    else:
        yield from _piecewise(content, source)
    if source.damaged:
        yield Unreadable(DAMAGED)


class Source:
    """A stream, unpacked if it is gzip'd; a damaged one gives what comes before the damage."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._stream = Joined(head, stream)
        self._unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16) if head == GZIP else None
        self._packed = b""
        self.damaged = False

    def read(self, size: int) -> bytes:
        """Up to so many bytes; fewer only at the end."""
        parts: list[bytes] = []
        while size > 0 and not self.damaged:
            part = self._stream.read(min(size, CHUNK)) if self._unpacker is None else self._unpacked(min(size, CHUNK))
            if part is None or not (part or self._unpacker):
                break
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _unpacked(self, size: int) -> bytes | None:
        """At most so many bytes, so that a bomb stays small; None at the end. Several gzip'd parts may follow one another."""
        if self._unpacker is None:
            return None
        if self._unpacker.eof:
            self._packed = self._unpacker.unused_data or self._stream.read(CHUNK)
            if not self._packed.startswith(GZIP):
                return None
            self._unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
        packed = self._packed or self._stream.read(CHUNK)
        if not packed and not self._unpacker.eof:
            self.damaged = True
            return None
        try:
            part = self._unpacker.decompress(packed, size)
        except zlib.error:
            self.damaged = True
            return None
        self._packed = self._unpacker.unconsumed_tail
        return part


class Joined(io.BytesIO):
    """Bytes that were read already, and the stream behind them."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        super().__init__()
        self._head, self._rest = head, stream

    def read(self, size: int | None = -1, /) -> bytes:
        wanted = -1 if size is None else size
        if self._head:
            taken = self._head if wanted < 0 else self._head[:wanted]
            self._head = self._head[len(taken) :]
            return taken + (self._rest.read() if wanted < 0 else b"")
        return self._rest.read(wanted)


def of_bytes(content: bytes) -> Iterator[Read]:
    """The facts in a file that is in memory: the fast way where it fits, else the tolerant one."""
    trails = _fast(content)
    if trails is not None:
        return map(fact_of, trails)
    if _is_lines(content):
        return chain.from_iterable(of_line(line) for line in content.splitlines() if line.strip())
    return _tolerant(values(content))


NULL = b'"null"'
"""The word in the place of nothing: some exporters write it, and only the tolerant reader knows."""


def _fast(content: bytes) -> list[Trail] | None:
    if NULL in content:
        return None
    start = content[:64].lstrip()
    try:
        if start.startswith(b'{"Records"'):
            return _calls(LOG_FILE.decode(content).records, content)
        if start.startswith(b"["):
            return _calls(ARRAY.decode(content), content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return None


def _calls(trails: list[Trail], content: bytes) -> list[Trail] | None:
    """Only if all are CloudTrail's: `Records` of S3 notifications have the same two fields."""
    doubtful = b'"aws:' in content and any(name.startswith("aws:") for name in {trail.event_source for trail in trails})
    return None if doubtful else trails


def _is_lines(content: bytes) -> bool:
    """Whether the first line is a whole CloudTrail record and others follow."""
    first, newline, rest = content[:CHUNK].partition(b"\n")
    return bool(newline and rest.strip()) and _one(first) is not None


def _one(line: bytes) -> Trail | None:
    if NULL in line:
        return None
    try:
        trail = ONE.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return trail if trail.event_name and not trail.event_source.startswith("aws:") else None


def of_line(line: bytes) -> Iterator[Read]:
    """The facts in one line of JSON lines."""
    trail = _one(line)
    if trail is not None:
        yield fact_of(trail)
    else:
        yield from _tolerant([line_value(line.decode("utf-8", "replace"))])


def _tolerant(things: Iterable[object]) -> Iterator[Read]:
    for thing in things:
        if isinstance(thing, Unreadable):
            yield thing
            continue
        for each in peel(thing):
            yield each if isinstance(each, Unreadable) else fact_in(each)


def _piecewise(content: bytes, source: Source) -> Iterator[Read]:
    if line_is_whole(content):
        yield from _lines(content, source)
    else:
        yield from _tolerant(_items(content, source))


def line_is_whole(content: bytes) -> bool:
    """Whether the first line is a JSON value by itself."""
    line, newline, _ = content[:LARGEST].partition(b"\n")
    return bool(newline) and isinstance(line_value(line.decode("utf-8-sig", "replace")), dict | list)


def _lines(content: bytes, source: Source) -> Iterator[Read]:
    rest = content
    while rest:
        lines = rest.split(b"\n")
        more = source.read(CHUNK)
        rest = (lines.pop() + more) if more else b""
        for line in lines:
            if line.strip():
                yield from of_line(line)
        if len(rest) > LARGEST + CHUNK:
            yield Unreadable("a line that is larger than any record")
            return


def _items(content: bytes, source: Source) -> Iterator[object]:
    """The values of one long array, of a log file's `Records`, or one after another, without ever holding them all."""
    decoder = json.JSONDecoder(strict=False)
    buffer, at = content.decode("utf-8", "replace"), _first_item(content)
    while True:
        while at < len(buffer) and buffer[at] in " \t\r\n,":
            at += 1
        if at < len(buffer) and buffer[at] in "]}":
            return
        try:
            value, at = decoder.raw_decode(buffer, at)
        except (ValueError, RecursionError):
            more = source.read(CHUNK)
            if not more or len(buffer) - at > LARGEST + len(content):
                if at < len(buffer):
                    yield Unreadable("from here on it is no JSON")
                return
            buffer, at = buffer[at:] + more.decode("utf-8", "replace"), 0
            continue
        yield value


def _first_item(content: bytes) -> int:
    """Where the first value begins: after the bracket of an array or of `Records`."""
    head = content[:4096].decode("utf-8", "replace")
    bare = head.lstrip()
    if bare.startswith("["):
        return head.index("[") + 1
    if bare.startswith("{") and '"Records"' in head and "[" in head:
        return head.index("[", head.index('"Records"')) + 1
    return 0
