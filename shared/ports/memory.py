"""What triage remembers between one record and the next: in a command's memory, or in the case store when deployed."""

from collections.abc import Iterable
from typing import Protocol


class Memory(Protocol):
    """Windows and counters over event time. It may forget what is long past, and never invents."""

    def seen(self, fact_id: str) -> bool:
        """Whether this fact was here before; from now on it was."""
        ...

    def most(self, counter: str, at: float, within: float, item: str, enough: int) -> int:
        """Note one, and say how many different items of this counter lie in the fullest window of `within` seconds around `at`.

        Below `enough` it may be too high by those that came twice; from there on it may stop counting.
        """
        ...

    def fired(self, counter: str, at: float, within: float) -> bool:
        """Whether this counter has fired within `within` seconds of `at`."""
        ...

    def fire(self, counter: str, at: float) -> None:
        """Remember that it has."""
        ...

    def made(self, who: str, names: Iterable[str]) -> None:
        """Remember that this actor made these."""
        ...

    def made_by(self, who: str, name: str) -> bool:
        """Whether this actor made it."""
        ...
