"""A store that a service's own workers move for days: what the case does meanwhile, and how the workers are paced."""

from collections.abc import Callable
from dataclasses import replace
from typing import cast

import pytest

from shared.adapters.memory.map_runs import MemoryMapRuns
from shared.domain.case import Case, Stage, Verdict
from shared.ports import Cases
from shared.ports.map_runs import Item, ItemDone, MapRun, RunState
from shared.workflow import migrating
from shared.workflow.deps import Deps
from shared.workflow.local import Patience
from shared.workflow.step import Part
from tests.hospital import Hospital, built
from tests.unit.reencryption import told
from tests.workflow.driving import YES, respond
from tests.workflow.test_by_parts import BESIDE, assert_all_is_moved, stocked
from tests.workflow.test_renewing import Blobs, worker
from tests.workflow.test_waiting import CUT, backdoor, denied

STAYS = Patience(sweep_seconds=100)

LOOKS = 200
"""Looks after which workers that wait for something do not wait for it any longer."""


class Slow(MemoryMapRuns):
    """Workers that wait: `ready` is asked at every look."""

    def __init__(self, scene: "Scene") -> None:
        super().__init__(scene.work, scene.hospital.clock.now)
        self.ready: Callable[[], bool] = lambda: True
        self.looks = 0

    def look(self, token: str) -> MapRun:
        self.looks += 1
        self.pace = 2 if self.ready() or self.looks > LOOKS else 0
        return super().look(token)

    @property
    def going(self) -> int:
        return sum(held.now.state is RunState.RUNNING for held in self.held.values())


class Scene:
    """A hospital with workers of a service."""

    def __init__(self) -> None:
        self.hospital: Hospital = built()
        self.blobs: Blobs = stocked(self.hospital)
        self.runs = Slow(self)

    def deps(self) -> Deps:
        made = worker(self.hospital, self.blobs, BESIDE)
        recovery = replace(made.recovery(), runs=self.runs, workers=2) if made.recovery else None
        assert recovery
        return replace(made, recovery=lambda: recovery)

    def work(self, item: Item) -> ItemDone:
        part = Part(case=item.case, migration=item.migration, number=item.number)
        return told(item, migrating.worked(part, worker(self.hospital, self.blobs, BESIDE)))


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_door_that_is_made_while_workers_go_on_is_closed_before_they_are_over(scene: Scene) -> None:
    def closed() -> bool:
        if scene.runs.looks == 1:
            backdoor(scene.hospital)
        return denied(scene.hospital.world) == CUT

    scene.runs.ready = closed
    deps = scene.deps()
    case = respond(deps, asks=YES, patience=STAYS)
    assert scene.runs.looks < LOOKS
    assert case.verdict is Verdict.CONTAINED
    assert_all_is_moved(case, scene.blobs, deps)


class At:
    """Cases that stand at a stage."""

    def __init__(self, cases: Cases, stage: Stage) -> None:
        self._cases, self._stage = cases, stage

    def load(self, case_id: str) -> Case:
        return self._cases.load(case_id).but(stage=self._stage)

    def __getattr__(self, name: str) -> object:
        return getattr(self._cases, name)


def test_a_worker_works_beside_a_sweep_and_not_where_what_was_moved_is_proved_or_all_is_over(scene: Scene) -> None:
    answers = dict[Stage, set[bool]]()

    def work(item: Item) -> ItemDone:
        part, done = Part(case=item.case, migration=item.migration, number=item.number), None
        for stage in (Stage.VERIFY, Stage.CLOSE, Stage.ROLLBACK, Stage.SWEEP):
            deps = worker(scene.hospital, scene.blobs, BESIDE)
            done = migrating.worked(part, replace(deps, cases=cast("Cases", At(deps.cases, stage))))
            answers.setdefault(stage, set()).add(bool(done and done.finished))
        return told(item, done)

    scene.runs.worker = work
    deps = scene.deps()
    case = respond(deps, asks=YES, patience=STAYS)
    assert_all_is_moved(case, scene.blobs, deps)
    assert answers == {Stage.VERIFY: {False}, Stage.CLOSE: {False}, Stage.ROLLBACK: {False}, Stage.SWEEP: {True}}
    assert (
        migrating.worked(
            Part(case=case.id, migration=next(iter(scene.runs.held.values())).order.items[0].migration, number=0), deps
        )
        is None
    )
