"""Runbooks of Systems Manager: the functions believe what it says of an execution, and nothing of what they are handed."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator
from pydantic import ValidationError

from functions import decide, desk, environment
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.findings import fetched
from shared.domain.case import Mode, Verdict
from shared.domain.errors import Absent, BadInput, CodeblueError, NotApproved, OwnRequest, Refused
from shared.sandbox.aws.http import Incoming, Reply
from shared.sandbox.aws.listener import Listener
from shared.sandbox.aws.server import ACCOUNT, REGION, Sandbox
from shared.settings import Modes, Policy
from tests.contract.test_aws_desk import keys
from tests.hospital import Hospital, built
from tests.workflow.called import by_alias
from tests.workflow.driving import respond
from tests.workflow.test_functions_people import Nudges, signed

NOW = "01234567-89ab-cdef-0123-456789abcdef"
ANN, BOB, CAROL = (f"arn:aws:sts::{ACCOUNT}:assumed-role/approver/{name}" for name in ("ann", "bob", "carol"))
EVE = f"arn:aws:sts::{ACCOUNT}:assumed-role/administrator/eve"
ASK = Policy(modes=Modes(fence=Mode.ASK))
EXECUTION = get_session().get_service_model("ssm").shape_for("GetAutomationExecutionResult")


def answered(status: str, *people: str, action: str = "aws:approve") -> dict[str, Any]:
    """The step that asks, as it stands after these people."""
    word = {"Rejected": "Reject"}.get(status, "Approve")
    decisions = json.dumps([{"Approver": who, "Decision": word, "ApprovalDecisionTime": "now", "Comment": CAROL} for who in people])
    outputs = {"ApprovalStatus": [status], "ApproverDecisions": [decisions]} if status else {}
    return {"StepName": "question", "Action": action, "Outputs": outputs}


def said(*decisions: object) -> dict[str, Any]:
    """An approved step whose approvers' decisions (JSON) are these."""
    step = answered("Approved", BOB)
    return {**step, "Outputs": {**step["Outputs"], "ApproverDecisions": [json.dumps(list(decisions))]}}


@dataclass
class Systems:
    """Systems Manager with one execution; its answers have the form of the service's own model."""

    execution: dict[str, Any] = field(default_factory=dict)

    def served(self, incoming: Incoming) -> Reply:
        headers = (("content-type", "application/x-amz-json-1.1"),)
        asked = json.loads(incoming.body)["AutomationExecutionId"]
        if incoming.headers["x-amz-target"] != "AmazonSSM.GetAutomationExecution" or asked != NOW:
            return Reply(400, headers, b'{"__type": "AutomationExecutionNotFoundException"}')
        answer = {"AutomationExecution": self.execution}
        assert not ParamValidator().validate(answer, EXECUTION).has_errors()
        return Reply(200, headers, json.dumps(answer).encode())

    def begun(self, runbook: str, *steps: dict[str, Any], by: str = ANN, status: str = "InProgress", **given: str) -> None:
        """Let this be what runs."""
        self.execution = {
            "AutomationExecutionId": NOW,
            "DocumentName": runbook,
            "AutomationExecutionStatus": status,
            "ExecutedBy": by,
            "Parameters": {name: [text] for name, text in given.items()},
            "StepExecutions": list(steps),
        }


@dataclass
class Scene:
    """A case that asks, and the functions behind it."""

    hospital: Hospital
    systems: Systems
    nudges: Nudges = field(default_factory=Nudges)

    @property
    def asked(self) -> dict[str, str]:
        (case,) = self.hospital.cases.all()
        assert case.awaiting
        return {"Case": case.id, "Digest": case.awaiting.digest}

    def verdict(self) -> Verdict:
        (case,) = self.hospital.cases.all()
        return case.verdict


@pytest.fixture(scope="module")
def systems() -> Iterator[tuple[Systems, str]]:
    known = Systems()
    listener = Listener(known.served)
    listener.start()
    yield known, listener.url
    listener.stop()


