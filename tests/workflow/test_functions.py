"""The AWS entry points: alerts in, stages run, and nothing but names of cases between them."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.ingest import MOST, ingest
from shared.adapters.memory.windows import BoundedMemory
from shared.domain.case import Case, Stage, Verdict
from shared.domain.errors import Throttled
from shared.domain.facet import DenyAll
from shared.domain.resource import Kind
from shared.intake import read
from shared.intake.render import render
from shared.workflow.deps import Deps
from shared.workflow.judging import Judge
from shared.workflow.tasks import Task, run
from tests.hospital import EXPORT, Hospital

EVENT = Path(__file__).parents[2] / "events" / "aws" / "guardduty-s3-exfiltration.json"


@dataclass
class Started:
    """Workflows that know what they began, wait with the token they are told, and are throttled while they are told to be."""

    cases: list[str] = field(default_factory=list)
    throttled: bool = False
    waits: str = ""
    answered: list[tuple[str, str, Stage]] = field(default_factory=list)

    def start(self, case_id: str) -> None:
        if self.throttled:
            raise Throttled("too many executions")
        self.cases.append(case_id)

    def token(self, case_id: str) -> str:
        return self.waits if case_id in self.cases else ""

    def answer(self, token: str, case_id: str, stage: Stage) -> None:
        self.answered.append((token, case_id, stage))

    def again(self, case_id: str) -> None:
        raise AssertionError(case_id)

    def running(self) -> frozenset[str]:
        return frozenset(self.cases)

    def keep(self, case_id: str, token: str) -> None:
        raise AssertionError(case_id, token)


def alert(hospital: Hospital) -> str:
    """GuardDuty's finding as EventBridge wraps it, known at its source."""
    event = render(EVENT.read_bytes(), hospital.clock.now())
    for signal in read(event):
        hospital.sources.learn(signal)
    return event.decode()


def batch(*bodies: str) -> dict[str, object]:
    """What SQS hands to a function."""
    records = [{"messageId": f"m-{n}", "body": body, "eventSource": "aws:sqs"} for n, body in enumerate(bodies)]
    return {"Records": records}


def take_in(hospital: Hospital, starter: Started, *bodies: str) -> list[str]:
    """The ids of the messages that failed."""
    deps = hospital.worker()
    judge = Judge(deps.policy, deps.exempt, BoundedMemory, automatic=True)
    answer = ingest(batch(*bodies), LambdaContext(), deps, judge, starter, starter, BoundedMemory())
    return [str(failed["itemIdentifier"]) for failed in answer["batchItemFailures"]]


class TestIngest:
    """One batch of a queue."""

    def test_an_alert_becomes_a_case_whose_workflow_is_started(self, hospital: Hospital) -> None:
        starter = Started()
        assert take_in(hospital, starter, alert(hospital)) == []
        assert starter.cases == [case.id for case in hospital.cases.all()]
        assert len(starter.cases) == 1

    def test_a_workflow_that_waits_for_a_person_goes_on_when_its_alert_is_borne_out(self, hospital: Hospital) -> None:
        starter, event = Started(), alert(hospital)
        hospital.sources.reachable = False
        take_in(hospital, starter, event)
        (case,) = run_until_it_asks(starter.cases[0], hospital)
        starter.waits = "t-1"
        take_in(hospital, starter, event)
        assert (starter.answered, hospital.cases.load(case.id)) == ([], case)
        hospital.sources.reachable = True
        take_in(hospital, starter, event)
        assert starter.answered == [("t-1", case.id, Stage.SCOPE)]
        assert run(Task(case=case.id, stage=Stage.SCOPE), hospital.worker(), "request-9").stage is Stage.FENCE

    @pytest.mark.parametrize(("others", "opened"), [(MOST - 1, 1), (MOST, 0)], ids=["as many as are taken in", "one more"])
    def test_people_are_told_what_a_message_holds_beyond_its_first_records(
        self, hospital: Hospital, others: int, opened: int
    ) -> None:
        ordinary = {"eventSource": "iam.amazonaws.com", "eventName": "ListUsers", "eventTime": "2026-11-21T12:00:00Z"}
        message = json.dumps([*[ordinary] * others, json.loads(alert(hospital))])
        assert take_in(hospital, Started(), message) == []
        assert len(hospital.cases.all()) == opened
        assert ["501 records" in page.body and "m-0" in page.body for page in hospital.notifier.pages] == [True] * (1 - opened)

    def test_the_same_alert_again_is_the_same_case(self, hospital: Hospital) -> None:
        starter, event = Started(), alert(hospital)
        take_in(hospital, starter, event, event)
        assert len(set(starter.cases)) == len(hospital.cases.all()) == 1

    @pytest.mark.parametrize(
        "unreadable",
        [
            pytest.param("not JSON", id="no JSON"),
            pytest.param("{}", id="nothing that we know"),
            pytest.param(json.dumps({"Records": []}), id="no record"),
        ],
    )
    def test_a_message_is_given_back_alone_that_holds(self, hospital: Hospital, unreadable: str) -> None:
        starter = Started()
        assert take_in(hospital, starter, unreadable, alert(hospital)) == ["m-0"]
        assert len(starter.cases) == 1

    def test_a_batch_of_which_nothing_can_be_read_is_given_back_whole(self, hospital: Hospital) -> None:
        assert take_in(hospital, Started(), "one", "two") == ["m-0", "m-1"]

    def test_an_alert_whose_workflow_could_not_be_started_comes_again_and_is_started_then(self, hospital: Hospital) -> None:
        starter, event = Started(throttled=True), alert(hospital)
        assert take_in(hospital, starter, event) == ["m-0"]
        starter.throttled = False
        assert take_in(hospital, starter, event) == []
        assert len(starter.cases) == len(hospital.cases.all()) == 1

    def test_an_alert_that_opens_no_case_is_done_with(self, hospital: Hospital) -> None:
        starter = Started()
        sample = json.loads(alert(hospital))
        sample["detail"]["service"]["additionalInfo"] = {"value": '{"sample":true}', "sample": True}
        assert take_in(hospital, starter, json.dumps(sample)) == []
        assert (starter.cases, hospital.cases.all()) == ([], ())


