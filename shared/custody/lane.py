"""One sink, written strictly in order.

Rules
1. What comes later is put only after everything before it is kept: a sink never has a gap, whatever fails.
2. What could not be kept waits, and goes first the next time something is put.
3. Putting the same bytes again is no error, so an answer that was lost does no harm.
4. A sink that holds something else at one of our places is left alone from then on.
"""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial

from shared.domain.errors import AlreadyRecorded, CodeblueError
from shared.ports import Sink

KEPT: Future[None] = Future()
"""What a put without a thread comes to: done before it is asked for."""
KEPT.set_result(None)


class Lane:
    """A sink with what it still owes. `taken` says why it is left alone, empty while it is not.

    Without a thread of its own it is written by the caller's: with a single sink there is nothing to run beside.
    """

    def __init__(self, sink: Sink, thread: Executor | None = None) -> None:
        self.sink = sink
        self.taken = ""
        self._thread = thread
        self._owed: deque[tuple[str, Callable[[], bytes]]] = deque()

    @property
    def behind(self) -> int:
        """How many files this sink does not hold yet."""
        return len(self._owed)

    def owe(self, path: str, load: Callable[[], bytes]) -> None:
        """Note a file that the sink lacks; it is loaded when its turn comes."""
        self._owed.append((path, load))

    def put(self, path: str, content: bytes) -> Future[None]:
        """Put it after everything before it. The future raises what the sink raises."""
        return self._run(partial(self._put, path, content))

    def settle(self) -> Future[None]:
        """Put what is owed."""
        return self._run(self._catch_up)

    def _run(self, work: Callable[[], None]) -> Future[None]:
        if self._thread:
            return self._thread.submit(work)
        try:
            work()
        except CodeblueError as error:
            failed: Future[None] = Future()
            failed.set_exception(error)
            return failed
        return KEPT

    def _put(self, path: str, content: bytes) -> None:
        self._owed.append((path, lambda: content))
        self._catch_up()

    def _catch_up(self) -> None:
        while not self.taken and self._owed:
            path, load = self._owed[0]
            try:
                self.sink.put(path, load())
            except AlreadyRecorded:
                self.taken = f"{self.sink.name} holds something else at {path}"
            else:
                self._owed.popleft()
        if self.taken:
            raise AlreadyRecorded(self.taken)


def lanes(sinks: Sequence[Sink]) -> tuple[Lane, ...]:
    """A lane for each sink, each with a thread of its own where there are several."""
    if len(sinks) == 1:
        return (Lane(sinks[0]),)
    return tuple(Lane(sink, ThreadPoolExecutor(1, thread_name_prefix=f"custody-{sink.name}")) for sink in sinks)
