"""The `Traffic` port on AWS: data events in the files of trails, and uses of keys in the event history.

Rules
1. Requests on objects are in the files of a trail that takes them in; where none did, in the store's access log, if it has one.
2. Uses of keys are in the event history, which is always on and nobody can alter; it is read to its end, or said not to be.
3. Nothing that a file says of an object goes into an exception or a log.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from copy import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, cast

from shared.adapters.aws import access_logs, recording, s3, watching
from shared.adapters.aws.access_logs import AccessLogs
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call
from shared.adapters.aws.lookup import ACTIONS as LOOKUP
from shared.adapters.aws.lookup import PAGE, EventHistory
from shared.adapters.aws.trail_files import Log, Place, Shelf, listed, records
from shared.domain.exposure import Blind, Told
from shared.domain.resource import Ref
from shared.intake import traffic
from shared.ports import Clock, KeyUse, Request, Uses, Watched

PERMISSIONS = LOOKUP | recording.ACTIONS | access_logs.ACTIONS | {"s3:ListAllMyBuckets"}
"""IAM actions on any resource; the log's files are read with `trail_files.LISTS` and `READS`, in their place alone."""

MOST_PAGES = 200
"""Pages of one key's uses: 10,000 events, and a hundred seconds of asking. Who uses a key more often is said not to be all read."""

ASK_AGAIN_SECONDS = 60.0

INSTANT = timedelta(seconds=5)
"""A file's time has whole seconds, and it was listed a moment after the question was asked: less than this is no gap."""

ROUNDED = timedelta(days=1)
"""What was done to a trail is asked for by whole days, so that stores of any age have the answer in common."""

TRAIL_PAGES = 4
"""Pages of what was done to one trail."""

type Trail = Mapping[str, Any]


