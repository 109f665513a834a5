"""The AWS entry points around people: questions and their tokens, decisions, lost workflows, and what pages say."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from functions import decide, environment
from functions.ask import Question, wait
from functions.decide import settle
from functions.desk import Doors, handed_over
from functions.environment import Settings
from functions.notify import Envelope, notify, told
from functions.signed import refused
from functions.stage import answered
from functions.sweep import revive
from shared.adapters.memory.windows import BoundedMemory
from shared.domain.case import Case, Mode, Stage, Verdict
from shared.domain.errors import Absent, BadInput, LeaseLost, NotApproved, NotReady, OwnRequest
from shared.ports import Lease
from shared.settings import Modes, Policy
from shared.workflow.answering import STATUS, Decision
from shared.workflow.deps import Deps
from shared.workflow.judging import Judge
from shared.workflow.run import Outcome
from shared.workflow.stages import STEPS, Power
from shared.workflow.tasks import Task, run
from tests.hospital import Hospital
from tests.workflow.called import by_alias
from tests.workflow.driving import respond
from tests.workflow.test_functions import alert

ASK = Policy(modes=Modes(fence=Mode.ASK))

MACHINE = "arn:aws:states:us-east-1:111122223333:stateMachine:codeblue-response"
ANN = "arn:aws:sts::111122223333:assumed-role/approver/ann"


@dataclass
class Nudges:
    """The workflows of a state machine, and where they wait."""

    live: frozenset[str] = frozenset()
    begun: list[str] = field(default_factory=list)
    answers: list[tuple[str, str, Stage]] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)

    def start(self, case_id: str) -> None:
        self.begun.append(case_id)

    def again(self, case_id: str) -> None:
        self.begun.append(case_id)

    def running(self) -> frozenset[str]:
        return self.live

    def answer(self, token: str, case_id: str, stage: Stage) -> None:
        self.answers.append((token, case_id, stage))

    def keep(self, case_id: str, token: str) -> None:
        self.kept[case_id] = token

    def token(self, case_id: str) -> str:
        return self.kept.get(case_id, "")


def asking(hospital: Hospital) -> tuple[Case, Deps]:
    """A case that asks a person about its fence, and a worker."""
    deps = hospital.worker(ASK)
    return respond(deps), deps


def digest_of(case: Case) -> str:
    assert case.awaiting
    return case.awaiting.digest


def signed(who: str) -> dict[str, object]:
    """The part of a request that AWS writes, and nobody else."""
    return {"authorizer": {"iam": {"userArn": who}}}


@pytest.fixture
def approvers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One role decides, and the function knows it."""
    monkeypatch.setenv("CODEBLUE_APPROVERS", "arn:aws:iam::111122223333:role/incident/approver")
    environment.settings.cache_clear()
    yield
    environment.settings.cache_clear()


class TestAsk:
    """Waiting with a task token."""

    def test_the_token_of_an_open_question_is_kept_for_whoever_answers(self, hospital: Hospital) -> None:
        (case, deps), nudges = asking(hospital), Nudges()
        wait(Question(case=case.id, token="t-1"), deps.cases, nudges, nudges)
        assert (nudges.kept, nudges.answers) == ({case.id: "t-1"}, [])

    def test_a_decision_that_came_before_the_token_wakes_the_workflow_at_once(self, hospital: Hospital) -> None:
        (case, deps), nudges = asking(hospital), Nudges()
        settle(Decision(case=case.id, digest=digest_of(case), granted=True), ANN, deps, nudges, nudges)
        assert nudges.answers == []
        wait(Question(case=case.id, token="t-1"), deps.cases, nudges, nudges)
        assert nudges.answers == [("t-1", case.id, Stage.FENCE)]


