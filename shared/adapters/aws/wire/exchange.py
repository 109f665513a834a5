"""One request and its answer, as values; what an answer means is read here, how it travels is not known."""

import re
from collections.abc import Generator
from typing import NamedTuple

from shared.adapters.aws.errors import refusal
from shared.adapters.aws.wire.signing import Form
from shared.domain.errors import CloudError, Unreachable

OK, ACCEPTED = 200, 206
FORBIDDEN, BAD_REQUEST, SERVER_ERROR = 403, 400, 500

REQUEST_ID = b"x-amz-request-id:"
META = "x-amz-meta-"

_CODE = re.compile(rb"<Code>([^<]*)</Code>")
_ERROR = re.compile(rb"<Error\b")


class Request(NamedTuple):
    """One request: `path` is the key as it stands in a path, `query` canonical, `sent` as it goes out.

    `values` are those of the names that vary in the form, in their order.
    """

    form: Form
    operation: str
    path: str = ""
    query: str = ""
    sent: str = ""
    values: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """What is called, and of nothing that could be health data."""
        return f"Request({self.operation})"


class Reply(NamedTuple):
    """An answer: header lines as received, the status line first, and the body."""

    status: int
    lines: tuple[bytes, ...]
    body: bytes

    def __repr__(self) -> str:
        """Nothing that could be health data."""
        return f"Reply({self.status})"

    @property
    def headers(self) -> dict[str, str]:
        """Headers by name in lower case, but metadata as it was written; a repeated one is joined (RFC 9110, 5.3)."""
        read: dict[str, str] = {}
        for line in self.lines:
            if line.startswith(b"HTTP/"):
                read.clear()
                continue
            name, colon, value = line.decode("latin-1").partition(":")
            if colon:
                key, text = name.lower(), value.strip()
                key = key if not key.startswith(META) else META + name[len(META) :]
                read[key] = f"{read[key]}, {text}" if key in read else text
        return read

    @property
    def request_id(self) -> str:
        for line in self.lines:
            if line[: len(REQUEST_ID)].lower() == REQUEST_ID:
                return line[len(REQUEST_ID) :].strip().decode("latin-1")
        return ""

    @property
    def code(self) -> str:
        """The service's code of a refusal; the status where there is no body to tell (HEAD)."""
        found = _CODE.search(self.body)
        return found[1].decode() if found else str(self.status)

    @property
    def failed(self) -> bool:
        """Whether this is a refusal: S3 can begin an answer with 200 and end it with an error (API reference, CopyObject)."""
        return self.status not in (OK, ACCEPTED) or bool(_ERROR.search(self.body[:1000]))


type Exchange[R] = Generator[Request, Reply, R]
"""Requests that belong together: yields one after another, is sent the answers, returns what they come to. Raises `CloudError`."""


def refused(request: Request, reply: Reply) -> CloudError:
    """What a failed answer is in the domain's words; nothing of its sentence is kept, for that repeats keys."""
    status = SERVER_ERROR if reply.status in (OK, ACCEPTED) else reply.status
    return refusal(request.operation, reply.code, status, reply.request_id)


def accepted(request: Request, reply: Reply, end: bytes = b"") -> Reply:
    """The answer, if it is one. Raises `CloudError`; `Unreachable` where its body does not come to this end."""
    if reply.failed:
        raise refused(request, reply)
    if end and not reply.body.rstrip().endswith(end):
        raise Unreachable(f"{request.operation}: the answer has no end", "IncompleteBody", reply.request_id)
    return reply
