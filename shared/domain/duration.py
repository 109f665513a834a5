"""Spans of time as people write them in a policy."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def duration(thing: object) -> timedelta:
    """`90s`, `10m`, `4h`, `30d`. Raises ValueError for anything else."""
    if isinstance(thing, timedelta):
        return thing
    found = re.fullmatch(r"([1-9]\d{0,4})([smhd])", thing) if isinstance(thing, str) else None
    if not found:
        raise ValueError('a duration such as "90s", "10m", "4h" or "30d"')
    return timedelta(seconds=int(found[1]) * UNITS[found[2]])


Duration = Annotated[
    timedelta, BeforeValidator(duration), PlainSerializer(lambda span: f"{int(span.total_seconds())}s", when_used="json")
]
