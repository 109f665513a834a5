"""The control path of a served sandbox, for other processes: JSON over `/_sandbox/...`, beside the services."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from shared.sandbox.azure.calls import Answered
from shared.sandbox.azure.cloud import Cloud
from shared.sandbox.azure.faults import Fault
from shared.sandbox.azure.wire import Answer

CONTROL = "/_sandbox/"

type Handler = Callable[[Cloud, Mapping[str, Any]], object]


def answer(cloud: Cloud, path: str, body: bytes) -> Answer:
    """The answer to a control request: 200 with JSON, 400 for a bad one, 404 for an unknown one."""
    handler = HANDLERS.get(path.removeprefix(CONTROL))
    if handler is None:
        return Answer.of(404, {"error": "no such control"})
    try:
        return Answer.of(200, handler(cloud, json.loads(body or b"{}")))
    except (AttributeError, KeyError, TypeError, ValueError) as bad:
        return Answer.of(400, {"error": f"{type(bad).__name__}: {bad}"})


def _calls(cloud: Cloud, given: Mapping[str, Any]) -> object:
    """The call log from a number on."""
    return [_line(call) for call in tuple(cloud.calls)[int(given.get("since", 0)) :]]


def _line(call: Answered) -> dict[str, Any]:
    return {"id": call.id, "at": call.at, "name": call.name, "caller": call.caller, "status": call.status, "code": call.code}


def _add_fault(cloud: Cloud, given: Mapping[str, Any]) -> object:
    return {"fault": cloud.faults.add(Fault(**given))}


def _drop_faults(cloud: Cloud, _: Mapping[str, Any]) -> object:
    cloud.faults.clear()
    return {}


def _advance(cloud: Cloud, given: Mapping[str, Any]) -> object:
    cloud.clock.advance(float(given["seconds"]))
    return {"now": cloud.clock.now()}


def _delays(cloud: Cloud, given: Mapping[str, Any]) -> object:
    """Set some of the delays, by name, in seconds; all of them as they are then."""
    for name, value in given.items():
        if not isinstance(getattr(cloud.delays, name), float):
            raise TypeError(f"{name} is no delay")
        setattr(cloud.delays, name, float(value))
    return asdict(cloud.delays)


HANDLERS: Mapping[str, Handler] = {
    "advance": _advance,
    "calls": _calls,
    "delays": _delays,
    "faults": _add_fault,
    "faults/clear": _drop_faults,
}
