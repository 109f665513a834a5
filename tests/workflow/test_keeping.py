"""A worker looks at the cloud while its case is being kept, and changes nothing before it is."""

import threading

import pytest

from shared.adapters.memory.custody import MemoryCases
from shared.bootstrap import Custody
from shared.domain.case import Case, Stage
from shared.domain.errors import LeaseLost
from shared.domain.facet import PolicyStatement
from shared.ports import Lease
from shared.workflow.deciding import rollback_plan
from shared.workflow.opening import Turned, admit
from shared.workflow.run import hold, run_stage
from tests.hospital import CHARTS, Hospital, signal
from tests.workflow.driving import go_on


class SlowCases(MemoryCases):
    """A store that keeps nothing until it may."""

    def __init__(self, hospital: Hospital) -> None:
        super().__init__(hospital.clock)
        self.may = threading.Event()

    def save(self, case: Case, lease: Lease) -> Case:
        assert self.may.wait(timeout=10)
        return super().save(case, lease)


def test_a_stage_ends_while_the_case_is_still_being_kept(hospital: Hospital) -> None:
    cases = SlowCases(hospital)
    deps = hospital.worker(cases=cases)
    case = admit(signal(), deps, automatic=True)
    assert not isinstance(case, Turned)
    with hold(case.id, deps, "me") as held:
        assert held
        assert run_stage(held, Stage.OPEN, deps).stage is Stage.SCOPE
        assert cases.load(case.id).stage is Stage.OPEN
        assert held.load().stage is Stage.SCOPE
        cases.may.set()
    assert cases.load(case.id) == held.load()


def test_a_worker_whose_case_was_taken_over_meanwhile_does_not_fence(hospital: Hospital) -> None:
    deps = hospital.worker()
    case = admit(signal(), deps, automatic=True)
    assert not isinstance(case, Turned)
    before = hospital.world.look(CHARTS, PolicyStatement)
    with hold(case.id, deps, "slow") as slow:
        assert slow
        run_stage(slow, Stage.OPEN, deps)
        slow.settle()
        hospital.clock.sleep(10)
        with hold(case.id, deps, "quick") as quick:
            assert quick
            run_stage(slow, Stage.SCOPE, deps)
            with pytest.raises(LeaseLost):
                run_stage(slow, Stage.FENCE, deps)
    assert hospital.world.look(CHARTS, PolicyStatement) == before


def test_whoever_looks_and_lasts_sees_what_others_have_done_since(hospital: Hospital) -> None:
    custody = Custody(hospital.sinks, hospital.signer, hospital.keyring, hospital.cases, (), "memory")
    desk, deps = hospital.worker(journal=custody.journal(hospital.clock, reading=True)), hospital.worker()
    opened = admit(signal(), deps, automatic=True)
    assert isinstance(opened, Case)
    assert list(desk.journal(opened.id).entries()) == []
    case = go_on(opened, deps)
    assert rollback_plan(case, desk).digest == rollback_plan(case, deps).digest
    assert rollback_plan(case, desk).plan.changes
