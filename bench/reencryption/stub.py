"""A stand-in for S3 that costs little: a process of its own that speaks TLS and answers what a migration asks, with S3's hardships.

It answers PUT (CopyObject and UpdateObjectEncryption), HEAD and ListObjectVersions from fixed bytes, each after a latency with some
jitter. A token bucket for each prefix says 503 SlowDown above its rate; connections are closed after so many answers; now and then
an answer is a 500, or an error within a 200. It keeps no object: what it counts is printed as JSON for whoever asks `GET /counts`,
writes taken and refused by second `GET /seconds`.
"""

import argparse
import asyncio
import json
import random
import ssl
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Protocol

from tests.self_signed import certificate

ETAG = "fba9dede5f27731c9771645a39863328"
COPIED = f'<?xml version="1.0"?><CopyObjectResult><ETag>&quot;{ETAG}&quot;</ETag></CopyObjectResult>'.encode()
PAGE = 1000
ERROR = "<?xml version='1.0'?><Error><Code>%s</Code></Error>"
LINE = (
    "<Version><Key>data/obj-%09d</Key><VersionId>3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY</VersionId><IsLatest>true</IsLatest>"
    f"<LastModified>2025-11-12T10:00:00.000Z</LastModified><ETag>&quot;{ETAG}&quot;</ETag><Size>1024</Size>"
    "<Owner><ID>75aa57f09aa0c8caeab4f8c24e99d10f8e7faeeb</ID></Owner><StorageClass>STANDARD</StorageClass></Version>"
)


def answer(status: str, body: bytes = b"", *headers: str) -> bytes:
    """The bytes of an answer."""
    said = "".join(f"{line}\r\n" for line in (f"Content-Length: {len(body)}", "x-amz-request-id: 4442587FB7D0A2F9", *headers))
    return f"HTTP/1.1 {status}\r\n{said}\r\n".encode() + body


@dataclass(slots=True)
class Bucket:
    """Tokens of one prefix, filled at a rate."""

    rate: float
    tokens: float = 0.0
    at: float = field(default_factory=perf_counter)

    def take(self) -> bool:
        now = perf_counter()
        self.tokens = min(self.rate * 0.1 + 1, self.tokens + (now - self.at) * self.rate)
        self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


OK = answer("200 OK", COPIED)
HEAD = answer("200 OK", b"", f'ETag: "{ETAG}"', "Last-Modified: Wed, 12 Nov 2025 10:00:00 GMT").replace(
    b"Content-Length: 0", b"Content-Length: 1024"
)
ACL = answer("200 OK", b"<AccessControlPolicy><Owner><ID>1</ID></Owner></AccessControlPolicy>")
NAMED = (
    "<Contents><Key>data/obj-%09d</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
    f"<ETag>&quot;{ETAG}&quot;</ETag><Size>1024</Size><StorageClass>STANDARD</StorageClass></Contents>"
)
FOLDER = (
    b"<ListBucketResult><IsTruncated>false</IsTruncated><CommonPrefixes><Prefix>data/</Prefix></CommonPrefixes></ListBucketResult>"
)
BUCKETS = (
    b"<ListAllMyBucketsResult><Buckets><Bucket><Name>bench</Name><CreationDate>2026-01-01T00:00:00.000Z</CreationDate></Bucket>"
    b"</Buckets></ListAllMyBucketsResult>"
)
WHO = answer(
    "200 OK",
    b"<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/bench</Arn><UserId>AIDAEXAMPLE</UserId>"
    b"<Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>",
)
NOTHING = answer("200 OK", b"<Configuration/>")
"""What a bucket says of everything that it has none of."""

SLOW = answer("503 Slow Down", (ERROR % "SlowDown").encode())
BROKEN = answer("500 Internal Server Error", (ERROR % "InternalError").encode())
LATE = answer("200 OK", (ERROR % "InternalError").encode())


