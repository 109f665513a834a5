"""How an unmodified Azure client reaches the sandbox: the transport that azure-core lets its users choose.

The real URLs stay, and so do serialisation, authentication policies, retries and challenges of the client; only the socket is ours.
"""

import io
import json
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import requests
import urllib3
from azure.core.pipeline.transport import RequestsTransport
from requests.adapters import BaseAdapter
from urllib3.response import HTTPResponse

from shared.sandbox.azure.cloud import Cloud
from shared.sandbox.azure.wire import SOURCE_ENDPOINT, SOURCE_IDENTITY, SOURCE_IP, SOURCE_SUBNET, Answer, Request

TARGET = "x-sandbox-target"
"""The header in which a forwarded request has its method, URL and headers, as JSON; the answer its status and headers."""


class Reach(Protocol):
    """Whatever answers a request: a cloud in this process, or one behind a loopback port."""

    def answer(self, request: Request) -> Answer:
        """Raises ConnectionError where the connection is lost."""


class Forwarder:
    """Sends each request to a sandbox in another process, whose state outlives this one."""

    def __init__(self, endpoint_url: str) -> None:
        self._url = endpoint_url
        self._pool = urllib3.PoolManager(maxsize=32, retries=False)

    def answer(self, request: Request) -> Answer:
        target = json.dumps({"method": request.method, "url": request.url, "headers": dict(request.headers)})
        try:
            reply = self._pool.request("POST", self._url, headers={TARGET: target}, body=request.body)
        except urllib3.exceptions.HTTPError as lost:
            raise ConnectionError(str(lost)) from lost
        head = json.loads(reply.headers[TARGET])
        return Answer(head["status"], head["headers"], reply.data)


def transport(reach: Cloud | Reach, *, ip: str = "", subnet: str = "", endpoint: str = "", identity: str = "") -> RequestsTransport:
    """A transport for any azure-core client. Subnet, private endpoint and managed identity are resource ids."""
    place = {SOURCE_IP: ip, SOURCE_SUBNET: subnet, SOURCE_ENDPOINT: endpoint, SOURCE_IDENTITY: identity}
    session = requests.Session()
    session.trust_env = False
    adapter = _Adapter(reach, {name: value for name, value in place.items() if value})
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return RequestsTransport(session=session, session_owner=False)


class _Adapter(BaseAdapter):
    """Takes requests where a socket would."""

    def __init__(self, reach: Reach, place: Mapping[str, str]) -> None:
        super().__init__()
        self._reach = reach
        self._place = place

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:  # noqa: ANN401 - what requests passes
        headers = {name.lower(): _text(value) for name, value in request.headers.items()} | dict(self._place)
        asked = Request(request.method or "GET", request.url or "", headers, _whole(request.body))
        try:
            answer = self._reach.answer(asked)
        except ConnectionError as lost:
            raise requests.ConnectionError(lost, request=request) from lost
        return _response(request, answer)

    def close(self) -> None:
        """Nothing is held open."""


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


def _response(request: requests.PreparedRequest, answer: Answer) -> requests.Response:
    headers = dict(answer.headers)
    if request.method != "HEAD":
        headers.setdefault("content-length", str(len(answer.body)))
    response = requests.Response()
    response.status_code = answer.status
    response.headers.update(headers)
    response.url = request.url or ""
    response.request = request
    response.reason = ""
    body = io.BytesIO(b"" if request.method == "HEAD" else answer.body)
    response.raw = HTTPResponse(
        body=body, headers=headers, status=answer.status, preload_content=False, request_method=request.method
    )
    return response
