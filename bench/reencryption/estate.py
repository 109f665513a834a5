"""A stand-in for S3 that keeps what it is told: a bucket of many versions, and people who write and delete in it meanwhile.

Every so many requests somebody stores an object, under the new key or (so often, for a writer may still name it) the old one, or
deletes one, or deletes a version for ever. It keeps count of what matters at the end: under which key each version is, and how
often that changed. `GET /counts` tells it as JSON, `GET /left` what is there and what is still under the old key, `GET /moved?N`
the keys and ids of the versions whose key was changed, from the Nth on.
"""

import argparse
import asyncio
import json
import random
from bisect import bisect_left, insort
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote_to_bytes

from stub import ERROR, ETAG, NOTHING, PAGE, WHO, answer, serve

OLD, NEW, OTHER = (f"arn:aws:kms:us-east-1:111122223333:key/{digit * 8}-1111-1111-1111-111111111111" for digit in "123")
MARKER = ""
MODIFIED = "Last-Modified: Wed, 12 Nov 2025 10:00:00 GMT"
UNDER = ("x-amz-server-side-encryption: aws:kms", "x-amz-server-side-encryption-aws-kms-key-id: %s")
MOVED_PAGE = 20_000

LINE = (
    "<Version><Key>%s</Key><VersionId>%s</VersionId><IsLatest>%s</IsLatest><LastModified>2025-11-12T10:00:00.000Z</LastModified>"
    f"<ETag>&quot;{ETAG}&quot;</ETag><Size>1024</Size><StorageClass>STANDARD</StorageClass></Version>"
)
GONE_LINE = (
    "<DeleteMarker><Key>%s</Key><VersionId>%s</VersionId><IsLatest>%s</IsLatest><LastModified>2025-11-12T10:00:00.000Z</LastModified>"
    "</DeleteMarker>"
)
ATTRIBUTES = (
    f"<GetObjectAttributesResponse><ETag>{ETAG}</ETag><StorageClass>STANDARD</StorageClass><ObjectSize>1024</ObjectSize>"
    "</GetObjectAttributesResponse>"
).encode()
OWNED = answer(
    "200 OK", b"<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>"
)
VERSIONED = answer("200 OK", b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
GONE = answer("404 Not Found", (ERROR % "NoSuchVersion").encode())
MARKED = answer("405 Method Not Allowed", (ERROR % "MethodNotAllowed").encode())
DONE = answer("200 OK")


def _looks(under: str) -> bytes:
    said = answer("200 OK", b"", f'ETag: "{ETAG}"', MODIFIED, UNDER[0], UNDER[1] % under)
    return said.replace(b"Content-Length: 0", b"Content-Length: 1024")


LOOKS = {under: _looks(under) for under in (OLD, NEW, OTHER)}


@dataclass(slots=True)
class Held:
    """One version: its id, the key that it is under (none: a delete marker), and how often that was changed."""

    id: str
    under: str
    changed: int = 0


@dataclass(slots=True)
class Canary:
    """The one object in the responder's own bucket."""

    content: bytes = b""
    under: str = ""


@dataclass(slots=True)
class Estate:
    """The bucket `charts` and whoever works in it. `every`: requests for each deed of others; `olds`: writes under the old key."""

    versions: int
    every: int
    olds: int
    recycle: int = 2000
    names: list[str] = field(default_factory=list)
    held: dict[str, list[Held]] = field(default_factory=dict)
    moved: list[tuple[str, str]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    canary: Canary = field(default_factory=Canary)
    order: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311  # the same estate in every run

    def __post_init__(self) -> None:
        made, number = 0, 0
        while made < self.versions:
            name = f"ward-{number * 64 // self.versions:02d}/chart-{number:09d}"
            many = min(self.versions - made, self.order.choice((1, 1, 1, 1, 1, 1, 2, 3)))
            self.names.append(name)
            unders = (OLD, *self.order.choices((OLD, NEW, OTHER, MARKER), (85, 5, 5, 5), k=many - 1))[::-1]
            self.held[name] = [self._fresh(under) for under in unders]
            made, number = made + many, number + 1

    def delay(self) -> float:
        return 0.001

    def reply(self, method: bytes, target: bytes, body: bytes) -> bytes:
        path, _, query = target.partition(b"?")
        if path == b"/counts":
            return answer("200 OK", json.dumps({**self.counts, "moved": len(self.moved)}).encode())
        if path == b"/left":
            return answer("200 OK", json.dumps(self._left()).encode())
        if path == b"/moved":
            lines = self.moved[int(query) : int(query) + MOVED_PAGE]
            return answer("200 OK", json.dumps(lines).encode())
        self.counts["requests"] += 1
        if self.every and self.counts["requests"] % self.every == 0:
            self._somebody()
        if method == b"POST":
            return WHO
        if path.startswith(b"/responder/"):
            return self._of_canary(method, query, body)
        name = unquote_to_bytes(path).decode().removeprefix("/charts").removeprefix("/")
        asked = dict(part.partition(b"=")[::2] for part in query.split(b"&"))
        return self._of_object(method, name, asked, body) if name else self._of_bucket(asked)

    def _of_object(self, method: bytes, name: str, asked: dict[bytes, bytes], body: bytes) -> bytes:
        ident = asked.get(b"versionId", b"").decode()
        found = next((each for each in self.held.get(name, ()) if each.id == ident), None)
        if method == b"PUT" and b"encryption" not in asked:
            self.counts["written over"] += 1
            return DONE
        if found is None:
            return GONE
        if not found.under:
            return MARKED
        if method == b"PUT":
            return self._updated(name, found, body.partition(b"<KMSKeyArn>")[2].partition(b"<")[0].decode())
        if b"attributes" in asked:
            return answer("200 OK", ATTRIBUTES, MODIFIED)
        return LOOKS[found.under]

    def _updated(self, name: str, found: Held, under: str) -> bytes:
        if found.under == under:
            self.counts["again, without effect"] += 1
            return DONE
        self.counts["not from the old key"] += found.under != OLD
        self.counts["twice"] += bool(found.changed)
        found.under, found.changed = under, found.changed + 1
        self.moved.append((name, found.id))
        return DONE

    def _of_canary(self, method: bytes, query: bytes, body: bytes) -> bytes:
        if method == b"PUT" and b"encryption" in query:
            self.canary.under = NEW
        elif method == b"PUT":
            self.canary = Canary(body)
            return answer("200 OK", b"", "x-amz-version-id: canary")
        said = (f'ETag: "{ETAG}"', MODIFIED, *((UNDER[0], UNDER[1] % NEW) if self.canary.under else ()))
        whole = answer("200 OK", self.canary.content, *said)
        return whole if method == b"GET" else DONE if method == b"PUT" else whole.removesuffix(self.canary.content)

    def _of_bucket(self, asked: dict[bytes, bytes]) -> bytes:
        if b"versions" not in asked:
            return VERSIONED if b"versioning" in asked else OWNED if b"ownershipControls" in asked else NOTHING
        after = unquote_to_bytes(asked.get(b"key-marker", b"")).decode()
        at, lines = bisect_left(self.names, f"{after}\0") if after else 0, list[str]()
        while at < len(self.names) and len(lines) < PAGE - 10:
            name = self.names[at]
            for number, each in enumerate(self.held[name]):
                form = LINE if each.under else GONE_LINE
                lines.append(form % (name, each.id, "true" if number == 0 else "false"))
            at += 1
        more = at < len(self.names)
        after = f"<NextKeyMarker>{self.names[at - 1]}</NextKeyMarker><NextVersionIdMarker/>" if more else ""
        head = f"<Name>charts</Name>{after}<IsTruncated>{str(more).lower()}</IsTruncated>"
        return answer("200 OK", f"<ListVersionsResult>{head}{''.join(lines)}</ListVersionsResult>".encode())

    def _somebody(self) -> None:
        """What somebody else does now."""
        deed = self.order.choice(("store", "store", "delete", "delete for ever"))
        name = self.order.choice(self.names)
        if deed == "delete for ever" and self.held[name]:
            self.held[name].pop(self.order.randrange(len(self.held[name])))
        elif deed != "store":
            self.held[name].insert(0, self._fresh(MARKER))
        else:
            old = self.counts["stored under the old key"] < self.olds and self.order.random() < 0.5  # noqa: PLR2004  # as often as not
            self.counts["stored under the old key" if old else "stored under the new key"] += 1
            self._store(name, OLD if old else NEW)
        self.counts[deed] += 1

    def _store(self, name: str, under: str) -> None:
        name = name if self.order.random() < 0.5 else f"{name}-{self.counts['requests']}"  # noqa: PLR2004  # half of them new ones
        if name not in self.held:
            insort(self.names, name)
        self.held.setdefault(name, []).insert(0, self._fresh(under))

    def _fresh(self, under: str) -> Held:
        self.counts["made"] += 1
        return Held(f"{self.order.getrandbits(64):016x}{self.counts['made']:x}", under)

    def _left(self) -> dict[str, int]:
        """Versions that are there, and those still under the old key."""
        unders = Counter(each.under for held in self.held.values() for each in held)
        return {"present": unders.total(), "left": unders[OLD]}


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pem", type=Path, required=True)
    parser.add_argument("--versions", type=int, required=True)
    parser.add_argument("--every", type=int, default=50)
    parser.add_argument("--olds", type=int, default=0)
    options = parser.parse_args()
    asyncio.run(serve(Estate(options.versions, options.every, options.olds), options.pem))


if __name__ == "__main__":
    main()
