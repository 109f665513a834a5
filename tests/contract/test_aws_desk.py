"""`codeblue` against a deployed stack: found by its outputs, asked by signed requests, answered by the functions themselves."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from functions import decide, desk, environment
from shared.cli.app import app
from shared.domain.case import Case, Mode
from shared.domain.errors import Absent, BadInput, CodeblueError, NotApproved, NotReady, Refused, Unreachable
from shared.sandbox.aws.http import Incoming, Reply
from shared.sandbox.aws.listener import Listener
from shared.sandbox.aws.server import ACCOUNT, REGION, Sandbox
from shared.sandbox.aws.wire_signature import credential, signature_matches
from shared.settings import Modes, Policy
from shared.workflow.deps import Deps
from tests.contract.sandbox_scenes import assume, role, user
from tests.hospital import Hospital, built
from tests.workflow.called import by_alias
from tests.workflow.driving import respond
from tests.workflow.reported import INTACT
from tests.workflow.test_functions_people import Nudges

EXFILTRATION = Path(__file__).parents[2] / "events" / "aws" / "guardduty-s3-exfiltration.json"
ASK = Policy(modes=Modes(fence=Mode.ASK))
DOORS = {"/decide/": decide.handler, "/desk/": desk.handler}


def served(sandbox: Sandbox, incoming: Incoming) -> Reply:
    """As a function URL does: who signed, if anybody, is told to the function; an unsigned request never reaches it."""
    signed = credential(incoming)
    caller = sandbox.cloud.principals.admit(signed.access_key_id, signed.token, "lambda") if signed else None
    if caller is None or not signature_matches(incoming, caller.secret):
        return Reply(403, (("content-type", "application/json"),), b'{"Message": "Forbidden"}')
    context = {"authorizer": {"iam": {"userArn": caller.principal.arn}}}
    answer: Any = DOORS[incoming.path]({"requestContext": context, "body": incoming.body.decode()}, by_alias("live"))
    return Reply(answer["statusCode"], tuple(answer["headers"].items()), answer["body"].encode())


@dataclass
class Scene:
    """A case that asks, the worker behind the functions, and where their workflows are nudged."""

    case: Case
    deps: Deps
    nudges: Nudges

    def codeblue(self, *words: str) -> tuple[int, Any]:
        """The exit code of a command and what it said in JSON; None where it failed."""
        ran = CliRunner().invoke(app, [*words, "--json", "--stack", "CodeblueResponder"])
        if isinstance(ran.exception, CodeblueError):
            raise ran.exception
        return ran.exit_code, json.loads(ran.stdout) if ran.stdout else None


def keys(patch: pytest.MonkeyPatch, sandbox: Sandbox, name: str) -> None:
    """Let the environment hold a session of this role."""
    session = assume(sandbox, user(sandbox, f"of-{name}"), role(sandbox, name), "ann").get_credentials()
    assert session
    patch.setenv("AWS_ACCESS_KEY_ID", str(session.access_key))
    patch.setenv("AWS_SECRET_ACCESS_KEY", str(session.secret_key))
    patch.setenv("AWS_SESSION_TOKEN", str(session.token))


@pytest.fixture
def scene(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    hospital: Hospital = built()
    deps = hospital.worker(ASK)
    found = Scene(respond(deps), deps, Nudges())
    door = Listener(lambda incoming: served(sandbox, incoming))
    door.start()
    outputs = {f"{name}Url": {"Value": f"{door.url}/{path}/"} for name, path in (("Decisions", "decide"), ("Desk", "desk"))}
    topic = {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "pages"}}}
    template = json.dumps({"Resources": topic, "Outputs": outputs})
    sandbox.root().client("cloudformation").create_stack(StackName="CodeblueResponder", TemplateBody=template)
    for name in ("ready", "reader"):
        monkeypatch.setattr(environment, name, lambda: deps)
    monkeypatch.setattr(environment, "checked", lambda _case: INTACT)
    for name in ("tokens", "workflows"):
        monkeypatch.setattr(environment, name, lambda: found.nudges)
    monkeypatch.setenv("CODEBLUE_APPROVERS", f"arn:aws:iam::{ACCOUNT}:role/approver")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox.endpoint_url)
    environment.settings.cache_clear()
    keys(monkeypatch, sandbox, "approver")
    yield found
    environment.settings.cache_clear()
    door.stop()


def test_cases_their_state_and_their_report_come_from_the_responder(scene: Scene, tmp_path: Path) -> None:
    assert scene.codeblue("cases")[1]["case"] == scene.case.id
    assert scene.codeblue("status", scene.case.id)[1]["awaiting"]["digest"] == scene.case.awaiting.digest  # type: ignore[union-attr]  # it asks
    code, said = scene.codeblue("report", scene.case.id, "--out", str(tmp_path))
    assert (code, said["evidence"]["case"]) == (0, scene.case.id)
    assert scene.case.id in (tmp_path / "report.html").read_text()


def test_an_approval_is_whose_session_signed_it_and_wakes_the_workflow(scene: Scene) -> None:
    assert scene.case.awaiting
    scene.nudges.keep(scene.case.id, "t-1")
    code, said = scene.codeblue("approve", scene.case.id, "--digest", scene.case.awaiting.digest)
    (approval,) = scene.deps.cases.load(scene.case.id).approvals
    assert (code, approval.by) == (0, f"arn:aws:sts::{ACCOUNT}:assumed-role/approver/ann")
    assert approval.by in said["message"]
    assert scene.nudges.answers[0][:2] == ("t-1", scene.case.id)


def test_another_digest_is_no_approval(scene: Scene) -> None:
    with pytest.raises(NotApproved):
        scene.codeblue("approve", scene.case.id, "--digest", "0" * 64)


def test_a_page_is_taken_by_whose_session_signed_it_and_the_next_shift_is_told(scene: Scene) -> None:
    ann = f"arn:aws:sts::{ACCOUNT}:assumed-role/approver/ann"
    code, said = scene.codeblue("acknowledge", scene.case.id)
    assert (code, said["by"], said["anew"]) == (0, ann, True)
    (page,) = scene.codeblue("handover", "--since", "8h")[1]["pages"]
    assert page["acknowledged_by"] == ann
    with pytest.raises(Absent):
        scene.codeblue("acknowledge", "cb-none")
    with pytest.raises(BadInput):
        scene.codeblue("handover", "--since", "yesterday")


def test_the_record_is_audited_where_it_lies(scene: Scene) -> None:
    assert scene.codeblue("audit", scene.case.id)[1]["ok"] is True


def test_a_rollback_is_shown_and_not_done(scene: Scene) -> None:
    code, said = scene.codeblue("rollback", scene.case.id)
    assert (code, said["changes"]) == (5, [])
    with pytest.raises(BadInput, match="--direct"):
        scene.codeblue("rollback", scene.case.id, "--digest", said["digest"])


def test_an_alert_is_planned_by_a_workflow_that_asks(scene: Scene) -> None:
    code, said = scene.codeblue("plan", str(EXFILTRATION), "--render")
    assert code in {0, 5}
    assert set(said["cases"]) == set(scene.nudges.begun)
    asked_by = {scene.deps.cases.load(case).asked_by for case in said["cases"]}
    assert asked_by == {f"arn:aws:sts::{ACCOUNT}:assumed-role/approver/ann"}


def test_what_the_responder_does_not_have_is_said_as_by_itself(scene: Scene) -> None:
    with pytest.raises(Absent):
        scene.codeblue("status", "cb-none")
    with pytest.raises(BadInput):
        scene.codeblue("status", "no case's name")


def test_nobody_but_an_approver_is_told_anything(scene: Scene, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    keys(monkeypatch, sandbox, "administrator")
    for words in (("cases",), ("approve", scene.case.id, "--digest", "d")):
        with pytest.raises(Refused, match="approver"):
            scene.codeblue(*words)


def test_a_stack_that_is_none_of_ours_is_said_so(scene: Scene, sandbox: Sandbox) -> None:
    empty = json.dumps({"Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "t"}}}})
    sandbox.root().client("cloudformation").create_stack(StackName="Other", TemplateBody=empty)
    ran = CliRunner().invoke(app, ["cases", "--stack", "Other"])
    assert isinstance(ran.exception, NotReady)


def test_a_responder_that_is_down_leads_to_the_way_around_it(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        DOORS, "/desk/", lambda _event, _context: {"statusCode": 502, "headers": {}, "body": "Internal Server Error"}
    )
    with pytest.raises(Unreachable, match="--direct"):
        scene.codeblue("cases")
