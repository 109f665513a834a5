"""Azure under another address: every request goes to one endpoint, with the URL it was meant for in a header.

The services have no common variable for their address, as AWS has; a gateway or a stand-in is reached in this way.
"""

import json
from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Any

import requests
import urllib3
from azure.core.pipeline.transport import RequestsTransport
from requests.adapters import BaseAdapter
from urllib3.response import HTTPResponse

TARGET = "x-codeblue-target"
"""Of a forwarded request: its method, URL and headers, as JSON. Of the answer: its status and headers."""

STORED = "x-ms-meta-"
"""Begins headers with a blob's metadata: the service keeps their case (Blob service REST reference, "Set Blob Metadata")."""


class Answering(BaseAdapter):
    """Takes requests where a socket would; `answer` is told method, URL, headers and body.

    Names of headers are in lower case, those of metadata as spelled.
    """

    def answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and body of the answer. Raises ConnectionError where there is none."""
        raise NotImplementedError

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:  # noqa: ANN401 - what requests passes
        headers = {_named(name): _text(value) for name, value in request.headers.items()}
        try:
            answered = self.answer(request.method or "GET", request.url or "", headers, _whole(request.body))
        except ConnectionError as lost:
            raise requests.ConnectionError(lost, request=request) from lost
        return _response(request, *answered)

    def close(self) -> None:
        """Nothing is held open for one request."""


class Forwarding(Answering):
    """Sends each request to an endpoint that passes it on or answers it."""

    def __init__(self, endpoint_url: str, more: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self._url = endpoint_url
        self._more = dict(more or {})
        self._pool = urllib3.PoolManager(maxsize=32, retries=False)

    def answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        target = json.dumps({"method": method, "url": url, "headers": {**headers, **self._more}})
        try:
            reply = self._pool.request("POST", self._url, headers={TARGET: target}, body=body)
        except urllib3.exceptions.HTTPError as lost:
            raise ConnectionError(str(lost)) from lost
        head = json.loads(reply.headers[TARGET])
        return head["status"], head["headers"], reply.data


def transport_over(adapter: BaseAdapter) -> RequestsTransport:
    """A transport for any azure-core client, whose every connection is the adapter."""
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return RequestsTransport(session=session, session_owner=False)


def _named(header: str) -> str:
    """Names in lower case, but for those that are stored as they are spelled."""
    return header if header.lower().startswith(STORED) else header.lower()


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _whole(body: Any) -> bytes:  # noqa: ANN401 - requests takes bytes, text, files and iterables
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    if hasattr(body, "read"):
        return _whole(body.read())
    return b"".join(body) if isinstance(body, Iterable) else bytes(body)


def _response(request: requests.PreparedRequest, status: int, given: Mapping[str, str], content: bytes) -> requests.Response:
    headers = dict(given)
    if request.method != "HEAD":
        headers.setdefault("content-length", str(len(content)))
    response = requests.Response()
    response.status_code = status
    response.headers.update(headers)
    response.url = request.url or ""
    response.request = request
    response.reason = ""
    body = BytesIO(b"" if request.method == "HEAD" else content)
    response.raw = HTTPResponse(body=body, headers=headers, status=status, preload_content=False, request_method=request.method)
    return response
