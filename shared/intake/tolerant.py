"""Reading what clouds really send: fields missing, null, the string "null", a list for a string, keys in any spelling.

Values here are lenient and die at the edge: what goes on into the program is a strict `Signal`.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from math import isfinite
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

type Document = Mapping[str, Any]

LONGEST = 2048
"""Characters of the longest ARN; a longer text is no name of anything, and a case must stay small."""


def fold(key: object) -> str:
    """One spelling for `eventName`, `EventName`, `event_name`, `eventname` and `detail-type`."""
    return _fold(str(key))


@lru_cache(maxsize=8192)
def _fold(key: str) -> str:
    return whole(key).replace("-", "").replace("_", "").lower()


def whole(characters: str) -> str:
    """The string with `?` for what is no character: JSON can spell half of a surrogate pair, UTF-8 can not."""
    return characters.encode(errors="replace").decode()


def folded(thing: object) -> dict[str, Any]:
    """A mapping with folded keys; the JSON text of one is parsed; anything else is empty."""
    if isinstance(thing, str) and thing.lstrip().startswith("{"):
        thing = parsed(thing)
    return {fold(key): value for key, value in thing.items()} if isinstance(thing, Mapping) else {}


def parsed(text: str | bytes) -> object:
    """The JSON value in the text, None where there is none."""
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value


def text(thing: object) -> str:
    """A string; the only or first string of a list; empty for anything else (and for the string "null")."""
    if isinstance(thing, Sequence) and not isinstance(thing, str | bytes):
        thing = thing[0] if thing else ""
    return whole(thing[:LONGEST]) if isinstance(thing, str) and thing != "null" else ""


def shown(name: str) -> str:
    """A foreign name as a message may carry it: printable and short, for it goes to terminals and logs."""
    return "".join(c for c in name if c.isprintable())[:64] or "(no name)"


def items(thing: object) -> tuple[Any, ...]:
    """A list's items; one mapping counts as a list of one; empty for anything else."""
    if isinstance(thing, Mapping):
        return (thing,)
    return tuple(thing) if isinstance(thing, Sequence) and not isinstance(thing, str | bytes) else ()


def flag(thing: object) -> bool:
    """True for `true` and for "true" in any case."""
    return thing is True or (isinstance(thing, str) and thing.lower() == "true")


def number(thing: object) -> float:
    """A number or its text; 0 for anything else."""
    try:
        value = float(thing) if isinstance(thing, int | float | str) else 0.0
    except (ValueError, OverflowError):
        return 0.0
    return value if isfinite(value) else 0.0


def moment(thing: object) -> datetime | None:
    """ISO 8601 text or seconds since 1970, in UTC where no zone is named; None for anything else."""
    try:
        if isinstance(thing, int | float) and not isinstance(thing, bool):
            return datetime.fromtimestamp(thing, UTC)
        at = datetime.fromisoformat(text(thing))
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def within(document: object, *path: str) -> object:
    """What lies at the end of this path of folded keys, None where it breaks off."""
    for key in path:
        document = folded(document).get(key)
    return document


Text = Annotated[str, BeforeValidator(text)]
Flag = Annotated[bool, BeforeValidator(flag)]
Number = Annotated[float, BeforeValidator(number)]
Moment = Annotated[datetime | None, BeforeValidator(moment)]
Items = Annotated[tuple[Any, ...], BeforeValidator(items)]
Folded = Annotated[dict[str, Any], BeforeValidator(folded)]


class Loose(BaseModel):
    """A foreign record of which we read some fields: any key spelling, unknown fields ignored, everything may be missing."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=fold, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _any_spelling(cls, thing: object) -> dict[str, Any]:
        return folded(thing)