@pytest.fixture
def scene(sandbox: Sandbox, systems: tuple[Systems, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    hospital = built()
    deps = hospital.worker(ASK)
    respond(deps)
    found = Scene(hospital, systems[0])
    for name, text in {
        "AWS_ENDPOINT_URL": sandbox.endpoint_url,
        "AWS_ENDPOINT_URL_SSM": systems[1],
        "AWS_DEFAULT_REGION": REGION,
        "CODEBLUE_APPROVERS": f"arn:aws:iam::{ACCOUNT}:role/approver",
    }.items():
        monkeypatch.setenv(name, text)
    keys(monkeypatch, sandbox, "codeblue-desk")
    for name in ("ready", "reader"):
        monkeypatch.setattr(environment, name, lambda: deps)
    for name in ("tokens", "workflows"):
        monkeypatch.setattr(environment, name, lambda: found.nudges)
    environment.settings.cache_clear()
    yield found
    environment.settings.cache_clear()


def run(function: Any, **more: str) -> dict[str, Any]:  # noqa: ANN401  # a module with a handler
    answer: dict[str, Any] = function.handler({"automation": NOW, **more}, by_alias("runbook"))
    return answer


def test_a_case_is_shown_to_whoever_began_it_as_an_approver(scene: Scene) -> None:
    scene.systems.begun("Codeblue-Status", Case=scene.asked["Case"])
    assert run(desk)["summary"]["awaiting"]["digest"] == scene.asked["Digest"]


def test_before_an_approval_the_case_is_shown(scene: Scene) -> None:
    scene.systems.begun("Codeblue-Approve", answered(""), **scene.asked)
    assert run(desk)["summary"]["awaiting"]["digest"] == scene.asked["Digest"]


def test_nobody_is_asked_about_another_digest_or_about_a_case_that_asks_nothing_any_more(scene: Scene) -> None:
    asked = scene.asked
    scene.systems.begun("Codeblue-Approve", answered(""), **{**asked, "Digest": "0" * 64})
    with pytest.raises(NotApproved, match=asked["Digest"]):
        run(desk)
    scene.systems.begun("Codeblue-Approve", answered("Rejected", BOB), **asked)
    run(decide)
    scene.systems.begun("Codeblue-Approve", answered(""), **asked)
    with pytest.raises(NotApproved):
        run(desk)


def test_a_page_is_taken_by_whoever_began_it(scene: Scene) -> None:
    scene.systems.begun("Codeblue-Acknowledge", Case=scene.asked["Case"])
    assert [(said["by"], said["anew"]) for said in (run(desk), run(desk))] == [(ANN, True), (ANN, False)]


def test_what_a_rollback_would_take_back_is_shown(scene: Scene) -> None:
    scene.systems.begun("Codeblue-Rollback", Case=scene.asked["Case"])
    assert run(desk)["digest"]


def test_an_approval_is_of_whoever_answered_and_wakes_the_workflow(scene: Scene) -> None:
    asked = scene.asked
    scene.nudges.keep(asked["Case"], "t-1")
    scene.systems.begun("Codeblue-Approve", answered("Approved", BOB), **asked)
    assert BOB in run(decide)["message"]
    (case,) = scene.hospital.cases.all()
    assert [(a.by, a.granted) for a in case.approvals] == [(BOB, True)]
    assert scene.nudges.answers[0][:2] == ("t-1", case.id)


def test_a_refusal_is_on_record_too(scene: Scene) -> None:
    scene.systems.begun("Codeblue-Approve", answered("Rejected", BOB), **scene.asked)
    run(decide)
    assert scene.verdict() is Verdict.REFUSED


def test_who_asks_for_what_can_not_be_undone_does_not_answer_it(scene: Scene) -> None:
    (case,) = scene.hospital.cases.all()
    assert case.awaiting
    lease = scene.hospital.cases.take(case.id, "somebody")
    assert lease
    scene.hospital.cases.save(case.but(asked_by=ANN, awaiting=case.awaiting.but(another=True)), lease)
    scene.hospital.cases.give_back(lease)
    scene.systems.begun("Codeblue-Approve", answered("Approved", ANN), **scene.asked)
    with pytest.raises(OwnRequest):
        run(decide)


@pytest.mark.parametrize(
    ("runbook", "steps", "other", "why"),
    [
        pytest.param("Codeblue-Approve", [answered("Approved", BOB)], {"status": "Success"}, Refused, id="one that is over"),
        pytest.param("Other-Approve", [answered("Approved", BOB)], {}, Refused, id="a document that is not ours"),
        pytest.param("Codeblue-Status", [answered("Approved", BOB)], {}, Refused, id="a runbook that asks nobody"),
        pytest.param("Codeblue-Approve", [], {}, Refused, id="one in which nobody was asked"),
        pytest.param("Codeblue-Approve", [answered("")], {}, Refused, id="a question that ran out of time"),
        pytest.param("Codeblue-Approve", [answered("Waiting", BOB)], {}, Refused, id="a question that still waits"),
        pytest.param("Codeblue-Approve", [answered("Approved")], {}, Refused, id="an answer of nobody"),
        pytest.param("Codeblue-Approve", [answered("Approved", ANN, BOB)], {}, Refused, id="an answer of two"),
        pytest.param("Codeblue-Approve", [answered("Approved", EVE)], {}, Refused, id="an answer of somebody who may not"),
        pytest.param(
            "Codeblue-Approve",
            [said({"Approver": EVE, "Decision": "Approve", "Comment": BOB})],
            {},
            Refused,
            id="who names one that may",
        ),
        pytest.param("Codeblue-Approve", [said({"Approver": BOB, "Decision": "Reject"})], {}, Refused, id="who said the opposite"),
        pytest.param(
            "Codeblue-Approve", [said({"Approver": BOB, "Decision": "Perhaps"})], {}, Refused, id="who said something else"
        ),
        pytest.param("Codeblue-Approve", [said(BOB)], {}, Refused, id="an answer of another form"),
        pytest.param(
            "Codeblue-Approve",
            [said({"Approver": BOB, "Decision": "Approve", "By": ANN})],
            {},
            Refused,
            id="an answer with more in it",
        ),
        pytest.param(
            "Codeblue-Approve", [answered("Approved", BOB, action="aws:executeScript")], {}, Refused, id="an answer of a script's"
        ),
        pytest.param("Codeblue-Approve", [answered("Approved", BOB)], {"Digest": "0" * 64}, NotApproved, id="another digest"),
        pytest.param("Codeblue-Approve", [answered("Approved", BOB)], {"Case": "cb-none"}, Absent, id="a case that there is not"),
    ],
)
def test_nothing_is_decided_by(
    scene: Scene, runbook: str, steps: list[dict[str, Any]], other: dict[str, str], why: type[CodeblueError]
) -> None:
    scene.systems.begun(runbook, *steps, **{**scene.asked, **other})
    with pytest.raises(why):
        run(decide)
    assert scene.verdict() is Verdict.AWAITING_APPROVAL


def test_what_the_call_says_of_itself_is_no_answer(scene: Scene) -> None:
    scene.systems.begun("Codeblue-Approve", answered(""), **scene.asked)
    with pytest.raises(ValidationError):
        run(decide, by=BOB, granted="true")


@pytest.mark.parametrize(
    "by", [pytest.param(EVE, id="another role"), pytest.param("", id="nobody"), pytest.param("arn:", id="half")]
)
def test_nothing_is_shown_to(scene: Scene, by: str) -> None:
    scene.systems.begun("Codeblue-Status", Case=scene.asked["Case"], by=by)
    with pytest.raises(Refused, match="approver"):
        run(desk)


@pytest.mark.parametrize("function", [desk, decide])
def test_a_runbook_is_no_way_to_be_a_url(scene: Scene, function: Any) -> None:  # noqa: ANN401  # a module with a handler
    body = json.dumps({"what": "cases", "case": scene.asked["Case"], "digest": scene.asked["Digest"], "granted": True})
    with pytest.raises(ValidationError):
        function.handler({"requestContext": signed(ANN), "body": body}, by_alias("runbook"))
    assert scene.verdict() is Verdict.AWAITING_APPROVAL


@pytest.mark.parametrize("function", [desk, decide])
def test_by_any_other_alias_no_runbook_is_believed(scene: Scene, function: Any) -> None:  # noqa: ANN401  # a module with a handler
    scene.systems.begun("Codeblue-Approve", answered("Approved", BOB), **scene.asked)
    for alias in ("live", "", "$LATEST"):
        assert function.handler({"automation": NOW}, by_alias(alias))["statusCode"] == 403
    assert scene.verdict() is Verdict.AWAITING_APPROVAL


def test_a_url_is_no_way_to_be_a_runbook(scene: Scene) -> None:
    scene.systems.begun("Codeblue-Status", Case=scene.asked["Case"])
    event: dict[str, object] = {"automation": NOW, "requestContext": {"authorizer": {}}, "body": json.dumps({"what": "cases"})}
    assert desk.handler(event, by_alias("live"))["statusCode"] == 403


DETECTOR = f"arn:aws:guardduty:{REGION}:{ACCOUNT}:detector/12abc"


class TestFinding:
    """An alert by its name."""

    @pytest.fixture
    def clients(self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Clients:
        keys(monkeypatch, sandbox, "codeblue-desk")
        monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox.endpoint_url)
        monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        place = {"Arn": f"{DETECTOR}/finding/f-1", "AccountId": ACCOUNT, "Region": REGION, "Id": "f-1"}
        sandbox.cloud.findings.store(place)
        return Clients()

    def test_it_is_fetched_at_its_source_and_one_that_there_is_not_is_said_so(self, clients: Clients) -> None:
        assert json.loads(fetched(clients, f"{DETECTOR}/finding/f-1"))["Id"] == "f-1"
        with pytest.raises(Absent):
            fetched(clients, f"{DETECTOR}/finding/f-2")

    def test_what_is_no_findings_name_is_bad_input(self, clients: Clients) -> None:
        for name in ("", "arn:aws:s3:::bucket", DETECTOR, NOW, f"{DETECTOR}/finding/f-1/x"):
            with pytest.raises(BadInput):
                fetched(clients, name)
