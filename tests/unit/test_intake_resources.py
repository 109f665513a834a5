"""Which resources a CloudTrail event names, and whether it took effect, row by row."""

import json
from typing import Any

import pytest

from shared.domain.resource import Kind, Ref
from shared.intake import read

from .cloudtrail_events import ACCOUNT, CHARTS, OTHER, ROLE, ref, signal, user

KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1f0c3a52-0000-4000-8000-000000000001"
HEADER = "x-amz-server-side-encryption-aws-kms-key-id"

TOUCHED: dict[str, tuple[dict[str, Any], list[Ref]]] = {
    "a bucket by name": ({"requestParameters": {"bucketName": "charts"}}, [CHARTS]),
    "an object, as its bucket": (
        {
            "requestParameters": {"bucketName": "charts", "key": "Doe-Jane.pdf"},
            "resources": [{"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::charts/Doe-Jane.pdf"}],
        },
        [CHARTS],
    ),
    "a copy, as both buckets": (
        {"requestParameters": {"bucketName": "charts", "x-amz-copy-source": "/imaging/Doe%20Jane.dcm"}},
        [CHARTS, CHARTS.but(id="arn:aws:s3:::imaging")],
    ),
    "a bucket with its owner": (
        {"resources": [{"accountId": OTHER, "ARN": "arn:aws:s3:::charts"}], "requestParameters": {"bucketName": "charts"}},
        [CHARTS.but(account=OTHER)],
    ),
    "an access point, without the object behind it": (
        {"resources": [{"ARN": f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/ap/object/Doe"}]},
        [ref(Kind.ACCESS_POINT, f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/ap", region="us-east-1")],
    ),
    "a key that a write asks for": (
        {"requestParameters": {"bucketName": "charts", HEADER: KEY}},
        [CHARTS, ref(Kind.KEY, KEY, region="us-east-1")],
    ),
    "a key by id": (
        {"eventSource": "kms.amazonaws.com", "requestParameters": {"keyId": KEY.rsplit("/", 1)[-1]}},
        [ref(Kind.KEY, KEY, region="us-east-1")],
    ),
    "a key by alias, which the record resolves": (
        {"eventSource": "kms.amazonaws.com", "requestParameters": {"keyId": "alias/charts"}, "resources": [{"ARN": KEY}]},
        [ref(Kind.KEY, KEY, region="us-east-1")],
    ),
    "a key by alias alone, which nobody resolves": (
        {"eventSource": "kms.amazonaws.com", "requestParameters": {"keyId": "alias/charts"}},
        [],
    ),
    "a trail by name": (
        {"eventSource": "cloudtrail.amazonaws.com", "requestParameters": {"name": "audit"}},
        [ref(Kind.TRAIL, f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/audit", region="us-east-1")],
    ),
    "a role by ARN, with its path": (
        {"eventSource": "sts.amazonaws.com", "requestParameters": {"roleArn": f"{ROLE}/a/b"}},
        [ref(Kind.ROLE, f"{ROLE}/a/b")],
    ),
    "a snapshot": (
        {"eventSource": "ec2.amazonaws.com", "requestParameters": {"snapshotId": "snap-0a1b"}},
        [ref(Kind.SNAPSHOT, "arn:aws:ec2:us-east-1::snapshot/snap-0a1b", region="us-east-1")],
    ),
    "a database snapshot": (
        {"eventSource": "rds.amazonaws.com", "requestParameters": {"dBSnapshotIdentifier": "nightly"}},
        [ref(Kind.DATABASE_SNAPSHOT, f"arn:aws:rds:us-east-1:{ACCOUNT}:snapshot:nightly", region="us-east-1")],
    ),
    "a bucket in China": (
        {"awsRegion": "cn-north-1", "requestParameters": {"bucketName": "charts"}},
        [ref(Kind.BUCKET, "arn:aws-cn:s3:::charts", region="cn-north-1")],
    ),
    "another service's bucketName is none": ({"eventSource": "x.amazonaws.com", "requestParameters": {"bucketName": "charts"}}, []),
    "parameters null": ({"requestParameters": None}, []),
    'parameters "null"': ({"requestParameters": "null"}, []),
    "parameters as text": ({"requestParameters": '{"bucketName": "charts"}'}, [CHARTS]),
    "a list for a string": ({"requestParameters": {"bucketName": ["charts"]}}, [CHARTS]),
    "one resource instead of a list": ({"resources": {"arn": "arn:aws:s3:::charts"}}, [CHARTS]),
    "names that are none": ({"requestParameters": {"bucketName": "../x"}, "resources": [{"ARN": "charts"}, 7, None]}, []),
}


@pytest.mark.parametrize(("fields", "expected"), TOUCHED.values(), ids=TOUCHED.keys())
def test_what_is_touched_is(fields: dict[str, Any], expected: list[Ref]) -> None:
    found = signal(user(), **fields)
    assert list(found.resources) == expected
    assert "Doe" not in found.model_dump_json()


@pytest.mark.parametrize(
    ("fields", "failed"),
    [
        pytest.param({}, False, id="no error"),
        pytest.param({"errorCode": "AccessDenied"}, True, id="an error code"),
        pytest.param({"errorMessage": "Failed authentication"}, True, id="an error message alone"),
        pytest.param({"eventName": "ConsoleLogin", "responseElements": {"ConsoleLogin": "Failure"}}, True, id="a failed login"),
        pytest.param({"eventName": "ConsoleLogin", "responseElements": {"ConsoleLogin": "Success"}}, False, id="a login"),
    ],
)
def test_an_attempt_is_no_success(fields: dict[str, Any], failed: bool) -> None:
    assert signal(user(), **fields).failed is failed


def test_an_insight_is_a_signal_without_actor() -> None:
    insight = {"eventType": "AwsCloudTrailInsight", "eventTime": "2026-11-21T12:00:00Z", "insightDetails": {}, "eventID": "i"}
    (found,) = read(json.dumps(insight).encode())
    assert (found.event, found.actor) == ("AwsCloudTrailInsight", None)


def test_an_event_without_id_has_one_of_its_content() -> None:
    first, second = signal(user(), eventID=None), signal(user(), eventID=None, eventName="GetObject")
    assert first.id.startswith("unnamed:")
    assert first.id == signal(user(), eventID=None).id
    assert first.id != second.id
