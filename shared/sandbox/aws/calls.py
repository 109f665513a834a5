"""The call log: every request the sandbox answered, with the id its client saw."""

from dataclasses import dataclass, field

from shared.sandbox import call_log
from shared.sandbox.aws.authoriser import Principal
from shared.sandbox.aws.http import Incoming, Reply
from shared.sandbox.aws.principals import Caller


@dataclass(frozen=True, slots=True, eq=False)
class Answered:
    """One answered call, equal to itself only. `id` is the client's `RequestId`; `error` the service's code, if it refused."""

    id: str
    event_id: str
    at: float
    caller: Caller
    service: str
    region: str
    operation: str
    action: str
    resource: str
    account: str
    error: str
    message: str
    http: Incoming = field(repr=False)
    reply: Reply = field(repr=False)
    sent: int = 0
    """bytes of content sent to the client"""
    invoked_by: str = ""
    """the service that called in the caller's name"""

    @property
    def principal(self) -> Principal:
        return self.caller.principal

    @property
    def access_key_id(self) -> str:
        return self.caller.access_key_id

    @property
    def ok(self) -> bool:
        return not self.error

    @property
    def name(self) -> str:
        return f"{self.service}:{self.operation}"


class CallLog(call_log.CallLog[Answered]):
    """The calls of the embedded AWS."""

    def of(self, *names: str, key: str = "", ok: bool | None = None) -> tuple[Answered, ...]:
        """Calls by `service:Operation`, by access key, by success; no filter where none is given."""
        return tuple(
            call
            for call in self
            if (not names or call.name in names) and (not key or call.access_key_id == key) and (ok is None or call.ok is ok)
        )
