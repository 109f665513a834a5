"""AWS Signature Version 4 for S3, by headers: what does not change from one request to the next is joined once.

Source: S3 API reference, "Signature Calculations for the Authorization Header". S3 takes a path as it is: it is percent-encoded by
byte, once, and never normalised, so that `//`, `.` and `..` within a key stay what they are.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

ALGORITHM = "AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"
EMPTY = hashlib.sha256(b"").hexdigest()
"""The payload hash of a request without a body."""

_PLAIN = re.compile(r"[A-Za-z0-9_.~/-]*").fullmatch
_UNRESERVED = re.compile(r"[A-Za-z0-9_.~-]*").fullmatch


def in_path(key: str) -> str:
    """An object key as it stands in a path: its UTF-8 bytes, all but the unreserved (RFC 3986) and `/` percent-encoded."""
    return key if _PLAIN(key) else quote(key, safe="/~")


def in_query(value: str) -> str:
    """A value as it stands in a query string: `/` is encoded too."""
    return value if _UNRESERVED(value) else quote(value, safe="~")


@dataclass(frozen=True, slots=True)
class Credentials:
    """An access key; `token` is empty for one that lasts."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Form:
    """One kind of request: what all of that kind have in common.

    `headers` have the same value in each (names in lower case), `varying` are the names of those that have not.
    `query` is the fixed part of a query string in canonical form (`encryption=`), sorted before what is added.
    """

    method: str
    headers: Mapping[str, str] = field(default_factory=dict)
    varying: tuple[str, ...] = ()
    query: str = ""
    body: bytes = field(default=b"", repr=False)

    @property
    def payload(self) -> str:
        """SHA-256 of the body, in hexadecimal."""
        return hashlib.sha256(self.body).hexdigest() if self.body else EMPTY


@dataclass(frozen=True, slots=True)
class Stamp:
    """One moment of signing: the header `x-amz-date`, the credential scope, and the signing key of that day."""

    date: str
    scope: str
    key: bytes = field(repr=False)
    credentials: Credentials


class Signer:
    """Signs for one Region with whatever credentials are in force. `now` is the service's time, as far as we know it."""

    def __init__(self, credentials: Callable[[], Credentials], region: str, now: Callable[[], datetime]) -> None:
        self.region = region
        self.ahead = timedelta()
        """how far the service's clock is ahead of ours"""
        self._credentials, self._now = credentials, now
        self._key: tuple[tuple[str, str, str], bytes] | None = None
        self._stamp: Stamp | None = None
        self._from = self._until = datetime.max.replace(tzinfo=UTC)

    def stamp(self) -> Stamp:
        """The stamp of this second; the same object until the second is over or something was learned."""
        moment = self._now()
        if self._stamp is None or not self._from <= moment < self._until:
            self._from = moment.replace(microsecond=0)
            self._until = self._from + timedelta(seconds=1)
            self._stamp = self._made(moment + self.ahead)
        return self._stamp

    def learn(self, *, region: str = "", ahead: timedelta | None = None) -> None:
        """Sign otherwise from now on: in another Region, by another clock, or, with neither, with what the credentials are now."""
        self._stamp = None
        self.region = region or self.region
        self.ahead = self.ahead if ahead is None else ahead

    def _made(self, moment: datetime) -> Stamp:
        at = moment.astimezone(UTC)
        date, day = at.strftime("%Y%m%dT%H%M%SZ"), at.strftime("%Y%m%d")
        credentials = self._credentials()
        scope = f"{day}/{self.region}/s3/{TERMINATOR}"
        return Stamp(date, scope, self._signing_key(credentials, day), credentials)

    def _signing_key(self, credentials: Credentials, day: str) -> bytes:
        made_of = (credentials.secret_key, day, self.region)
        if self._key is None or self._key[0] != made_of:
            self._key = (made_of, signing_key(*made_of))
        return self._key[1]


def signing_key(secret_key: str, day: str, region: str) -> bytes:
    """The key of one day, Region and service, derived in four steps."""
    key = f"AWS4{secret_key}".encode()
    for step in (day, region, "s3", TERMINATOR):
        key = hmac.digest(key, step.encode(), "sha256")
    return key


class Template:
    """Requests of one form to one host under one stamp: for each, a path, the varying values, one hash and one HMAC are left."""

    def __init__(self, form: Form, host: str, stamp: Stamp) -> None:
        self.stamp = stamp
        fixed = {**form.headers, "x-amz-content-sha256": form.payload, "x-amz-date": stamp.date}
        if stamp.credentials.token:
            fixed["x-amz-security-token"] = stamp.credentials.token
        self._canonical, signed = _canonical(form, {**fixed, "host": host})
        self._to_sign = hmac.new(stamp.key, f"{ALGORITHM}\n{stamp.date}\n{stamp.scope}\n".encode(), "sha256")
        credential = f"{stamp.credentials.access_key}/{stamp.scope}"
        self._authorization = f"Authorization: {ALGORITHM} Credential={credential}, SignedHeaders={signed}, Signature="
        self._fixed = [f"{name}: {value}" for name, value in fixed.items()]
        self._names = [f"{name}: " for name in sorted(form.varying)]

    def signature(self, path: str, query: str = "", values: Sequence[str] = ()) -> str:
        """The signature of one request, in hexadecimal; `path` and `query` as they are sent, `values` in order of their names."""
        canonical = (self._canonical % (path, query, *values)).encode()
        signed = self._to_sign.copy()
        signed.update(hashlib.sha256(canonical).hexdigest().encode())
        return signed.hexdigest()

    def headers(self, path: str, query: str = "", values: Sequence[str] = ()) -> list[str]:
        """Every header of one request but `Host`, as lines; parameters as `signature`."""
        said = [name + value for name, value in zip(self._names, values, strict=True)]
        return [*self._fixed, *said, self._authorization + self.signature(path, query, values)]


def _canonical(form: Form, fixed: Mapping[str, str]) -> tuple[str, str]:
    """The canonical request with a gap for path, query and each varying value; and the names of the signed headers."""
    lines = {name: _spaced(value).replace("%", "%%") for name, value in fixed.items()} | dict.fromkeys(form.varying, "%s")
    signed = ";".join(sorted(lines))
    headers = "".join(f"{name}:{lines[name]}\n" for name in sorted(lines))
    return f"{form.method}\n%s\n%s\n{headers}\n{signed}\n{form.payload}", signed


def _spaced(value: str) -> str:
    """A header's value as it is signed: without white space around it, and runs of it as one space."""
    return " ".join(value.split())
