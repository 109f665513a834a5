"""Forms of files: what a folder of alerts holds, from a log file to an export for a spreadsheet, as values one after another.

JSON, JSON lines, JSON values one after another without any separator (Firehose), CSV with a header (exports of CloudTrail),
gzip'd or not. What can not be read is `Unreadable` in its place; the others go on.
"""

import ast
import csv
import io
import json
from collections.abc import Iterator

from .tolerant import fold
from .wrappings import Unreadable

NO_FORM = "no JSON, JSON lines or CSV with known columns"

COLUMNS = {
    "eventname": "eventName",
    "eventid": "eventID",
    "eventtype": "eventType",
    "requestid": "requestID",
    "userid": "userIdentity",
    "useridentity": "userIdentity",
    "eventtime": "eventTime",
    "eventdatetime": "eventTime",
    "requestparameters": "requestParameters",
    "responseelements": "responseElements",
    "sourceip": "sourceIPAddress",
    "sourceipaddress": "sourceIPAddress",
    "requestuseragent": "userAgent",
    "useragent": "userAgent",
    "eventsource": "eventSource",
    "errorcode": "errorCode",
    "awsregion": "awsRegion",
}
"""Columns (folded, without blanks) of exports, and the fields of a record that they hold."""

S3_CALLS = ("ListObjects", "GetObject", "PutObject", "DeleteObject", "HeadObject", "ListBucket", "GetBucket", "CopyObject")

ENOUGH = 0.5
"""Of the first lines, how many must be JSON objects for the file to be JSON lines and not one broken value."""

LOOK = 20


def values(content: bytes) -> Iterator[object]:
    """The JSON values in this text, in order."""
    characters = _characters(content)
    if characters is None:
        yield Unreadable("bytes that are no text")
        return
    if not characters.strip():
        return
    try:
        yield json.loads(characters, strict=False)
    except (ValueError, RecursionError):
        yield from _several(characters)


def _characters(content: bytes) -> str | None:
    for start, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"", "utf-8-sig"), (b"", "cp1252")):
        if content.startswith(start):
            try:
                return content.decode(encoding)
            except UnicodeDecodeError:
                continue
    return None


def _several(characters: str) -> Iterator[object]:
    lines = [line for line in characters.splitlines() if line.strip()]
    head = lines[:LOOK]
    if len(lines) > 1 and sum(_is_record(line) for line in head) > ENOUGH * len(head):
        yield from map(line_value, lines)
    elif rows := _table(characters, head):
        yield from rows
    else:
        yield from _one_after_another(characters)


def _is_record(line: str) -> bool:
    return isinstance(line_value(line), dict | list) and len(line) > 2  # noqa: PLR2004  a bracket alone is a part of something


def line_value(line: str) -> object:
    """The JSON value in one line."""
    try:
        value: object = json.loads(line, strict=False)
    except (ValueError, RecursionError):
        return Unreadable("this line is no JSON")
    return value


def _one_after_another(characters: str) -> Iterator[object]:
    decoder, at, length = json.JSONDecoder(strict=False), 0, len(characters)
    while at < length:
        while at < length and characters[at] in " \t\r\n,\x1e":
            at += 1
        if at >= length:
            return
        try:
            value, at = decoder.raw_decode(characters, at)
        except (ValueError, RecursionError):
            yield Unreadable(NO_FORM if at == 0 else "from here on it is no JSON")
            return
        yield value


def _table(characters: str, head: list[str]) -> list[object]:
    """Rows of a CSV export with at least an event's name; empty where it is no such table."""
    try:
        columns = [_column(name) for name in next(csv.reader(head[:1]), [])]
        if "eventName" not in columns:
            return []
        rows = list(csv.reader(io.StringIO(characters)))[1:]
    except csv.Error:  # a field larger than any cell, say: JSON that breaks off
        return []
    return [_record(columns, row) for row in rows if row]


def _column(name: str) -> str:
    key = fold(name.replace(" ", "").strip())
    return COLUMNS.get(key, key)


def _record(columns: list[str], row: list[str]) -> object:
    record: dict[str, object] = {name: _cell(cell) for name, cell in zip(columns, row, strict=False)}
    if not record.get("eventSource") and str(record.get("eventName", "")).startswith(S3_CALLS):
        record["eventSource"] = "s3.amazonaws.com"
    return record


def _cell(cell: str) -> object:
    """A mapping may stand in a cell as JSON, or as Python writes it."""
    bare = cell.strip()
    if bare[:1] not in {"{", "["}:
        return bare
    try:
        value: object = json.loads(bare)
    except (ValueError, RecursionError):
        try:
            value = ast.literal_eval(bare) if len(bare) < 100_000 else bare  # noqa: PLR2004  a cell, not a program
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return bare
    return value
