"""What embedded hospitals of every cloud share: work in threads, what failed somebody, and how long calls took."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import mean


@dataclass(frozen=True, slots=True)
class Failure:
    """One call that failed somebody: when (seconds), who, what they called, and the service's code."""

    at: float
    who: str
    call: str
    code: str


PAUSE = 1.0
"""Seconds between two rounds: everybody is at work throughout, and nobody is a load."""
WRITES_EACH = 4
"""Everybody reads in every round, and writes in every fourth."""


class AtWork:
    """One person or program at work: round after round of its own kind, until told to stop.

    `took`: when each call began, and its seconds.
    """

    def __init__(self, who: str, now: Callable[[], float], rounds: Callable[[], Iterator[None]]) -> None:
        self.who = who
        self._now, self._rounds = now, rounds
        self.took: list[tuple[float, float]] = []
        self.failures: list[Failure] = []

    @property
    def calls(self) -> int:
        """How many it made."""
        return len(self.took)

    def work(self, stopped: threading.Event) -> None:
        rounds = self._rounds()
        while not stopped.wait(PAUSE):
            next(rounds)

    def noted(self, name: str, call: Callable[[], str]) -> None:
        """Make a call, which answers the service's error code or nothing; a failure is put on the list."""
        at = self._now()
        code = call()
        self.took.append((at, self._now() - at))
        if code:
            self.failures.append(Failure(at, self.who, name, code))


def pace(took: Iterable[tuple[float, float]], since: float, until: float) -> float:
    """Seconds that a call took in this time, on average; of all calls where there were none."""
    calls = list(took)
    return mean([seconds for at, seconds in calls if since <= at <= until] or [seconds for _, seconds in calls] or [0.0])


@contextmanager
def running(work: Callable[[threading.Event], None]) -> Iterator[None]:
    """`work` in a thread of its own until the block ends; what it raises is raised here."""
    stopped, raised = threading.Event(), list[BaseException]()

    def guarded() -> None:
        try:
            work(stopped)
        except BaseException as error:  # noqa: BLE001 - handed on to whoever waits
            raised.append(error)

    thread = threading.Thread(target=guarded, name=work.__qualname__, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
    if raised:
        raise raised[0]
