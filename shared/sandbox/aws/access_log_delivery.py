"""Server access logs: what buckets with logging switched on write about their requests, delivered late, as lines of text.

Source: S3 user guide, "Amazon S3 server access log format", "Logging requests with server access logging". As with trails, a file
comes when somebody looks for it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import quote, unquote

from moto.s3.models import s3_backends

from shared.sandbox.aws.calls import Answered, CallLog
from shared.sandbox.aws.clock import utc
from shared.sandbox.aws.principals import Caller

OPERATIONS: Mapping[str, str] = {
    "CompleteMultipartUpload": "REST.POST.UPLOAD",
    "CopyObject": "REST.COPY.OBJECT",
    "CreateMultipartUpload": "REST.POST.UPLOADS",
    "DeleteObject": "REST.DELETE.OBJECT",
    "GetObject": "REST.GET.OBJECT",
    "HeadObject": "REST.HEAD.OBJECT",
    "ListMultipartUploads": "REST.GET.UPLOADS",
    "ListObjectVersions": "REST.GET.BUCKETVERSIONS",
    "ListObjects": "REST.GET.BUCKET",
    "ListObjectsV2": "REST.GET.BUCKET",
    "PutObject": "REST.PUT.OBJECT",
    "UploadPart": "REST.PUT.PART",
    "UploadPartCopy": "REST.COPY.PART",
}

HOST_ID = "EXAMPLEhostid0123456789abcdefghijklmnopqrstuvwxyz+/="


@dataclass(slots=True)
class AccessLogs:
    """What is set for each bucket (`LoggingEnabled` of the API), and what is not delivered yet.

    `due`: log's bucket and what its files' names begin with -> lines with their times.
    """

    set: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    seen: int = 0
    files: int = 0
    due: dict[tuple[str, str], list[tuple[float, str]]] = field(default_factory=lambda: defaultdict(list))

    def forget(self) -> None:
        """Nobody has logged anything."""
        self.seen, self.files = 0, 0
        self.due.clear()
        self.set.clear()

    def switch(self, bucket: str, to: Mapping[str, Any]) -> None:
        """Log this bucket's requests so from now on; empty: no longer."""
        self.set.pop(bucket, None)
        if to:
            self.set[bucket] = to

    def sort(self, log: CallLog) -> None:
        """Write a line about every request since the last time, as logging is set now: before any of that changes."""
        if not self.set:
            self.seen = len(log)  # every listing comes by here, and a log of calls is long
            return
        came = tuple(log)
        fresh, self.seen = came[self.seen :], len(came)
        for call in fresh:
            for name, line in _lines(call):
                if where := self.set.get(name):
                    self.due[where["TargetBucket"], _begins(where, name, call)].append((call.at, line))

    def deliver(self, bucket: str, until: float, log: CallLog) -> None:
        """Write the files for this bucket of everything that happened until then."""
        if bucket not in {where["TargetBucket"] for where in self.set.values()} | {each for each, _ in self.due}:
            return
        self.sort(log)
        for place in [each for each in self.due if each[0] == bucket]:
            ready = [line for at, line in self.due[place] if at <= until]
            self.due[place] = [(at, line) for at, line in self.due[place] if at > until]
            if ready:
                self.files += 1
                _write(bucket, f"{place[1]}{utc(until):%Y-%m-%d-%H-%M-%S}-{self.files:016X}", ready, until)


def _begins(where: Mapping[str, Any], bucket: str, call: Answered) -> str:
    """The prefix; in the partitioned form with account, Region, bucket and day (S3 user guide, "Log object key format")."""
    prefix = str(where.get("TargetPrefix") or "")
    if "PartitionedPrefix" not in (where.get("TargetObjectKeyFormat") or {}):
        return prefix
    _, account = s3_backends.bucket_accounts.get(bucket, ("", ""))
    return f"{prefix}{account}/{call.region}/{bucket}/{utc(call.at):%Y/%m/%d}/"


def _write(bucket: str, name: str, lines: list[str], at: float) -> None:
    """One file, as S3 itself puts it: past the gate, for nobody of the account does."""
    _, account = s3_backends.bucket_accounts.get(bucket, ("", ""))
    made = s3_backends[account]["aws"].put_object(bucket, name, "\n".join(lines).encode() + b"\n", disable_notification=True)
    made.last_modified = utc(at).replace(tzinfo=None)


def _lines(call: Answered) -> Iterator[tuple[str, str]]:
    """The bucket called with its line, and the bucket that a copy was taken from with another."""
    if call.service != "s3":
        return
    bucket, _, key = call.resource.removeprefix("arn:aws:s3:::").partition("/")
    operation = OPERATIONS.get(call.operation, f"REST.{call.http.method}.{'OBJECT' if key else 'BUCKET'}")
    yield bucket, _line(call, bucket, key, operation, call.http.parameters.get("versionId", ""))
    source = call.http.headers.get("x-amz-copy-source", "")
    if source and call.operation in {"CopyObject", "UploadPartCopy"}:
        path, _, version = source.lstrip("/").partition("?versionId=")
        other, _, taken = unquote(path).partition("/")
        yield other, _line(call, other, taken, f"{operation}_GET", version)


def _line(call: Answered, bucket: str, key: str, operation: str, version: str) -> str:
    """The fields in their order; what the caller sent in quotes as it came, and the key percent-encoded twice."""
    _, owner = s3_backends.bucket_accounts.get(bucket, ("", ""))
    http, headers = call.http, call.http.headers
    target = f"{http.path}?{http.query}" if http.query else http.path
    fields: list[Any] = [
        _canonical(owner),
        bucket,
        f"[{utc(call.at):%d/%b/%Y:%H:%M:%S +0000}]",
        headers.get("x-sandbox-source-ip", http.address),
        _requester(call.caller),
        call.id,
        operation,
        quote(quote(key, safe="/"), safe="/") or "-",
        f'"{http.method} {target} HTTP/1.1"',
        call.reply.status,
        call.error or "-",
        call.sent or "-",
        call.sent or "-",
        12,
        "-" if operation.endswith("_GET") else 11,
        f'"{headers.get("referer", "-")}"',
        f'"{headers.get("user-agent", "-")}"',
        version or "-",
        HOST_ID,
        "SigV4" if call.access_key_id else "-",
        "TLS_AES_128_GCM_SHA256" if http.secure else "-",
        "AuthHeader" if call.access_key_id else "-",
        http.host,
        "TLSv1.3" if http.secure else "-",
        "-",
        "-",
    ]
    return " ".join(str(each) for each in fields)


def _requester(caller: Caller) -> str:
    principal = caller.principal
    if principal.kind == "root":
        return _canonical(principal.account)
    return principal.arn if principal.arn.startswith("arn:") else "-"


def _canonical(account: str) -> str:
    """The canonical user id of an account: 64 hexadecimal digits."""
    return sha256(account.encode()).hexdigest()
