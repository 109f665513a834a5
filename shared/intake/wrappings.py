"""Peeling: from the bytes that arrived to the facts inside them, each a JSON value that is no wrapping any more.

Every transport that a record is seen in, in any nesting: gzip, JSON lines, arrays, CloudTrail's `Records`, LookupEvents' `Events`
with an escaped `CloudTrailEvent`, GetFindings' `Findings`, EventBridge's `detail`, SNS (to HTTPS, SQS or Lambda), SQS, Kinesis,
Firehose, CloudWatch Logs subscriptions, Event Hub batches, Log Analytics rows, the `value` of Azure's lists, what log stores put
around a record, and a detection rule's test case.
"""

import base64
import binascii
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
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
        "AWS Console Action via CloudTrail",
        "AWS Console Sign In via CloudTrail",
        "AWS Console Signin via CloudTrail",
        "AWS Service Event via CloudTrail",
        "AWS Insight via CloudTrail",
        "Access Analyzer Finding",
        "Findings Imported V2",
        "GuardDuty Finding",
        "Macie Finding",
        "Security Hub Findings - Custom Action",
        "Security Hub Findings - Imported",
        "Security Hub Insight Results",
    }
)
"""The `detail-type`s whose `detail` is a whole record of its source; others stay wrapped: there the envelope says what it is."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that can not be read, and why; its neighbours can."""

    why: str


def unwrap(raw: bytes) -> tuple[object, ...]:
    """The facts in these bytes, in order. Raises BadInput where they are no JSON, or too large."""
    return tuple(peel(_decode(raw)))


def peel(thing: object, depth: int = MAX_DEPTH) -> Iterator[object]:
    """The facts in this value, in order; `Unreadable` in the place of what can not be peeled."""
    if depth < 0:
        yield Unreadable(f"the input is wrapped more than {MAX_DEPTH} times")
        return
    if isinstance(thing, list):
        for item in thing:
            yield from peel(item, depth - 1)
        return
    try:
        inner = _inside(thing)
    except BadInput as why:
        yield Unreadable(str(why))
        return
    if inner is None:
        yield thing
    else:
        yield from peel(inner, depth - 1)


def _decode(raw: bytes) -> object:
    """JSON, or one JSON value a line; gzip'd or not."""
    content = gunzip(raw) if raw.startswith(GZIP) else raw
    if len(content) > MAX_BYTES:
        raise BadInput(f"the input is larger than {MAX_BYTES // 1024 // 1024} MiB")
    try:
        return parse(content)
    except BadInput:
        lines = [line for line in content.splitlines() if line.strip()]
        if len(lines) < 2:  # noqa: PLR2004  one line that is no JSON has been refused already
            raise
        return [parse(line) for line in lines]


def parse(content: bytes | str) -> object:
    """The JSON value. Raises BadInput."""
    try:
        characters = content.decode("utf-8-sig") if isinstance(content, bytes) else content
        value: object = json.loads(characters)
    except (ValueError, RecursionError) as why:
        # Neither the text nor its position: what is cited could be a patient's name in an object key.
        raise BadInput("the input is not JSON, gzip'd JSON or JSON lines") from why.with_traceback(None)
    return value


def gunzip(raw: bytes) -> bytes:
    """At most one byte more than is allowed, so that a bomb stays small. Raises BadInput."""
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        return unpacker.decompress(raw, MAX_BYTES + 1)
    except zlib.error as why:
        raise BadInput("the input begins like gzip and is damaged") from why


def _inside(thing: object) -> object:
    """What this wrapping holds, None where it is none."""
    if not isinstance(thing, Mapping):
        return None
    fields = folded(thing)
    return next((found for look in WRAPPINGS if (found := look(fields)) is not None), None)


def _list_of(key: str, *signs: str) -> Callable[[dict[str, Any]], object]:
    """A wrapping whose list lies under `key`; `signs`: a key that its items have and other lists under that name do not."""

    def look(fields: dict[str, Any]) -> object:
        found = fields.get(key)
        if not isinstance(found, list) or (signs and not all(folded(item).keys() & set(signs) for item in found)):
            return None
        return found

    return look


def _eventbridge(fields: dict[str, Any]) -> object:
    detail = folded(fields.get("detail"))
    is_record = text(fields.get("detailtype")) in EVENTBRIDGE_READ or {"eventsource", "eventname"} <= detail.keys()
    return detail or None if is_record else None


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
    return parse(content) if isinstance(content, str) else list(items(content)) or None


