"""Whose record it is, by its shape; and what is recognised and set aside."""

from typing import Any

import pytest

from shared.intake.fact import Fact
from shared.intake.sources import SHAPES, fact_in, recognised
from shared.intake.wrappings import Unreadable

ASIDE: dict[str, tuple[dict[str, Any], str]] = {
    "an event that nobody listens to": (
        {"detail-type": "EC2 Spot Instance Interruption Warning", "source": "aws.ec2", "detail": {}},
        "eventbridge",
    ),
    "a pattern": ({"detail-type": ["x"], "source": ["aws.ec2"]}, "eventbridge"),
    "a digest file": ({"digestS3Bucket": "b", "digestEndTime": "t"}, "cloudtrail-digest"),
    "a log file's notice": ({"s3Bucket": "b", "s3ObjectKey": ["k"]}, "cloudtrail-notice"),
    "an S3 notification": ({"eventSource": "aws:s3", "eventName": "x", "s3": {"object": {"key": "jane-doe"}}}, "s3-notification"),
    "an access log": ({"bucket": "b", "operation": "REST.GET.OBJECT", "remoteip": "1.2.3.4", "key": "jane-doe"}, "s3-access-log"),
    "a configuration": ({"configurationItem": {}, "messageType": "ConfigurationItemChangeNotification"}, "config"),
    "a flow log": ({"srcAddr": "10.0.0.1", "dstAddr": "10.0.0.2", "action": "ACCEPT"}, "network-log"),
    "a cluster's audit": ({"auditID": "x", "verb": "get", "kind": "Event"}, "kubernetes"),
    "an office's audit": (
        {"CreationTime": "2026-11-21T12:00:00", "Operation": "MailItemsAccessed", "Workload": "Exchange"},
        "microsoft-365",
    ),
    "a confirmation": ({"Type": "SubscriptionConfirmation", "SubscribeURL": "u", "Token": "t"}, "confirmation"),
    "an empty answer": ({"ResponseMetadata": {}, "events": []}, "aws-api"),
}


@pytest.mark.parametrize(("record", "source"), ASIDE.values(), ids=ASIDE.keys())
def test_a_record_is_recognised_and_set_aside(record: dict[str, Any], source: str) -> None:
    fact = fact_in(record)
    assert isinstance(fact, Fact)
    assert fact.source == source
    assert fact.aside
    assert "jane" not in repr(fact)


@pytest.mark.parametrize("thing", [None, 17, "words", [], {}, {"what": "ever"}])
def test_what_nobody_sends_is_unreadable(thing: object) -> None:
    assert isinstance(fact_in(thing), Unreadable)


def test_every_parser_that_is_named_is_there() -> None:
    for shape in SHAPES:
        assert isinstance(fact_in(dict.fromkeys(shape.keys)), Fact | Unreadable), shape


def test_the_first_row_that_fits_counts() -> None:
    both = {"eventsource": "x", "eventname": "y", "operationname": "z"}
    shape = recognised(both)
    assert shape is not None
    assert shape.name == "a CloudTrail record"
