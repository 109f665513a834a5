"""The Azure function app under Microsoft's own worker: who may send what, and what becomes of it."""

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
from azure_functions_runtime.bindings.datumdef import Datum

from azure_functions_app import receiving
from shared.domain.case import Case, Verdict
from shared.domain.errors import CloudError, Refused, Throttled
from shared.intake.render import render
from shared.settings import MigrationRules
from tests.functions_worker import APP, principal, request, worker
from tests.hospital import Hospital, built
from tests.workflow.function_app_scene import ANN, OF_THE_SDK, SENDER, Duty, claims, on_duty, person
from tests.workflow.test_functions import EVENT
from tests.workflow.test_functions import alert as finding

pytestmark = OF_THE_SDK


@pytest.fixture
def duty() -> Iterator[Duty]:
    with on_duty(built()) as scene:
        yield scene


TRIGGERS: dict[str, dict[str, Any]] = {
    "alert": {"type": "httpTrigger", "authLevel": "ANONYMOUS", "methods": ["POST"], "route": "alert"},
    "decide": {"type": "httpTrigger", "authLevel": "ANONYMOUS", "methods": ["POST"], "route": "decide"},
    "acknowledge": {"type": "httpTrigger", "authLevel": "ANONYMOUS", "methods": ["POST"], "route": "acknowledge"},
    "handover": {"type": "httpTrigger", "authLevel": "ANONYMOUS", "methods": ["POST"], "route": "handover"},
    "on_event_grid": {"type": "eventGridTrigger"},
    "on_event_hub": {"type": "eventHubTrigger", "connection": "EVENTS", "consumerGroup": "codeblue", "cardinality": "MANY"},
    "revive": {"type": "timerTrigger", "schedule": "0 */5 * * * *"},
    "doctor": {"type": "timerTrigger", "schedule": "0 0 6 * * *"},
    "respond": {"type": "orchestrationTrigger", "orchestration": "respond"},
    "run_stage": {"type": "activityTrigger"},
    "give_way": {"type": "activityTrigger"},
    "move_part": {"type": "activityTrigger"},
}


def test_the_worker_finds_these_functions_and_no_other() -> None:
    found = {name: function.trigger for name, function in worker().functions.items()}
    assert found.keys() == TRIGGERS.keys()
    assert {n: {key: found[n][key] for key in wanted} for n, wanted in TRIGGERS.items()} == TRIGGERS


