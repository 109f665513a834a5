"""One thing that a doctor looked at, in any cloud."""

from collections.abc import Callable
from typing import NamedTuple

from .errors import CodeblueError

NAMED = 3
"""Things that a line names before it only counts them."""


class Check(NamedTuple):
    """One thing that was looked at: `well`, or `words` say what is not, and `next` what to do about it."""

    what: str
    where: str
    well: bool
    words: str = ""
    next: str = ""

    @property
    def line(self) -> dict[str, object]:
        return self._asdict()


def tried(what: str, where: str, look: Callable[[], object], following: str) -> Check:
    """What a look says, if it says anything; where it fails, that."""
    try:
        said = look()
    except CodeblueError as error:
        return Check(what, where, well=False, words=str(error), next=following)
    return said if isinstance(said, Check) else Check(what, where, well=True)


def some(names: list[str]) -> str:
    """The first of them, and how many more there are."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more}"