class AwsTraffic:
    """Every single request of the accounts that `clients` can enter. Raises `CloudError` as any call does."""

    def __init__(self, clients: Clients, clock: Clock) -> None:
        self._clients = clients
        self._clock = clock
        self._history = EventHistory(clients, clock)
        self._asked: dict[tuple[str, ...], tuple[float, object]] = {}
        self._shelf = Shelf()
        self._access = AccessLogs(clients, self._history, self._shelf)

    def watched(self, store: Ref, since: datetime, until: datetime) -> Watched:
        """Whether a trail recorded the store: each trail's history, its present state, and how far its files reach.

        Where none did, its access log is asked: "not recorded" is what neither has.
        """
        span, trails = self._span(store, since, until), self._trails(store)
        gaps = self._gaps(store, span)
        late = [[*gaps, *self._not_yet(trail, store, span)] for trail in trails]
        told, missing = (Told.DATA_EVENTS,) if trails else (), watching.all_blind(late or [gaps])
        logged = self._access.watched(store, gaps[0].since, until) if gaps else None
        if logged is None:
            return Watched(told, missing)
        readable = all(each.why != access_logs.OUT_OF_REACH for each in logged)
        told = (*told, Told.ACCESS_LOGS) if readable else told
        return Watched(told, watching.all_blind([missing, logged]) if told else logged)

    def _span(self, store: Ref, since: datetime, until: datetime) -> tuple[datetime, datetime]:
        """This time, as far as there was such a store: before it was made nobody was blind."""
        created = self._created(store)
        return (max(since, created) if created else since, until)

    def _gaps(self, store: Ref, span: tuple[datetime, datetime]) -> tuple[Blind, ...]:
        """The times in which no trail recorded the store; what one has still to tell comes sooner than any access log."""
        several = [self._blind(trail, store, span) for trail in self._trails(store)]
        return watching.all_blind(several) if several else (Blind(since=span[0], until=span[1], why=watching.NO_TRAIL),)

    def requests(self, stores: Sequence[Ref], since: datetime, until: datetime) -> Iterator[Request]:
        """What the files of the trails say of these stores, and where they have gaps, the stores' access logs."""
        wanted = {store.id: store for store in stores}
        names = frozenset(store.name for store in stores)
        for log, places in self._logs(stores).items():
            for record in records(self._clients, log, places, since, until, self._shelf):
                for request in traffic.requests(record) if _about(record, names) else ():
                    store = wanted.get(request.store.id)
                    if store and since <= request.act.at <= until:
                        # a record says neither a bucket's Region nor, where another account's is named, its owner
                        yield replace(request, store=store)
        for store in stores:
            if gaps := self._gaps(store, self._span(store, since, until)):
                yield from self._access.requests(store, gaps)

    def ways(self, stores: Sequence[Ref], since: datetime, until: datetime) -> Iterator[Request]:
        """Each of them: the log's files are read whole either way."""
        return self.requests(stores, since, until)

    def uses(self, key: Ref, since: datetime) -> Uses:
        """What the event history has of the key, under its ARN. It is minutes late: asked again at once it says nothing new."""
        return self._once(("uses", key.id, f"{since:%Y-%m-%d}"), partial(self._uses, key, since))

    def _uses(self, key: Ref, since: datetime) -> Uses:
        place = (key.account, key.region)
        events = list(self._history.events(place, "ResourceName", key.id, start=since, pages=MOST_PAGES))
        uses = (event for event in events if event.get("eventname") in traffic.CRYPTOGRAPHIC)
        found = [use for event in uses if (use := traffic.key_use(event, key))]
        ordered: tuple[KeyUse, ...] = tuple(sorted(found, key=lambda use: (use.act.at, use.act.id)))
        # up to the newest event of all the log is there; ours are among them
        return Uses(ordered, whole=len(events) < MOST_PAGES * PAGE, through=self._history.newest(place) or since)

    def _once[T](self, question: tuple[str, ...], ask: Callable[[], T]) -> T:
        """The answer to a question that several ask, or that is asked twice in a row: asked again after a minute."""
        at, answer = self._asked.get(question, (0.0, None))
        now = self._clock.monotonic()
        if question not in self._asked or now - at > ASK_AGAIN_SECONDS:
            answer = ask()
            self._asked[question] = (now, answer)
        return cast("T", answer)

    def _created(self, store: Ref) -> datetime | None:
        client = self._clients.s3(store.account, "")
        asked = ("created", store.account, store.name)
        buckets = self._once(asked, lambda: call(client.list_buckets, Prefix=store.name, MaxBuckets=1)["Buckets"])
        return next((found.get("CreationDate") for found in buckets if found["Name"] == store.name), None)

    def _trails(self, store: Ref) -> list[Trail]:
        """The trails that record the store's objects now, or would if they were started."""
        client = self._clients.cloudtrail(store.account, store.region)
        found = self._once(("trails", store.account, store.region), lambda: call(client.describe_trails)["trailList"])
        here = [t for t in found if t.get("IsMultiRegionTrail") or t.get("HomeRegion", store.region) == store.region]
        return [trail for trail in here if self._takes_in(trail, store)]

    def _takes_in(self, trail: Trail, store: Ref) -> bool:
        client = self._clients.cloudtrail(store.account, trail.get("HomeRegion") or store.region)
        arn = trail["TrailARN"]
        said = self._once(("selectors", arn), lambda: call(client.get_event_selectors, TrailName=arn))
        basic, advanced = said.get("EventSelectors", ()), said.get("AdvancedEventSelectors", ())
        return recording.takes_in_objects(basic, advanced, store.id)

    def _blind(self, trail: Trail, store: Ref, span: tuple[datetime, datetime]) -> list[Blind]:
        """When this trail did not record the store."""
        home = (trail["TrailARN"].split(":")[4], trail.get("HomeRegion") or store.region)
        arn, client = trail["TrailARN"], self._clients.cloudtrail(*home)
        on = bool(self._once(("status", arn), lambda: call(client.get_trail_status, Name=arn))["IsLogging"])
        switched, selected = watching.turns(self._done_to(trail, home, span[0]), store.id)
        return [
            *watching.blind(switched, span, watching.STOPPED, now=on),
            *watching.blind(selected, span, watching.NARROWED, now=True),
        ]

    def _done_to(self, trail: Trail, home: tuple[str, str], since: datetime) -> list[dict[str, Any]]:
        """CloudTrail files what is done to a trail under its name, or its ARN, as the caller gave it."""
        day = f"{since:%Y-%m-%d}"
        names = (trail["TrailARN"], trail["Name"])
        found = [self._once(("history", *home, name, day), partial(self._events, home, name, since - ROUNDED)) for name in names]
        return list({str(event.get("eventid")): event for events in found for event in events}.values())

    def _events(self, home: tuple[str, str], name: str, since: datetime) -> list[dict[str, Any]]:
        return list(self._history.events(home, "ResourceName", name, start=since, pages=TRAIL_PAGES))

    def _not_yet(self, trail: Trail, store: Ref, span: tuple[datetime, datetime]) -> list[Blind]:
        """The last moments, of which no file has come yet."""
        since, until = span
        files = listed(self._clients, self._log(trail), Place(store.account, store.region), until, until)
        newest = max((at for _, at in files), default=since)
        return [Blind(since=max(newest, since), until=until, why=watching.NOT_YET)] if newest + INSTANT < until else []

    def _logs(self, stores: Sequence[Ref]) -> dict[Log, set[Place]]:
        """Where to read, each log once, whichever trails write there."""
        found: dict[Log, set[Place]] = defaultdict(set)
        for store in stores:
            for trail in self._trails(store):
                found[self._log(trail)].add(Place(store.account, store.region))
        return found

    def _log(self, trail: Trail) -> Log:
        name, account = trail["S3BucketName"], trail["TrailARN"].split(":")[4]
        region = trail.get("HomeRegion", "")
        found = self._once(("bucket", name, account), lambda: s3.find(self._clients, name, (account, self._clients.home)))
        bucket = found or s3.bucket_ref("", region, name)
        return Log(bucket, trail.get("S3KeyPrefix") or "", bool(trail.get("IsOrganizationTrail")))


def _about(record: Mapping[str, Any], names: Collection[str]) -> bool:
    """Whether a record can be of one of these buckets: most are of anything else, and reading one in full takes its time."""
    if record.get("eventSource") != "s3.amazonaws.com":
        return False
    asked = record.get("requestParameters")
    if not isinstance(asked, Mapping):
        return False
    source = str(asked.get("x-amz-copy-source") or "")
    return asked.get("bucketName") in names or any(name in source for name in names)
