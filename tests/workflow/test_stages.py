"""The table of stages, and the only function that runs one."""

import threading
from collections.abc import Callable
from copy import replace
from inspect import signature as parameters_of

import pytest

from shared.adapters.memory.clock import MemoryClock
from shared.domain.case import Case, Stage, Verdict
from shared.domain.errors import LeaseLost
from shared.domain.facet import DenyAll
from shared.ports import Lease
from shared.workflow.deps import Deps
from shared.workflow.local import drive
from shared.workflow.opening import Turned, admit
from shared.workflow.run import hold, run_stage
from shared.workflow.stages import FIRST, STEPS, Step
from shared.workflow.step import Next
from tests.hospital import EXPORT, Hospital, signal
from tests.workflow.driving import FOR_EVER, NOBODY, respond


def opened(hospital: Hospital) -> Case:
    admitted = admit(signal(), hospital.worker(), automatic=True)
    assert not isinstance(admitted, Turned)
    return admitted


class TestTheTable:
    """What every driver reads."""

    def test_every_stage_can_be_reached_from_the_first(self) -> None:
        reached: set[Stage] = set()
        ahead = {FIRST}
        while ahead:
            reached |= ahead
            ahead = {stage for step in map(STEPS.__getitem__, ahead) for stage in step.then} - reached
        assert reached == set(STEPS)

    @pytest.mark.parametrize("stage", STEPS, ids=lambda s: f"after {s}")
    def test_whatever_comes_next_is_in_the_table(self, stage: Stage) -> None:
        step = STEPS[stage]
        assert step.then <= set(STEPS)
        assert step.fails_to is None or step.fails_to in STEPS

    @pytest.mark.parametrize("stage", [s for s in STEPS if s is not Stage.SCOPE], ids=str)
    def test_a_stage_that_may_have_to_wait_leads_to_itself(self, stage: Stage) -> None:
        assert stage in STEPS[stage].then

    def test_only_the_end_leads_nowhere_else(self) -> None:
        assert {stage for stage, step in STEPS.items() if step.then <= {stage}} == {Stage.CLOSE}

    @pytest.mark.parametrize("stage", STEPS)
    def test_what_runs_is_there_and_is_loaded_by_its_name(self, stage: Stage) -> None:
        assert list(parameters_of(STEPS[stage].load()).parameters) == ["case", "deps"]


def to_the_end(case: Case, deps: Deps) -> Next:
    del deps
    return Next(case.but(why_ask="astray"), Stage.CLOSE)


class TestRunning:
    """One stage under one lease."""

    def test_a_stage_that_leads_where_the_table_does_not_is_stopped_and_nothing_is_saved(
        self, hospital: Hospital, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        astray = Step(f"{__name__}:{to_the_end.__name__}", frozenset({Stage.SCOPE}), STEPS[Stage.OPEN].power)
        monkeypatch.setitem(STEPS, Stage.OPEN, astray)
        case, deps = opened(hospital), hospital.worker()
        with hold(case.id, deps, "me") as held:
            assert held
            with pytest.raises(RuntimeError, match="may not lead to close"):
                run_stage(held, Stage.OPEN, deps)
        assert deps.cases.load(case.id) == case

    def test_a_case_that_is_past_a_stage_does_not_go_back(self, hospital: Hospital) -> None:
        case, deps = opened(hospital), hospital.worker()
        with hold(case.id, deps, "me") as held:
            assert held
            assert run_stage(held, Stage.OPEN, deps).stage is Stage.SCOPE
            entries = len(list(deps.journal(case.id).entries()))
            assert run_stage(held, Stage.OPEN, deps).stage is Stage.SCOPE
        assert len(list(deps.journal(case.id).entries())) == entries

    def test_a_case_is_held_by_one_worker_at_a_time(self, hospital: Hospital) -> None:
        case, deps = opened(hospital), hospital.worker()
        with hold(case.id, deps, "me") as mine, hold(case.id, deps, "you") as yours:
            assert mine
            assert yours is None
        with hold(case.id, deps, "you") as yours:
            assert yours

    def test_a_lease_that_ran_out_is_taken_over_and_its_owner_saves_nothing_more(self, hospital: Hospital) -> None:
        case, deps = opened(hospital), hospital.worker()
        with hold(case.id, deps, "slow") as slow:
            hospital.clock.sleep(10)
            with hold(case.id, deps, "quick") as quick:
                assert slow
                assert quick
                with pytest.raises(LeaseLost):
                    slow.save(case.but(why_ask="too late"))
                quick.save(case.but(why_ask="in time"))
        assert deps.cases.load(case.id).why_ask == "in time"


class Impatient(MemoryClock):
    """A clock whose sleep is somebody else's turn."""

    def __init__(self, turn: Callable[[float], None]) -> None:
        super().__init__()
        self._turn = turn

    def sleep(self, seconds: float) -> None:
        self._turn(seconds)


class TestDriving:
    """The local driver."""

    def test_it_waits_for_another_worker_and_comes_to_the_same_end(self, hospital: Hospital) -> None:
        case, deps = opened(hospital), hospital.worker()
        lease = deps.cases.take(case.id, "another")
        assert lease
        ends: list[Case] = []
        waiting = threading.Thread(target=lambda: ends.append(drive(case.id, deps, NOBODY, lambda _c, _o: None)))
        waiting.start()
        waiting.join(timeout=20)  # the other never comes back: its lease runs out
        assert [end.verdict for end in ends] == [Verdict.CONTAINED]

    @pytest.mark.parametrize("answered", [True, False], ids=["answers by itself", "leaves it open"])
    def test_a_question_of_another_worker_is_its_own_to_answer_for_a_moment(self, hospital: Hospital, answered: bool) -> None:
        case, deps = opened(hospital), hospital.worker()
        with hold(case.id, deps, "another") as other:
            assert other
            asking = other.save(case.but(verdict=Verdict.AWAITING_APPROVAL))
            polls: list[int] = []

            def sleep(seconds: float) -> None:
                polls.append(len(polls))
                if answered and len(polls) == 1:
                    other.save(asking.but(verdict=Verdict.REFUSED))

            waiting = replace(deps, clock=Impatient(sleep))
            end = drive(case.id, waiting, NOBODY, lambda _c, _o: None)
        assert end.verdict is (Verdict.REFUSED if answered else Verdict.AWAITING_APPROVAL)

    def test_a_worker_that_loses_its_lease_in_the_middle_goes_on_waiting(self, hospital: Hospital) -> None:
        deps = hospital.worker()
        stolen: list[Lease | None] = []

        def steal(case: Case, _at: object) -> None:
            if case.stage is Stage.FENCE and not stolen:
                hospital.clock.sleep(10)
                stolen.append(deps.cases.take(case.id, "thief of leases"))

        end = drive(opened(hospital).id, deps, NOBODY, steal)
        assert stolen[0]
        assert end.verdict is Verdict.CONTAINED
        assert hospital.world.look(EXPORT, DenyAll) == (DenyAll(on=True, via="inline"),)

    def test_a_case_that_is_closed_is_closed(self, hospital: Hospital) -> None:
        deps = hospital.worker()
        respond(deps, patience=FOR_EVER)
        entries = [e.kind for e in deps.journal(hospital.cases.all()[0].id).entries()]
        assert entries.count("closed") == 1