class TestDecide:
    """A person's decision."""

    def test_it_is_in_the_case_under_their_name_before_the_workflow_goes_on(self, hospital: Hospital) -> None:
        (case, deps), nudges = asking(hospital), Nudges(kept={})
        nudges.keep(case.id, "t-1")
        settle(Decision(case=case.id, digest=digest_of(case), granted=True), ANN, deps, nudges, nudges)
        (approval,) = hospital.cases.load(case.id).approvals
        assert (approval.by, approval.granted, approval.digest) == (ANN, True, digest_of(case))
        assert nudges.answers == [("t-1", case.id, Stage.FENCE)]
        assert run(Task(case=case.id, stage=Stage.FENCE), deps, "request-1").stage is Stage.PRESERVE

    def test_what_was_refused_is_not_run(self, hospital: Hospital) -> None:
        (case, deps), nudges = asking(hospital), Nudges()
        settle(Decision(case=case.id, digest=digest_of(case), granted=False), ANN, deps, nudges, nudges)
        assert run(Task(case=case.id, stage=Stage.FENCE), deps, "request-1").stage is None
        assert hospital.cases.load(case.id).verdict is Verdict.REFUSED

    def test_another_digest_than_the_one_that_is_asked_decides_nothing(self, hospital: Hospital) -> None:
        (case, deps), nudges = asking(hospital), Nudges(kept={})
        with pytest.raises(NotApproved):
            settle(Decision(case=case.id, digest="0" * 64, granted=True), ANN, deps, nudges, nudges)
        assert hospital.cases.load(case.id).approvals == ()

    def test_a_case_that_another_worker_keeps_is_said_to_be_worked_on(self, hospital: Hospital) -> None:
        (case, deps), nudges = asking(hospital), Nudges()
        busy = hospital.worker(ASK, cases=Taken(hospital, case))
        with pytest.raises(LeaseLost, match="send the same again"):
            settle(Decision(case=case.id, digest=digest_of(case), granted=True), ANN, busy, nudges, nudges)
        assert deps.cases.load(case.id).approvals == ()

    @pytest.mark.parametrize(
        "context",
        [
            pytest.param({}, id="by nobody"),
            pytest.param({"authorizer": {"iam": {"userArn": ""}}}, id="by an empty name"),
            pytest.param(signed("arn:aws:iam::111122223333:user/ann"), id="by a user, without a session"),
            pytest.param(signed("arn:aws:iam::111122223333:root"), id="by the root user"),
            pytest.param(signed("arn:aws:sts::111122223333:assumed-role/administrator/ann"), id="by another role"),
            pytest.param(signed("arn:aws:sts::999988887777:assumed-role/approver/ann"), id="by a namesake in another account"),
        ],
    )
    def test_a_request_is_turned_away_that_is_signed(self, context: dict[str, object], approvers: None) -> None:
        answer = decide.handler({"requestContext": context, "body": "{}"}, by_alias("live"))
        assert answer["statusCode"] == 403

    def test_a_body_that_is_no_decision_is_turned_away_before_anything_is_opened(self, approvers: None) -> None:
        context = signed(ANN)
        body = json.dumps({"case": "cb-1", "digest": "d", "granted": True, "by": "somebody else"})
        assert decide.handler({"requestContext": context, "body": body}, by_alias("live"))["statusCode"] == 400

    @pytest.mark.parametrize(
        ("why", "status"),
        [
            pytest.param(Absent("no such case"), 404, id="a case that does not exist"),
            pytest.param(OwnRequest("you asked"), 403, id="their own request"),
            pytest.param(NotApproved("another digest"), 409, id="what is not asked"),
            pytest.param(LeaseLost("worked on"), 503, id="a case that is worked on"),
        ],
    )
    def test_people_are_told_what_was_wrong(self, why: Exception, status: int) -> None:
        answer = refused(why, "{case, digest, granted}", STATUS)
        assert (answer["statusCode"], json.loads(str(answer["body"]))["message"]) == (status, str(why))

    def test_what_is_nobodys_mistake_is_not_hidden_in_an_answer(self) -> None:
        with pytest.raises(BadInput):
            refused(BadInput("the policy"), "{case, digest, granted}", STATUS)


class Taken:
    """Cases of which one is always in another worker's hands."""

    def __init__(self, hospital: Hospital, case: Case) -> None:
        self._cases = hospital.cases
        self._case = case

    def take(self, case_id: str, owner: str) -> Lease | None:
        del owner
        assert case_id == self._case.id
        return None

    def __getattr__(self, name: str) -> object:
        return getattr(self._cases, name)


class TestSweep:
    """Workflows that got lost."""

    def test_an_open_case_without_a_workflow_gets_one_again(self, hospital: Hospital) -> None:
        (case, deps), nudges = asking(hospital), Nudges()
        assert revive(deps.cases, nudges) == (case.id,) == tuple(nudges.begun)

    def test_a_workflow_that_runs_is_left_alone(self, hospital: Hospital) -> None:
        case, deps = asking(hospital)
        assert revive(deps.cases, Nudges(live=frozenset({case.id}))) == ()

    def test_a_case_that_has_ended_gets_none(self, hospital: Hospital) -> None:
        (case, deps), nudges = asking(hospital), Nudges()
        settle(Decision(case=case.id, digest=digest_of(case), granted=False), ANN, deps, nudges, nudges)
        assert revive(deps.cases, nudges) == ()