def _packed(content: object) -> object:
    """Base64 of JSON, gzip'd or not, one value or one a line: Kinesis, Firehose, CloudWatch Logs."""
    if not isinstance(content, str):
        return list(items(content)) or None
    try:
        raw = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        return _embedded(content)
    return _decode(raw)


def _stream(fields: dict[str, Any]) -> object:
    """Kinesis (`kinesis.data`), CloudWatch Logs (`awslogs.data`) and Firehose (`recordId`, `data`)."""
    for carrier in ("kinesis", "awslogs"):
        if (data := folded(fields.get(carrier)).get("data")) is not None:
            return _packed(data)
    return _packed(fields["data"]) if "recordid" in fields and "data" in fields else None


def _log_events(fields: dict[str, Any]) -> object:
    """A CloudWatch Logs subscription's DATA_MESSAGE; a line that is no JSON is left as it is."""
    found = fields.get("logevents")
    if not isinstance(found, list):
        return None
    return [_json_or_itself(folded(item).get("message")) for item in found]


def _json_or_itself(message: object) -> object:
    try:
        return _embedded(message) if isinstance(message, str) else message
    except BadInput:
        return message


def _rows(fields: dict[str, Any]) -> object:
    """Log Analytics: `tables` of `columns` and `rows` (Query API response)."""
    tables = fields.get("tables")
    if not isinstance(tables, list):
        return None
    found: list[object] = []
    for table in tables:
        parts = folded(table)
        names = [text(folded(column).get("name")) for column in items(parts.get("columns"))]
        found += [dict(zip(names, row, strict=False)) for row in items(parts.get("rows")) if isinstance(row, list)]
    return found


def _test_case(fields: dict[str, Any]) -> object:
    """A detection rule's test (the record under `log` or `data`), or an API's recorded answer (`status_code`, `data`)."""
    if isinstance(log := fields.get("log"), Mapping) and fields.keys() & {"testname", "expectedresult", "ruleid"}:
        return log
    is_case = "data" in fields and bool(fields.keys() & {"triggerrules", "classifyonly", "validateschemaonly", "statuscode"})
    return fields.get("data") if is_case and isinstance(fields.get("data"), Mapping | list) else None


def _stored(fields: dict[str, Any]) -> object:
    """What a log store puts around: Elastic's `_source`, Splunk's `result` and `event`, an agent's `message` or `_raw`."""
    if isinstance(original := folded(fields.get("event")).get("original"), str) and original.lstrip().startswith("{"):
        return _json_or_itself(original) if _json_or_itself(original) != original else None
    for key in ("source", "result", "event", "message", "raw", "original", "input"):
        inner = fields.get(key)
        if key in STORES and not fields.keys() & STORES[key]:
            continue
        if isinstance(inner, str) and inner.lstrip()[:1] in {"{", "["}:
            return _json_or_itself(inner) if _json_or_itself(inner) != inner else None
        if isinstance(inner, Mapping) and key not in {"raw", "original"}:
            return inner
    return None


STORES: dict[str, frozenset[str]] = {
    "source": frozenset({"index", "score"}),
    "result": frozenset({"sid", "searchname", "resultslink", "preview", "offset", "lastrow"}),
    "event": frozenset({"sourcetype", "host", "index"}),
    "message": frozenset(
        {"@timestamp", "@version", "ingestionid", "logstream", "logstreamname", "ingestiontime", "eventid", "input"}
    ),
    "raw": frozenset({"raw"}),
    "original": frozenset({"kind", "category", "ingested", "dataset"}),
    "input": frozenset({"expected", "sekoiaio"}),
}
"""The key that holds the record, and which other keys only that store has beside it."""


def _integration(fields: dict[str, Any]) -> object:
    """Wazuh: the record under the name of the integration that brought it."""
    name = text(fields.get("integration"))
    return folded(fields.get(name.replace("-", "").replace("_", "").lower())) or None if name else None


WRAPPINGS: tuple[Callable[[dict[str, Any]], object], ...] = (
    _test_case,
    _list_of("records"),
    _list_of("messages", "body"),
    _list_of("events", "cloudtrailevent", "eventtypecode", "message"),
    _list_of("findings"),
    _list_of("value"),
    _list_of("successfulset", "event"),
    _list_of("hits", "source"),
    lambda fields: _list_of("hits", "source")(folded(fields.get("hits"))) if "hits" in fields else None,
    _integration,
    _rows,
    _log_events,
    _stream,
    _sns,
    _sqs,
    _lookup,
    _eventbridge,
    _stored,
)
"""Tried in order; a fact matches none."""
