"""Doors to people: who is woken, and how each level of the call list is reached."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

type Settled = Literal["acknowledged", "resolved"]
"""What became of a page."""

type What = Literal["page", "acknowledged", "resolved"]
"""What somebody is told: that they are needed, or what became of that."""


class Notifier(Protocol):
    """Wakes people. Nothing here raises: who cannot be told stops no response."""

    def page(self, case_id: str, subject: str, body: str, level: int = 0) -> None:
        """Tell whoever is at this level of the call list now, the first where nobody was told. Carries no health data."""
        ...

    def notice(self, subject: str, body: str) -> None:
        """Say what nobody needs to be woken for. Carries no health data."""
        ...

    def settle(self, case_id: str, how: Settled, body: str) -> None:
        """Tell those who keep track of pages that somebody has this one, or that it needs nobody any more."""
        ...


class Told(NamedTuple):
    """What a level is told: `case` is empty where it is about none, `level` counts from 1, `at` is UTC."""

    what: What
    case: str
    subject: str
    level: int
    at: datetime


class Channel(Protocol):
    """How one level is reached."""

    @property
    def name(self) -> str:
        """What the policy calls it."""
        ...

    def tell(self, told: Told) -> None:
        """Tell them. Raises `CodeblueError`."""
        ...

    def reached(self) -> None:
        """Whether they could be told, as far as can be known without it. Raises `CodeblueError`."""
        ...


type Channels = Sequence[Channel | None]
"""By level; None is the topic, which hears of everything by itself."""
