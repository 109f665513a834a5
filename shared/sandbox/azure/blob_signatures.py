"""What is signed in a Shared Key request and in a shared access signature, as the service puts it together.

Source: "Authorize with Shared Key", "Create a service SAS", "Create an account SAS", "Create a user delegation SAS". Each version
of the service added fields; what is signed follows the version that the signature names.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote

from shared.sandbox.azure.wire import Request

STANDARD = (
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-type",
    "date",
    "if-modified-since",
    "if-match",
    "if-none-match",
    "if-unmodified-since",
    "range",
)
OVERRIDES = ("rscc", "rscd", "rsce", "rscl", "rsct")
DELEGATION = ("skoid", "sktid", "skt", "ske", "sks", "skv")
SCOPED = "2020-12-06"
"""from here on the encryption scope is signed"""
USER_BOUND = "2025-07-05"
"""from here on a user-delegation signature may be bound to one user"""
REQUEST_BOUND = "2026-04-06"
"""from here on it may be bound to headers and query parameters"""


def mac(secret: bytes, text: str) -> str:
    """HMAC-SHA256 as base64."""
    return base64.b64encode(hmac.new(secret, text.encode(), hashlib.sha256).digest()).decode()


def same(one: str, other: str) -> bool:
    """Whether two signatures are the same, in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())


def shared_key_text(request: Request, account: str) -> str:
    """The string to sign of a Shared Key request."""
    lines = [request.method]
    for name in STANDARD:
        value = request.header(name)
        lines.append("" if name == "content-length" and value == "0" else value)
    named = ((name.lower(), value) for name, value in request.headers.items())
    own = sorted((name.replace("-", "").replace("_", " "), name, value) for name, value in named if name.startswith("x-ms-"))
    lines += [f"{name}:{value}" for _, name, value in own]
    lines.append(f"/{account}{request.raw_path}")
    return "\n".join([*lines, *_canonical_query(request)])


def _canonical_query(request: Request) -> list[str]:
    named: dict[str, list[str]] = {}
    for part in request.raw_query.split("&") if request.raw_query else ():
        name, _, value = part.partition("=")
        named.setdefault(unquote(name).lower(), []).append(unquote(value))
    return [f"{name}:{','.join(sorted(values))}" for name, values in sorted(named.items())]


def query_of(request: Request) -> dict[str, str]:
    """The query as a signature is spread over it."""
    return dict(parse_qsl(request.raw_query, keep_blank_values=True))


def account_text(query: Mapping[str, str], account: str) -> str:
    """The string to sign of an account SAS; it ends with a newline."""
    fields = ["sp", "ss", "srt", "st", "se", "sip", "spr", "sv"]
    if query.get("sv", "") >= SCOPED:
        fields.append("ses")
    return "\n".join([account, *(query.get(name, "") for name in fields), ""])


def service_text(query: Mapping[str, str], resource: str) -> str:
    """The string to sign of a service SAS. `resource` is `/blob/ACCOUNT/CONTAINER[/BLOB]`."""
    lines = [query.get(name, "") for name in ("sp", "st", "se")]
    lines += [resource, query.get("si", ""), *_place(query)]
    return "\n".join(lines + [query.get(name, "") for name in OVERRIDES])


def delegation_text(query: Mapping[str, str], resource: str, request: Request) -> str:
    """The string to sign of a user-delegation SAS: the key's own fields are signed too."""
    version = query.get("sv", "")
    lines = [query.get(name, "") for name in ("sp", "st", "se")]
    lines += [resource, *(query.get(name, "") for name in (*DELEGATION, "saoid", "suoid", "scid"))]
    if version >= USER_BOUND:
        lines += [query.get("skdutid", ""), query.get("sduoid", "")]
    lines += _place(query)
    if version >= REQUEST_BOUND:
        lines += [*_bound(query, request)]
    return "\n".join(lines + [query.get(name, "") for name in OVERRIDES])


def _place(query: Mapping[str, str]) -> list[str]:
    lines = [query.get(name, "") for name in ("sip", "spr", "sv", "sr")]
    lines.append(
        query.get("snapshot", "") if query.get("sr") == "bs" else query.get("versionid", "") if query.get("sr") == "bv" else ""
    )
    return lines + ([query.get("ses", "")] if query.get("sv", "") >= SCOPED else [])


def _bound(query: Mapping[str, str], request: Request) -> tuple[str, str]:
    headers = [name for name in query.get("srh", "").split(",") if name]
    params = [name for name in query.get("srq", "").split(",") if name]
    named = "".join(f"{name}:{request.header(name)}\n" for name in headers)
    return named, "".join(f"\n{name}:{query.get(name, '')}" for name in params)
