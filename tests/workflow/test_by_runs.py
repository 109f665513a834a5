"""A store that a service's own workers move for days: what the case does meanwhile, and how the workers are paced."""

from collections.abc import Callable
from copy import replace
from typing import cast

import pytest

from shared.adapters.memory.map_runs import MemoryMapRuns
from shared.adapters.memory.traffic import MemoryTraffic
from shared.domain.case import Case, Stage, Verdict
from shared.domain.exposure import Told
from shared.domain.resource import Ref
from shared.ports import Cases
from shared.ports.map_runs import Item, ItemDone, MapRun, RunState
from shared.ports.objects import Encryption, Facts, Moved, Page, Version
from shared.reencryption.plan import Migration
from shared.reencryption.planner import LEAST_CALLS
from shared.workflow import migrating, sharing
from shared.workflow.deps import Deps
from shared.workflow.local import Patience
from shared.workflow.step import Part
from tests.hospital import CHARTS, THIEF, Hospital, built, signal
from tests.unit.reencryption import told
from tests.workflow.driving import YES, respond
from tests.workflow.test_by_parts import BESIDE, Ordered, assert_all_is_moved, stocked
from tests.workflow.test_exposure import read
from tests.workflow.test_renewing import worker
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


class Timed(Ordered):
    """Remembers when blobs were copied, and how often something was listed."""

    def __init__(self, page: int) -> None:
        super().__init__(page)
        self.at, self.listed = list[float](), 0
        self.now: Callable[[], float] = lambda: 0.0

    def copy(self, store: Ref, version: Version, facts: Facts, encryption: Encryption) -> Moved:
        self.at.append(self.now())
        return super().copy(store, version, facts, encryption)

    def list(self, store: Ref, after: tuple[str, str] | None) -> Page:
        self.listed += 1
        return super().list(store, after)


class Scene:
    """A hospital with workers of a service."""

    def __init__(self) -> None:
        self.hospital: Hospital = built()
        self.blobs = stocked(self.hospital, Timed(page=1))
        self.blobs.now = self.hospital.clock.monotonic
        self.runs = Slow(self)

    def deps(self, ceiling: float | None = None, *, runs: bool = True) -> Deps:
        made = worker(self.hospital, self.blobs, BESIDE, beside=not runs)
        recovery = replace(made.recovery(), runs=self.runs if runs else None, workers=4, ceiling=ceiling) if made.recovery else None
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


def test_one_run_goes_at_a_time_and_what_is_moved_already_is_not_looked_at_again_meanwhile(scene: Scene) -> None:
    most, listed = list[int](), dict[int, list[int]]()

    def ready() -> bool:
        most.append(scene.runs.going)
        looks = listed.setdefault(len(scene.runs.held), [])
        looks.append(scene.blobs.listed)
        return len(looks) > 40  # four turns of a worker that watches it

    scene.runs.ready = ready
    deps = scene.deps()
    assert_all_is_moved(respond(deps, asks=YES, patience=STAYS), scene.blobs, deps)
    first, second = scene.runs.held.values()
    assert (max(most), first.order.items[0].migration != second.order.items[0].migration) == (1, True)
    assert all(done.over for held in (first, second) for done in held.done)
    assert {listed[run][40] - listed[run][15] for run in (1, 2)} == {0}
    assert not [page for page in scene.hospital.notifier.pages if "Not done yet" in str(page)]


@pytest.mark.parametrize("runs", [True, False])
def test_what_the_actor_read_is_moved_no_faster_than_what_can_be_spared(scene: Scene, *, runs: bool) -> None:
    alert, traffic = signal(THIEF, CHARTS), MemoryTraffic(scene.hospital.clock)
    scene.hospital.sources.learn(alert)
    traffic.watch = {CHARTS: (Told.DATA_EVENTS,)}
    traffic.requested(*(read(f"c/{number:02}") for number in range(6)))
    deps = replace(scene.deps(ceiling=40.0, runs=runs), traffic=lambda: traffic)
    case = respond(deps, alert, asks=YES, patience=STAYS)
    assert_all_is_moved(case, scene.blobs, deps)
    assert set(scene.blobs.copied[:6]) == {f"c/{number:02}" for number in range(6)}
    assert scene.blobs.at[5] - scene.blobs.at[0] >= 5 / 40


def test_what_can_be_spared_is_divided_and_there_are_fewer_workers_rather_than_slower_ones(scene: Scene) -> None:
    deps = scene.deps(ceiling=2 * 2.5 * LEAST_CALLS)
    assert_all_is_moved(respond(deps, asks=YES, patience=STAYS), scene.blobs, deps)
    assert {held.order.workers for held in scene.runs.held.values()} == {2}


@pytest.mark.parametrize(("runs", "measured", "parts"), [(True, True, 2), (True, False, 2), (False, True, 4), (False, False, 3)])
def test_migrations_share_a_keys_rate_or_a_stores_and_of_runs_one_goes(
    scene: Scene, *, runs: bool, measured: bool, parts: int
) -> None:
    plans = [
        Migration(store=store, old=frozenset({old}), successor="new")
        for store, old in (
            (CHARTS, "a"),
            (CHARTS, "b"),
            (CHARTS, "c"),
            (CHARTS.but(id="labs"), "a"),
            (CHARTS.but(region="far"), "a"),
        )
    ]
    recovery = scene.deps(None if measured else 100.0, runs=runs).recovery
    assert recovery
    assert sharing.together(plans[0], plans, recovery()) == parts