class TestAlert:
    """An alert by HTTP."""

    def test_an_alert_becomes_a_case_whose_workflow_contains_the_breach(self, duty: Duty) -> None:
        case = duty.alarm()
        assert duty.host.instances[case].name == "respond"
        duty.host.run()
        assert duty.case(case).verdict is Verdict.CONTAINED

    def test_the_same_alert_again_is_the_same_case_with_one_workflow(self, duty: Duty) -> None:
        assert duty.alarm() == duty.alarm()
        assert len(duty.host.instances) == len(duty.hospital.cases.all()) == 1

    def test_a_workflow_that_waits_looks_again_when_another_alert_comes(self, duty: Duty) -> None:
        case = duty.alarm()
        duty.host.settle()
        turns = duty.host.instances[case].turns
        duty.host.settle()
        assert duty.host.instances[case].turns == turns
        duty.alarm()
        duty.host.settle()
        assert duty.host.instances[case].turns > turns

    @pytest.mark.parametrize(
        ("said", "status"),
        [
            pytest.param([], 401, id="by nobody"),
            pytest.param(claims(SENDER, tid="0c0de5af-0000-4000-8000-00000000dead"), 401, id="from another tenant"),
            pytest.param([*claims(SENDER), ("tid", "0c0de5af-0000-4000-8000-00000000dead")], 401, id="from two tenants at once"),
            pytest.param(claims(SENDER, aud="https://management.azure.com"), 401, id="with a token for somebody else"),
            pytest.param(claims(SENDER, exp="1700000000"), 401, id="with a token whose time is over"),
            pytest.param(claims(SENDER, exp=None), 401, id="with a token without an end"),
            pytest.param(claims(SENDER, oid=None), 401, id="with a token of nobody's"),
            pytest.param([*claims(SENDER), ("oid", ANN)], 401, id="by two at once"),
            pytest.param(claims(ANN), 403, id="by somebody who sends no alerts"),
        ],
    )
    def test_a_request_is_turned_away_that_comes(self, duty: Duty, said: list[tuple[str, str]], status: int) -> None:
        assert duty.post("alert", finding(duty.hospital).encode(), said)[0] == status
        assert (duty.hospital.cases.all(), duty.host.instances) == ((), {})

    @pytest.mark.parametrize(
        "header",
        [
            pytest.param("", id="there is none"),
            pytest.param("not base64!", id="it is none"),
            pytest.param("e30=", id="it says nothing"),
            pytest.param(principal(claims(SENDER), kind="github"), id="somebody else vouches"),
        ],
    )
    def test_nobody_is_known_where_of_the_platforms_header(self, duty: Duty, header: str) -> None:
        assert duty.post("alert", finding(duty.hospital).encode(), [], x_ms_client_principal=header)[0] == 401

    def test_where_the_platform_does_not_authenticate_the_header_is_anybodys(self, duty: Duty) -> None:
        duty.patch.delenv("WEBSITE_AUTH_ENABLED")
        status, said = duty.post("alert", finding(duty.hospital).encode(), claims(SENDER))
        assert (status, "switch App Service authentication on" in said["message"]) == (401, True)

    @pytest.mark.parametrize(
        ("body", "kind", "status"),
        [
            pytest.param(b"[" + b" " * 1024 * 1024 + b"]", "application/json", 413, id="a megabyte"),
            pytest.param(
                json.dumps([{"eventSource": "a", "eventName": "b"}] * 501).encode(), "application/json", 413, id="many records"
            ),
            pytest.param(b"{", "application/json", 400, id="half an object"),
            pytest.param(b"{}", "application/json; charset=utf-8", 400, id="an object that nobody knows"),
            pytest.param(b'"text"', "application/json", 400, id="a text"),
            pytest.param(gzip.compress(b"{}"), "application/json", 400, id="something packed"),
            pytest.param(b"{}", "text/plain", 400, id="what a page of somebody else's may send"),
            pytest.param(b"", "", 400, id="nothing"),
        ],
    )
    def test_a_body_is_refused_that_is(self, duty: Duty, body: bytes, kind: str, status: int) -> None:
        assert duty.post("alert", body, claims(SENDER), content_type=kind)[0] == status
        assert duty.hospital.cases.all() == ()

    def test_what_can_not_be_kept_now_is_asked_for_again(self, duty: Duty) -> None:
        duty.works_with(duty.hospital.worker(cases=Busy(duty.hospital)))
        assert duty.post("alert", finding(duty.hospital).encode(), claims(SENDER))[0] == 503
        assert duty.hospital.notifier.pages == []
        duty.works_with(duty.hospital.worker())
        assert duty.alarm() in duty.host.instances

    def test_what_sending_it_again_would_not_mend_is_told_to_people(self, duty: Duty) -> None:
        duty.works_with(duty.hospital.worker(cases=Busy(duty.hospital, Refused("denied"))))
        headers = {"x-ms-client-principal": principal(claims(SENDER)), "content-type": "application/json"}
        assert "denied" in duty.invoke("alert", req=request(finding(duty.hospital).encode(), headers)).error
        assert ["Refused" in page.body for page in duty.hospital.notifier.pages] == [True]

    def test_an_alert_that_its_source_does_not_know_changes_nothing_by_itself(self, duty: Duty) -> None:
        status, said = duty.post("alert", render(EVENT.read_bytes(), duty.hospital.clock.now()), claims(SENDER))
        duty.host.settle()
        assert status == 202
        assert [duty.case(case).verdict for case in said["cases"]] == [Verdict.AWAITING_APPROVAL]
        assert duty.hospital.world.writes == []


class Busy:
    """Cases that can not be written now."""

    def __init__(self, hospital: Hospital, why: CloudError | None = None) -> None:
        self._cases, self._why = hospital.cases, why or Throttled("too many requests")

    def create(self, case: Case) -> bool:
        raise self._why

    def __getattr__(self, name: str) -> object:
        return getattr(self._cases, name)


