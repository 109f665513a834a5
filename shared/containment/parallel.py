"""Calls that do not depend on each other go out together: containment is counted in round trips."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

WIDTH = 32
"""Calls in flight; the HTTP pools of the adapters are as wide."""

NARROW = 4
"""Calls in flight of work that is long and can wait: it must not take the processor from those that fence somebody meanwhile."""


def in_time[T](seconds: float, work: Callable[[], T]) -> T | None:
    """What `work` gives within so many seconds; None where it takes longer: it goes on, and nobody waits for it."""
    pool = ThreadPoolExecutor(max_workers=1)
    try:
        return pool.submit(work).result(seconds)
    except TimeoutError:
        return None
    finally:
        pool.shutdown(wait=False)


def in_parallel[T, R](work: Callable[[T], R], items: Iterable[T], width: int = WIDTH) -> list[R]:
    """`work` on every item at once; results in the order of the items. The first exception is raised after all have ended."""
    todo = list(items)
    if len(todo) < 2:  # noqa: PLR2004  # one item needs no thread
        return [work(item) for item in todo]
    with ThreadPoolExecutor(max_workers=min(width, len(todo))) as pool:
        return list(pool.map(work, todo))
