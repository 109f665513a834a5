"""Forms of files: the same facts from every one, pieces of any size, and nothing but reasons from what is broken."""

import base64
import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.intake import reading
from shared.intake.fact import Fact
from shared.intake.forms import values
from shared.intake.reading import facts
from shared.intake.sources import fact_in
from shared.intake.wrappings import Unreadable, peel

from .cloudtrail_events import RECORD

OTHER = RECORD | {"eventID": "66666666-2222-4333-8444-555555555555", "eventName": "DeleteTrail"}


def dumped(content: object, indent: int | None = None) -> bytes:
    return json.dumps(content, indent=indent).encode()


def table(*records: dict[str, Any]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(records[0])
    writer.writerows([json.dumps(cell) if isinstance(cell, dict) else cell for cell in record.values()] for record in records)
    return out.getvalue().encode()


def packed(*contents: bytes) -> list[str]:
    return [base64.b64encode(content).decode() for content in contents]


def shown(found: list[Fact | Unreadable]) -> list[object]:
    """What can be compared of facts: their bodies are bytes that know no equality."""
    return [(each.event, each.id, each.at, each.failed, each.actor) if isinstance(each, Fact) else each.why for each in found]


FORMS = {
    "a log file": dumped({"Records": [RECORD, OTHER]}),
    "a log file, in many lines": dumped({"Records": [RECORD, OTHER]}, indent=2),
    "a gzip'd log file": gzip.compress(dumped({"Records": [RECORD, OTHER]})),
    "two gzip'd halves": gzip.compress(dumped(RECORD) + b"\n") + gzip.compress(dumped(OTHER)),
    "an array": dumped([RECORD, OTHER]),
    "JSON lines": dumped(RECORD) + b"\n\n" + dumped(OTHER) + b"\n",
    "JSON lines of wrappings": dumped({"detail": RECORD}) + b"\n" + dumped({"detail": OTHER}),
    "one after another": dumped(RECORD) + dumped(OTHER),
    "one after another, in many lines": dumped(RECORD, 2) + b"\n" + dumped(OTHER, 2),
    "a table": table(RECORD, OTHER),
    "UTF-16": json.dumps([RECORD, OTHER]).encode("utf-16"),
    "Kinesis": dumped({"Records": [{"kinesis": {"data": data}} for data in packed(dumped(RECORD), dumped(OTHER))]}),
    "Firehose": dumped(
        {"records": [{"recordId": "1", "data": data} for data in packed(dumped(RECORD), gzip.compress(dumped(OTHER)))]}
    ),
    "CloudWatch Logs": dumped(
        {
            "awslogs": {
                "data": packed(gzip.compress(dumped({"logEvents": [{"message": json.dumps(r)} for r in (RECORD, OTHER)]})))[0]
            }
        }
    ),
    "Event Hub": dumped([{"records": [RECORD]}, {"records": [OTHER]}]),
    "a search engine's hits": dumped({"hits": {"hits": [{"_index": "x", "_source": RECORD}, {"_index": "x", "_source": OTHER}]}}),
    "a detection rule's tests": b"\n".join(
        dumped({"rule_id": "x", "test_name": "y", "expected_result": True, "log": record}) for record in (RECORD, OTHER)
    ),
    "Splunk's export": b"\n".join(dumped({"preview": False, "result": {"_raw": json.dumps(r)}}) for r in (RECORD, OTHER)),
    "Splunk's collector": b"\n".join(dumped({"time": 1, "sourcetype": "aws", "event": r}) for r in (RECORD, OTHER)),
    "a shipper's original": dumped([{"@timestamp": "x", "event": {"original": json.dumps(r)}} for r in (RECORD, OTHER)]),
    "an API's recorded answer": dumped(
        {"status_code": 200, "data": {"Events": [{"CloudTrailEvent": json.dumps(r)} for r in (RECORD, OTHER)]}}
    ),
}


def read(raw: bytes) -> list[Fact | Unreadable]:
    return list(facts(io.BytesIO(raw)))


@pytest.mark.parametrize("raw", FORMS.values(), ids=FORMS.keys())
def test_two_records_are_found(raw: bytes) -> None:
    found = cast("list[Fact]", read(raw))
    assert [(fact.event, fact.id) for fact in found] == [(record["eventName"], record["eventID"]) for record in (RECORD, OTHER)]
    assert {fact.actor.keys[0] for fact in found} == {"user:111122223333:ann"}


@pytest.mark.parametrize("raw", FORMS.values(), ids=FORMS.keys())
def test_pieces_are_as_good_as_the_whole(raw: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = read(raw)
    monkeypatch.setattr(reading, "MAX_BYTES", 10)
    monkeypatch.setattr(reading, "CHUNK", 64)
    piecewise = {
        "a table",
        "UTF-16",
        "Kinesis",
        "Firehose",
        "CloudWatch Logs",
        "a search engine's hits",
        "an API's recorded answer",
    }
    name = next(key for key, value in FORMS.items() if value is raw)
    if name not in piecewise:
        assert shown(read(raw)) == shown(whole)


BROKEN = {
    "nothing": b"",
    "a picture": bytes(range(256)),
    "words": b"patient Jane Doe",
    "half a record": dumped(RECORD)[:-9],
    "a good line among bad ones": b"\n".join((dumped(RECORD), b"{oops", dumped(OTHER))),
    "damaged gzip": gzip.compress(dumped([RECORD] * 50))[:-40],
    "nesting without end": b"[" * 100_000,
    "a wrapping without end": dumped(
        {"detail": {"detail": {"detail": {"detail": {"detail": {"detail": {"detail": {"detail": {"detail": {"detail": 1}}}}}}}}}}
    ),
    "a shape of nobody's": dumped({"what": "ever"}),
    "a bare number": b"17",
    "a line longer than any cell of a table": dumped({"eventName": "x" * 200_000})[:-1],
}


@pytest.mark.parametrize("raw", BROKEN.values(), ids=BROKEN.keys())
def test_what_is_broken_is_a_reason_without_its_text(raw: bytes) -> None:
    found = read(raw)
    assert all(isinstance(each, Fact) or each.why for each in found)
    assert "Jane" not in str([each.why for each in found if isinstance(each, Unreadable)])


def test_a_bad_line_does_not_hide_the_others() -> None:
    assert [type(each) for each in read(BROKEN["a good line among bad ones"])] == [Fact, Unreadable, Fact]


def test_a_damaged_file_gives_what_came_before_the_damage() -> None:
    lines = b"\n".join(dumped(RECORD | {"eventID": str(n)}) for n in range(2000))
    found = read(gzip.compress(lines)[:-2000])
    assert isinstance(found[0], Fact)
    assert isinstance(found[-1], Unreadable)


def test_a_long_array_is_never_held_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_BYTES", 4096)
    monkeypatch.setattr(reading, "CHUNK", 1024)
    raw = gzip.compress(dumped({"Records": [RECORD | {"eventID": str(n)} for n in range(500)]}))
    assert [fact.id for fact in cast("list[Fact]", read(raw))] == [str(n) for n in range(500)]


def tolerant(record: object) -> list[Fact | Unreadable]:
    return [each if isinstance(each, Unreadable) else fact_in(each) for each in peel(record)]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(["null", "*", "arn:aws:s3:::b/k"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)

PLACES = sorted(
    {*RECORD, "resources", "errorCode", "eventType", "readOnly", "additionalEventData", "responseElements", "userAgent"}
)


@settings(max_examples=300)
@given(st.dictionaries(st.sampled_from(PLACES), JSON, max_size=4))
def test_a_record_with_anything_in_any_place_is_a_fact_or_a_reason(changes: dict[str, object]) -> None:
    for each in tolerant(RECORD | changes):
        assert isinstance(each, Fact | Unreadable)


@settings(max_examples=400)
@given(st.dictionaries(st.sampled_from(PLACES), JSON, max_size=2))
@example({"userIdentity": {}})
@example({"errorCode": "null"})
def test_the_fast_reader_agrees_with_the_tolerant_one(changes: dict[str, object]) -> None:
    record = RECORD | changes
    fast, slow = read(dumped({"Records": [record]})), tolerant(json.loads(dumped(record)))
    assert shown(fast) == shown(slow)


EVENTS = sorted((Path(__file__).parents[2] / "events").glob("*/*.json"))


@settings(max_examples=400)
@given(st.sampled_from(EVENTS), st.data())
def test_a_mutated_example_is_facts_or_reasons(path: Path, data: st.DataObject) -> None:
    mutated = mutate(json.loads(path.read_bytes()), data.draw)
    for each in tolerant(mutated):
        assert isinstance(each, Fact | Unreadable)


def mutate(thing: object, draw: Callable[[st.SearchStrategy[Any]], Any]) -> object:
    """The same with one place, however deep, replaced by anything."""
    if isinstance(thing, dict) and thing and draw(st.integers(0, 3)):
        key = draw(st.sampled_from(sorted(thing)))
        return thing | {key: mutate(thing[key], draw)}
    if isinstance(thing, list) and thing:
        place = draw(st.integers(0, len(thing) - 1))
        return [mutate(each, draw) if n == place else each for n, each in enumerate(thing)]
    return draw(JSON)


def test_a_file_is_read_from_a_stream_that_cannot_seek() -> None:
    class Pipe(io.RawIOBase):
        def __init__(self, raw: bytes) -> None:
            self._rest = io.BytesIO(raw)

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:  # noqa: ANN401  what io calls a buffer
            return self._rest.readinto(buffer)

    assert len(list(facts(cast("BinaryIO", Pipe(FORMS["a gzip'd log file"]))))) == 2


def test_a_table_of_pythons_own_words_is_read() -> None:
    raw = (
        b"Event Name,Request Parameters,User ID,Event DateTime\n"
        b"ListObjects,\"{'bucketName': 'b'}\",\"{'type': 'AWSAccount', "
        b"'accountId': 'ANONYMOUS_PRINCIPAL'}\",2026-11-21T11:58:30Z\n"
    )
    (value,) = values(raw)
    found = fact_in(value)
    assert isinstance(found, Fact)
    assert (found.event, found.service, found.actor.text) == ("ListObjects", "s3", "anonymous")
