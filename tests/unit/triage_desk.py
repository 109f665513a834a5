"""A desk to put records on: judge some CloudTrail calls, or any records, and see the lines."""

import io
import json
from collections.abc import Iterable
from typing import Any

from shared.adapters.memory.windows import BoundedMemory
from shared.settings import Policy
from shared.triage.running import Input, Line, Triage
from shared.triage.table import Table

ACCOUNT = "111122223333"
ELSEWHERE = "999988887777"
NOW = 1_795_262_400.0
"""2026-11-21T12:00:00Z"""

TABLE = Table()

ANN = {
    "type": "IAMUser",
    "principalId": "AIDAANNEXAMPLE",
    "arn": f"arn:aws:iam::{ACCOUNT}:user/ann",
    "accountId": ACCOUNT,
    "accessKeyId": "AKIAANNEXAMPLE",
    "userName": "ann",
}
ROOT = {"type": "Root", "principalId": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:root", "accountId": ACCOUNT}
BATCH = {
    "type": "AssumedRole",
    "principalId": "AROABATCHEXAMPLE:nightly",
    "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/batch/nightly",
    "accountId": ACCOUNT,
    "accessKeyId": "ASIABATCHEXAMPLE",
    "sessionContext": {"sessionIssuer": {"type": "Role", "arn": f"arn:aws:iam::{ACCOUNT}:role/batch", "userName": "batch"}},
}
SERVICE = {"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"}
STRANGER = {"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"}


def call(name: str, service: str, asked: object = None, who: object = None, at: float = NOW, **more: object) -> dict[str, Any]:
    """One CloudTrail record. `at` in seconds since 1970."""
    number = abs(hash((name, service, json.dumps(asked), at, str(more)))) % 10**12
    return {
        "eventID": f"11111111-2222-4333-8444-{number:012d}",
        "eventTime": at,
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": "us-east-1",
        "recipientAccountId": ACCOUNT,
        "userIdentity": ANN if who is None else who,
        "requestParameters": asked,
        "sourceIPAddress": "203.0.113.9",
        "userAgent": "aws-cli/2.31",
    } | more


def given(records: Iterable[object], name: str = "given") -> Input:
    """These records as one file of JSON lines."""
    raw = b"\n".join(json.dumps(record).encode() for record in records)
    return Input(name, lambda: io.BytesIO(raw))


def desk(policy: Policy | None = None, now: float | None = NOW, table: Table = TABLE) -> Triage:
    return Triage(policy or Policy(), BoundedMemory(), now, table=table)


def judged(*records: object, policy: Policy | None = None, now: float | None = NOW) -> list[Line]:
    """The lines of these records, read one after another."""
    return list(desk(policy, now).lines([given(records)]))
