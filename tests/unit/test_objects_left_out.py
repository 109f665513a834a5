"""An object's key can be a patient's name: whatever a source calls the object, only its store is named."""

import json
from typing import Any

import pytest

from shared.intake.objects_left_out import of_object, without_key, without_objects
from tests.unit.triage_desk import ACCOUNT, call, judged

NAMES = {
    "arn:aws:s3:::charts/wards/jane doe.pdf": "arn:aws:s3:::charts",
    "arn:aws:s3:::charts": "arn:aws:s3:::charts",
    "arn:aws-us-gov:s3:::charts/jane\ndoe": "arn:aws-us-gov:s3:::charts",
    "arn:aws:s3:us-east-1:111122223333:accesspoint/wards/object/jane": "arn:aws:s3:us-east-1:111122223333:accesspoint/wards",
    "arn:aws:s3express:us-east-1:111122223333:bucket/c--x-s3/jane": "arn:aws:s3express:us-east-1:111122223333:bucket/c--x-s3",
    "arn:aws:s3-outposts:us-east-1:111122223333:outpost/o/accesspoint/w/object/jane": (
        "arn:aws:s3-outposts:us-east-1:111122223333:outpost/o/accesspoint/w"
    ),
    "s3://charts/jane.pdf": "arn:aws:s3:::charts",
    "https://charts.s3.us-east-1.amazonaws.com/jane.pdf?versionId=1": "arn:aws:s3:::charts",
    "https://s3.amazonaws.com/charts/jane.pdf": "arn:aws:s3:::charts",
    "https://stbrendan.blob.core.windows.net/charts/jane.pdf?sig=EXAMPLE": "https://stbrendan.blob.core.windows.net/charts",
    "/subscriptions/1/x/blobservices/default/containers/charts/blobs/jane.pdf": (
        "/subscriptions/1/x/blobservices/default/containers/charts"
    ),
    "https://stbrendan.vault.azure.net/keys/charts": "https://stbrendan.vault.azure.net/keys/charts",
    "arn:aws:kms:us-east-1:111122223333:key/k": "arn:aws:kms:us-east-1:111122223333:key/k",
    "arn:aws:iam::111122223333:role/service/app": "arn:aws:iam::111122223333:role/service/app",
}


@pytest.mark.parametrize(("name", "store"), NAMES.items(), ids=NAMES.keys())
def test_the_store_of(name: str, store: str) -> None:
    assert without_objects([name]) == (store,)
    assert without_objects([store]) == (store,)


def test_what_is_no_name_of_ours_is_empty() -> None:
    assert without_key("charts/jane.pdf") == ""
    assert without_objects(["https://[broken", ""]) == ()


@pytest.mark.parametrize("kind", ["AwsS3Object", "AWS::S3::Object", "S3 Object"])
def test_a_scanners_path_to_an_object_is_its_bucket(kind: str) -> None:
    assert of_object("charts/jane.pdf", kind) == "charts"
    assert of_object("owner/name", "repository") == "owner/name"


KEY = "arn:aws:s3:::charts/jane.pdf"
URL = "https://stbrendan.blob.core.windows.net/charts/jane.pdf"

RECORDS: dict[str, Any] = {
    "CloudTrail": call("GetObject", "s3", {"bucketName": "charts", "key": "wards/jane.pdf"}, resources=[{"ARN": KEY}]),
    "CloudTrail's copy": call("CopyObject", "s3", {"bucketName": "charts", "key": "jane", "x-amz-copy-source": "/other/jane"}),
    "CloudTrail through an access point": call(
        "GetObject", "s3", None, resources=[{"ARN": f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/wards/object/jane.pdf"}]
    ),
    "Security Hub": {
        "SchemaVersion": "2018-10-08",
        "ProductArn": "arn:aws:securityhub:us-east-1::product/aws/macie",
        "GeneratorId": "g",
        "AwsAccountId": ACCOUNT,
        "Types": ["Sensitive Data Identifications/PII"],
        "Resources": [{"Type": "AwsS3Object", "Id": KEY}, {"Type": "AwsS3Object", "Id": "charts/jane.pdf"}],
    },
    "OCSF": {
        "class_uid": 2004,
        "metadata": {"uid": "u", "product": {"name": "x"}},
        "finding_info": {"title": "Exposed", "types": ["TTPs"]},
        "resources": [{"type": "S3 Object", "uid": "charts/jane.pdf"}, {"uid": "s3://charts/jane.pdf"}],
    },
    "Macie": {
        "type": "SensitiveData:S3Object/Personal",
        "category": "CLASSIFICATION",
        "accountId": ACCOUNT,
        "resourcesAffected": {"s3Bucket": {"name": "charts"}, "s3Object": {"key": "jane.pdf", "path": "charts/jane.pdf"}},
    },
    "EventBridge": {
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": ACCOUNT,
        "resources": [KEY],
        "detail": {"bucket": {"name": "charts"}, "object": {"key": "jane.pdf"}},
    },
    "S3's notification": {"Records": [{"eventSource": "aws:s3", "eventName": "x", "s3": {"object": {"key": "jane.pdf"}}}]},
    "Event Grid": {
        "eventType": "Microsoft.Storage.BlobCreated",
        "topic": "/subscriptions/1/x",
        "subject": "/blobServices/default/containers/charts/blobs/jane.pdf",
        "data": {"url": URL},
    },
    "Azure Storage's log": {"category": "StorageRead", "operationName": "GetBlob", "uri": f"{URL}?sig=EXAMPLE"},
    "Access Analyzer": {"resourceType": "AWS::S3::Bucket", "status": "ACTIVE", "analyzedAt": "x", "resource": KEY},
    "AWS Backup": {
        "detail-type": "Backup Job State Change",
        "source": "aws.backup",
        "detail": {"state": "COMPLETED", "resourceArn": KEY},
    },
    "Config": {
        "detail-type": "Config Rules Compliance Change",
        "source": "aws.config",
        "detail": {
            "resourceType": "AWS::S3::Object",
            "resourceId": URL,
            "newEvaluationResult": {"complianceType": "NON_COMPLIANT"},
        },
    },
}


def test_the_folder_of_an_object_is_a_hash_that_nobody_can_guess() -> None:
    one, same, other = (
        call("GetObject", "s3", {"bucketName": "charts", "key": key}, eventID=key) for key in ("jane/a.pdf", "jane/b.pdf", "john/a")
    )
    found = [line.resources[-1] for line in judged(one, same, other)]
    assert found[0] == found[1] != found[2]
    assert found[0].startswith("object-prefix:")
    assert judged(one)[0].resources[-1] != found[0], "another run has another key"


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS.keys())
def test_no_line_names_an_object_of(record: dict[str, Any]) -> None:
    lines = judged(record)
    assert lines
    assert "jane" not in json.dumps([line.shown for line in lines]).lower()
