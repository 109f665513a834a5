"""A clock that people move by hand: nobody waits for it."""

from datetime import UTC, datetime, timedelta
from threading import Lock

BEGINNING = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
"""A night on which few people are awake."""


class MemoryClock:
    """Stands still until somebody sleeps or moves it. Safe to use from several threads."""

    def __init__(self, start: datetime = BEGINNING) -> None:
        self._start = self._now = start
        self._lock = Lock()

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return (self._now - self._start).total_seconds()

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._now += timedelta(seconds=seconds)
