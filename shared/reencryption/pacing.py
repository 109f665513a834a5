"""How fast writes go out: additive increase, multiplicative decrease (AIMD), for each prefix by itself.

S3 takes 3,500 writes a second and prefix (user guide, "Best practices design patterns"), and what we take, clinicians do not have.
An unpaced worker at the cap gets four refusals in five calls; a paced one about one in eighty.
"""

from threading import Lock

from shared.ports import Clock

FIRST = 300.0
STEP = 120.0
MOST = 3_500.0
LEAST = 1.0
BACK = 0.93
PAUSE = 0.2


class Pace:
    """Writes a second to one prefix. Safe to use from several threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self.rate = FIRST
        self._changed = self._next = clock.monotonic()

    def wait(self) -> None:
        """Wait for this write's turn."""
        with self._lock:
            now = self._clock.monotonic()
            self.rate = min(MOST, self.rate + STEP * max(0.0, now - self._changed))
            self._changed = max(self._changed, now)
            turn = self._next = max(now, self._next) + 1 / self.rate
        if turn > now:
            self._clock.sleep(turn - now)

    def throttled(self) -> None:
        """The store said "slow down": at most five times a second, for one burst of refusals is one fact."""
        with self._lock:
            now = self._clock.monotonic()
            if now >= self._changed:
                self.rate = max(LEAST, self.rate * BACK)
                self._changed = now + PAUSE


class Paces:
    """The pace of every prefix: what stands before a key's first `/`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._paces: dict[str, Pace] = {}

    def of(self, key: str) -> Pace:
        """The pace for a key."""
        prefix = key.partition("/")[0] if "/" in key else ""
        with self._lock:
            if prefix not in self._paces:
                self._paces[prefix] = Pace(self._clock)
            return self._paces[prefix]
