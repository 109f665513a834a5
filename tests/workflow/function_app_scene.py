"""The function app on duty over the hospital in memory: Microsoft's worker, a durable host, and people who send requests."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from azure_functions_runtime.bindings.datumdef import Datum

from azure_functions_app import environment
from shared.adapters.memory.windows import BoundedMemory
from shared.domain.case import Case
from shared.domain.resource import Kind
from shared.workflow.deps import Deps
from tests.durable_host import DurableHost
from tests.functions_worker import Answer, batch, principal, request, worker
from tests.hospital import Hospital
from tests.workflow.test_functions import alert as finding

TENANT = "0c0de5af-0000-4000-8000-0000000000aa"
US = "api://codeblue"
SENDER = "0c0de5af-0000-4000-8000-0000000000bb"
ANN = "0c0de5af-0000-4000-8000-0000000000cc"
FOR_EVER = "99999999999"

SETTINGS = {
    "WEBSITE_AUTH_ENABLED": "True",
    "CODEBLUE_TENANT": TENANT,
    "CODEBLUE_AUDIENCES": US,
    "CODEBLUE_SENDERS": SENDER,
    "CODEBLUE_APPROVERS": ANN,
}

OF_THE_SDK = [
    pytest.mark.filterwarnings("ignore:enable_cleanup_closed:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:azure.functions df_loads was called:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Potential duplicate Task completion"),
]
"""What Microsoft's own libraries warn of when they call each other; the last is an event that came before it was waited for."""

CLAIMS = "http://schemas.microsoft.com/identity/claims/"


def claims(who: str, **other: str | None) -> list[tuple[str, str]]:
    """What the platform says of a good token; `other` claims in the place of its own, None: not there."""
    usual: dict[str, str | None] = {"aud": US, "exp": FOR_EVER, f"{CLAIMS}tenantid": TENANT, f"{CLAIMS}objectidentifier": who}
    named = {"tid": f"{CLAIMS}tenantid", "oid": f"{CLAIMS}objectidentifier"}
    return [(name, text) for name, text in (usual | {named.get(n, n): t for n, t in other.items()}).items() if text is not None]


def person(who: str, factor: str = "mfa") -> list[tuple[str, str]]:
    """A person's own token, from a sign-in with a second factor."""
    return [*claims(who, scp="user_impersonation"), ("amr", "pwd"), ("amr", factor)]


class Duty:
    """The app, and what happens to it."""

    def __init__(self, hospital: Hospital, patch: pytest.MonkeyPatch) -> None:
        self.hospital, self.patch = hospital, patch
        self.worker = worker()
        self.host = DurableHost(self.worker, hospital.clock)

    def works_with(self, deps: Deps) -> None:
        """Everything that runs from now on does so with these."""
        self.patch.setattr(environment, "ready", lambda: deps)

    def post(self, function: str, body: object, said: list[tuple[str, str]], **headers: str) -> tuple[int, dict[str, Any]]:
        """The status and the JSON of the answer."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        usual = {"content-type": "application/json", "x-ms-client-principal": principal(said)}
        answer = self.invoke(function, req=request(raw, usual | {n.replace("_", "-"): t for n, t in headers.items()}))
        assert not answer.error, answer.error
        return int(answer.value["status_code"].value), json.loads(answer.value["body"].value)

    def invoke(self, function: str, metadata: dict[str, Datum] | None = None, retry: int = 0, **inputs: Datum) -> Answer:
        """One function, with a durable client where it asks for one."""
        asks = any(each["type"] == "durableClient" for each in self.worker.functions[function].bindings)
        given = {**inputs, "client": self.host.client} if asks else inputs
        return self.worker.invoke(function, given, metadata, retry_count=retry)

    def sweep(self) -> None:
        """The timer goes off."""
        answer = self.invoke("revive", timer=Datum('{"Schedule": {}, "ScheduleStatus": null, "IsPastDue": false}', "json"))
        assert not answer.error, answer.error

    def deliver(self, *bodies: bytes, retry: int = 0) -> Answer:
        """A batch of the hub's."""
        events, metadata = batch(*bodies)
        return self.invoke("on_event_hub", metadata, retry, events=events)

    def alarm(self) -> str:
        """A thief is reported; the case."""
        status, said = self.post("alert", finding(self.hospital).encode(), claims(SENDER))
        assert status == 202, said
        (case,) = said["cases"]
        # the example event names the hospital's bucket and user, and a key of its own
        for key in (r for r in self.case(case).signal.resources if r.kind is Kind.KEY):
            self.hospital.world.put(key)
        return str(case)

    def decide(self, case: str, said: list[tuple[str, str]] | None = None, /, **order: object) -> tuple[int, dict[str, Any]]:
        """Somebody approves what the case asks, or sends another order."""
        asked = self.case(case).awaiting
        usual = {"case": case, "digest": asked.digest if asked else "1" * 64, "granted": True}
        return self.post("decide", usual | order, said or person(ANN))

    def case(self, case_id: str) -> Case:
        return self.hospital.cases.load(case_id)


@contextmanager
def on_duty(hospital: Hospital) -> Iterator[Duty]:
    """The app with its settings; nothing of it outlives the test but the worker."""
    with pytest.MonkeyPatch.context() as patch:
        for name, text in SETTINGS.items():
            patch.setenv(name, text)
        environment.settings.cache_clear()
        counted = BoundedMemory()
        patch.setattr(environment, "counted", lambda: counted)
        duty = Duty(hospital, patch)
        duty.works_with(hospital.worker())
        with duty.worker.running():
            yield duty
        duty.host.close()
    environment.settings.cache_clear()
