"""The durable task extension in a page: histories, timers, events and retries, around the real replay of the SDK's executor.

Every turn hands the whole history to the orchestrator anew, as after a restart of the worker. Ids are given in the order in which
the extension gives them; after every failure it waits with a timer, after the last one too.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import inf
from threading import Thread
from typing import Any

from azure_functions_runtime.bindings.datumdef import Datum

from shared.ports import Clock
from tests.doubles import Killed
from tests.functions_worker import Worker

STARTED, SCHEDULED, COMPLETED, FAILED, TIMER, FIRED, TURN, TURNED, RAISED = 0, 4, 5, 6, 10, 11, 12, 13, 15
"""Of `HistoryEventType`."""

type Json = dict[str, Any]


@dataclass
class Call:
    """An activity that is to run: its name, its input, and how often it failed."""

    id: int
    action: Json
    failures: int = 0


@dataclass
class Instance:
    """One orchestration."""

    id: str
    name: str
    given: Any
    status: str = "Pending"
    error: str = ""
    history: list[Json] = field(default_factory=list)
    arrived: list[Json] = field(default_factory=list)
    """what the next turn is told"""
    calls: list[Call] = field(default_factory=list)
    timers: dict[int, tuple[datetime, Call | None]] = field(default_factory=dict)
    failed: list[Call] = field(default_factory=list)
    seen: list[tuple[int, Json]] = field(default_factory=list)
    """actions of this generation, and the ids that they were given"""
    ids: int = -1
    turns: int = 0

    @property
    def live(self) -> bool:
        return self.status in {"Pending", "Running"}

    def next_id(self) -> int:
        self.ids += 1
        return self.ids


class DurableHost:
    """All orchestrations of one task hub, and the endpoint that clients talk to."""

    def __init__(self, worker: Worker, clock: Clock) -> None:
        self.worker, self.clock = worker, clock
        self.instances: dict[str, Instance] = {}
        self.deaths = 0
        self.revived: Callable[[], None] = lambda: None
        """called when a worker has died, before another gets its message"""
        self.generations: Counter[str] = Counter()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _endpoint(self))
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def client(self) -> Datum:
        """What a durable client binding holds."""
        base = f"http://127.0.0.1:{self._server.server_address[1]}/durabletask/"
        said = {"taskHubName": "Codeblue", "creationUrls": {}, "managementUrls": {"id": "INSTANCE"}, "rpcBaseUrl": base}
        return Datum(json.dumps(said), "string")

    def step(self) -> bool:
        """One turn or one activity of each orchestration, where any is due."""
        return sum(self._step(each) for each in list(self.instances.values())) > 0

    def settle(self) -> None:
        """Run all that is due now."""
        while self.step():
            pass

    def wait(self, longest: float = inf) -> bool:
        """Let the time pass until the next timer, and run what is due; false where none is, or only after `longest` seconds."""
        ends = [end for each in self.instances.values() if each.live for end, _ in each.timers.values()]
        seconds = max((min(ends) - self.clock.now()).total_seconds(), 0) if ends else inf
        if seconds > longest or not ends:
            return False
        self.clock.sleep(seconds)
        self.settle()
        return True

    def run(self, most: int = 400) -> None:
        """Go on until every orchestration has ended."""
        self.settle()
        while most and self.wait():
            most -= 1
        assert most, "no end"

    def until(self, so: Callable[[], bool], most: int = 100) -> None:
        """Go on until it is so."""
        self.settle()
        while not so():
            most -= 1
            assert self.wait(), "it never comes to that"
            assert most, "it takes too long"

    def answers(self, instance: str) -> list[Json]:
        """What the activities of this orchestration have answered, in order."""
        return [json.loads(event["Result"]) for event in self.instances[instance].history if event["EventType"] == COMPLETED]

    def start(self, instance: str, name: str, given: Any) -> bool:  # noqa: ANN401  # any JSON
        if instance in self.instances and self.instances[instance].live:
            return False
        self.instances[instance] = made = Instance(instance, name, given)
        made.arrived = [self._event(STARTED, Name=name, Version="", Input=json.dumps(json.dumps(given)))]
        return True

    def raised(self, instance: str, name: str, content: str) -> None:
        self.instances[instance].arrived.append(self._event(RAISED, Name=name, Input=content))

    def _step(self, at: Instance) -> bool:
        """One turn or one activity of this orchestration, if anything of it is due."""
        for number, (end, call) in list(at.timers.items()):
            if end <= self.clock.now() and at.live:
                del at.timers[number]
                at.arrived.append(self._event(FIRED, TimerId=number, FireAt=_iso(end)))
                if call and call.failures < call.action["retryOptions"]["maxNumberOfAttempts"]:
                    call.id = at.next_id()
                    at.calls.append(call)
        if at.live and at.arrived:
            self._turn(at)
            return True
        if at.live and at.calls:
            self._activity(at, at.calls[0])
            return True
        return False

    def _turn(self, at: Instance) -> None:
        at.history += [self._event(TURN), *at.arrived]
        repeated = [self._event(SCHEDULED, c.id, Name=c.action["functionName"], Version="") for c in at.calls if c.failures]
        failed, at.failed = at.failed, []
        at.arrived, at.status, at.turns = [], "Running", at.turns + 1
        body = {"instanceId": at.id, "parentInstanceId": None, "isReplaying": False, "input": json.dumps(at.given)}
        schema = {"upperSchemaVersion": 2, "upperSchemaVersionNew": 3, "maximumShortTimerDuration": "6.00:00:00"}
        longer = {"longRunningTimerIntervalDuration": "3.00:00:00", "history": at.history}
        answer = self.worker.invoke(at.name, {"context": Datum(json.dumps(body | schema | longer), "string")})
        if answer.error:
            at.status, at.error = "Failed", answer.error
            return
        said = json.loads(answer.value)
        for call in failed:
            self._failed(at, call)
        self._acts(at, list(_leaves(said["actions"])))
        at.history += [*repeated, self._event(TURNED)]
        if said["isDone"] and at.status == "Running":
            at.status = "Completed"

    def _failed(self, at: Instance, call: Call) -> None:
        """After a failure comes a timer, and after that another attempt, if one is left."""
        if "retryOptions" in call.action:
            number, interval = at.next_id(), call.action["retryOptions"]["firstRetryIntervalInMilliseconds"]
            end = self.clock.now() + timedelta(milliseconds=interval)
            at.timers[number] = (end, call)
            at.history.append(self._event(TIMER, number, FireAt=_iso(end)))

    def _acts(self, at: Instance, actions: list[Json]) -> None:
        for number, (known, action) in enumerate(zip(at.seen, actions, strict=False)):
            if action.get("isCanceled"):
                at.timers.pop(known[0], None)
            at.seen[number] = (known[0], action)
        for action in actions[len(at.seen) :]:
            at.seen.append((self._act(at, action), action))

    def _act(self, at: Instance, action: Json) -> int:
        if "functionName" in action:
            call = Call(at.next_id(), action)
            at.calls.append(call)
            at.history.append(self._event(SCHEDULED, call.id, Name=action["functionName"], Version=""))
            return call.id
        if "fireAt" in action:
            number, end = at.next_id(), datetime.fromisoformat(action["fireAt"])
            at.history.append(self._event(TIMER, number, FireAt=_iso(end)))
            if not action.get("isCanceled"):
                at.timers[number] = (end, None)
            return number
        if "externalEventName" in action:
            return -1
        if action["actionType"] == 4:  # ContinueAsNew
            again = Instance(at.id, at.name, json.loads(action["input"]))
            again.arrived = [self._event(STARTED, Name=at.name, Version="", Input=json.dumps(json.dumps(again.given)))]
            again.turns, at.status = at.turns, "ContinuedAsNew"
            self.instances[at.id] = again
            self.generations[at.id] += 1
            return -1
        raise NotImplementedError(action)

    def _activity(self, at: Instance, call: Call) -> None:
        name = call.action["functionName"]
        trigger = self.worker.functions[name].trigger["name"]
        try:
            answer = self.worker.invoke(name, {trigger: Datum(call.action["input"], "json")})
        except Killed:
            self.deaths += 1  # its message was never taken off the queue
            self.revived()
            return
        at.calls.remove(call)
        if answer.error:
            call.failures += 1
            at.failed.append(call)
            at.arrived.append(self._event(FAILED, TaskScheduledId=call.id, Reason="failed", Details=answer.error))
        else:
            at.arrived.append(self._event(COMPLETED, TaskScheduledId=call.id, Result=answer.value))

    def _event(self, kind: int, number: int = -1, **more: Any) -> Json:  # noqa: ANN401  # any JSON
        return {"EventType": kind, "EventId": number, "IsPlayed": False, "Timestamp": _iso(self.clock.now()), **more}


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _leaves(actions: list[Any]) -> Iterator[Json]:
    """Single actions, in the order of their making."""
    for action in actions:
        if isinstance(action, list):
            yield from _leaves(action)
        elif "compoundActions" in action:
            yield from _leaves(action["compoundActions"])
        else:
            yield action


def _endpoint(host: DurableHost) -> type[BaseHTTPRequestHandler]:
    """The extension's own endpoint on loopback ("rpcBaseUrl")."""

    class Endpoint(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = host.instances.get(self.path.partition("?")[0].rpartition("/")[2])
            if found is None:
                return self._say(404, {})
            times = {"createdTime": "2026-11-21T03:00:00Z", "lastUpdatedTime": "2026-11-21T03:00:00Z"}
            return self._say(202 if found.live else 200, {"name": found.name, "runtimeStatus": found.status, **times})

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            _, _, kind, *parts = self.path.split("/")
            if kind == "orchestrators":
                name, instance = parts
                begun = host.start(instance, name, json.loads(json.loads(content)))
                return self._say(202 if begun else 409, {"id": instance})
            instance, _, event = parts
            if instance not in host.instances or not host.instances[instance].live:
                return self._say(410 if instance in host.instances else 404, {})
            host.raised(instance, event, json.loads(content))
            return self._say(202, {})

        def _say(self, status: int, words: object) -> None:
            body = json.dumps(words).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: object) -> None:
            """Nothing."""

    return Endpoint
