"""What the parsers of many sources have in common: the first name that is there, ARNs' parts, scales of severity."""

import re
from collections.abc import Iterable

from .tolerant import flag, number, text, within

NAMED_SEVERITY = {
    "critical": 9.5,
    "high": 8.0,
    "medium": 5.0,
    "moderate": 5.0,
    "low": 3.0,
    "informational": 1.0,
    "information": 1.0,
    "info": 1.0,
    "sev0": 9.5,
    "sev1": 8.0,
    "sev2": 5.0,
    "sev3": 3.0,
    "sev4": 1.0,
    "fatal": 9.5,
}
"""Words of severity on one scale of 0 to 10 (GuardDuty's)."""

ARN_PLACE = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]*:(?P<region>[a-z0-9-]*):(?P<account>\d{12})?")


def first(document: object, *paths: str) -> str:
    """The first text that is there; each path is folded keys with dots between."""
    return next((found for path in paths if (found := text(within(document, *path.split("."))))), "")


def any_flag(document: object, *paths: str) -> bool:
    """Whether any of these is true."""
    return any(flag(within(document, *path.split("."))) for path in paths)


def severity_of(thing: object) -> float:
    """A word or a number (0 to 10, or 0 to 100) on the scale of 0 to 10."""
    word = text(thing).lower()
    value = NAMED_SEVERITY[word] if word in NAMED_SEVERITY else number(thing)
    return min(10.0, value / 10 if value > 10 else value)  # noqa: PLR2004  the end of the scale


def place_of(arns: Iterable[str]) -> tuple[str, str]:
    """Account and Region of the first ARN that names an account."""
    found = next((m for arn in arns if (m := ARN_PLACE.match(arn)) and m["account"]), None)
    return (found["account"], found["region"]) if found else ("", "")


def once(names: Iterable[str]) -> tuple[str, ...]:
    """Each name once, without the empty ones; at most a hundred, for a case must stay small."""
    return tuple({name: None for name in names if name})[:100]
