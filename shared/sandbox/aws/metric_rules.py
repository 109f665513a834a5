"""What is counted of stores and keys: GetMetricData of CloudWatch for S3 and KMS, and KMS's quota in Service Quotas.

S3's daily counts are those of now, for nobody waits a day here. Where nothing was counted there is no value, as on AWS.

Source: CloudWatch API reference, GetMetricData; Service Quotas API reference, GetServiceQuota; S3 user guide, "Metrics and
dimensions"; KMS developer guide, "Request quotas" (us-east-1).
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from moto.s3.models import FakeBucket, FakeDeleteMarker, FakeKey

from shared.sandbox.aws.cloud import Ask, Cloud, Rule
from shared.sandbox.aws.http import Reply
from shared.sandbox.aws.refusals import Refusal
from shared.sandbox.aws.s3_state import find_bucket

STORAGE = {
    "STANDARD": "StandardStorage",
    "STANDARD_IA": "StandardIAStorage",
    "ONEZONE_IA": "OneZoneIAStorage",
    "INTELLIGENT_TIERING": "IntelligentTieringFAStorage",
    "GLACIER_IR": "GlacierInstantRetrievalStorage",
    "GLACIER": "GlacierStorage",
    "DEEP_ARCHIVE": "DeepArchiveStorage",
}
CRYPTOGRAPHIC = frozenset({"Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "ReEncrypt"})
SYMMETRIC, A_SECOND = "L-6E3AF000", 100_000.0
QUERIES = 500
"""Most queries of one request."""


def get_metric_data(cloud: Cloud, ask: Ask) -> Reply:
    """GetMetricData, of one metric a query and without expressions."""
    queries = ask.params["MetricDataQueries"]
    if len(queries) > QUERIES or any("MetricStat" not in query for query in queries):
        raise Refusal("ValidationError", "The parameter MetricDataQueries is not valid.")
    now = datetime.fromtimestamp(ask.at, UTC)
    return ask.answer({"MetricDataResults": [_result(cloud, ask, query, now) for query in queries], "Messages": []})


def _result(cloud: Cloud, ask: Ask, query: dict[str, Any], now: datetime) -> dict[str, Any]:
    metric = query["MetricStat"]["Metric"]
    told = {each["Name"]: each["Value"] for each in metric.get("Dimensions", ())}
    value = _value(cloud, ask, metric["Namespace"], metric["MetricName"], told)
    counted = {} if value is None else {"Timestamps": [now], "Values": [value]}
    return {"Id": query["Id"], "Label": metric["MetricName"], "StatusCode": "Complete", "Timestamps": [], "Values": [], **counted}


def _value(cloud: Cloud, ask: Ask, space: str, name: str, told: dict[str, str]) -> float | None:
    if (space, name) == ("AWS/Usage", "CallCount") and told.get("Resource") == "CryptographicOperationsSymmetric":
        return float(sum(c.account == ask.account and c.operation in CRYPTOGRAPHIC for c in cloud.calls.of() if c.service == "kms"))
    bucket = find_bucket(told.get("BucketName", ""))
    if space != "AWS/S3" or bucket is None or bucket.account_id != ask.account:
        return None
    held = list(_held(bucket))
    if name == "NumberOfObjects" and told.get("StorageType") == "AllStorageTypes":
        return float(len(held)) or None
    kind, objects = told.get("StorageType"), (each for each in held if isinstance(each, FakeKey))
    sizes = [each.size for each in objects if STORAGE.get(str(each.storage_class)) == kind]
    return float(sum(sizes)) or None


def _held(bucket: FakeBucket) -> Iterator[FakeKey | FakeDeleteMarker]:
    for key in bucket.keys:
        yield from bucket.keys.getlist(key, [])


def get_service_quota(_cloud: Cloud, ask: Ask) -> Reply:
    """GetServiceQuota, of the one quota that is looked at here."""
    service, code = ask.params["ServiceCode"], ask.params["QuotaCode"]
    if (service, code) != ("kms", SYMMETRIC):
        raise Refusal("NoSuchResourceException", "The request failed because the specified quota does not exist.")
    name = "Cryptographic operations (symmetric) request rate"
    return ask.answer(
        {"Quota": {"ServiceCode": service, "QuotaCode": code, "QuotaName": name, "Value": A_SECOND, "Adjustable": True}}
    )


CLOUDWATCH: dict[str, Rule] = {"GetMetricData": get_metric_data}
QUOTAS: dict[str, Rule] = {"GetServiceQuota": get_service_quota}
