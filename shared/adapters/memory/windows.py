"""The `Memory` port in bounded dictionaries: the oldest is forgotten first, so ten million records need no more than many."""

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Iterable

from shared.triage.windows import fullest

KEPT = 50_000
"""Entries of each kind; a burst is a matter of minutes, and so many actors at once are none."""

LONGEST = 1024
"""Entries in one counter: more than any rule counts to by default; a rule that counts further keeps as many as it needs."""


class BoundedMemory:
    """Counters by name, ids that were seen, who made what."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._counters: OrderedDict[str, list[tuple[float, str]]] = OrderedDict()
        self._fired: OrderedDict[str, list[float]] = OrderedDict()
        self._made: OrderedDict[tuple[str, str], None] = OrderedDict()

    def seen(self, fact_id: str) -> bool:
        if fact_id in self._seen:
            self._seen.move_to_end(fact_id)
            return True
        self._seen[fact_id] = None
        self._forget(self._seen)
        return False

    def most(self, counter: str, at: float, within: float, item: str, enough: int) -> int:
        entries = self._counters.setdefault(counter, [])
        self._counters.move_to_end(counter)
        entry = (at, item)
        if not entries or entries[-1] < entry:
            entries.append(entry)
        elif entries[bisect_left(entries, entry)] != entry:
            insort(entries, entry)
        self._forget(self._counters)
        if len(entries) > 2 * max(LONGEST, enough):
            del entries[: -max(LONGEST, enough)]
        return fullest(entries, at, within, enough)

    def fired(self, counter: str, at: float, within: float) -> bool:
        times = self._fired.get(counter)
        return times is not None and any(abs(at - each) <= within for each in reversed(times))

    def fire(self, counter: str, at: float) -> None:
        times = self._fired.setdefault(counter, [])
        self._fired.move_to_end(counter)
        times.append(at)
        del times[:-LONGEST]
        self._forget(self._fired)

    def made(self, who: str, names: Iterable[str]) -> None:
        for name in names:
            self._made[who, name] = None
            self._made.move_to_end((who, name))
        self._forget(self._made)

    def made_by(self, who: str, name: str) -> bool:
        return (who, name) in self._made

    def _forget[K, V](self, entries: OrderedDict[K, V]) -> None:
        while len(entries) > self._kept:
            entries.popitem(last=False)
