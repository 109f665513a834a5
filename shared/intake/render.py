"""Example events carry relative times, so that they are fresh whenever they are used: `${now-90s}`, `${now}`, `${now+2m}`."""

import re
from datetime import UTC, datetime, timedelta

from shared.domain.errors import BadInput

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}

MARK = re.compile(rb"\$\{([^}]*)\}")

OFFSET = re.compile(rb"now(?:([+-])(\d{1,4})([smhd]))?")


def render(template: bytes, now: datetime) -> bytes:
    """The event with every mark replaced by its time (ISO 8601, UTC, whole seconds). Raises BadInput for any other mark."""
    return MARK.sub(lambda mark: _time(mark[1], now), template)


def _time(expression: bytes, now: datetime) -> bytes:
    found = OFFSET.fullmatch(expression)
    if not found:
        raise BadInput("the event carries a mark that is no time; allowed: ${now}, ${now-90s}, ${now+2m}, with s, m, h or d")
    span = timedelta(**{UNITS[found[3].decode()]: int(found[2])}) if found[1] else timedelta()
    at = now - span if found[1] == b"-" else now + span
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
