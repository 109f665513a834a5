"""Faults a drill may switch on: latency, throttling with Retry-After, server errors, dropped connections."""

import random
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

from shared.sandbox.azure.clock import Clock
from shared.sandbox.azure.wire import Problem, Request

type Hook = Callable[[int, str], None]

_BUSY = {
    "blob": (503, "ServerBusy", "The server is currently unable to receive requests. Please retry your request."),
    "graph": (429, "TooManyRequests", "Too many requests."),
    "keyvault": (
        429,
        "Throttled",
        "Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached",
    ),
}
_TOO_MANY = (429, "TooManyRequests", "The request is being throttled as the limit has been reached for operation type.")


class Dropped(ConnectionError):
    """The connection is cut without an answer."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, for the requests whose plane, method and `host/path` match (`*` and `?` as in file names).

    latency: every matching request takes `seconds` longer.
    throttle: of the matching requests, `fraction` is refused, to be tried again after `seconds`.
    error: `fraction` answers with HTTP `status` and `code`, before anything is done.
    drop: `fraction` loses its connection; `late` drops only the answer, after the work is done.
    At most `times` of them are struck, where that is not nought.
    """

    kind: Literal["latency", "throttle", "error", "drop"]
    plane: str = "*"
    method: str = "*"
    path: str = "*"
    fraction: float = 1.0
    seconds: float = 0.0
    status: int = 500
    code: str = "InternalServerError"
    late: bool = False
    times: int = 0

    def matches(self, plane: str, request: Request) -> bool:
        return (
            fnmatchcase(plane, self.plane)
            and fnmatchcase(request.method, self.method)
            and fnmatchcase(f"{request.host}{request.path}", self.path)
        )


class Faults:
    """The faults in force. Deterministic under one seed and one order of requests."""

    def __init__(self, clock: Clock, seed: int = 0) -> None:
        self._clock = clock
        self._random = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self._active: dict[int, Fault] = {}
        self._hits: dict[int, int] = {}
        self._next = self._seen = 0
        self._hooks: list[Hook] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> int:
        """Switch a fault on; its number is for `remove`."""
        with self._lock:
            self._next += 1
            self._active[self._next] = fault
            return self._next

    def remove(self, number: int) -> None:
        with self._lock:
            self._active.pop(number, None)

    def clear(self) -> None:
        with self._lock:
            self._active.clear()
            self._hooks.clear()
            self._seen = 0

    def listed(self) -> dict[int, dict[str, Any]]:
        """The faults in force by number, as plain data."""
        with self._lock:
            return {number: asdict(fault) for number, fault in self._active.items()}

    def at_each_call(self, hook: Hook) -> None:
        """Call `hook(n, "plane METHOD path")` as the n-th request comes in, n from 1: where a drill kills a client."""
        with self._lock:
            self._hooks.append(hook)

    def arrive(self, plane: str, request: Request) -> None:
        """What befalls a request before it is decided. Raises Problem or Dropped."""
        with self._lock:
            self._seen += 1
            seen, hooks, hit = self._seen, tuple(self._hooks), self._struck(plane, request, late=False)
        for hook in hooks:
            hook(seen, f"{plane} {request.method} {request.path}")
        self._clock.sleep(sum(fault.seconds for fault in hit if fault.kind == "latency"))
        for fault in hit:
            _strike(fault, plane)

    def leave(self, plane: str, request: Request) -> None:
        """What befalls an answer on its way back. Raises Dropped."""
        with self._lock:
            struck = self._struck(plane, request, late=True)
        if struck:
            raise Dropped

    def _struck(self, plane: str, request: Request, *, late: bool) -> list[Fault]:
        found = []
        for number, fault in self._active.items():
            spent = fault.times and self._hits.get(number, 0) >= fault.times
            if fault.late is late and not spent and fault.matches(plane, request) and self._random.random() < fault.fraction:
                self._hits[number] = self._hits.get(number, 0) + 1
                found.append(fault)
        return found


def _strike(fault: Fault, plane: str) -> None:
    if fault.kind == "throttle":
        status, code, message = _BUSY.get(plane, _TOO_MANY)
        raise Problem(status, code, message, {"retry-after": str(round(fault.seconds) or 1)})
    if fault.kind == "error":
        raise Problem(fault.status, fault.code, "The server encountered an internal error. Please retry the request.")
    if fault.kind == "drop":
        raise Dropped
