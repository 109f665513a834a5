"""This machine's clock."""

import time
from datetime import UTC, datetime


class SystemClock:
    """UTC by the operating system, which keeps it by NTP."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
