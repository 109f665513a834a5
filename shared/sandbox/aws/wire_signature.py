"""The signature of a request: which key signed it, and whether with the right secret.

Source: "AWS Signature Version 4 signing process"; for presigned S3 URLs also Signature Version 2, which SDKs still make in the
oldest Regions. The arithmetic is botocore's own, run over the request as received.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

from botocore.auth import HmacV1Auth, S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials


class HttpRequest(Protocol):
    """An HTTP request as received: path and query still percent-encoded, header names in lower case."""

    @property
    def method(self) -> str: ...
    @property
    def host(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def query(self) -> str: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def body(self) -> bytes: ...


class MalformedSignature(ValueError):
    """A signature that cannot be read. The argument says what is missing."""


@dataclass(frozen=True, slots=True)
class Credential:
    """Who claims to have signed, for which Region and service (its signing name), when, and until when a presigned URL is good.

    `version` is the signing algorithm as condition key `s3:signatureversion` names it.
    """

    access_key_id: str
    region: str
    service: str
    signed_at: datetime
    signature: str = field(repr=False)
    signed_headers: tuple[str, ...] = ("host",)
    token: str = field(default="", repr=False)
    presigned: bool = False
    expires_at: datetime | None = None
    version: str = "AWS4-HMAC-SHA256"


S3_SIGNERS: Final = frozenset({"s3", "s3-object-lambda", "s3express"})

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_STAMP: Final = "%Y%m%dT%H%M%SZ"
_SCOPE: Final = re.compile(r"(?P<key>[^/]+)/(?P<date>\d{8})/(?P<region>[^/]*)/(?P<service>[^/]+)/aws4_request")
_PARTS: Final = re.compile(r"(Credential|SignedHeaders|Signature)=([^,\s]+)")
_HEX_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


def credential(request: HttpRequest) -> Credential | None:
    """The credential a request was signed with, None for an anonymous request. Raises MalformedSignature."""
    if "authorization" in request.headers:
        return _from_header(request)
    query = query_of(request)
    if "X-Amz-Algorithm" in query:
        return _from_query(query)
    return _from_v2_query(query) if "AWSAccessKeyId" in query else None


def query_of(request: HttpRequest) -> dict[str, str]:
    """The query string, decoded; a plus sign stays one, as S3 takes it."""
    pairs = (pair.partition("=") for pair in request.query.split("&") if pair)
    return {unquote(name): unquote(value) for name, _, value in pairs}


def _from_header(request: HttpRequest) -> Credential:
    algorithm, _, rest = request.headers["authorization"].partition(" ")
    parts = dict(_PARTS.findall(rest))
    if algorithm != _ALGORITHM or len(parts) != 3:  # noqa: PLR2004 - the three parts of the header
        raise MalformedSignature("Authorization header requires 'Credential', 'Signature' and 'SignedHeaders' parameters.")
    stamp = request.headers.get("x-amz-date", "")
    return _scoped(parts, stamp, request.headers.get("x-amz-security-token", ""))


def _from_query(query: Mapping[str, str]) -> Credential:
    parts = {name: query.get(f"X-Amz-{name}", "") for name in ("Credential", "SignedHeaders", "Signature")}
    if query["X-Amz-Algorithm"] != _ALGORITHM or not all(parts.values()):
        raise MalformedSignature("Query-string authentication version 4 requires all of its parameters.")
    seconds = query.get("X-Amz-Expires", "")
    if not seconds.isdecimal():
        raise MalformedSignature("X-Amz-Expires should be a number")
    return _scoped(parts, query.get("X-Amz-Date", ""), query.get("X-Amz-Security-Token", ""), timedelta(seconds=int(seconds)))


def _scoped(parts: Mapping[str, str], stamp: str, token: str, valid: timedelta | None = None) -> Credential:
    scope = _SCOPE.fullmatch(parts["Credential"])
    try:
        signed_at = datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        raise MalformedSignature("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"") from None
    if scope is None or not stamp.startswith(scope["date"]):
        raise MalformedSignature("Credential should be scoped to a valid date, Region and service.")
    return Credential(
        access_key_id=scope["key"],
        region=scope["region"],
        service=scope["service"],
        signed_at=signed_at,
        signature=parts["Signature"],
        signed_headers=tuple(parts["SignedHeaders"].lower().split(";")),
        token=token,
        presigned=valid is not None,
        expires_at=signed_at + valid if valid is not None else None,
    )


def _from_v2_query(query: Mapping[str, str]) -> Credential:
    if not query.get("Signature") or not query.get("Expires", "").isdecimal():
        raise MalformedSignature("Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters")
    # Version 2 names neither Region nor signing time: S3 has no s3:signatureAge for it.
    expires_at = datetime.fromtimestamp(int(query["Expires"]), UTC)
    return Credential(
        access_key_id=query["AWSAccessKeyId"],
        region="us-east-1",
        service="s3",
        signed_at=expires_at,
        signature=query["Signature"],
        token=query.get("x-amz-security-token", ""),
        presigned=True,
        expires_at=expires_at,
        version="AWS",
    )


def signature_matches(request: HttpRequest, secret: str) -> bool:
    """Whether the request was signed with this secret, and its body is the one that was signed.

    S3's declared `UNSIGNED-PAYLOAD` and `STREAMING-…` bodies are taken as declared. Raises MalformedSignature.
    """
    signed = credential(request)
    if signed is None:
        return False
    computed = _v2(request, signed, secret) if signed.version == "AWS" else _v4(request, signed, secret)
    return hmac.compare_digest(computed.encode(), signed.signature.encode()) and _is_declared_body(request)


def _is_declared_body(request: HttpRequest) -> bool:
    declared = request.headers.get("x-amz-content-sha256", "")
    return not _HEX_DIGEST.fullmatch(declared) or hashlib.sha256(request.body).hexdigest() == declared


def _v4(request: HttpRequest, signed: Credential, secret: str) -> str:
    s3 = signed.service in S3_SIGNERS
    if signed.presigned:
        signer: type[SigV4Auth] = S3SigV4QueryAuth if s3 else SigV4QueryAuth
    else:
        signer = S3SigV4Auth if s3 else SigV4Auth
    query = "&".join(pair for pair in request.query.split("&") if not pair.startswith("X-Amz-Signature="))
    received = AWSRequest(
        method=request.method,
        url=f"http://{request.host}{request.path}?{query}",
        headers={name: request.headers.get(name, "") for name in signed.signed_headers} | {"host": request.host},
        data=request.body,
    )
    received.context["timestamp"] = signed.signed_at.strftime(_STAMP)
    auth = signer(Credentials(signed.access_key_id, secret), signed.service, signed.region)
    return str(auth.signature(auth.string_to_sign(received, auth.canonical_request(received)), received))


class _PresignedV2(HmacV1Auth):
    """Version 2 over a presigned URL, whose expiry stands where a header's date would."""

    def __init__(self, credentials: Credentials, expires: str) -> None:
        super().__init__(credentials)
        self._expires = expires

    def _get_date(self) -> str:
        return self._expires


def _v2(request: HttpRequest, signed: Credential, secret: str) -> str:
    query = query_of(request)
    signed_in_query = (pair for pair in query.items() if pair[0].startswith("x-amz-") or pair[0] in {"content-md5", "content-type"})
    headers = HTTPHeaders.from_pairs(signed_in_query)
    auth = _PresignedV2(Credentials(signed.access_key_id, secret), query["Expires"])
    url = urlsplit(f"http://{request.host}{request.path}?{request.query}")
    return str(auth.get_signature(request.method, url, headers))  # type: ignore[arg-type]  # botocore's own header class
