"""From bytes to facts: every wrapping an alert comes in, and what is refused."""

import base64
import contextlib
import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.errors import BadInput
from shared.intake import read, sift
from shared.intake.render import render
from shared.intake.wrappings import MAX_BYTES, MAX_DEPTH, unwrap

from .cloudtrail_events import RECORD

EVENTS = Path(__file__).parents[2] / "events" / "aws"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def dumped(content: object) -> bytes:
    return json.dumps(content).encode()


def eventbridge(detail: object) -> dict[str, Any]:
    return {"version": "0", "source": "aws.cloudtrail", "detail-type": "AWS API Call via CloudTrail", "detail": detail}


def sns(message: object) -> dict[str, Any]:
    return {"Type": "Notification", "TopicArn": "arn:aws:sns:us-east-1:111122223333:t", "Message": json.dumps(message)}


def sqs(*bodies: object) -> dict[str, Any]:
    records = [{"messageId": "m", "eventSource": "aws:sqs", "body": json.dumps(body)} for body in bodies]
    return {"Records": records}


WRAPPED = {
    "bare": dumped(RECORD),
    "with a byte order mark": b"\xef\xbb\xbf" + dumped(RECORD),
    "in an array": dumped([RECORD]),
    "in a log file": dumped({"Records": [RECORD]}),
    "in a gzip'd log file": gzip.compress(dumped({"Records": [RECORD]})),
    "as JSON lines": b"\n".join((dumped(RECORD), b"", dumped({"Records": []}))),
    "by EventBridge": dumped(eventbridge(RECORD)),
    "by EventBridge, with the detail as text": dumped(eventbridge(json.dumps(RECORD))),
    "as the detail alone": dumped({"detail": RECORD}),
    "by SNS": dumped(sns(eventbridge(RECORD))),
    "by SNS to Lambda": dumped({"Records": [{"EventSource": "aws:sns", "Sns": sns(eventbridge(RECORD))}]}),
    "by SQS": dumped(sqs(eventbridge(RECORD))),
    "by SNS in SQS": dumped(sqs(sns(eventbridge(RECORD)))),
    "as ReceiveMessage shows it": dumped({"Messages": [{"MessageId": "m", "Body": json.dumps(eventbridge(RECORD))}]}),
    "as LookupEvents shows it": dumped({"Events": [{"EventId": "x", "CloudTrailEvent": json.dumps(RECORD)}]}),
    "as one event of LookupEvents": dumped({"EventId": "x", "CloudTrailEvent": json.dumps(RECORD)}),
    "in lower case": dumped({key.lower(): value for key, value in RECORD.items()}),
    "in PascalCase": dumped({key[0].upper() + key[1:]: value for key, value in RECORD.items()}),
}


@pytest.mark.parametrize("raw", WRAPPED.values(), ids=WRAPPED.keys())
def test_a_record_is_found(raw: bytes) -> None:
    (signal,) = read(raw)
    assert (signal.id, signal.event, signal.account) == (RECORD["eventID"], "StopLogging", "111122223333")


def test_several_records_are_several_signals_of_one_delivery() -> None:
    signals = read(dumped({"Records": [RECORD, RECORD | {"eventID": "other"}]}))
    assert [signal.id for signal in signals] == [RECORD["eventID"], "other"]
    assert len({signal.raw_digest for signal in signals}) == 1


def test_the_digest_is_of_the_bytes_as_received() -> None:
    raw = WRAPPED["in a gzip'd log file"]
    assert read(raw)[0].raw_digest != read(gzip.decompress(raw))[0].raw_digest


def test_one_bad_record_does_not_hide_the_others() -> None:
    sifted = sift(dumped([RECORD, {"what": "ever"}, RECORD | {"eventTime": None}]))
    assert [signal.event for signal in sifted.signals] == ["StopLogging"]
    assert len(sifted.refusals) == 2


def deep(levels: int) -> object:
    thing: object = RECORD
    for _ in range(levels):
        thing = [thing]
    return thing


REFUSED = {
    "nothing": (b"", "not JSON"),
    "no JSON": (b"patient Jane Doe", "not JSON"),
    "half a record": (dumped(RECORD)[:-5], "not JSON"),
    "damaged gzip": (gzip.compress(dumped(RECORD))[:20] + b"xx", ""),
    "gzip in name only": (b"\x1f\x8bhello", "damaged"),
    "no UTF-8": (b'{"eventName": "\xff"}', "not JSON"),
    "nesting without end": (b"[" * 100_000, "not JSON"),
    "a number without end": (b"9" * 10_000, "not JSON"),
    "an empty log file": (dumped({"Records": []}), "no event at all"),
    "a bare number": (b"17", "nothing that we know"),
    "too many wrappings": (dumped(deep(MAX_DEPTH + 2)), "wrapped more than"),
    "an SNS message that is no JSON": (dumped({"Type": "Notification", "Message": "hello"}), "not JSON"),
    "a record without a time": (dumped(RECORD | {"eventTime": None}), "no eventTime"),
    "a record without a name": (dumped(RECORD | {"eventName": ""}), "no eventName"),
    "a Security Hub finding": (
        dumped({"SchemaVersion": "2018-10-08", "ProductArn": "arn:aws:securityhub:::product/x", "AwsAccountId": "1"}),
        "looks like an AWS Security Hub finding (ASFF); not read yet",
    ),
    "a Macie finding": (
        dumped({"detail-type": "Macie Finding", "source": "aws.macie", "detail": {}}),
        '"Macie Finding" of aws.macie',
    ),
    "an Azure alert": (dumped({"schemaId": "azureMonitorCommonAlertSchema", "data": {}}), "Azure Monitor alert; not read yet"),
    "an S3 notification": (dumped({"Records": [{"eventSource": "aws:s3", "eventName": "x", "s3": {}}]}), "S3 event notification"),
    "a digest file": (dumped({"digestS3Bucket": "b", "digestEndTime": "t"}), "CloudTrail digest file"),
    "a terminal escape for a name": (dumped({"detail-type": "\x1b[2Jgone", "source": "x", "detail": {}}), '"[2Jgone" of x'),
    "more resources than one call has": (
        dumped(RECORD | {"resources": [{"ARN": f"arn:aws:s3:::bucket-{n}"} for n in range(101)]}),
        "names 102 resources",
    ),
}


