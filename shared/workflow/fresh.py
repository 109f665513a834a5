"""What a worker found out a moment ago, for the stages that ask the same again at once."""

from collections.abc import Callable, Hashable
from typing import cast

from shared.ports import Clock


class Fresh:
    """Answers by question, each with its time. Safe for one stage at a time, as a worker runs them."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, tuple[float, object]] = {}

    def answer[T](self, question: Hashable, ask: Callable[[], T], clock: Clock, seconds: float) -> T:
        """The answer of less than so many seconds ago, else a new one. Raises what asking raises, and keeps nothing then."""
        at, kept = self._kept.get(question, (0.0, None))
        if question in self._kept and clock.monotonic() - at < seconds:
            return cast("T", kept)
        found = ask()
        self._kept[question] = (clock.monotonic(), found)
        return found
