"""The loopback control path for other processes: JSON over `/_sandbox/...`, beside the AWS services and never through the gate."""

import json
import os
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import count
from typing import Any

from shared.sandbox.aws.calls import Answered
from shared.sandbox.aws.cloud import Cloud
from shared.sandbox.aws.faults import Fault
from shared.sandbox.aws.http import Incoming, Reply

CONTROL = "/_sandbox/"

type Handler = Callable[[Cloud, Mapping[str, Any]], object]


def answer(cloud: Cloud, incoming: Incoming) -> Reply:
    """The answer to a control request: 200 with JSON, 400 for a bad one, 404 for an unknown one."""
    handler = HANDLERS.get((incoming.method, incoming.path.removeprefix(CONTROL)))
    if handler is None:
        return _reply(404, {"error": "no such control"})
    try:
        given = json.loads(incoming.body) if incoming.body else incoming.parameters
        return _reply(200, handler(cloud, given))
    except (KeyError, TypeError, ValueError) as bad:
        return _reply(400, {"error": f"{type(bad).__name__}: {bad}"})


def _reply(status: int, content: object) -> Reply:
    return Reply(status, (("content-type", "application/json"),), json.dumps(content).encode())


def _line(call: Answered) -> dict[str, Any]:
    return {
        "id": call.id,
        "at": call.at,
        "principal": call.principal.arn,
        "access_key_id": call.access_key_id,
        "service": call.service,
        "region": call.region,
        "operation": call.operation,
        "action": call.action,
        "resource": call.resource,
        "error": call.error,
    }


def _calls(cloud: Cloud, given: Mapping[str, Any]) -> object:
    since = int(given.get("since", 0))
    return [_line(call) for call in tuple(cloud.calls)[since:]]


def _add_fault(cloud: Cloud, given: Mapping[str, Any]) -> object:
    """A fault from now on, or, with `from`, from the first call of that `service:Operation` on, which still works."""
    first = str(given.get("from", ""))
    fault = Fault(**{name: value for name, value in given.items() if name != "from"})
    if not first:
        return {"number": cloud.faults.add(fault)}
    begun = count()

    def begin(_: int, operation: str) -> None:
        if operation == first and next(begun) == 0:
            cloud.faults.add(fault)

    cloud.faults.at_each_call(begin)
    return {}


def _kill(cloud: Cloud, given: Mapping[str, Any]) -> object:
    """SIGKILL a client as the n-th call from now on comes in (`pid`, `nth`); the call itself is answered, to nobody."""
    pid, nth, calls = int(given["pid"]), int(given["nth"]), count(1)

    def strike(*_: object) -> None:
        if next(calls) == nth:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    cloud.faults.at_each_call(strike)
    return {}


def _faults(cloud: Cloud, _: Mapping[str, Any]) -> object:
    return cloud.faults.listed()


def _clear_faults(cloud: Cloud, _: Mapping[str, Any]) -> object:
    cloud.faults.clear()
    return {}


def _advance(cloud: Cloud, given: Mapping[str, Any]) -> object:
    cloud.clock.advance(float(given["seconds"]))
    return {"now": cloud.clock.now()}


def _delays(cloud: Cloud, given: Mapping[str, Any]) -> object:
    if "identity" in given:
        cloud.history.set_delay(float(given["identity"]))
    cloud.policies.delay = float(given.get("resource", cloud.policies.delay))
    cloud.trail_lag = float(given.get("trail", cloud.trail_lag))
    return {"identity": cloud.history.delay, "resource": cloud.policies.delay, "trail": cloud.trail_lag}


def _store_finding(cloud: Cloud, given: Mapping[str, Any]) -> object:
    cloud.findings.store(given)
    return {}


def _root(cloud: Cloud, given: Mapping[str, Any]) -> object:
    caller = cloud.principals.root(str(given["account"]))
    return {"access_key_id": caller.access_key_id, "secret_access_key": caller.secret}


def _reset(cloud: Cloud, _: Mapping[str, Any]) -> object:
    cloud.reset()
    return {}


HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("GET", "calls"): _calls,
    ("GET", "faults"): _faults,
    ("POST", "clock"): _advance,
    ("POST", "delays"): _delays,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _clear_faults,
    ("POST", "kill"): _kill,
    ("POST", "findings"): _store_finding,
    ("POST", "reset"): _reset,
    ("POST", "root"): _root,
}
