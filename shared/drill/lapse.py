"""A clock that stops to wait: what a case does in the quiet hour after it, in a second."""

from datetime import datetime, timedelta

from shared.ports import Clock


class LapsedClock:
    """Another clock; from `lapse` on, with all the time that was slept on this one and not waited for."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._slept = 0.0
        self._lapsing = False

    def lapse(self) -> None:
        """From now on whatever is slept goes by at once."""
        self._lapsing = True

    def now(self) -> datetime:
        return self._clock.now() + timedelta(seconds=self._slept)

    def monotonic(self) -> float:
        return self._clock.monotonic() + self._slept

    def sleep(self, seconds: float) -> None:
        if self._lapsing:
            self._slept += max(0.0, seconds)
        else:
            self._clock.sleep(seconds)