@pytest.mark.parametrize(
    ("mode", "then"),
    [pytest.param(Mode.ASK, Mode.ASK, id="planned asks"), pytest.param(None, Mode.AUTO, id="responded to goes as the policy says")],
)
def test_an_alert_that_somebody_has(hospital: Hospital, mode: Mode | None, then: Mode) -> None:
    deps, nudges = hospital.worker(), Nudges()
    judge = Judge(deps.policy, deps.exempt, BoundedMemory, automatic=False)
    said = handed_over(alert(hospital).encode(), ANN, deps, judge, Doors(nudges, nudges), mode)
    assert said["cases"] == nudges.begun
    assert [(case.asked_by, case.mode) for case in hospital.cases.all()] == [(ANN, then)]


class TestStage:
    """What the state machine is told, and told it when a stage failed."""

    @pytest.mark.parametrize(
        ("outcome", "answer"),
        [
            pytest.param(Outcome("cb-1", None), (None, False, 0), id="the end"),
            pytest.param(Outcome("cb-1", Stage.SWEEP), ("sweep", False, 0), id="a stage that follows at once"),
            pytest.param(Outcome("cb-1", Stage.SWEEP, None, 0.5), ("sweep", False, 1), id="half a second, which is one"),
            pytest.param(Outcome("cb-1", Stage.SWEEP, 14400, 300), ("sweep", True, 300), id="a question beside sweeps"),
            pytest.param(Outcome("cb-1", Stage.FENCE, 14400), ("fence", True, 14400), id="a question before the fence"),
        ],
    )
    def test_an_outcome_says(self, outcome: Outcome, answer: tuple[object, ...]) -> None:
        said = answered(outcome)
        assert (said["stage"], said["ask"], said["wait"]) == answer

    def test_where_a_fence_could_not_be_run_the_hold_takes_its_place(self, hospital: Hospital) -> None:
        deps = hospital.worker()
        case = respond(hospital.worker(ASK))
        assert case.stage is Stage.FENCE
        assert run(Task(case=case.id, stage=Stage.HOLD, failed=Stage.FENCE), deps, "request-1").stage in STEPS[Stage.HOLD].then
        assert hospital.cases.load(case.id).stage in STEPS[Stage.HOLD].then

    @pytest.mark.parametrize("stage", [Stage.SWEEP, Stage.REKEY, Stage.RETIRE, Stage.CLOSE])
    def test_a_failure_leads_nowhere_but_where_the_table_says_and_not_to(self, hospital: Hospital, stage: Stage) -> None:
        case, deps = asking(hospital)
        assert run(Task(case=case.id, stage=stage, failed=Stage.FENCE), deps, "request-1").stage is Stage.FENCE
        assert hospital.cases.load(case.id).stage is Stage.FENCE

    def test_a_failure_of_a_stage_that_the_case_has_left_moves_nothing(self, hospital: Hospital) -> None:
        case, deps = asking(hospital)
        assert run(Task(case=case.id, stage=Stage.HOLD, failed=Stage.REKEY), deps, "request-1").stage is Stage.FENCE


class TestNotify:
    """Workflows that ended otherwise than well."""

    def test_people_read_which_case_it_is_and_what_to_do(self, hospital: Hospital) -> None:
        event = {"source": "aws.states", "detail": {"name": "cb-1_0123456789ab", "status": "TIMED_OUT", "input": "…"}}
        notify(told(Envelope.model_validate(event).detail), hospital.notifier)
        (page,) = hospital.notifier.pages
        assert page.subject == "The workflow of a case has run out of time"


class TestSettings:
    """What a function is told by its environment."""

    def test_every_variable_is_understood(self) -> None:
        said = {
            "CODEBLUE_POWER": "fence",
            "CODEBLUE_STATE_MACHINE": MACHINE,
            "CODEBLUE_ROLES": "AROAEXAMPLEEXAMPLE01,AROAEXAMPLEEXAMPLE02",
            "AWS_REGION": "us-east-1",
        }
        read = Settings.read(said)
        assert (read.power, read.state_machine, len(read.roles), read.policy) == (Power.FENCE, MACHINE, 2, "")

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            pytest.param("CODEBLUE_POWERS", "fence", id="a name that there is not"),
            pytest.param("CODEBLUE_POWER", "everything", id="a power that there is not"),
            pytest.param("CODEBLUE_STATE_MACHINE", "codeblue", id="a state machine without its ARN"),
            pytest.param("CODEBLUE_ROLES", "codeblue-fence", id="a role by its name, which anybody can take"),
        ],
    )
    def test_a_function_stops_at(self, name: str, text: str) -> None:
        with pytest.raises(NotReady, match="CODEBLUE_"):
            Settings.read({name: text})

    def test_the_functions_own_roles_are_responders(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CODEBLUE_ROLES", "AROAEXAMPLEEXAMPLE01")
        for cached in (environment.settings, environment.policy):
            cached.cache_clear()
        assert environment.policy().responder.roles == ("AROAEXAMPLEEXAMPLE01",)
        for cached in (environment.settings, environment.policy):
            cached.cache_clear()
