"""A clock that does not wait: what a case does in the quiet hour after it, in a second."""

from datetime import datetime, timedelta

from shared.ports import Clock


class LapsedClock:
    """Another clock, and all the time that was slept on this one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._slept = 0.0

    def now(self) -> datetime:
        return self._clock.now() + timedelta(seconds=self._slept)

    def monotonic(self) -> float:
        return self._clock.monotonic() + self._slept

    def sleep(self, seconds: float) -> None:
        self._slept += max(0.0, seconds)
