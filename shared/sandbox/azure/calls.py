"""The call log: every request that the cloud answered, with the id its client saw."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from shared.sandbox.azure.wire import Answer, Request


@dataclass(frozen=True, slots=True, eq=False)
class Answered:
    """One answered call, equal to itself only. `caller` is an object id, or whoever signed; `code` is the refusal's."""

    plane: str
    caller: str
    code: str
    request: Request = field(repr=False)
    answer: Answer = field(repr=False)

    @property
    def id(self) -> str:
        return self.request.id

    @property
    def at(self) -> float:
        return self.request.at

    @property
    def status(self) -> int:
        return self.answer.status

    @property
    def ok(self) -> bool:
        return self.status < 400  # noqa: PLR2004 - HTTP: 4xx and 5xx are refusals

    @property
    def name(self) -> str:
        """`plane METHOD host/path`; a query string may carry a signature and is left out."""
        return f"{self.plane} {self.request.method} {self.request.host}{self.request.path}"


class CallLog:
    """Calls in the order of their answers. Listeners hear each call once, after it was noted."""

    def __init__(self) -> None:
        self._calls: list[Answered] = []
        self._listeners: list[Callable[[Answered], None]] = []
        self._callers: dict[str, str] = {}
        self._lock = threading.Lock()

    def identify(self, request: Request, caller: str) -> None:
        """Say who makes a request, as soon as a plane knows it."""
        self._callers[request.id] = caller

    def note(self, plane: str, request: Request, answer: Answer, code: str = "") -> None:
        with self._lock:
            call = Answered(plane, self._callers.pop(request.id, ""), code, request, answer)
            self._calls.append(call)
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener(call)

    def listen(self, listener: Callable[[Answered], None]) -> None:
        with self._lock:
            self._listeners.append(listener)

    def __iter__(self) -> Iterator[Answered]:
        with self._lock:
            return iter(tuple(self._calls))

    def __len__(self) -> int:
        return len(self._calls)

    def of(self, plane: str = "", *, caller: str = "", ok: bool | None = None) -> tuple[Answered, ...]:
        """Calls by plane, caller and success; no filter where none is given."""
        return tuple(
            call
            for call in self
            if (not plane or call.plane == plane) and (not caller or call.caller == caller) and (ok is None or call.ok is ok)
        )

    def find(self, request_id: str) -> Answered | None:
        """The call with this request id (`x-ms-request-id`)."""
        return next((call for call in self if call.id == request_id), None)
