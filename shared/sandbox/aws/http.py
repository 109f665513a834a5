"""HTTP values at the sandbox's boundary: what came in, what goes out."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import parse_qsl, unquote_to_bytes

from moto.core.request import PRESERVED_HEADER_NAMES_ENVIRON_KEY, environ_key_for_header, should_preserve_original_header_name

_HOP_BY_HOP = frozenset({"connection", "expect", "transfer-encoding"})


@dataclass(frozen=True, slots=True)
class Incoming:
    """One HTTP request as received: `path` and `query` still percent-encoded, header names in lower case."""

    method: str
    host: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    secure: bool = True
    address: str = "127.0.0.1"

    @property
    def parameters(self) -> dict[str, str]:
        """The query string, decoded; the last value of a repeated name wins."""
        return dict(parse_qsl(self.query, keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer. Header names keep their spelling, and are looked up in any case."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def header(self, name: str) -> str:
        """The value of a header, or the empty string."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def with_headers(self, **named: str) -> Self:
        """The same answer with headers set; `x_amz_request_id` stands for `x-amz-request-id`."""
        new = {name.replace("_", "-"): value for name, value in named.items()}
        kept = tuple((key, value) for key, value in self.headers if key.lower() not in new)
        return replace(self, headers=kept + tuple(new.items()))

    @property
    def ok(self) -> bool:
        return self.status < 400  # noqa: PLR2004 - HTTP: 4xx and 5xx are refusals


def environ_for(incoming: Incoming, *, account: str, credential: str) -> dict[str, Any]:
    """A WSGI environment (PEP 3333) for the emulator: the same request, settled to one account and an always-present signature.

    The emulator takes account and Region from these two headers; who may call was decided before.
    """
    own = {
        "authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0",
        "content-length": str(len(incoming.body)),
        "x-moto-account-id": account,
    }
    headers = {name: value for name, value in incoming.headers.items() if name not in _HOP_BY_HOP} | own
    host, _, port = incoming.host.partition(":")
    return {
        "REQUEST_METHOD": incoming.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(incoming.path).decode("latin-1"),
        "QUERY_STRING": incoming.query,
        "RAW_URI": incoming.path + (f"?{incoming.query}" if incoming.query else ""),
        "SERVER_NAME": host,
        "SERVER_PORT": port or "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": incoming.address,
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(incoming.body),
        PRESERVED_HEADER_NAMES_ENVIRON_KEY: {
            environ_key_for_header(n): n for n in headers if should_preserve_original_header_name(n)
        },
        **{environ_key_for_header(name): value for name, value in headers.items()},
    }
