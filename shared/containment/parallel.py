"""Calls that do not depend on each other go out together: containment is counted in round trips."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Condition

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
    return _Shared(work, todo, width).results()


HANDS = ThreadPoolExecutor(max_workers=8 * WIDTH, thread_name_prefix="beside")
"""Threads that are kept: to start one takes longer than much of the work. Nobody ever waits for one to be free."""


class _Shared[T, R]:
    """Work that whoever asks for it does, with as many hands beside as may be.

    Each hand that comes calls the next, so that work which is done in no time wakes one and work that waits for an answer all.
    Whoever asks works too: where no hand is free nothing stands still, however deep such work is nested.
    """

    def __init__(self, work: Callable[[T], R], todo: Sequence[T], width: int) -> None:
        self._work = work
        self._todo = deque(enumerate(todo))
        self._hands = width - 1
        self._done: dict[int, R] = {}
        self._failed: dict[int, BaseException] = {}
        self._under_way = 0
        self._ended = Condition()

    def results(self) -> list[R]:
        """Raises the first failure once all have ended; so does an interruption, after which nothing more is taken up."""
        try:
            self._help()
            self._wait()
        except BaseException:
            self._todo.clear()
            self._wait()
            raise
        if self._failed:
            raise self._failed[min(self._failed)]
        return [self._done[place] for place in sorted(self._done)]

    def _wait(self) -> None:
        with self._ended:
            self._ended.wait_for(lambda: not self._under_way)

    def _help(self) -> None:
        with self._ended:
            another = bool(self._todo) and self._hands > 0
            self._hands -= another
        if another:
            HANDS.submit(self._help)
        while self._take():
            pass

    def _take(self) -> bool:
        """Do one thing of what is left to do; False where there is none."""
        with self._ended:
            if not self._todo:
                return False
            place, item = self._todo.popleft()
            self._under_way += 1
        try:
            self._done[place] = self._work(item)
        except BaseException as error:  # noqa: BLE001  # raised by `results`
            self._failed[place] = error
            if not isinstance(error, Exception):
                self._todo.clear()
        finally:
            with self._ended:
                self._under_way -= 1
                self._ended.notify_all()
        return True
