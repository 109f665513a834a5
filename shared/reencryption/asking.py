"""What is said about one version, apart from how it is sent: a conversation asks, and whoever holds it makes the calls.

Rules
1. A conversation is a generator: it yields an `Ask`, is sent what became of it, returns what it came to, and makes no call itself.
2. What the cloud says "later" to is asked again, here and nowhere else; a conversation hears only the last word.
3. One that has begun is held to its end; one that has not begins no more once the run is stopped.
"""

from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from shared.domain.errors import CloudError
from shared.ports import Clock
from shared.ports.asking import Ask, Copy, CopyParts, Head, Together, Told, Update
from shared.ports.objects import Facts, Moved, Objects, Page

from .answers import ATTEMPTS, Answer, later, meaning, persistently, slows
from .pacing import READS, TICK, WRITES, Pace, Paces

if TYPE_CHECKING:
    from shared.domain.resource import Ref

type Conversation[R] = Generator[Ask, Told, R]


def never() -> bool:
    """Nobody stops this."""
    return False


class Turns[R]:
    """Many conversations at a time, by one thread that never waits. `results` are None for those that did not begin."""

    def __init__(
        self, conversations: Sequence[Conversation[R]], clock: Clock, paces: Paces, stopped: Callable[[], bool] = never
    ) -> None:
        self.results: list[R | None] = [None] * len(conversations)
        self._conversations, self._clock, self._paces, self._stopped = conversations, clock, paces, stopped
        self._asks: dict[int, tuple[Ask, Pace]] = {}
        self._begun: set[int] = set()
        self._tries: dict[int, int] = {}
        self._ready: dict[Pace, deque[int]] = {}
        self._later: list[tuple[float, int]] = []
        for number in range(len(conversations)):
            self._go_on(number, None)

    def take(self, room: int) -> list[tuple[int, Ask]]:
        """As the port says; prefixes take turns in being the first to be served."""
        now = self._clock.monotonic()
        while self._later and self._later[0][0] <= now + TICK:
            self._queue(heappop(self._later)[1])
        taken: list[tuple[int, Ask]] = []
        for pace in list(self._ready):
            if len(taken) >= room:
                break
            queue = self._ready.pop(pace)
            self._serve(pace, queue, now, taken, room)
            if queue:
                self._ready[pace] = queue
        return taken

    def _serve(self, pace: Pace, queue: deque[int], now: float, taken: list[tuple[int, Ask]], room: int) -> None:
        while queue and len(taken) < room:
            number = queue[0]
            if number not in self._begun and self._stopped():
                queue.popleft()
                continue
            if not pace.free(now):
                return
            self._begun.add(queue.popleft())
            taken.append((number, self._asks[number][0]))

    def told(self, number: int, told: Told) -> None:
        if isinstance(told, CloudError) and self._again(number, told):
            return
        self._tries.pop(number, None)
        self._go_on(number, told)

    def wait(self) -> float | None:
        times = [pace.due() for pace in self._ready]
        times += [at for at, _ in self._later[:1]]
        return max(0.0, min(times) - self._clock.monotonic()) if times else None

    def _again(self, number: int, error: CloudError) -> bool:
        """Whether this call is made again; then it is, some time later."""
        if slows(error):
            self._asks[number][1].throttled()
        tries = self._tries.get(number, 0) + 1
        if meaning(error) is not Answer.RETRY or tries >= ATTEMPTS:
            return False
        self._tries[number] = tries
        heappush(self._later, (self._clock.monotonic() + later(tries), number))
        return True

    def _go_on(self, number: int, told: Told | None) -> None:
        conversation = self._conversations[number]
        try:
            ask = next(conversation) if told is None else conversation.send(told)
        except StopIteration as end:
            self.results[number] = end.value
            self._asks.pop(number, None)
            return
        self._asks[number] = (ask, self._paces.of(ask.key, READS if isinstance(ask, Head) else WRITES))
        self._queue(number)

    def _queue(self, number: int) -> None:
        pace = self._asks[number][1]
        queue = self._ready.get(pace)
        if queue is None:
            queue = self._ready[pace] = deque()
        queue.append(number)


class Calls:
    """The calls of one migration: together where the objects can be asked so, else by threads; one caller at a time needs none."""

    def __init__(
        self, store: "Ref", objects: Objects, clock: Clock, pool: ThreadPoolExecutor | None, ceiling: float | None = None
    ) -> None:
        self._store, self._objects, self._clock, self._pool = store, objects, clock, pool
        self._paces = Paces(clock, ceiling=ceiling)
        self._coming: tuple[tuple[str, str], Callable[[], Page]] | None = None

    def page(self, after: tuple[str, str] | None) -> Page:
        """The next part of the listing. Raises `CloudError`."""
        coming, self._coming = self._coming, None
        return coming[1]() if coming and coming[0] == after else self._listed(after)

    def expect(self, after: tuple[str, str] | None) -> None:
        """Have this part of the listing under way beside other calls, for `page`, which raises what came of it.

        One caller at a time asks for it when it is wanted.
        """
        if after and self._pool:
            self._coming = after, self._pool.submit(self._listed, after).result

    def _listed(self, after: tuple[str, str] | None) -> Page:
        asked = self._objects.listed if isinstance(self._objects, Together) else self._objects.list
        return persistently(self._clock, partial(asked, self._store, after))

    def all[R](
        self, conversations: Sequence[Conversation[R]], stopped: Callable[[], bool] = never, *, parts: bool = False
    ) -> list[R | None]:
        """What each came to, None where it did not begin. `parts`: they copy in parts. Raises what they raise."""
        if isinstance(self._objects, Together) and not parts:
            turns = Turns(conversations, self._clock, self._paces, stopped)
            self._objects.together(self._store, turns)
            return turns.results
        hold = partial(self._hold, stopped)
        return list(self._pool.map(hold, conversations) if self._pool else map(hold, conversations))

    def _hold[R](self, stopped: Callable[[], bool], conversation: Conversation[R]) -> R | None:
        if stopped():
            return None
        try:
            ask = next(conversation)
            while True:
                ask = conversation.send(self._told(ask))
        except StopIteration as end:
            result: R = end.value
            return result

    def _told(self, ask: Ask) -> Told:
        try:
            if isinstance(ask, Head):
                self._paces.wait()
                return persistently(self._clock, partial(self._made, ask))
            pace = self._paces.of(ask.key)
            return persistently(self._clock, partial(self._paced, ask, pace), pace.throttled)
        except CloudError as error:
            return error

    def _paced(self, ask: Ask, pace: Pace) -> Facts | Moved:
        pace.wait()
        return self._made(ask)

    def _made(self, ask: Ask) -> Facts | Moved:
        objects, store = self._objects, self._store
        match ask:
            case Head(key, version):
                return objects.head(store, key, version)
            case Update(key, version, encryption):
                return objects.update(store, key, version, encryption)
            case Copy(version, facts, encryption):
                return objects.copy(store, version, facts, encryption)
            case CopyParts(version, facts, encryption, part, begun):
                return objects.copy_parts(store, version, facts, encryption, part, begun)
