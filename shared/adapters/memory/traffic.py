"""Every single request, in lists: late, and blind for a time, as the real records are."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from shared.domain.errors import Unreachable
from shared.domain.exposure import Blind, Told
from shared.domain.resource import Ref
from shared.ports import Clock, KeyUse, Request, Uses, Watched


class MemoryTraffic:
    """Requests and uses of keys. Stores in `watch` are recorded, but for the times in `blind`.

    While `reachable` is False nobody answers; where `whole` is False there are more uses than are told.
    """

    def __init__(self, clock: Clock) -> None:
        self.reachable = True
        self.whole = True
        self.watch: dict[Ref, tuple[Told, ...]] = {}
        self.blind: dict[Ref, tuple[Blind, ...]] = {}
        self.through: datetime | None = None
        """up to when the log of key uses is there; None: up to now"""
        self._clock = clock
        self._requests: list[Request] = []
        self._uses: list[KeyUse] = []

    def requested(self, *requests: Request) -> None:
        """Put requests on record."""
        self._requests.extend(requests)

    def used(self, *uses: KeyUse) -> None:
        """Put uses of keys on record."""
        self._uses.extend(uses)

    def watched(self, store: Ref, since: datetime, until: datetime) -> Watched:
        self._answer()
        told = self.watch.get(store, ())
        if not told:
            return Watched((), (Blind(since=since, until=until, why="data events are not recorded"),))
        within = (b for b in self.blind.get(store, ()) if b.since < until and b.until > since)
        return Watched(told, tuple(b.but(since=max(b.since, since), until=min(b.until, until)) for b in within))

    def requests(self, stores: Sequence[Ref], since: datetime, until: datetime) -> Iterator[Request]:
        self._answer()
        return (r for r in self._requests if r.store in stores and since <= r.act.at <= until and not self._missed(r))

    def ways(self, stores: Sequence[Ref], since: datetime, until: datetime) -> Iterator[Request]:
        return self.requests(stores, since, until)

    def uses(self, key: Ref, since: datetime) -> Uses:
        self._answer()
        found = sorted((u for u in self._uses if u.key == key and u.act.at >= since), key=lambda u: u.act.at)
        return Uses(tuple(found), self.whole, self.through or self._clock.now())

    def _missed(self, request: Request) -> bool:
        """Whether nobody wrote it down."""
        if request.told not in self.watch.get(request.store, ()):
            return True
        return any(b.since <= request.act.at <= b.until for b in self.blind.get(request.store, ()))

    def _answer(self) -> None:
        if not self.reachable:
            raise Unreachable("the record of requests does not answer")
