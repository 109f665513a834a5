"""What a sandbox was asked, in order, and who listens to it: the same for every embedded cloud."""

import threading
from collections.abc import Callable, Iterator
from typing import Protocol


class Identified(Protocol):
    """A call with the id that its client saw."""

    @property
    def id(self) -> str: ...


class CallLog[C: Identified]:
    """Calls in the order of their answers. Listeners hear each call once, after it was noted."""

    def __init__(self) -> None:
        self._calls: list[C] = []
        self._listeners: list[Callable[[C], None]] = []
        self._lock = threading.Lock()

    def note(self, call: C) -> None:
        with self._lock:
            self._calls.append(call)
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener(call)

    def listen(self, listener: Callable[[C], None]) -> None:
        with self._lock:
            self._listeners.append(listener)

    def forget(self) -> None:
        with self._lock:
            self._calls.clear()

    def __iter__(self) -> Iterator[C]:
        with self._lock:
            return iter(tuple(self._calls))

    def __len__(self) -> int:
        return len(self._calls)

    def find(self, request_id: str) -> C | None:
        """The call with this request id."""
        return next((call for call in self if call.id == request_id), None)
