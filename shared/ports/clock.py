"""The door to time."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> datetime:
        """UTC, with its time zone."""
        ...

    def monotonic(self) -> float:
        """Seconds, for measuring."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...
