"""Lines of S3 server access logs as single requests on stores. Object keys go on in `Request.key` alone.

Source: S3 user guide, "Amazon S3 server access log format".

Rules
1. The caller writes part of the line: request URI, referer and user agent stand in quotes, and quotes within them as they came.
   Where a line can be read in two ways, it is read as the call that worked and sent most: nobody hides a read by what he calls
   himself.
2. A key is percent-encoded twice: as it came in the URI, and once more for the log.
3. The line names the caller by ARN, without unique id or access key, and a write without its headers.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import unquote

from shared.domain.exposure import Told
from shared.domain.resource import Ref
from shared.ports import PLAINTEXT, Act, Request

from . import cloudtrail
from .moments import seconds

HEAD = re.compile(
    r"(?P<owner>\S+) (?P<bucket>\S+) \[(?P<time>[^\]]+)\] (?P<address>\S+) (?P<requester>\S+) (?P<id>\S+) (?P<operation>\S+)"
    r' (?P<key>\S+) (?P<rest>["-].*)',
    re.DOTALL,
)
"""What stands before the request URI: S3 itself writes it, without spaces within a field."""

OUTCOME = re.compile(r'(?=["-] (?P<status>\d{3}|-) (?P<error>\S+) (?P<sent>\d+|-) (?:\d+|-) (?:\d+|-) (?:\d+|-) ["-])')
"""Status, error code, bytes sent, object size, total time, turn-around time: between the URI and the referer."""

NONE = "-"
TLS = 6
"""Place of the TLS version behind the user agent, from 0: version id, host id, signature, cipher, authentication, host, TLS."""

NAMES: Mapping[str, str] = {
    "REST.COPY.OBJECT": "CopyObject",
    "REST.COPY.OBJECT_GET": "CopyObject",
    "REST.COPY.PART": "UploadPartCopy",
    "REST.COPY.PART_GET": "UploadPartCopy",
    "REST.GET.BUCKET": "ListObjects",
    "REST.GET.BUCKETVERSIONS": "ListObjectVersions",
    "REST.GET.OBJECT": "GetObject",
    "REST.GET.OBJECT_TORRENT": "GetObjectTorrent",
    "REST.GET.UPLOADS": "ListMultipartUploads",
    "REST.HEAD.OBJECT": "HeadObject",
    "REST.POST.OBJECT": "PutObject",
    "REST.POST.UPLOADS": "CreateMultipartUpload",
    "REST.PUT.OBJECT": "PutObject",
    "REST.PUT.PART": "UploadPart",
    "REST.SELECT.OBJECT": "SelectObjectContent",
    "WEBSITE.GET.OBJECT": "GetObject",
}
"""What the log calls an operation, and what CloudTrail calls it; any other keeps its name."""

SOURCES = frozenset({"REST.COPY.OBJECT_GET", "REST.COPY.PART_GET"})
"""Content that went from here to another object."""


ARN_PARTS = 6
SESSIONS: Mapping[str, str] = {"assumed-role/": "AssumedRole", "federated-user/": "FederatedUser"}
"""How the ARN of temporary credentials begins behind the account, and CloudTrail's type of identity."""


class Outcome(NamedTuple):
    """How a call ended: `sent` is bytes of content."""

    worked: bool
    sent: int


def bucket(line: str) -> str:
    """The bucket that a line is about; several can log to one place. Empty where it is no line of a log."""
    found = HEAD.match(line)
    return found["bucket"] if found else ""


def request(line: str, store: Ref) -> Request | None:
    """The request on this store in one line; None where the line is no line of a log."""
    found = HEAD.match(line)
    outcome = _outcome(found["rest"]) if found else None
    act = _act(found, store, worked=outcome.worked) if found and outcome else None
    if found is None or outcome is None or act is None:
        return None
    behind = found["rest"].rpartition('" ')[2].split()
    version = _said(behind[0]) if behind else ""
    key, copied = unquote(unquote(_said(found["key"]))), found["operation"] in SOURCES
    return Request(act, store, Told.ACCESS_LOGS, key, version, outcome.sent, None, _tls(behind), copied=copied)


def _outcome(rest: str) -> Outcome | None:
    readings = [Outcome(each["status"].startswith("2"), int(_said(each["sent"]) or 0)) for each in OUTCOME.finditer(rest)]
    return max(readings, default=None)


def _act(found: re.Match[str], store: Ref, *, worked: bool) -> Act | None:
    """The line in CloudTrail's form, and read as that is. None where its time is none."""
    at = seconds(found["time"])
    if at is None:
        return None
    record = {
        "eventID": f"{found['id']}-{found['operation']}",
        "eventTime": datetime.fromtimestamp(at, UTC).isoformat(),
        "eventSource": "s3.amazonaws.com",
        "eventName": NAMES.get(found["operation"], found["operation"]),
        "awsRegion": store.region,
        "recipientAccountId": store.account,
        "requestID": found["id"],
        "sourceIPAddress": _said(found["address"]),
        "errorCode": "" if worked else "Failed",
        "requestParameters": {"bucketName": store.name},
        "userIdentity": _identity(found["requester"]),
    }
    return cloudtrail.act(record, lambda _: None)


def _identity(requester: str) -> Mapping[str, str]:
    """The caller as `userIdentity` has it: `-` is nobody in particular, a bare id the root of some account."""
    if requester == NONE:
        return {"type": "AWSAccount", "accountId": "ANONYMOUS_PRINCIPAL"}
    if requester.startswith("svc:"):
        return {"type": "AWSService", "invokedBy": requester.removeprefix("svc:")}
    parts = requester.split(":", 5)
    if len(parts) < ARN_PARTS:
        return {"type": "AWSAccount", "principalId": requester}
    kind = next((name for part, name in SESSIONS.items() if parts[-1].startswith(part)), "IAMUser")
    return {"type": kind, "arn": requester, "accountId": parts[4]}


def _tls(behind: list[str]) -> str:
    if len(behind) <= TLS:
        return ""
    return _said(behind[TLS]) or PLAINTEXT


def _said(field: str) -> str:
    return "" if field == NONE else field
