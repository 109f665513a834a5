"""A clock that stops to wait: what a case does in the quiet hour after it, in a second."""

from collections.abc import Callable
from datetime import datetime, timedelta

from shared.ports import Clock


class LapsedClock:
    """Another clock; from `lapse` on, with all the time that was slept on this one and not waited for.

    `behind`: seconds by which it is late from the beginning; `passing` is told what is slept in lapse, for clouds whose time goes
    by with it.
    """

    def __init__(self, clock: Clock, behind: float = 0.0, passing: Callable[[float], None] | None = None) -> None:
        self._clock = clock
        self._passing = passing
        self._slept = -behind
        self._behind = behind
        self._lapsing = False

    def lapse(self) -> None:
        """From now on whatever is slept goes by at once."""
        self._lapsing = True

    @property
    def lapsing(self) -> bool:
        return self._lapsing

    def now(self) -> datetime:
        return self._clock.now() + timedelta(seconds=self._slept)

    def monotonic(self) -> float:
        return self._clock.monotonic() + self._slept + self._behind

    def sleep(self, seconds: float) -> None:
        if not self._lapsing:
            self._clock.sleep(seconds)
            return
        if self._passing and seconds > 0:
            self._passing(seconds)
        self._slept += max(0.0, seconds)
