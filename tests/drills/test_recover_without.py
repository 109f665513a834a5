"""Recovery with something missing: a call that the endpoint does not know, the responder's own bucket, the preflight."""

from collections.abc import Iterator
from copy import replace
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from shared.adapters.memory.access import MemoryAccess
from shared.bootstrap import deps
from shared.containment.actions import ACTIONS
from shared.domain.case import Case, Verdict
from shared.domain.resource import Cloud, Kind, Ref
from shared.intake import read
from shared.intake.render import render
from shared.sandbox.aws import clinic_people as people
from shared.sandbox.aws import scenario_names as names
from shared.sandbox.aws.clinic import Clinic, before, build, response_policy
from shared.sandbox.aws.scenario import acting, custody
from shared.sandbox.aws.server import Sandbox
from shared.settings import Policy
from shared.workflow.deps import Deps
from shared.workflow.local import drive
from shared.workflow.opening import Turned, admit
from shared.workflow.recovery import Recovery
from tests.drills.recover_scene import default_key, keys, policy, stored, successors
from tests.drills.respond_scene import EXFILTRATION, Scene, opened

pytestmark = pytest.mark.timeout(400)

LATEST, OLDER = len(names.PATIENTS), len(names.PATIENTS) * 2


@pytest.fixture
def scene() -> Iterator[Scene]:
    with opened() as clinic:
        yield clinic


def test_a_server_that_does_not_know_the_update_loses_that_lane_and_nothing_else(scene: Scene, tmp_path: Path) -> None:
    before = stored(scene)
    scene.control("POST", "faults", kind="error", operation="UpdateObjectEncryption", status=501, code="NotImplemented")
    done = scene.respond(EXFILTRATION, "--yes", "--policy", policy(tmp_path, scene))
    assert done.status == (0, "contained"), done
    counts = done.result["versions"]
    assert (counts["updated"], counts["copied"]) == (0, LATEST)
    assert [each["count"] for each in counts["blocked"]] == [OLDER + LATEST]
    assert any("nothing could be updated in place" in left["reason"] for left in done.result["left_for_people"])
    tried = [call for call in scene.calls() if call["operation"] == "UpdateObjectEncryption"]
    assert {call["resource"].partition("/")[0] for call in tried} == {f"arn:aws:s3:::{scene.described['custody']['canary_bucket']}"}
    assert {at: each.content for at, each in stored(scene).items() if at in before} == {at: e.content for at, e in before.items()}
    assert keys(scene)[successors(scene)[0]] == LATEST
    assert scene.reads("clinician_by_arn") == ""


def test_without_the_responders_own_bucket_that_lane_stays_closed_and_it_is_said(scene: Scene, tmp_path: Path) -> None:
    scene.client("s3").delete_bucket(Bucket=scene.described["custody"]["canary_bucket"])
    done = scene.respond(EXFILTRATION, "--yes", "--policy", policy(tmp_path, scene))
    assert done.status == (0, "contained"), done
    assert (done.result["versions"]["updated"], done.result["versions"]["copied"]) == (0, LATEST)
    said = next(left for left in done.result["left_for_people"] if "nothing could be updated" in left["reason"])
    assert ("NoSuchBucket" in said["reason"], "codeblue init" in said["next"]) == (True, True)


def test_a_store_that_the_responder_may_not_move_is_left_and_the_fence_stands(scene: Scene, tmp_path: Path) -> None:
    moves = f"arn:aws:iam::{names.ACCOUNT}:policy/codeblue-migrate"
    scene.client("iam").detach_role_policy(RoleName=names.RESPONDER, PolicyArn=moves)
    done = scene.respond(EXFILTRATION, "--yes", "--policy", policy(tmp_path, scene))
    assert done.status == (3, "partial"), done
    assert any("can not be looked at" in left["reason"] for left in done.result["left_for_people"])
    assert scene.reads() != ""
    assert scene.reads("clinician") == ""
    assert default_key(scene) == successors(scene)[0]


@pytest.fixture
def clinic() -> Iterator[tuple[Sandbox, Clinic]]:
    with before() as sandbox:
        built = build(sandbox)
        custody(sandbox, built)
        yield sandbox, built


def recovery(sandbox: Sandbox, clinic: Clinic, *, blind: bool) -> Case:
    """The whole response in this process. `blind`: with an endpoint that can not say beforehand who may use a key."""
    with acting(sandbox, clinic.credentials["responder"]):
        worker = deps(Policy.read(response_policy(clinic)))
        raw = render(EXFILTRATION.read_bytes(), worker.clock.now())
        (alert,) = read(raw)
        admitted = admit(alert, worker, automatic=False, raw=raw)
        assert not isinstance(admitted, Turned)
        seeing = _blind(worker) if blind else worker
        return drive(admitted.id, seeing, lambda _: ("incident-lead", True), lambda *_: None)


def _blind(worker: Deps) -> Deps:
    made, access = worker.recovery, MemoryAccess()
    assert made is not None
    recovery = made()
    access.unclear |= {_user(name) for name in (names.CLINICIAN_BY_ARN, names.CLINICIAN, names.BACKUP_USER, names.EXPORT_USER)}
    return replace(worker, recovery=lambda: Recovery(recovery.objects, access, recovery.canaries))


def _user(name: str) -> Ref:
    return Ref(cloud=Cloud.AWS, kind=Kind.USER, account=names.ACCOUNT, id=people.user_arn(name))


def chart(sandbox: Sandbox, clinic: Clinic, who: str) -> bytes:
    s3 = people.bound(sandbox, clinic.credentials[who]).client("s3")
    return bytes(s3.get_object(Bucket=names.CHARTS, Key=f"charts/{names.PATIENTS[0]}.pdf")["Body"].read())


def test_a_clinician_known_by_the_old_keys_arn_follows_by_the_preflight(clinic: tuple[Sandbox, Clinic]) -> None:
    assert recovery(*clinic, blind=False).verdict is Verdict.CONTAINED
    assert chart(*clinic, "clinician_by_arn")


@pytest.fixture
def no_admission() -> Iterator[None]:
    """Nobody is let in at the successor. Afterwards the actions are in their order again: documents are written in it."""
    kept = dict(ACTIONS)
    del ACTIONS["admit-to-successor"]
    yield
    ACTIONS.clear()
    ACTIONS.update(kept)


@pytest.mark.usefixtures("no_admission")
def test_without_the_admission_nothing_moves_while_the_proof_still_looks(clinic: tuple[Sandbox, Clinic]) -> None:
    case = recovery(*clinic, blind=False)
    assert case.verdict is Verdict.PARTIAL
    assert any(names.CLINICIAN_BY_ARN in left.target for left in case.people)
    assert chart(*clinic, "clinician_by_arn")


@pytest.mark.usefixtures("no_admission")
def test_without_the_whole_preflight_that_clinician_would_have_lost_the_charts(clinic: tuple[Sandbox, Clinic]) -> None:
    recovery(*clinic, blind=True)
    with pytest.raises(ClientError, match="AccessDenied"):
        chart(*clinic, "clinician_by_arn")
    assert chart(*clinic, "clinician")