@pytest.mark.parametrize(("raw", "sentence"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_read_is_refused_in_words(raw: bytes, sentence: str) -> None:
    with pytest.raises(BadInput) as refusal:
        read(raw)
    assert sentence in str(refusal.value)
    assert "Jane" not in str(refusal.value)


def test_a_bomb_is_not_unpacked() -> None:
    with pytest.raises(BadInput, match="larger than"):
        unwrap(gzip.compress(b" " * (MAX_BYTES + 1), compresslevel=1))


ANSWERED = (
    "cloudtrail-bare-create-access-key",
    "cloudtrail-get-object-burst",
    "cloudtrail-identity-center-create-grant",
    "cloudtrail-lookup-events",
    "cloudtrail-put-bucket-policy-public",
    "cloudtrail-schedule-key-deletion",
    "cloudtrail-share-snapshot",
    "cloudtrail-stop-logging",
    "guardduty-anomalous-iam",
    "guardduty-instance-credential-exfiltration",
    "guardduty-s3-exfiltration",
    "kinesis-wrapped-cloudtrail-stop-logging",
    "sns-wrapped-guardduty-s3-exfiltration",
    "sqs-wrapped-cloudtrail-stop-logging",
)

EXAMPLES = [EVENTS / f"{name}.json" for name in ANSWERED]
"""What a response can begin with; what else is judged is in `test_triage_events`."""


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_every_example_is_read(path: Path) -> None:
    signals = read(render(path.read_bytes(), NOW))
    assert signals
    for signal in signals:
        assert signal.account == "111122223333"
        assert signal.actor is not None
        assert 60 <= (NOW - signal.at).total_seconds() <= 100
        assert not signal.failed
        assert not signal.sample
        assert signal.technique


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_an_example_must_be_rendered(path: Path) -> None:
    with pytest.raises(BadInput):
        read(path.read_bytes())


@pytest.mark.parametrize(
    ("mark", "time"),
    [
        ("${now}", "2026-11-21T12:00:00Z"),
        ("${now-90s}", "2026-11-21T11:58:30Z"),
        ("${now+2m}", "2026-11-21T12:02:00Z"),
        ("${now-30h}", "2026-11-20T06:00:00Z"),
        ("${now+7d}", "2026-11-28T12:00:00Z"),
    ],
)
def test_a_mark_becomes_a_time(mark: str, time: str) -> None:
    assert render(f'"{mark}"'.encode(), NOW) == f'"{time}"'.encode()


@pytest.mark.parametrize("mark", ["${then}", "${now-}", "${now-5y}", "${}", "${now+99999d}"])
def test_any_other_mark_is_refused(mark: str) -> None:
    with pytest.raises(BadInput, match="no time"):
        render(mark.encode(), NOW)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["null", "{}", "[]", "arn:aws:s3:::b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
RENDERED = [json.loads(render(path.read_bytes(), NOW)) for path in EXAMPLES]


def read_or_refused(raw: bytes) -> None:
    with contextlib.suppress(BadInput):
        sift(raw)


def paths(thing: object, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(thing, dict):
        return [here, *(path for key, value in thing.items() for path in paths(value, (*here, key)))]
    if isinstance(thing, list):
        return [here, *(path for index, value in enumerate(thing) for path in paths(value, (*here, index)))]
    return [here]


def replaced(thing: dict[Any, Any] | list[Any], path: tuple[Any, ...], value: object) -> object:
    if not path:
        return value
    changed = dict(thing) if isinstance(thing, dict) else list(thing)
    changed[path[0]] = replaced(thing[path[0]], path[1:], value)
    return changed


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_an_example_with_any_value_changed_is_read_or_refused(data: st.DataObject) -> None:
    event = data.draw(st.sampled_from(RENDERED))
    for _ in range(data.draw(st.integers(1, 3))):
        event = replaced(event, data.draw(st.sampled_from(paths(event))), data.draw(JSON))
    read_or_refused(json.dumps(event).encode())


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(EXAMPLES), st.integers(0, 10_000), st.binary(min_size=1, max_size=3))
def test_an_example_with_any_bytes_changed_is_read_or_refused(path: Path, at: int, noise: bytes) -> None:
    raw = render(path.read_bytes(), NOW)
    at %= len(raw)
    read_or_refused(raw[:at] + noise + raw[at + len(noise) :])


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    for content in (raw, gzip.compress(raw), base64.b64encode(raw)):
        read_or_refused(content)
