"""Peeling: from the bytes that arrived to the facts inside them, each a JSON value that is no wrapping any more.

Known wrappings, in any nesting: gzip, JSON lines, arrays, CloudTrail's `Records`, LookupEvents' `Events` with an escaped
`CloudTrailEvent`, GetFindings' `Findings`, EventBridge's `detail`, SNS notifications (to HTTPS, SQS or Lambda), SQS messages.
"""

import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from shared.domain.errors import BadInput

from .tolerant import folded, items, text

MAX_BYTES = 64 * 1024 * 1024
"""Of unpacked JSON: CloudTrail's log files stay far below; an alert that unpacks to more is meant to exhaust us."""

MAX_DEPTH = 8
"""SQS around SNS around EventBridge around `Records` is 5."""

GZIP = b"\x1f\x8b"

EVENTBRIDGE_READ = frozenset(
    {
        "",
        "AWS API Call via CloudTrail",
        "AWS Console Sign In via CloudTrail",
        "AWS Service Event via CloudTrail",
        "AWS Insight via CloudTrail",
        "GuardDuty Finding",
    }
)
"""The `detail-type`s whose `detail` is a whole record of a source we read; others stay wrapped: there the source is named."""


def unwrap(raw: bytes) -> tuple[object, ...]:
    """The facts in these bytes, in order. Raises BadInput where they are no JSON, too large, or wrapped too deep."""
    return tuple(_peel(_decode(raw), MAX_DEPTH))


def _decode(raw: bytes) -> object:
    """JSON, or one JSON value a line; gzip'd or not."""
    content = _gunzip(raw) if raw.startswith(GZIP) else raw
    if len(content) > MAX_BYTES:
        raise BadInput(f"the input is larger than {MAX_BYTES // 1024 // 1024} MiB")
    try:
        return _json(content)
    except BadInput:
        lines = [line for line in content.splitlines() if line.strip()]
        if len(lines) < 2:  # noqa: PLR2004  one line that is no JSON has been refused already
            raise
        return [_json(line) for line in lines]


def _json(content: bytes | str) -> object:
    try:
        characters = content.decode("utf-8-sig") if isinstance(content, bytes) else content
        value: object = json.loads(characters)
    except (ValueError, RecursionError) as why:
        # Neither the text nor its position: what is cited could be a patient's name in an object key.
        raise BadInput("the input is not JSON, gzip'd JSON or JSON lines") from why.with_traceback(None)
    return value


def _gunzip(raw: bytes) -> bytes:
    """At most one byte more than is allowed, so that a bomb stays small."""
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        return unpacker.decompress(raw, MAX_BYTES + 1)
    except zlib.error as why:
        raise BadInput("the input begins like gzip and is damaged") from why


def _peel(thing: object, depth: int) -> Iterator[object]:
    if depth < 0:
        raise BadInput(f"the input is wrapped more than {MAX_DEPTH} times")
    if isinstance(thing, list):
        for item in thing:
            yield from _peel(item, depth - 1)
        return
    inner = _inside(thing)
    if inner is None:
        yield thing
    else:
        yield from _peel(inner, depth - 1)


def _inside(thing: object) -> object:
    """What this wrapping holds, None where it is none."""
    if not isinstance(thing, Mapping):
        return None
    fields = folded(thing)
    return next((found for look in WRAPPINGS if (found := look(fields)) is not None), None)


def _list_of(key: str, sign: str = "") -> Callable[[dict[str, Any]], object]:
    """A wrapping whose list lies under `key`; `sign`: a key that its items have and other lists under that name do not."""

    def look(fields: dict[str, Any]) -> object:
        found = fields.get(key)
        if not isinstance(found, list) or (sign and not all(sign in folded(item) for item in found)):
            return None
        return found

    return look


def _eventbridge(fields: dict[str, Any]) -> object:
    detail = folded(fields.get("detail"))
    return detail or None if text(fields.get("detailtype")) in EVENTBRIDGE_READ else None


def _sns(fields: dict[str, Any]) -> object:
    """HTTP(S) and SQS deliveries have `Type` Notification; Lambda gets the same under `Sns`."""
    if (notification := fields.get("sns")) is not None:
        return folded(notification) or None
    is_delivery = "message" in fields and ("topicarn" in fields or text(fields.get("type")) == "Notification")
    return _embedded(fields["message"]) if is_delivery else None


def _sqs(fields: dict[str, Any]) -> object:
    """Lambda's SQS records and ReceiveMessage's `Messages`."""
    return _embedded(fields["body"]) if "body" in fields and ("messageid" in fields or "receipthandle" in fields) else None


def _lookup(fields: dict[str, Any]) -> object:
    record = fields.get("cloudtrailevent")
    return _embedded(record) if record is not None else None


def _embedded(content: object) -> object:
    return _json(content) if isinstance(content, str) else list(items(content)) or None


WRAPPINGS: tuple[Callable[[dict[str, Any]], object], ...] = (
    _list_of("records"),
    _list_of("messages", sign="body"),
    _list_of("events", sign="cloudtrailevent"),
    _list_of("findings"),
    _sns,
    _sqs,
    _lookup,
    _eventbridge,
)
"""Tried in order; a fact matches none."""
