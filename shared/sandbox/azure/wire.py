"""HTTP values at the sandbox's boundary: what came in, what goes out, what a service refuses."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

SOURCE_IP = "x-sandbox-ip"
SOURCE_SUBNET = "x-sandbox-subnet"
SOURCE_ENDPOINT = "x-sandbox-private-endpoint"
SOURCE_IDENTITY = "x-sandbox-managed-identity"
DEFAULT_IP = "198.51.100.7"


@dataclass(frozen=True)
class Request:
    """One HTTP request. `id` and `at` (seconds since 1970) are given when the cloud takes it in.

    Header names are in lower case, those of metadata as spelled.
    Where it comes from stands in headers that only the sandbox's transport writes: an address, the resource id of a subnet or of
    a private endpoint, and of the managed identity that the machine has.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    id: str = ""
    at: float = 0.0

    @cached_property
    def _parts(self) -> SplitResult:
        return urlsplit(self.url)

    @property
    def host(self) -> str:
        return (self._parts.hostname or "").lower()

    @property
    def secure(self) -> bool:
        return self._parts.scheme == "https"

    @property
    def raw_path(self) -> str:
        """The path as sent, percent-encoded."""
        return self._parts.path or "/"

    @cached_property
    def path(self) -> str:
        """The path, decoded."""
        return unquote(self.raw_path)

    @property
    def raw_query(self) -> str:
        return self._parts.query

    @cached_property
    def query(self) -> dict[str, str]:
        """The query string, decoded, names as sent; the last value of a repeated name wins."""
        return dict(parse_qsl(self.raw_query, keep_blank_values=True))

    @property
    def address(self) -> str:
        return self.headers.get(SOURCE_IP, DEFAULT_IP)

    @property
    def subnet(self) -> str:
        return self.headers.get(SOURCE_SUBNET, "")

    @property
    def correlation(self) -> str:
        """What ARM's log and answers call it: whoever calls may say."""
        return self.header("x-ms-correlation-request-id") or self.id

    def header(self, name: str) -> str:
        """The value of a header, or the empty string."""
        return self.headers.get(name.lower(), "")

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; an empty body is an empty one. Raises Problem 400."""
        try:
            value = json.loads(self.body or b"{}")
        except ValueError:
            raise Problem(400, "InvalidRequestContent", "The request content was invalid and could not be deserialized.") from None
        if not isinstance(value, dict):
            raise Problem(400, "InvalidRequestContent", "The request content is not an object.")
        return value


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def of(cls, status: int, value: object = None, **headers: str) -> Self:
        """A JSON answer, or one without a body where there is no value; `x_ms_version` stands for `x-ms-version`."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        if value is None:
            return cls(status, named)
        return cls(status, {"content-type": "application/json; charset=utf-8", **named}, json.dumps(value).encode())

    def plus(self, headers: Mapping[str, str]) -> Self:
        """The same answer with further headers; those it has already win."""
        has = {name.lower() for name in self.headers}
        more = {name: text for name, text in headers.items() if name.lower() not in has}
        return type(self)(self.status, {**self.headers, **more}, self.body)

    def json(self) -> Any:  # noqa: ANN401 - whatever JSON there is
        return json.loads(self.body or b"null")


class Problem(Exception):
    """A service's refusal. Each plane writes it in its own form."""

    def __init__(self, status: int, code: str, message: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {code}: {message or code}")
        self.status = status
        self.code = code
        self.message = message or code
        self.headers = headers or {}

    def answer(self, **more: object) -> Answer:
        """In the form of ARM, Graph, Key Vault and Log Analytics: `{"error": {"code", "message"}}`."""
        content = {"error": {"code": self.code, "message": self.message, **more}}
        return Answer.of(self.status, content).plus(self.headers)
