"""What GuardDuty found in the imaginary clinic, in the form of its API: the same facts as the example events report."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from shared.sandbox.aws import scenario_names as names

type Finding = dict[str, Any]


def all_of(key: str) -> Iterable[Finding]:
    """Every finding. `key`: ARN of the charts' key."""
    user = access_key(names.EXPORT_KEY, names.EXPORT_USER_ID, "IAMUser", names.EXPORT_USER)
    batch = access_key(names.BATCH_SESSION_KEY, f"{names.BATCH_ROLE_ID}:{names.BATCH_SESSION}", "AssumedRole", names.BATCH_ROLE)
    app = access_key(names.APP_SESSION_KEY, f"{names.APP_ROLE_ID}:{names.APP_INSTANCE}", "AssumedRole", names.APP_ROLE)
    charts = {"AWS::S3::Bucket": names.CHARTS}
    yield finding(
        "2aabfe228f219e9cb0eb53f16947ccf2",
        "Exfiltration:S3/AnomalousBehavior",
        {**user, "S3BucketDetails": [bucket(names.CHARTS, key)]},
        api_call("s3", "GetObject", names.THIEF_ADDRESS, charts),
    )
    yield finding(
        "84d8dbc74254770f58904dba41ecccc3",
        "Persistence:IAMUser/AnomalousBehavior",
        batch,
        api_call("iam", "CreateAccessKey", names.THIEF_ADDRESS, {}),
    )
    yield finding(
        "626e53a13043b026c48bbf33feff9243",
        "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS",
        {**app, "InstanceDetails": {"InstanceId": names.APP_INSTANCE}},
        api_call("s3", "GetObject", names.THIEF_ADDRESS_ELSEWHERE, charts),
    )


def finding(name: str, kind: str, resource: Mapping[str, Any], call: Mapping[str, Any], seen: datetime | None = None) -> Finding:
    """One finding by its id. `seen`: when the call was seen last; now, if nothing is said."""
    now = datetime.now(UTC).isoformat()
    last = seen.isoformat() if seen else now
    return {
        "AccountId": names.ACCOUNT,
        "Region": names.REGION,
        "Partition": "aws",
        "SchemaVersion": "2.0",
        "Id": name,
        "Arn": f"arn:aws:guardduty:{names.REGION}:{names.ACCOUNT}:detector/{names.DETECTOR}/finding/{name}",
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
            "EventFirstSeen": last,
            "EventLastSeen": last,
            "Archived": False,
            "Count": 1,
        },
    }


def access_key(key_id: str, principal: str, kind: str, name: str) -> Finding:
    """Whose credentials were used."""
    return {"AccessKeyDetails": {"AccessKeyId": key_id, "PrincipalId": principal, "UserType": kind, "UserName": name}}


def api_call(service: str, api: str, address: str, affected: Mapping[str, str]) -> Finding:
    """What was called, from where, on what."""
    return {
        "Api": api,
        "ServiceName": f"{service}.amazonaws.com",
        "CallerType": "Remote IP",
        "RemoteIpDetails": {"IpAddressV4": address},
        "AffectedResources": dict(affected),
    }


def bucket(name: str, key: str) -> Finding:
    """A bucket of health data as a finding shows it. `key`: ARN of the key that it encrypts with."""
    return {
        "Arn": f"arn:aws:s3:::{name}",
        "Name": name,
        "Type": "Destination",
        "DefaultServerSideEncryption": {"EncryptionType": "aws:kms", "KmsMasterKeyArn": key},
        "Tags": [{"Key": "data-class", "Value": "phi"}],
    }
