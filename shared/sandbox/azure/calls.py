"""The call log: every request that the cloud answered, with the id its client saw."""

from dataclasses import dataclass, field

from shared.sandbox import call_log
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


class CallLog(call_log.CallLog[Answered]):
    """The calls of the embedded Azure. Who makes one is known before its answer is."""

    def __init__(self) -> None:
        super().__init__()
        self._callers: dict[str, str] = {}

    def identify(self, request: Request, caller: str) -> None:
        """Say who makes a request, as soon as a plane knows it."""
        self._callers[request.id] = caller

    def answered(self, plane: str, request: Request, answer: Answer, code: str = "") -> None:
        """Note the answer to a request, under whoever was said to make it."""
        self.note(Answered(plane, self._callers.pop(request.id, ""), code, request, answer))

    def of(self, plane: str = "", *, caller: str = "", ok: bool | None = None) -> tuple[Answered, ...]:
        """Calls by plane, caller and success; no filter where none is given."""
        return tuple(
            call
            for call in self
            if (not plane or call.plane == plane) and (not caller or call.caller == caller) and (ok is None or call.ok is ok)
        )