class TestEventHub:
    """A batch of events."""

    def test_what_nobody_can_read_is_told_with_its_place_and_stops_nothing(self, duty: Duty) -> None:
        assert not duty.deliver(b"not JSON", finding(duty.hospital).encode()).error
        assert len(duty.host.instances) == 1
        (page,) = duty.hospital.notifier.pages
        assert "partition 3, sequence number 0" in page.body

    def test_what_an_event_holds_beyond_its_first_records_is_told_with_its_place(self, duty: Duty) -> None:
        duty.patch.setattr(receiving, "MOST_DELIVERED", 2)
        ordinary = {"eventSource": "iam.amazonaws.com", "eventName": "ListUsers", "eventTime": "2026-11-21T12:00:00Z"}
        one = json.loads(finding(duty.hospital))
        assert not duty.deliver(json.dumps([ordinary, one]).encode()).error
        assert (len(duty.host.instances), duty.hospital.notifier.pages) == (1, [])
        assert not duty.deliver(json.dumps([ordinary, ordinary, one]).encode()).error
        (page,) = duty.hospital.notifier.pages
        assert ("3 records" in page.body, "sequence number 0" in page.body) == (True, True)

    def test_what_fails_comes_again_and_is_told_only_when_it_does_not(self, duty: Duty) -> None:
        duty.works_with(duty.hospital.worker(cases=Busy(duty.hospital)))
        assert "too many requests" in duty.deliver(finding(duty.hospital).encode()).error
        assert duty.hospital.notifier.pages == []
        assert "too many requests" in duty.deliver(finding(duty.hospital).encode(), retry=8).error
        assert [page.subject for page in duty.hospital.notifier.pages] == ["An alert could not be taken in"]

    def test_the_host_retries_as_often_as_the_function_counts(self) -> None:
        assert worker().functions["on_event_hub"].retry.max_retry_count == 8


GRID = {
    "id": "e-1",
    "topic": "/subscriptions/s",
    "subject": "charts",
    "eventType": "Microsoft.Storage.BlobCreated",
    "dataVersion": "1",
}
CLOUD = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "/subscriptions/s",
    "subject": "charts",
    "type": "Microsoft.Storage.BlobCreated",
}


class TestEventGrid:
    """One event."""

    @pytest.mark.parametrize("event", [pytest.param(GRID, id="its own"), pytest.param(CLOUD, id="CloudEvents")])
    def test_an_event_that_means_nothing_is_done_with_in_the_schema(self, duty: Duty, event: dict[str, object]) -> None:
        event = {**event, "data": {"api": "PutBlob"}}
        assert not duty.invoke("on_event_grid", event=Datum(json.dumps(event), "json")).error
        assert (duty.hospital.cases.all(), duty.hospital.notifier.pages) == ((), [])


class TestDecide:
    """Who decides."""

    @pytest.mark.parametrize(
        "said",
        [
            pytest.param(person(SENDER), id="by somebody else"),
            pytest.param(person(ANN, factor="rsa"), id="without a second factor"),
            pytest.param([*claims(ANN), ("amr", "mfa")], id="by a program"),
        ],
    )
    def test_nothing_is_decided(self, duty: Duty, said: list[tuple[str, str]]) -> None:
        assert duty.decide(duty.alarm(), said)[0] == 403

    @pytest.mark.parametrize(
        ("order", "status"),
        [
            pytest.param({"digest": "0" * 64}, 409, id="what is not asked"),
            pytest.param({"case": "cb-000000000000"}, 404, id="a case that there is not"),
            pytest.param({"granted": "perhaps"}, 400, id="neither yes nor no"),
            pytest.param({"by": "somebody else"}, 400, id="somebody else's name"),
        ],
    )
    def test_a_decision_is_answered_about(self, duty: Duty, order: dict[str, Any], status: int) -> None:
        assert duty.decide(duty.alarm(), **order)[0] == status


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        pytest.param(b"", "application/json", id="nothing"),
        pytest.param(b"{}", "text/plain", id="what a page of somebody else's may send"),
    ],
)
def test_no_decision_is(duty: Duty, body: bytes, kind: str) -> None:
    answer = duty.invoke("decide", req=request(body, {"x-ms-client-principal": principal(person(ANN)), "content-type": kind}))
    assert answer.value["status_code"].value == "400"


def test_the_host_logs_nothing_that_an_orchestration_is_given_and_lets_as_much_run_as_is_said() -> None:
    said = json.loads((APP / "host.json").read_text())
    assert said["version"] == "2.0"
    durable = said["extensions"]["durableTask"]
    assert durable["tracing"] == {"traceInputsAndOutputs": False, "traceReplayEvents": False}
    assert durable["overridableExistingInstanceStates"] == "NonRunningStates"  # one case, one workflow
    assert (
        said["logging"]["applicationInsights"]["samplingSettings"]["excludedTypes"] == "Exception;Request;Trace"
    )  # no page is left out
    # a fence waits for no part of a migration
    assert durable["maxConcurrentActivityFunctions"] >= MigrationRules().workers + 2
