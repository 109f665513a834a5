"""The `Capacity` port on AWS: counts that S3 keeps in CloudWatch, and the quota of KMS with its use.

S3 counts once a day, noncurrent versions among the rest (user guide, "Metrics and dimensions"). KMS counts every minute what its
quota is about (CloudWatch, `AWS/Usage`); our own calls are among them.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call
from shared.domain.errors import CloudError
from shared.domain.resource import Ref
from shared.ports import Clock
from shared.ports.capacity import PREFIXES, Holding, Requests

REQUESTS = frozenset({"cloudwatch:GetMetricData", "servicequotas:GetServiceQuota"})
"""What `requests` needs."""

PERMISSIONS = REQUESTS | {"s3:GetBucketObjectLockConfiguration", "s3:GetEncryptionConfiguration", "s3:ListBucketVersions"}
"""What all of it needs. What is missing is left out of the count."""

SYMMETRIC = "L-6E3AF000"
"""The quota "Cryptographic operations (symmetric) request rate" (KMS developer guide, "Request quotas")."""

USAGE = {"Service": "KMS", "Type": "API", "Resource": "CryptographicOperationsSymmetric", "Class": "None"}
"""The dimensions of that quota's use."""

CLASSES: Mapping[str, str] = {
    "StandardStorage": "STANDARD",
    "IntelligentTieringFAStorage": "INTELLIGENT_TIERING",
    "IntelligentTieringIAStorage": "INTELLIGENT_TIERING",
    "IntelligentTieringAAStorage": "INTELLIGENT_TIERING",
    "IntelligentTieringAIAStorage": "INTELLIGENT_TIERING",
    "IntelligentTieringDAAStorage": "INTELLIGENT_TIERING",
    "StandardIAStorage": "STANDARD_IA",
    "OneZoneIAStorage": "ONEZONE_IA",
    "GlacierInstantRetrievalStorage": "GLACIER_IR",
    "GlacierStorage": "GLACIER",
    "DeepArchiveStorage": "DEEP_ARCHIVE",
}
"""StorageType of the metric BucketSizeBytes, and the storage class (S3 user guide, "Metrics and dimensions")."""

DAY, MINUTE = 86_400, 60
COUNTED = timedelta(days=3)
"""A daily count may be two days old."""


class AwsCapacity:
    """Counts of every account that `clients` can enter."""

    def __init__(self, clients: Clients, clock: Clock) -> None:
        self._clients, self._clock = clients, clock

    def holding(self, store: Ref) -> Holding:
        sizes: dict[str, int] = {}
        nothing: dict[str, float] = {}
        found = _or(lambda: self._counts(store), nothing)
        for kind, name in CLASSES.items():
            sizes[name] = sizes.get(name, 0) + int(found.get(kind, 0))
        return Holding(
            versions=int(found["all"]) if "all" in found else None,
            classes=tuple((name, size) for name, size in sizes.items() if size),
            prefixes=_or(lambda: self._prefixes(store), 1),
            bucket_key=_or(lambda: self._bucket_key(store), otherwise=False),
            locks=_or(lambda: self._locks(store), otherwise=False),
        )

    def requests(self, store: Ref) -> Requests | None:
        ask = self._clients.service_quotas(store.account, store.region).get_service_quota
        quota: Mapping[str, Any] = call(ask, ServiceCode="kms", QuotaCode=SYMMETRIC)["Quota"]
        query = _query("used", "AWS/Usage", "CallCount", USAGE, (MINUTE, "Sum"))
        values = self._asked(store, [query], timedelta(days=1)).get("used", [])
        return Requests(limit=quota["Value"], used=max(values, default=0.0) / MINUTE)

    def _counts(self, store: Ref) -> dict[str, float]:
        """The newest count of versions (`all`) and of bytes by StorageType; what was never counted is missing."""
        named = {"BucketName": store.name}
        queries = [_query("all", "AWS/S3", "NumberOfObjects", {**named, "StorageType": "AllStorageTypes"}, (DAY, "Average"))]
        for number, kind in enumerate(CLASSES):
            queries.append(_query(f"b{number}", "AWS/S3", "BucketSizeBytes", {**named, "StorageType": kind}, (DAY, "Average")))
        ids = {"all": "all"} | {f"b{number}": kind for number, kind in enumerate(CLASSES)}
        return {ids[ident]: values[0] for ident, values in self._asked(store, queries, COUNTED).items() if values}

    def _asked(self, store: Ref, queries: list[dict[str, Any]], back: timedelta) -> dict[str, list[float]]:
        """The values of each query, newest first, by its id; a day of minutes fits into one answer (GetMetricData)."""
        now = self._clock.now()
        ask = self._clients.cloudwatch(store.account, store.region).get_metric_data
        answer: Mapping[str, Any] = call(
            ask, MetricDataQueries=queries, StartTime=now - back, EndTime=now, ScanBy="TimestampDescending"
        )
        return {found["Id"]: list(found["Values"]) for found in answer["MetricDataResults"]}

    def _prefixes(self, store: Ref) -> int:
        client = self._clients.s3(store.account, store.region)
        answer: Mapping[str, Any] = call(client.list_object_versions, Bucket=store.name, Delimiter="/", MaxKeys=PREFIXES)
        return max(1, len(answer.get("CommonPrefixes", ())))

    def _bucket_key(self, store: Ref) -> bool:
        client = self._clients.s3(store.account, store.region)
        answer: Mapping[str, Any] = call(client.get_bucket_encryption, Bucket=store.name)
        return any(rule.get("BucketKeyEnabled", False) for rule in answer["ServerSideEncryptionConfiguration"]["Rules"])

    def _locks(self, store: Ref) -> bool:
        client = self._clients.s3(store.account, store.region)
        answer: Mapping[str, Any] = call(client.get_object_lock_configuration, Bucket=store.name)
        return str(answer["ObjectLockConfiguration"].get("ObjectLockEnabled")) == "Enabled"


def _query(ident: str, space: str, name: str, dimensions: Mapping[str, str], how: tuple[int, str]) -> dict[str, Any]:
    """One question of GetMetricData. `how`: period in seconds, and statistic."""
    told = [{"Name": key, "Value": value} for key, value in dimensions.items()]
    metric = {"Namespace": space, "MetricName": name, "Dimensions": told}
    return {"Id": ident, "MetricStat": {"Metric": metric, "Period": how[0], "Stat": how[1]}}


def _or[T](ask: Callable[[], T], otherwise: T) -> T:
    try:
        return ask()
    except CloudError:
        return otherwise
