"""Ports that fail as machines do: a worker that dies in the middle, a journal that forgets nothing."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from shared.adapters.memory.clock import BEGINNING
from shared.domain.errors import NotDurable
from shared.ports import World
from tests.custody_doubles import FailingSink


class Killed(Exception):
    """The process is gone. No error of the program's own: nobody may catch it."""


@dataclass(slots=True)
class Life:
    """Ends at the `last` call and stays ended; with a last call of 0 it goes on for ever."""

    last: int = 0
    calls: int = 0

    def step(self) -> None:
        """One more call. Raises `Killed` from the last one on."""
        self.calls += 1
        if self.last and self.calls >= self.last:
            raise Killed


def mortal[T](port: T, life: Life, *, after: bool = False) -> T:
    """The port as a worker with this life sees it. `after`: it dies when the call has had its effect, and not before."""
    return _Mortal(port, life, after=after)  # type: ignore[return-value]  # it answers to every name that the port has


ASKS_NOBODY = frozenset({"traits"})
"""Methods of ports that leave the process for nothing: no worker dies of them in particular."""


class _Mortal:
    def __init__(self, port: object, life: Life, *, after: bool) -> None:
        self._port, self._life, self._after = port, life, after

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever the port has
        found = getattr(self._port, name)
        return self._watched(found) if callable(found) and name not in ASKS_NOBODY else found

    def _watched(self, method: Callable[..., object]) -> Callable[..., object]:
        def called(*args: object, **kwargs: object) -> object:
            if self._after and not (self._life.last and self._life.calls >= self._life.last):
                answer = method(*args, **kwargs)
                self._life.step()
                return answer
            self._life.step()
            return method(*args, **kwargs)

        return called


class HastyClock:
    """The machine's clock, running `speed` times as fast."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._start = time.monotonic()

    def now(self) -> datetime:
        return BEGINNING + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return (time.monotonic() - self._start) * self._speed

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / self._speed)


class TiringSink(FailingSink):
    """Takes so many files, and is down from then on until somebody restores it."""

    def __init__(self, name: str, strength: int) -> None:
        super().__init__(name)
        self.strength = strength

    def put(self, path: str, content: bytes) -> None:
        self.strength -= 1
        self.down = self.down or self.strength < 0
        super().put(path, content)


@dataclass(slots=True)
class Noted:
    """One entry of a `ListJournal`."""

    seq: int
    at: str
    kind: str
    body: dict[str, object]


@dataclass(slots=True)
class ListJournal:
    """A journal in a list, which shows how often the world had been written when each entry was made."""

    world: World | None = None
    durable: int = 2
    listed: list[Noted] = field(default_factory=list)
    writes_before: list[int] = field(default_factory=list)
    kept: dict[str, bytes] = field(default_factory=dict)
    _names: "count[int]" = field(default_factory=count)

    def append(self, kind: str, body: Any, need: int = 2) -> None:  # noqa: ANN401  # whatever a body holds
        if self.durable < need:
            raise NotDurable(f"{self.durable} of {need} sinks hold the entry")
        self.writes_before.append(len(getattr(self.world, "writes", ())))
        self.listed.append(Noted(len(self.listed), "", kind, dict(body)))

    def blob(self, content: bytes) -> str:
        name = f"blob-{next(self._names)}"
        self.kept[name] = content
        return name

    def blobs(self, digest: str) -> bytes:
        return self.kept[digest]

    def name(self, text: str) -> str:
        return f"name of {len(text)}"

    def checkpoint(self) -> None:
        return

    def entries(self) -> Any:  # noqa: ANN401  # an iterator of Noted, which answers to Recorded
        return iter(self.listed)

    def close(self, body: Any) -> None:  # noqa: ANN401  # whatever a body holds
        self.append("closed", body)
