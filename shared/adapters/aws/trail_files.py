"""The files of a trail's log: `AWSLogs/account/CloudTrail/Region/yyyy/mm/dd/….json.gz`.

Source: CloudTrail user guide, "Finding your CloudTrail log files".

Rules
1. Only the days asked for are listed; a file is filed under the day on which it was delivered.
2. One file is open at a time for each of a few hands; records are handed on one by one. A shelf keeps what was read, compressed.
3. A file that can not be read is an error, and no empty file: nobody may be told that nothing happened.
"""

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched
from threading import Lock
from typing import TYPE_CHECKING, Any

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call, pages
from shared.domain.errors import Refused
from shared.domain.resource import Ref

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

LISTS = frozenset({"s3:ListBucket"})
READS = frozenset({"s3:GetObject"})

HANDS = 8
"""Files read beside one another."""

LATEST = timedelta(hours=1)
"""How long after an event its file may come and still be looked for."""


@dataclass(frozen=True, slots=True)
class Log:
    """Where a trail keeps its files: the bucket, and what stands before `AWSLogs`."""

    bucket: Ref
    prefix: str = ""
    organisation: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Whose events: files are kept apart by account and Region."""

    account: str
    region: str


class Shelf:
    """Files that were read before, compressed as they came, of at most `room` bytes: what a trail has delivered never changes."""

    def __init__(self, room: int = 32 * 1024 * 1024) -> None:
        self._room = room
        self._files: dict[tuple[str, str], bytes] = {}
        self._lock = Lock()

    def body(self, s3: "S3Client", bucket: str, key: str) -> bytes:
        """The file, asked for once as long as there is room. Raises `CloudError`."""
        kept = self._files.get((bucket, key))
        if kept is not None:
            return kept
        body: bytes = call(call(s3.get_object, Bucket=bucket, Key=key)["Body"].read)
        with self._lock:
            if len(body) <= self._room:
                self._room -= len(body)
                self._files[bucket, key] = body
        return body


def records(
    clients: Clients, log: Log, places: Iterable[Place], since: datetime, until: datetime, shelf: Shelf
) -> Iterator[Mapping[str, Any]]:
    """Every record in the files of these places that can hold events of this time, in no order."""
    s3 = clients.s3(log.bucket.account, log.bucket.region)
    keys = [key for place in places for key, at in listed(clients, log, place, since, until) if at >= since]
    with ThreadPoolExecutor(HANDS) as pool:
        for several in batched(keys, HANDS, strict=False):
            for found in pool.map(lambda key: _read(shelf.body(s3, log.bucket.name, key)), several):
                yield from found


def listed(clients: Clients, log: Log, place: Place, since: datetime, until: datetime) -> Iterator[tuple[str, datetime]]:
    """Keys of the log's files of these days, and when each was delivered. They sort by day, so one listing goes through them."""
    s3 = clients.s3(log.bucket.account, log.bucket.region)
    start = f"{log.prefix}/AWSLogs" if log.prefix else "AWSLogs"
    for within in _organisations(s3, log, start) if log.organisation else ("",):
        prefix = f"{start}/{within}{place.account}/CloudTrail/{place.region}/"
        begin, end = f"{prefix}{since:%Y/%m/%d}/", f"{prefix}{until + LATEST:%Y/%m/%d}/~"
        for page in pages(s3.get_paginator("list_objects_v2"), Bucket=log.bucket.name, Prefix=prefix, StartAfter=begin):
            found = [(each["Key"], each["LastModified"]) for each in page.get("Contents", ())]
            yield from (each for each in found if each[0] <= end)
            if found and found[-1][0] > end:
                break


def _organisations(s3: "S3Client", log: Log, start: str) -> Sequence[str]:
    """The trail of an organisation puts its id (`o-…`) before the accounts."""
    answer = call(s3.list_objects_v2, Bucket=log.bucket.name, Prefix=f"{start}/", Delimiter="/")
    folders = (found["Prefix"].removeprefix(f"{start}/") for found in answer.get("CommonPrefixes", ()))
    return [folder for folder in folders if folder.startswith("o-")]


def _read(body: bytes) -> Sequence[Mapping[str, Any]]:
    """The records of one file. Raises `Refused` for one that is no log file."""
    try:
        content: Mapping[str, Any] = json.loads(gzip.decompress(body))
        found: Sequence[Mapping[str, Any]] = content["Records"]
    except (OSError, EOFError, ValueError, KeyError, TypeError, zlib.error):
        raise Refused("a log file can not be read: it is broken, or was tampered with") from None
    return found
