"""What GuardDuty found in the imaginary hospital, and the alert that EventBridge makes of it."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from shared.sandbox.aws import hospital_names as hospital
from shared.sandbox.aws import scenario_findings as findings
from shared.sandbox.aws import scenario_names as names
from shared.sandbox.aws.scenario_findings import Finding

KIND = "Exfiltration:S3/AnomalousBehavior"


def finding(keys: Mapping[str, str], seen: datetime | None = None) -> Finding:
    """One thief, who reads of all three tenants. `keys`: ARNs by `key`, `hospice_key`, `lab_key`."""
    user = findings.access_key(names.EXPORT_KEY, names.EXPORT_USER_ID, "IAMUser", names.EXPORT_USER)
    under = {names.CHARTS: "key", hospital.RECORDS: "hospice_key", hospital.RESULTS: "lab_key"}
    buckets = [findings.bucket(bucket, keys[key]) for bucket, key in under.items()]
    call = findings.api_call("s3", "GetObject", names.THIEF_ADDRESS, {"AWS::S3::Bucket": names.CHARTS})
    return findings.finding(hospital.FINDING, KIND, {**user, "S3BucketDetails": buckets}, call, seen)


def alert(found: Finding) -> bytes:
    """The finding as EventBridge delivers it: camelCase, in an envelope (GuardDuty user guide, "EventBridge event format")."""
    envelope = {
        "version": "0",
        "id": "5d0f5a3e-8c51-4a7e-9a53-0b6f5b0f7c11",
        "detail-type": "GuardDuty Finding",
        "source": "aws.guardduty",
        "account": names.ACCOUNT,
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": names.REGION,
        "resources": [],
        "detail": _camel(found),
    }
    return json.dumps(envelope).encode()


def _camel(thing: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(thing, Mapping):
        return {_lowered(key): _camel(value) for key, value in thing.items()}
    return [_camel(each) for each in thing] if isinstance(thing, list) else thing


def _lowered(name: str) -> str:
    """`S3BucketDetails` to `s3BucketDetails`; a resource type is a name already."""
    return name if "::" in name else name[:1].lower() + name[1:]
