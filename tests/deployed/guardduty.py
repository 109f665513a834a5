"""GuardDuty, which ministack has not: one detector, asked for findings by id, over HTTP.

Source: GuardDuty API reference, GetFindings. A request that nobody has signed is refused; whose signature it is nobody checks.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass
class Detector:
    """The detector of the account. `asked`: the access keys of those who have asked it."""

    id: str
    endpoint_url: str
    findings: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)


@contextmanager
def guardduty(detector: str) -> Iterator[Detector]:
    """A detector without findings, on a free port of loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Asked)
    server.detector = Detector(detector, f"http://127.0.0.1:{server.server_port}")  # type: ignore[attr-defined]
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.detector  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()


class _Asked(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """GetFindings; whatever else is refused."""
        detector: Detector = self.server.detector  # type: ignore[attr-defined]
        given = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        signed = self.headers.get("Authorization", "")
        if "Credential=" not in signed:
            self._answer(403, {"__type": "AccessDeniedException", "message": "Missing Authentication Token"})
        elif self.path != f"/detector/{detector.id}/findings/get":
            refused = "The request is rejected because the input detectorId is not owned by the current account."
            self._answer(400, {"__type": "BadRequestException", "message": refused})
        else:
            detector.asked.add(signed.partition("Credential=")[2].partition("/")[0])
            self._answer(200, {"findings": [detector.findings[id_] for id_ in given["findingIds"] if id_ in detector.findings]})

    def _answer(self, status: int, content: Mapping[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the parameter's name is the library's
        """Say nothing: what is asked is in `Detector.asked`."""
