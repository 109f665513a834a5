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
