"""A case whose store workers beside each other move: the machine as it is deployed calls the worker's own function."""

import time
from copy import replace
from typing import Any

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions import environment, move
from shared.adapters.aws.map_runs import ACTIONS, AwsMapRuns
from shared.domain.case import Verdict
from shared.domain.errors import Unreachable
from shared.ports.map_runs import MapRun
from shared.reencryption.by_map import FAILED, RUN
from shared.reencryption.plan import Canary
from shared.sandbox.aws.server import Sandbox
from shared.workflow.deps import Deps
from shared.workflow.local import Patience
from tests.contract.aws_map_runs import make_machine
from tests.contract.aws_objects import bucket
from tests.contract.aws_responder import responder
from tests.hospital import Hospital, built
from tests.workflow.driving import YES, go_on, respond
from tests.workflow.test_by_parts import BESIDE, Ordered, assert_all_is_moved, kinds, stocked
from tests.workflow.test_renewing import Blobs, worker

BUCKET = "codeblue-responder"


STAYS = Patience(sweep_seconds=100)
"""Waits for workers as timers would."""


class Watched(AwsMapRuns):
    """Gives workers a moment of real time whenever they are looked for: the hospital's clock is not the machine's."""

    def look(self, token: str) -> MapRun:
        time.sleep(0.02)
        return super().look(token)


class Scene:
    """A hospital whose driver has no workers, and a machine that has. `dies`: workers of the first store's parts do."""

    def __init__(self, sandbox: Sandbox, patch: pytest.MonkeyPatch) -> None:
        clients = responder(sandbox, patch, *ACTIONS)
        sandbox.root().client("s3").create_bucket(Bucket=BUCKET)
        canary = Canary(store=bucket(BUCKET), key="arn:aws:kms:us-east-1:111122223333:key/x")
        self.hospital: Hospital = built()
        self.blobs: Blobs = stocked(self.hospital, Ordered(page=1))
        self.runs = Watched(clients, {clients.region: canary})
        self.sandbox, self.dies, self.given = sandbox, False, list[dict[str, Any]]()
        make_machine(sandbox, BUCKET, self.function)
        patch.setattr(environment, "ready", lambda: worker(self.hospital, self.blobs, BESIDE))

    def deps(self) -> Deps:
        made = worker(self.hospital, self.blobs, BESIDE)
        recovery = replace(made.recovery(), runs=self.runs, workers=2) if made.recovery else None
        assert recovery
        return replace(made, recovery=lambda: recovery)

    def function(self, event: dict[str, Any]) -> dict[str, object]:
        """As Lambda calls it."""
        self.given.append(event)
        if self.dies and event["migration"] == self.given[0]["migration"]:
            raise Unreachable("no answer", "EndpointConnectionError")
        return move.handler(event, LambdaContext())


@pytest.fixture
def scene(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(sandbox, monkeypatch)


def test_the_workers_of_the_machine_move_the_store_and_the_sweep_and_the_proof_follow(scene: Scene) -> None:
    deps = scene.deps()
    case = respond(deps, asks=YES, patience=STAYS)
    assert case.verdict is Verdict.CONTAINED
    assert_all_is_moved(case, scene.blobs, deps)
    assert kinds(deps, case).count(RUN) >= 2 * len(case.versions)
    assert all(event.keys() == {"case", "migration", "number"} for event in scene.given)
    assert {run.workers for run in scene.sandbox.cloud.books.map_runs.values()} <= {1, 2}  # and not the policy's six
    stored = scene.sandbox.root().client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]
    bodies = [scene.sandbox.root().client("s3").get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read() for each in stored]
    assert not any(b'"c/' in body or b"jane" in body for body in bodies)


def test_when_too_many_workers_fail_the_case_is_partial_says_why_and_is_tried_again(scene: Scene) -> None:
    scene.dies = True
    deps = scene.deps()
    respond(deps, asks=YES, patience=STAYS)
    pages = [page for page in scene.hospital.notifier.pages if "Not done yet" in str(page)]
    assert len(pages) == 1
    (case,) = deps.cases.all()
    assert case.verdict is Verdict.PARTIAL
    assert any(FAILED in left.reason for left in case.people)
    scene.dies = False
    go_on(case, deps, YES, STAYS)
    said = [entry for entry in deps.journal(case.id).entries() if entry.kind == RUN and entry.body["over"]]
    assert any(FAILED.encode() in deps.journal(case.id).blobs(str(entry.body["blob"])) for entry in said)
    assert_all_is_moved(deps.cases.load(case.id), scene.blobs, deps)


def test_a_worker_that_is_called_when_its_case_is_not_being_moved_does_nothing(scene: Scene) -> None:
    deps = scene.deps()
    case = respond(deps, asks=YES, patience=STAYS)
    before = len(list(deps.journal(case.id).entries()))
    answer = move.handler(scene.given[0], LambdaContext())
    assert answer["over"] is False
    assert len(list(deps.journal(case.id).entries())) == before
