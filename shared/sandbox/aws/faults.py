"""Faults a drill may switch on: latency, throttling, server errors, dropped connections, and a hook at the n-th call."""

import random
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

from shared.sandbox.aws.clock import Clock
from shared.sandbox.aws.refusals import Refusal, throttled


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, for the calls whose service, operation, caller's ARN and Region match (`*` and `?` as in file names).

    latency: every matching call takes `seconds` longer.
    throttle: of the matching calls, `fraction` is refused; with `rate`, all above `rate` per second.
    error: `fraction` answers with HTTP `status` and `code`, before anything is done.
    drop: `fraction` loses its connection; `late` drops only the answer, after the work is done.
    """

    kind: Literal["latency", "throttle", "error", "drop"]
    service: str = "*"
    operation: str = "*"
    caller: str = "*"
    region: str = "*"
    fraction: float = 1.0
    rate: float = 0.0
    seconds: float = 0.0
    status: int = 500
    code: str = "InternalError"
    late: bool = False
    times: int = 0

    def matches(self, service: str, operation: str, caller: str, region: str) -> bool:
        return (
            fnmatchcase(service, self.service)
            and fnmatchcase(operation, self.operation)
            and fnmatchcase(caller or "anonymous", self.caller)
            and fnmatchcase(region, self.region)
        )


class Dropped(ConnectionError):
    """The connection is cut without an answer."""


@dataclass(slots=True)
class _Active:
    fault: Fault
    allowance: float = 0.0
    since: float = 0.0
    hits: int = 0


class Faults:
    """The faults in force. Deterministic under one seed and one order of calls."""

    def __init__(self, clock: Clock, seed: int = 0) -> None:
        self._clock = clock
        self._random = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self._active: dict[int, _Active] = {}
        self._next = 0
        self._seen = 0
        self._hooks: list[Callable[[int, str], None]] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> int:
        """Switch a fault on; its number is for `remove`."""
        with self._lock:
            self._next += 1
            self._active[self._next] = _Active(fault, allowance=max(1.0, fault.rate), since=self._clock.now())
            return self._next

    def remove(self, number: int) -> None:
        with self._lock:
            self._active.pop(number, None)

    def clear(self) -> None:
        with self._lock:
            self._active.clear()
            self._hooks.clear()
            self._seen = self._next = 0

    def listed(self) -> dict[int, dict[str, Any]]:
        """The faults in force by number, as plain data."""
        with self._lock:
            return {number: asdict(active.fault) for number, active in self._active.items()}

    def at_each_call(self, hook: Callable[[int, str], None]) -> None:
        """Call `hook(n, "service:Operation")` as the n-th call comes in, n from 1: where a drill kills a client."""
        with self._lock:
            self._hooks.append(hook)

    def arrive(self, service: str, operation: str, caller: str, region: str) -> None:
        """What befalls a call before it is decided. Raises Refusal or Dropped."""
        with self._lock:
            self._seen += 1
            seen, hooks = self._seen, tuple(self._hooks)
            hit = [
                active.fault
                for active in self._active.values()
                if self._hits(active, (service, operation, caller, region), late=False)
            ]
        for hook in hooks:
            hook(seen, f"{service}:{operation}")
        self._clock.sleep(sum(fault.seconds for fault in hit))
        for fault in hit:
            _strike(fault, service)

    def leave(self, service: str, operation: str, caller: str, region: str) -> None:
        """What befalls an answer on its way back. Raises Dropped."""
        with self._lock:
            hit = any(self._hits(active, (service, operation, caller, region), late=True) for active in self._active.values())
        if hit:
            raise Dropped

    def _hits(self, active: _Active, call: tuple[str, str, str, str], *, late: bool) -> bool:
        fault = active.fault
        if fault.late is not late or not fault.matches(*call):
            return False
        if fault.times and active.hits >= fault.times:
            return False
        struck = self._over_rate(active) if fault.rate else self._random.random() < fault.fraction
        active.hits += struck
        return struck

    def _over_rate(self, active: _Active) -> bool:
        now = self._clock.now()
        burst = max(1.0, active.fault.rate)
        active.allowance = min(burst, active.allowance + (now - active.since) * active.fault.rate)
        active.since = now
        if active.allowance < 1:
            return True
        active.allowance -= 1
        return False


def _strike(fault: Fault, service: str) -> None:
    if fault.kind == "throttle":
        raise throttled(service)
    if fault.kind == "error":
        raise Refusal(fault.code, "We encountered an internal error. Please try again.", fault.status)
    if fault.kind == "drop":
        raise Dropped
