"""Times as sources write them, in seconds since 1970."""

import re
from datetime import UTC, datetime
from functools import lru_cache

MILLISECONDS = 1e11
"""A number above this is in milliseconds: in seconds it would be the year 5138."""

ODD = (
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %H:%M:%S",
    "%d/%b/%Y:%H:%M:%S %z",
    "%a, %d %b %Y %H:%M:%S %Z",
    "%a, %d %b %Y %H:%M:%S %z",
    "%Y-%m-%d %H:%M:%S %Z",
    "%b %d, %Y %I:%M:%S %p",
)
"""Seen: Entra's export, S3 server access logs, AWS Health over EventBridge."""

TOO_FINE = re.compile(r"(\.\d{6})\d+")
"""Azure writes tenths of microseconds, Event Hub nanoseconds."""


def seconds(thing: object) -> float | None:
    """ISO 8601 (UTC where no zone is named), the odd forms above, seconds or milliseconds; None for anything else."""
    if isinstance(thing, str):
        return _of_text(thing)
    if isinstance(thing, int | float) and not isinstance(thing, bool) and 0 < abs(thing) < 1e15:  # noqa: PLR2004  a year that no clock shows
        return thing / 1000 if thing > MILLISECONDS else float(thing)
    return None


@lru_cache(maxsize=4096)
def _of_text(words: str) -> float | None:
    """Remembered, for many records share a second."""
    try:
        at = datetime.fromisoformat(words)
        return (at.replace(tzinfo=UTC) if at.tzinfo is None else at).timestamp()
    except (ValueError, OverflowError):
        return _odd(words.strip()[:64])


def _odd(words: str) -> float | None:
    if not words or words == "null":
        return None
    try:
        return seconds(float(words))
    except ValueError:
        pass
    if (finer := TOO_FINE.sub(r"\1", words)) != words:
        return seconds(finer)
    for form in ODD:
        try:
            at = datetime.strptime(words, form)  # noqa: DTZ007  the forms without a zone are UTC, below
        except ValueError:
            continue
        return (at.replace(tzinfo=UTC) if at.tzinfo is None else at).timestamp()
    return None
