"""The cloud's own clock, and how Azure writes a moment."""

from datetime import datetime
from email.utils import format_datetime

from shared.sandbox.aws.clock import Clock, DrillClock, utc

__all__ = ["Clock", "DrillClock", "http_date", "iso", "moment", "utc"]


def iso(at: float) -> str:
    """The moment `at` (seconds since 1970) as Azure writes it, with seven digits of a second: `2026-11-21T20:33:57.1234567Z`."""
    return f"{utc(at):%Y-%m-%dT%H:%M:%S}.{round(at % 1 * 10**7) % 10**7:07}Z"


def http_date(at: float) -> str:
    """The moment `at` as HTTP headers have it (RFC 9110, 5.6.7)."""
    return format_datetime(utc(at), usegmt=True)


def moment(text: str) -> float:
    """Seconds since 1970 of an ISO 8601 time, with as many digits of a second as the sender liked; raises ValueError."""
    return datetime.fromisoformat(text).timestamp()
