"""The sandbox's clock: real time plus an offset that a drill may move forward."""

import threading
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where the sandbox takes its time from, in seconds since 1970 (UTC)."""

    def now(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...

    def advance(self, seconds: float) -> None: ...

    def restart(self) -> None: ...


class DrillClock:
    """Real time that can be moved forward, so that a session ages an hour without waiting an hour.

    A clock that starts `behind` real time by some seconds lets a scene have a past before it reaches the present.
    """

    def __init__(self, behind: float = 0.0) -> None:
        self._behind = behind
        self._offset = -behind
        self._lock = threading.Lock()

    def now(self) -> float:
        return time.time() + self._offset

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            time.sleep(seconds)

    def advance(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError("time does not go back: seconds must not be negative")
        with self._lock:
            self._offset += seconds

    def restart(self) -> None:
        """Back to where it began: for a blank cloud, whose past is forgotten."""
        with self._lock:
            self._offset = -self._behind


def utc(at: float) -> datetime:
    """The moment `at` (seconds since 1970) as an aware UTC datetime."""
    return datetime.fromtimestamp(at, tz=UTC)


def iso(at: float) -> str:
    """The moment `at` as AWS writes it in policies and trails: `2026-11-21T20:33:57Z`."""
    return utc(at).strftime("%Y-%m-%dT%H:%M:%SZ")