class Stub:
    """What is counted and what hardships there are. `cap` is writes a second and prefix, 0 for no limit."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.latency, self.jitter, self.recycle = options.latency, options.jitter, options.recycle
        self.errors, self.keys = options.errors, options.keys
        self.counts: Counter[str] = Counter()
        self.taken: Counter[int] = Counter()
        self.refused: Counter[int] = Counter()
        self.distinct: set[bytes] = set()
        self._buckets: dict[bytes, Bucket] = defaultdict(lambda: Bucket(options.cap))
        self._cap = options.cap
        self._order = random.Random(7)  # noqa: S311  # hardships, the same in every run

    def delay(self) -> float:
        return float(self.latency + self._order.random() * self.jitter)

    def reply(self, method: bytes, target: bytes, _: bytes) -> bytes:
        path, _sep, query = target.partition(b"?")
        if method == b"PUT":
            return self._written(path)
        if method == b"HEAD":
            self.counts["heads"] += 1
            return HEAD
        if method == b"POST":
            return WHO
        if path == b"/seconds":
            both = [(second, self.taken[second], self.refused[second]) for second in sorted({*self.taken, *self.refused})]
            return answer("200 OK", json.dumps(both).encode())
        if path != b"/counts":
            return answer("200 OK", BUCKETS) if path == b"/" else self._of_bucket(query)
        return answer("200 OK", json.dumps({**self.counts, "distinct": len(self.distinct)}).encode())

    def _written(self, path: bytes) -> bytes:
        self.counts["writes"] += 1
        if self._cap and not self._buckets[path.rsplit(b"/", 1)[0]].take():
            self.counts["slow"] += 1
            self.refused[int(perf_counter())] += 1
            return SLOW
        if self.errors and self._order.random() < self.errors:
            self.counts["broken"] += 1
            return self._order.choice((BROKEN, LATE))
        self.distinct.add(path)
        self.taken[int(perf_counter())] += 1
        return OK

    def _of_bucket(self, query: bytes) -> bytes:
        """A listing of names, in either version of that call; or something else that a bucket is asked for."""
        if b"acl" in query:
            return ACL
        if b"versions" in query:
            return answer("200 OK", self._listed(query))
        asked = dict(part.partition(b"=")[::2] for part in query.split(b"&") if part)
        if not asked.keys() <= {
            b"list-type",
            b"prefix",
            b"max-keys",
            b"delimiter",
            b"encoding-type",
            b"continuation-token",
            b"marker",
        }:
            return NOTHING
        if asked.get(b"delimiter") and not asked.get(b"prefix"):
            return answer("200 OK", FOLDER)
        at = asked.get(b"continuation-token") or asked.get(b"marker") or b""
        start = int(at.rsplit(b"-", 1)[-1]) + 1 if at else 0
        numbers = range(start, min(self.keys, start + PAGE))
        more = bool(numbers) and numbers[-1] < self.keys - 1
        after = (
            f"<NextContinuationToken>t-{numbers[-1]}</NextContinuationToken><NextMarker>t-{numbers[-1]}</NextMarker>"
            if more
            else ""
        )
        head = f"<Name>bench</Name>{after}<KeyCount>{len(numbers)}</KeyCount><IsTruncated>{str(more).lower()}</IsTruncated>"
        return answer("200 OK", f"<ListBucketResult>{head}{''.join(NAMED % n for n in numbers)}</ListBucketResult>".encode())

    def _listed(self, query: bytes) -> bytes:
        at = next((part[11:] for part in query.split(b"&") if part.startswith(b"key-marker=")), b"")
        start = int(at.rsplit(b"-", 1)[-1]) + 1 if at else 0
        numbers = range(start, min(self.keys, start + PAGE))
        more = bool(numbers) and numbers[-1] < self.keys - 1
        after = (
            f"<NextKeyMarker>data/obj-{numbers[-1]:09d}</NextKeyMarker><NextVersionIdMarker>v</NextVersionIdMarker>" if more else ""
        )
        head = f"<Name>b</Name>{after}<EncodingType>url</EncodingType><IsTruncated>{str(more).lower()}</IsTruncated>"
        return f"<ListVersionsResult>{head}{''.join(LINE % n for n in numbers)}</ListVersionsResult>".encode()


class Server(Protocol):
    """Whoever answers requests."""

    recycle: int

    def delay(self) -> float:
        """Seconds before an answer."""
        ...

    def reply(self, method: bytes, target: bytes, body: bytes) -> bytes:
        """The bytes of an answer."""
        ...


class Line(asyncio.Protocol):
    """One connection: requests one after another, each answered after its latency."""

    def __init__(self, stub: "Server") -> None:
        self._stub, self._held, self._answered = stub, b"", 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._held += data
        while (end := self._held.find(b"\r\n\r\n")) >= 0:
            head = self._held[:end]
            at = head.lower().find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if b"100-continue" in head.lower() and len(self._held) == end + 4:
                self._write(b"HTTP/1.1 100 Continue\r\n\r\n")
            if len(self._held) < end + 4 + length:
                return
            body = self._held[end + 4 : end + 4 + length]
            self._held = self._held[end + 4 + length :]
            method, target, _ = head.split(b" ", 2)
            said = self._stub.reply(method, target, body)
            asyncio.get_running_loop().call_later(self._stub.delay(), self._say, said)

    def _say(self, said: bytes) -> None:
        self._answered += 1
        if self._stub.recycle and self._answered >= self._stub.recycle:
            said = said.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
        self._write(said)
        if b"Connection: close" in said[:60]:
            self._transport.close()

    def _write(self, said: bytes) -> None:
        if isinstance(self._transport, asyncio.WriteTransport) and not self._transport.is_closing():
            self._transport.write(said)


async def serve(stub: Server, pem: Path, *, plain: bool = False) -> None:
    """Serve until standard input ends; the port is the first line of standard output."""
    certificate(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server = await asyncio.get_running_loop().create_server(
        lambda: Line(stub), "127.0.0.1", 0, ssl=None if plain else context, backlog=1024
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pem", type=Path, required=True)
    parser.add_argument("--latency", type=float, default=0.030)
    parser.add_argument("--jitter", type=float, default=0.010)
    parser.add_argument("--recycle", type=int, default=2000)
    parser.add_argument("--errors", type=float, default=0.0)
    parser.add_argument("--cap", type=float, default=0.0)
    parser.add_argument("--keys", type=int, default=5000)
    parser.add_argument("--plain", action="store_true")
    options = parser.parse_args()
    asyncio.run(serve(Stub(options), options.pem, plain=options.plain))


if __name__ == "__main__":
    main()
