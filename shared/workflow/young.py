"""Refusals that are younger than IAM takes to bring a change into force: meanwhile whoever edits IAM can take them off again."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import replace
from datetime import datetime, timedelta
from threading import Lock

import msgspec

from shared.containment.journal import Applied
from shared.domain.case import Case
from shared.domain.plan import Change, Slot, Status

REFUSING = frozenset({"deny-all", "disable-sign-in", "fence-session", "fence-new-sessions"})
"""Actions, each of which refuses an actor everything by one write to a document that is ours alone."""

HOLDS = timedelta(seconds=10)
"""How long a refusal has to stand until it binds whoever could take it off: IAM propagates within about 4 s."""

MOST = 50
"""Principals that a case carries as unsettled, the newest."""


def unsettled(case: Case, results: Iterable[Applied], now: datetime) -> Case:
    """The case with the principals whom something was just refused to: they are watched from the next look on."""
    written = [r.change.target for r in results if _refused(r)]
    if not written:
        return case
    return case.but(unsettled=tuple(dict.fromkeys((*case.unsettled, *written)))[-MOST:], unsettled_at=now)


def settled(case: Case, now: datetime) -> Case:
    """The case without them, where the last of these refusals has stood for long enough."""
    young = case.unsettled_at is not None and now - case.unsettled_at < HOLDS
    return case if young or not case.unsettled else case.but(unsettled=())


def _refused(result: Applied) -> bool:
    return result.outcome.status is Status.APPLIED and result.change.action in REFUSING


class Refusal(msgspec.Struct, frozen=True):
    """One of them. `at`: when it was written last; `undone`: how often it was put back."""

    change: Change
    at: datetime
    undone: int = 0


class Young:
    """The young refusals of one case, by slot. Several threads may write them: whoever writes one by plan has it to itself."""

    def __init__(self) -> None:
        self._held: dict[Slot, Refusal] = {}
        self._aside: set[Slot] = set()
        self._lock = Lock()

    @contextmanager
    def aside(self, changes: Iterable[Change]) -> Iterator[None]:
        """Leave these slots alone in the block: a wave writes them, and may say more in them than what stood there."""
        slots = {change.slot for change in changes}
        with self._lock:
            self._aside |= slots
        try:
            yield
        finally:
            with self._lock:
                self._aside -= slots

    def take(self, results: Iterable[Applied], at: datetime) -> None:
        """Watch what was refused just now."""
        with self._lock:
            for each in (r.change for r in results if _refused(r)):
                was = self._held.get(each.slot)
                self._held[each.slot] = Refusal(each, at, was.undone if was else 0)

    def watch(self, changes: Iterable[Change], at: datetime) -> None:
        """Watch refusals of earlier that were written at this time, as far as nobody has written them since."""
        with self._lock:
            for change in changes:
                self._held.setdefault(change.slot, Refusal(change, at))

    def due(self, *, every: bool) -> list[Change]:
        """Those to be looked at now: all, or those that somebody took off before."""
        with self._lock:
            return [r.change for r in self._held.values() if every or r.undone]

    @contextmanager
    def putting(self, changes: Iterable[Change]) -> Iterator[Sequence[Change]]:
        """Those of these that are still to be as they say; no wave begins to write one of them in the block."""
        with self._lock:
            held = (c for c in changes if c.slot not in self._aside and c.slot in self._held)
            yield [c for c in held if self._held[c.slot].change.after == c.after]

    def put(self, changes: Iterable[Change], at: datetime) -> None:
        """These were put back. Only in a `putting` block."""
        for change in changes:
            was = self._held[change.slot]
            self._held[change.slot] = replace(was, at=at, undone=was.undone + 1)

    def outgrown(self, seen: Iterable[Change], now: datetime) -> None:
        """Let go those of what was seen to stand that are old enough."""
        with self._lock:
            for slot in {change.slot for change in seen}:
                if slot in self._held and now - self._held[slot].at >= HOLDS:
                    del self._held[slot]
