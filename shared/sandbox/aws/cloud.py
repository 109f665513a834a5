"""The sandbox's state in one place, and what a rule gets to see of a request."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

from shared.sandbox.aws import codec
from shared.sandbox.aws.access_log_delivery import AccessLogs
from shared.sandbox.aws.authoriser import Named
from shared.sandbox.aws.books import Books
from shared.sandbox.aws.buckets import BucketBook
from shared.sandbox.aws.calls import CallLog
from shared.sandbox.aws.clock import Clock, iso
from shared.sandbox.aws.emulator import Emulator
from shared.sandbox.aws.events import EventFeed
from shared.sandbox.aws.faults import Faults
from shared.sandbox.aws.findings import Findings
from shared.sandbox.aws.history import IdentityHistory
from shared.sandbox.aws.http import Incoming, Reply
from shared.sandbox.aws.keys import KeyBook
from shared.sandbox.aws.principals import Caller, Principals
from shared.sandbox.aws.resource_policies import ResourcePolicies
from shared.sandbox.aws.trail_delivery import Deliveries
from shared.sandbox.aws.trail_index import EventIndex
from shared.sandbox.aws.wire import Call


@dataclass(slots=True)
class Guardrails:
    """SCPs by the account whose principals they bind, RCPs by the account whose resources they guard."""

    scps: dict[str, tuple[Named, ...]] = field(default_factory=dict)
    rcps: dict[str, tuple[Named, ...]] = field(default_factory=dict)


class Cloud:
    """Everything behind the boundary: moto, and what moto lacks. One lock makes each call atomic, as the services do."""

    def __init__(self, clock: Clock, seed: int = 0) -> None:
        self.clock = clock
        self.emulator = Emulator()
        self.history = IdentityHistory(clock)
        self.principals = Principals(clock, self.history)
        self.policies = ResourcePolicies(clock, self.history)
        self.guardrails = Guardrails()
        self.trust_bindings: dict[tuple[str, str], dict[str, str]] = {}
        self.keys = KeyBook()
        self.buckets = BucketBook()
        self.books = Books()
        self.calls = CallLog()
        self.inner = CallLog()
        self.past = EventIndex(self.calls, self.inner)
        self.bucket_keys: dict[tuple[str, str, str, str], float] = {}
        self.events = EventFeed(self.calls, clock, seed)
        self.trail_lag = 0.0
        self.trails = Deliveries()
        self.access_logs = AccessLogs()
        self.faults = Faults(clock, seed)
        self.findings = Findings()
        self.lock = threading.RLock()

    def reset(self) -> None:
        """Forget every resource, credential, call and fault, and the time that was made to pass."""
        with self.lock:
            self.clock.restart()
            self.emulator.reset()
            self.history.forget()
            self.principals.forget()
            self.policies.forget()
            self.guardrails = Guardrails()
            self.trust_bindings.clear()
            self.keys.forget()
            self.buckets.forget()
            self.books = Books()
            self.calls.forget()
            self.inner.forget()
            self.past.forget()
            self.bucket_keys.clear()
            self.events.forget()
            self.trail_lag = 0.0
            self.trails.forget()
            self.access_logs.forget()
            self.faults.clear()
            self.findings.forget()


@dataclass(frozen=True)
class Ask:
    """One admitted and allowed request. `account` owns the resource asked for; `id` is the request id; `at` seconds since 1970."""

    id: str
    at: float
    http: Incoming
    call: Call
    caller: Caller
    account: str
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)

    @cached_property
    def params(self) -> dict[str, Any]:
        """The parameters by their API names."""
        return codec.parameters(self.http, self.call.service, self.call.operation)

    @property
    def region(self) -> str:
        return self.call.region

    def with_body(self, body: bytes) -> Self:
        """The same request with another body, for the emulator."""
        headers = {**self.http.headers, "content-length": str(len(body))}
        return replace(self, http=replace(self.http, body=body, headers=headers))

    def answer(self, result: Mapping[str, Any]) -> Reply:
        """A result in the form of the operation asked."""
        return codec.answer(self.call.service, self.call.operation, result)


type Rule = Callable[[Cloud, Ask], Reply]
"""One operation's rule: refuse (raise Refusal), answer, or `forward` and complete what the emulator answers."""


def forward(cloud: Cloud, ask: Ask) -> Reply:
    """The emulator's answer."""
    day = iso(ask.at)[:10].replace("-", "")
    credential = f"{ask.caller.access_key_id or 'ANONYMOUS'}/{day}/{ask.region}/{ask.call.signing_name}/aws4_request"
    return cloud.emulator.ask(ask.http, ask.call.service, account=ask.account, credential=credential)
