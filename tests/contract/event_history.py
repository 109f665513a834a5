"""CloudTrail's event history and GuardDuty's findings at their HTTP boundary, with the refusals of the services."""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

type Answer = tuple[int, dict[str, Any]]

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)

SCOPE = re.compile(r"Credential=[^/]+/\d{8}/([a-z0-9-]+)/")
RESOURCE_PARAMETERS = ("bucketName", "userName", "roleName", "keyId", "roleArn", "name")


class StoppedClock:
    """Noon, always; waiting is only counted."""

    def __init__(self) -> None:
        self.waited = 0.0

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return self.waited

    def sleep(self, seconds: float) -> None:
        self.waited += seconds


@dataclass
class History:
    """What the services know: event records by Region, findings by detector; `throttled` answers still to be refused."""

    records: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    findings: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    throttled: int = 0
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    url: str = ""

    def add(self, record: dict[str, Any], region: str = "us-east-1") -> None:
        self.records.setdefault(region, []).append(record)

    def lookup(self, region: str, body: Mapping[str, Any]) -> Answer:
        wanted = next(iter(body.get("LookupAttributes", ())), None)
        self.asked.append((region, wanted["AttributeKey"], wanted["AttributeValue"]) if wanted else (region, "", ""))
        if self.throttled:
            self.throttled -= 1
            return _refused("ThrottlingException", "Rate exceeded")
        if not 1 <= body.get("MaxResults", 50) <= 50:
            return _refused("InvalidMaxResultsException", "A max results value of 1 to 50 is required.")
        if body.get("EndTime", 2e9) < body.get("StartTime", 0):
            return _refused("InvalidTimeRangeException", "The specified start time must be before the end time.")
        found = [one for one in self.records.get(region, ()) if (wanted is None or _matches(one, wanted)) and _within(one, body)]
        found.sort(key=lambda one: one["eventTime"], reverse=True)
        first = int(body.get("NextToken", 0))
        size = body.get("MaxResults", 50)
        page: dict[str, Any] = {"Events": [_event(one) for one in found[first : first + size]]}
        return 200, page | ({"NextToken": str(first + size)} if len(found) > first + size else {})

    def get_findings(self, detector: str, body: Mapping[str, Any]) -> Answer:
        if detector not in self.findings:
            message = "The request is rejected because the input detectorId is not owned by the current account."
            return _refused("BadRequestException", message)
        return 200, {"findings": [one for one in self.findings[detector] if one["id"] in body["findingIds"]]}


def _refused(code: str, message: str) -> Answer:
    return 400, {"__type": code, "message": message}


def _matches(record: Mapping[str, Any], wanted: Mapping[str, str]) -> bool:
    known = {
        "EventId": [record["eventID"]],
        "Username": [_username(record["userIdentity"])],
        "AccessKeyId": [record["userIdentity"].get("accessKeyId")],
        "ResourceName": _resource_names(record),
    }
    return wanted["AttributeValue"] in known[wanted["AttributeKey"]]


def _username(identity: Mapping[str, Any]) -> str:
    """The user's name; for an assumed role, the session's."""
    return str(identity.get("userName") or identity.get("arn", "").rsplit("/", 1)[-1])


def _resource_names(record: Mapping[str, Any]) -> list[str]:
    parameters = record.get("requestParameters") or {}
    listed = [one["ARN"] for one in record.get("resources", ())]
    return [*listed, *(parameters[name] for name in RESOURCE_PARAMETERS if name in parameters)]


def _within(record: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    at = datetime.fromisoformat(record["eventTime"]).timestamp()
    return bool(body.get("StartTime", 0) <= at <= body.get("EndTime", 2e9))


def _event(record: Mapping[str, Any]) -> dict[str, Any]:
    at = datetime.fromisoformat(record["eventTime"]).astimezone(UTC).timestamp()
    return {"EventId": record["eventID"], "EventTime": at, "CloudTrailEvent": json.dumps(record)}


@contextmanager
def served() -> Iterator[History]:
    """The two services on loopback, for unmodified clients of `AWS_ENDPOINT_URL`."""
    history = History()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            found = SCOPE.search(self.headers["Authorization"])
            if self.headers.get("X-Amz-Target", "").endswith(".LookupEvents") and found:
                status, answer = history.lookup(found[1], body)
            else:
                status, answer = history.get_findings(self.path.split("/")[2], body)
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            if status != 200:
                self.send_header("X-Amzn-ErrorType", answer["__type"])
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            """Quiet: pytest owns the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    history.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield history
    finally:
        server.shutdown()
        server.server_close()
