"""CloudTrail events for tests of intake, as short as they can be and still be read."""

import json
from typing import Any

from shared.domain.resource import Cloud, Kind, Ref
from shared.domain.signal import Signal
from shared.intake import cloudtrail, read
from shared.ports import Act

ACCOUNT, OTHER = "111122223333", "444455556666"
ROLE = f"arn:aws:iam::{ACCOUNT}:role"


def event(identity: object, **fields: object) -> dict[str, Any]:
    return {
        "eventID": "e",
        "eventTime": "2026-11-21T12:00:00Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "ListBuckets",
        "awsRegion": "us-east-1",
        "recipientAccountId": ACCOUNT,
        "userIdentity": identity,
        **fields,
    }


def signal(identity: object, **fields: object) -> Signal:
    return read(json.dumps(event(identity, **fields)).encode())[0]


def act(identity: object, **fields: object) -> Act:
    found = cloudtrail.act(event(identity, **fields), {"profile": ref(Kind.ROLE, f"{ROLE}/batch")}.get)
    assert found is not None
    return found


def ref(kind: Kind, arn: str, account: str = ACCOUNT, region: str = "") -> Ref:
    return Ref(cloud=Cloud.AWS, kind=kind, account=account, region=region, id=arn)


def user(**more: object) -> dict[str, Any]:
    arn = f"arn:aws:iam::{ACCOUNT}:user/ops/ann"
    known = {"type": "IAMUser", "principalId": "AIDAANN", "arn": arn, "accountId": ACCOUNT, "userName": "ann"}
    return known | {"accessKeyId": "AKIAANN"} | more


def session(
    role: str = "app", name: str = "nightly", *, issuer: bool = True, account: str = ACCOUNT, **context: object
) -> dict[str, Any]:
    leaf = role.rsplit("/", 1)[-1]
    made = {"type": "Role", "principalId": "AROAAPP", "arn": f"arn:aws:iam::{account}:role/{role}", "userName": leaf}
    return {
        "type": "AssumedRole",
        "principalId": f"AROAAPP:{name}",
        "arn": f"arn:aws:sts::{account}:assumed-role/{leaf}/{name}",
        "accountId": account,
        "accessKeyId": "ASIAAPP",
        "sessionContext": context | ({"sessionIssuer": made} if issuer else {}),
    }


ANN = ref(Kind.USER, f"arn:aws:iam::{ACCOUNT}:user/ops/ann")

CHARTS = ref(Kind.BUCKET, "arn:aws:s3:::charts", region="us-east-1")

RECORD: dict[str, Any] = {
    "eventID": "11111111-2222-4333-8444-555555555555",
    "eventTime": "2026-11-21T11:58:30Z",
    "eventSource": "cloudtrail.amazonaws.com",
    "eventName": "StopLogging",
    "awsRegion": "us-east-1",
    "recipientAccountId": "111122223333",
    "userIdentity": {"type": "IAMUser", "userName": "ann", "accountId": "111122223333", "principalId": "AIDAANNEXAMPLE"},
    "requestParameters": {"name": "audit"},
}
"""A trail stopped, as CloudTrail writes it."""
