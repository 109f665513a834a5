"""What GuardDuty found in the imaginary clinic, in the form of its API: the same facts as the example events report."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from shared.sandbox.aws import scenario_names as names

type Finding = dict[str, Any]


def all_of(key: str) -> Iterable[Finding]:
    """Every finding. `key`: ARN of the charts' key."""
    user = _access_key(names.EXPORT_KEY, names.EXPORT_USER_ID, "IAMUser", names.EXPORT_USER)
    batch = _access_key(names.BATCH_SESSION_KEY, f"{names.BATCH_ROLE_ID}:{names.BATCH_SESSION}", "AssumedRole", names.BATCH_ROLE)
    app = _access_key(names.APP_SESSION_KEY, f"{names.APP_ROLE_ID}:{names.APP_INSTANCE}", "AssumedRole", names.APP_ROLE)
    charts = {"AWS::S3::Bucket": names.CHARTS}
    yield _finding(
        "2aabfe228f219e9cb0eb53f16947ccf2",
        "Exfiltration:S3/AnomalousBehavior",
        {**user, "S3BucketDetails": [_bucket(key)]},
        _call("s3", "GetObject", names.THIEF_ADDRESS, charts),
    )
    yield _finding(
        "84d8dbc74254770f58904dba41ecccc3",
        "Persistence:IAMUser/AnomalousBehavior",
        batch,
        _call("iam", "CreateAccessKey", names.THIEF_ADDRESS, {}),
    )
    yield _finding(
        "626e53a13043b026c48bbf33feff9243",
        "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS",
        {**app, "InstanceDetails": {"InstanceId": names.APP_INSTANCE}},
        _call("s3", "GetObject", names.THIEF_ADDRESS_ELSEWHERE, charts),
    )


def _finding(finding: str, kind: str, resource: Mapping[str, Any], call: Mapping[str, Any]) -> Finding:
    now = datetime.now(UTC).isoformat()
    return {
        "AccountId": names.ACCOUNT,
        "Region": names.REGION,
        "Partition": "aws",
        "SchemaVersion": "2.0",
        "Id": finding,
        "Arn": f"arn:aws:guardduty:{names.REGION}:{names.ACCOUNT}:detector/{names.DETECTOR}/finding/{finding}",
        "Type": kind,
        "Severity": 8.0,
        "CreatedAt": now,
        "UpdatedAt": now,
        "Resource": {"ResourceType": "AccessKey", **resource},
        "Service": {
            "ServiceName": "guardduty",
            "DetectorId": names.DETECTOR,
            "Action": {"ActionType": "AWS_API_CALL", "AwsApiCallAction": dict(call)},
            "ResourceRole": "TARGET",
            "EventFirstSeen": now,
            "EventLastSeen": now,
            "Archived": False,
            "Count": 1,
        },
    }


def _access_key(access_key: str, principal: str, kind: str, name: str) -> Finding:
    return {"AccessKeyDetails": {"AccessKeyId": access_key, "PrincipalId": principal, "UserType": kind, "UserName": name}}


def _call(service: str, api: str, address: str, affected: Mapping[str, str]) -> Finding:
    return {
        "Api": api,
        "ServiceName": f"{service}.amazonaws.com",
        "CallerType": "Remote IP",
        "RemoteIpDetails": {"IpAddressV4": address},
        "AffectedResources": dict(affected),
    }


def _bucket(key: str) -> Finding:
    return {
        "Arn": f"arn:aws:s3:::{names.CHARTS}",
        "Name": names.CHARTS,
        "Type": "Destination",
        "DefaultServerSideEncryption": {"EncryptionType": "aws:kms", "KmsMasterKeyArn": key},
        "Tags": [{"Key": "data-class", "Value": "phi"}],
    }
