"""Server access logs of stores: a second record of requests, where no trail took them in.

Source: S3 user guide, "Logging requests with server access logging". S3 delivers them as well as it can: late by hours, and
without a promise that every request is there.

Rules
1. They are read where the rights to the files of trails reach: below `AWSLogs/`. Anywhere else they lie among somebody's data.
2. Whether, and since when, they are written is known from the bucket and from what was done to it.
3. A line that can not be read is an error, and no line that is not there.
"""

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call, pages
from shared.adapters.aws.lookup import EventHistory
from shared.adapters.aws.trail_files import HANDS, Shelf
from shared.adapters.aws.watching import NOT_YET, Turn, blind
from shared.domain.errors import Refused
from shared.domain.exposure import Blind
from shared.domain.resource import Ref
from shared.intake import access_log
from shared.intake.record import Record
from shared.intake.tolerant import folded, text, within
from shared.ports import Request

ACTIONS = frozenset({"s3:GetBucketLogging"})

SWITCHING = "PutBucketLogging"
OFF = "its access log was switched off"
OUT_OF_REACH = "its access log lies where the responder may not read: let it be written below `AWSLogs/`"

PAGES = 2
"""Pages of switchings of all buckets of an account and Region: there are few."""

ROUNDED = timedelta(seconds=1)
"""A line's time has whole seconds."""

NAME = re.compile(r"(?:\d{12}/[a-z0-9-]+/[^/]+/\d{4}/\d\d/\d\d/)?\d{4}(?:-\d\d){5}-[0-9A-Za-z]+")
"""Behind the prefix: date, time and a unique string; before them, in the partitioned form, account, Region, bucket and day."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a store's log lies, in the store's own account and Region; `partitioned`: filed by source and day."""

    bucket: str
    prefix: str
    partitioned: bool


class AccessLogs:
    """The logs of stores in the accounts that `clients` can enter. Raises `CloudError` as any call does."""

    def __init__(self, clients: Clients, history: EventHistory, shelf: Shelf) -> None:
        self._clients = clients
        self._history = history
        self._shelf = shelf

    def watched(self, store: Ref, since: datetime, until: datetime) -> tuple[Blind, ...] | None:
        """The times within this span of which the log says nothing; None where there is no log of the store.

        `OUT_OF_REACH`, of the whole span, where there is one and it can not be read.
        """
        current = self._current(store)
        switched = self._switched(store, since)
        place = self._place(current, switched)
        if place is None:
            return None
        turned = [Turn(at, on=where is not None) for at, where in switched]
        off = blind(turned, (since, until), OFF, now=current is not None)
        try:
            newest = max((at for _, at in self._files(store, place, since)), default=since)
        except Refused:
            return (Blind(since=since, until=until, why=OUT_OF_REACH),)
        late = [Blind(since=max(newest, since), until=until, why=NOT_YET)] if newest < until else []
        return _joined([*off, *late])

    def requests(self, store: Ref, times: Sequence[Blind]) -> Iterator[Request]:
        """What the log says of this store in the times when no trail did. One out of reach says nothing; `watched` tells that."""
        since = times[0].since
        place = self._place(self._current(store), self._switched(store, since))
        if place is None:
            return
        try:
            keys = [key for key, at in self._files(store, place, since) if at >= since]
        except Refused:
            return
        s3 = self._clients.s3(store.account, store.region)
        with ThreadPoolExecutor(HANDS) as pool:
            for several in batched(keys, HANDS, strict=False):
                for body in pool.map(lambda key: self._shelf.body(s3, place.bucket, key), several):
                    found = (_read(line, store) for line in body.decode(errors="replace").split("\n") if line)
                    yield from (each for each in found if each and _in(each.act.at, times))

    def _current(self, store: Ref) -> Destination | None:
        answer = call(self._clients.s3(store.account, store.region).get_bucket_logging, Bucket=store.name)
        return _destination(answer.get("LoggingEnabled"))

    def _switched(self, store: Ref, since: datetime) -> list[tuple[datetime, Destination | None]]:
        """When the store's log was switched on, and to where, or off; oldest first."""
        place = (store.account, store.region)
        events = self._history.events(place, "EventName", SWITCHING, start=since, pages=PAGES)
        records = [Record.model_validate(event) for event in events]
        mine = [r for r in reversed(records) if r.event_time and not r.failed and _about(r, store)]
        found = [(r.event_time, _told(r)) for r in mine if r.event_time]
        return sorted(found, key=lambda each: each[0])

    def _place(self, current: Destination | None, switched: list[tuple[datetime, Destination | None]]) -> Destination | None:
        """Where the log lies; where it was switched off, where it lay last."""
        return current or next((where for _, where in reversed(switched) if where), None)

    def _files(self, store: Ref, place: Destination, since: datetime) -> Iterator[tuple[str, datetime]]:
        """Keys of the log's files since that day, and when each was delivered."""
        prefix, day = place.prefix, f"{since:%Y-%m-%d}"
        if place.partitioned:
            prefix, day = f"{prefix}{store.account}/{store.region}/{store.name}/", f"{since:%Y/%m/%d}"
        paginator = self._clients.s3(store.account, store.region).get_paginator("list_objects_v2")
        for page in pages(paginator, Bucket=place.bucket, Prefix=prefix, StartAfter=f"{prefix}{day}"):
            for each in page.get("Contents", ()):
                if NAME.fullmatch(each["Key"].removeprefix(place.prefix)):
                    yield each["Key"], each["LastModified"]


def _destination(said: object) -> Destination | None:
    """Of what the API answers, or of what CloudTrail recorded of the call: None where it is off."""
    name = text(within(said, "targetbucket"))
    partitioned = "partitionedprefix" in folded(within(said, "targetobjectkeyformat"))
    return Destination(name, text(within(said, "targetprefix")), partitioned) if name else None


def _told(record: Record) -> Destination | None:
    return _destination(within(record.request_parameters, "bucketloggingstatus", "loggingenabled"))


def _in(at: datetime, times: Sequence[Blind]) -> bool:
    return any(each.since - ROUNDED <= at <= each.until + ROUNDED for each in times)


def _about(record: Record, store: Ref) -> bool:
    return text(record.request_parameters.get("bucketname")) == store.name


def _read(line: str, store: Ref) -> Request | None:
    """The request in one line; None of another store's. Raises `Refused` for what is no line."""
    name = access_log.bucket(line)
    if name and name != store.name:
        return None
    found = access_log.request(line, store)
    if found is None:
        raise Refused("a line of an access log can not be read: it is broken, or was tampered with")
    return found


def _joined(several: list[Blind]) -> tuple[Blind, ...]:
    """The blind times in order, without what one has in common with another."""
    found: list[Blind] = []
    for each in sorted(several, key=lambda one: one.since):
        begun = max(each.since, found[-1].until) if found else each.since
        if begun < each.until:
            found.append(each.but(since=begun))
    return tuple(found)