def opened(hospital: Hospital) -> str:
    starter = Started()
    take_in(hospital, starter, alert(hospital))
    # the example event names the hospital's bucket and user, and a key of its own
    for key in (r for r in hospital.cases.all()[0].signal.resources if r.kind is Kind.KEY):
        hospital.world.put(key)
    return starter.cases[0]


def run_until_it_asks(case: str, hospital: Hospital) -> tuple[Case, ...]:
    """The cases, when this one asks about its fence."""
    for stage in (Stage.OPEN, Stage.SCOPE, Stage.FENCE):
        run(Task(case=case, stage=stage), hospital.worker(), f"request-{stage}")
    assert hospital.cases.load(case).awaiting
    return hospital.cases.all()


def run_all(case: str, deps: Deps) -> list[Stage]:
    """Do what the state machine does: the stages in the order in which they ran."""
    ran: list[Stage] = []
    stage: Stage | None = Stage.OPEN
    while stage is not None and len(ran) < 40:
        ran.append(stage)
        answer = run(Task(case=case, stage=stage), deps, "request-1")
        deps.clock.sleep(answer.again_seconds or 0)
        stage = answer.stage
    return ran


class TestStage:
    """One stage of one case."""

    def test_a_state_machine_that_runs_what_each_stage_answers_contains_the_breach(self, hospital: Hospital) -> None:
        case = opened(hospital)
        ran = run_all(case, hospital.worker())
        assert ran[:4] == [Stage.OPEN, Stage.SCOPE, Stage.FENCE, Stage.PRESERVE]
        assert ran[-1] is Stage.CLOSE
        assert hospital.cases.load(case).verdict is Verdict.CONTAINED
        assert hospital.world.look(EXPORT, DenyAll) == (DenyAll(on=True, via="inline"),)

    def test_every_stage_may_run_in_a_worker_of_its_own(self, hospital: Hospital) -> None:
        case = opened(hospital)
        stage: Stage | None = Stage.OPEN
        workers = [hospital.worker(), hospital.worker()]
        for n in range(40):
            answer = run(Task(case=case, stage=stage or Stage.CLOSE), workers[n % 2], f"request-{n}")
            stage = answer.stage
            if stage is None:
                break
            hospital.clock.sleep(answer.again_seconds or 0)
        assert hospital.cases.load(case).verdict is Verdict.CONTAINED

    def test_a_case_that_another_worker_has_is_tried_again(self, hospital: Hospital) -> None:
        case = opened(hospital)
        hospital.cases.take(case, "another")
        answer = run(Task(case=case, stage=Stage.OPEN), hospital.worker(), "request-1")
        assert (answer.stage, answer.again_seconds) == (Stage.OPEN, 1.0)
        assert hospital.cases.load(case).stage is Stage.OPEN

    def test_a_stage_that_the_case_has_passed_is_not_run_again(self, hospital: Hospital) -> None:
        case = opened(hospital)
        deps = hospital.worker()
        run(Task(case=case, stage=Stage.OPEN), deps, "request-1")
        assert run(Task(case=case, stage=Stage.OPEN), deps, "request-2").stage is Stage.SCOPE

    @pytest.mark.parametrize(
        "event",
        [
            pytest.param({"case": "cb-1"}, id="no stage"),
            pytest.param({"case": "cb-1", "stage": "party"}, id="a stage that there is not"),
            pytest.param({"case": "cb-1", "stage": "open", "patient": "Jane"}, id="anything else"),
        ],
    )
    def test_a_task_is_refused_with(self, event: dict[str, object]) -> None:
        with pytest.raises(ValueError, match="validation error"):
            Task.model_validate(event)
