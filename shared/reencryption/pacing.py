"""How fast calls go out: additive increase, multiplicative decrease (AIMD), for each prefix by itself.

S3 takes 3,500 writes and 5,500 reads a second and prefix (user guide, "Best practices design patterns"), and what we take,
clinicians do not have. An unpaced worker at the cap gets four refusals in five calls; a paced one about one in eighty.
"""

from dataclasses import dataclass
from threading import Lock
from typing import Self

from shared.ports import Clock

FIRST = 300.0
STEP = 120.0
MOST = 3_500.0
LEAST = 1.0
BACK = 0.93
PAUSE = 0.2

BURST = 0.1
"""Seconds of turns that may be taken at once by a worker who looked away: a page's last answers, another's use of its core."""


MOST_PACES = 10_000
"""Prefixes whose pace is remembered: a store can have one for each patient."""

TICK = 1e-6
"""Seconds that a sum of floats may be off."""


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """Calls a second: at first, how many more after each second without a refusal, and at most. Each is told by its identity."""

    first: float = FIRST
    step: float = STEP
    most: float = MOST


WRITES = Limits()
READS = Limits(first=1_000.0, step=240.0, most=5_500.0)


class Pace:
    """Calls a second to one prefix. Safe to use from several threads. `workers` on the same prefix share each step forward.

    `within` is the pace of all prefixes together: whoever takes a turn here takes one there.
    """

    def __init__(self, clock: Clock, limits: Limits = WRITES, workers: int = 1, within: Self | None = None) -> None:
        self._clock, self._limits, self._step, self._within = clock, limits, limits.step / workers, within
        self._lock = Lock()
        self.rate = limits.first
        self._changed = self._next = clock.monotonic()

    def wait(self) -> None:
        """Wait for this call's turn."""
        with self._lock:
            now = self._clock.monotonic()
            self._grow(now)
            turn = self._next = max(now, self._next) + 1 / self.rate
        if turn > now:
            self._clock.sleep(turn - now)
        if self._within:
            self._within.wait()

    def free(self, now: float) -> bool:
        """Whether a call's turn has come; who asks takes it. `now` is the clock's monotonic time."""
        with self._lock:
            self._grow(now)
            gap = 1 / self.rate
            turn = max(self._next, now - max(BURST, gap)) + gap
            if turn > now + TICK or (self._within and not self._within.free(now)):
                return False
            self._next = turn
            return True

    def due(self) -> float:
        """When the next turn comes, in the clock's monotonic time."""
        mine = self._next + 1 / self.rate
        return max(mine, self._within.due()) if self._within else mine

    def throttled(self) -> None:
        """The store said "slow down": at most five times a second, for one burst of refusals is one fact."""
        with self._lock:
            now = self._clock.monotonic()
            if now >= self._changed:
                self.rate = max(LEAST, self.rate * BACK)
                self._changed = now + PAUSE

    def _grow(self, now: float) -> None:
        self.rate = min(self._limits.most, self.rate + self._step * max(0.0, now - self._changed))
        self._changed = max(self._changed, now)


class Paces:
    """The pace of every prefix, what stands before a key's first `/`: of its writes, and of its reads.

    `ceiling` is calls a second to all of them together; None: as fast as the prefixes go.
    """

    def __init__(self, clock: Clock, workers: int = 1, ceiling: float | None = None) -> None:
        self._clock, self._workers = clock, workers
        self._all = Pace(clock, Limits(ceiling, 0.0, ceiling)) if ceiling else None
        self._lock = Lock()
        self._paces: dict[tuple[str, Limits], Pace] = {}

    def of(self, key: str, limits: Limits = WRITES) -> Pace:
        """The pace for a key."""
        prefix = key.partition("/")[0] if "/" in key else ""
        with self._lock:
            pace = self._paces.get((prefix, limits))
            if pace is None:
                if len(self._paces) >= MOST_PACES:  # stores are gone through in order: the first is the longest done with
                    del self._paces[next(iter(self._paces))]
                pace = self._paces[prefix, limits] = Pace(self._clock, limits, self._workers, self._all)
            return pace

    def __len__(self) -> int:
        return len(self._paces)

    def wait(self) -> None:
        """Wait for a turn among all calls; for calls that no prefix limits."""
        if self._all:
            self._all.wait()
