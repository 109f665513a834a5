"""Whole nights under the real replay executor of Durable Functions: people, crashes, failures, a new version in the middle."""

from collections.abc import Iterator

import pytest
from azure_functions_runtime.bindings.datumdef import Datum

from azure_functions_app import orchestrator
from shared.domain.case import Case, Mode, Stage, Verdict
from shared.domain.facet import DenyAll
from shared.settings import Modes, Policy
from shared.workflow import run, tasks
from shared.workflow.answering import Decision, decided
from shared.workflow.deps import Deps
from shared.workflow.fencing import fence
from shared.workflow.stages import STEPS, Step
from shared.workflow.step import Next
from tests.doubles import Life, mortal
from tests.hospital import EXPORT, Hospital, built
from tests.workflow.function_app_scene import OF_THE_SDK, Duty, on_duty
from tests.workflow.test_paging import CALLS

pytestmark = OF_THE_SDK

ASK = Policy(modes=Modes(fence=Mode.ASK))


@pytest.fixture
def duty() -> Iterator[Duty]:
    with on_duty(built()) as scene:
        yield scene


@pytest.fixture
def asking(duty: Duty) -> Duty:
    duty.works_with(duty.hospital.worker(ASK))
    return duty


def refused(hospital: Hospital) -> bool:
    """Whether the thief is."""
    return hospital.world.look(EXPORT, DenyAll) == (DenyAll(on=True, via="inline"),)


class TestQuestions:
    """A case that asks a person about its fence."""

    def test_approved_it_is_fenced_and_goes_on_to_its_end(self, asking: Duty) -> None:
        case = asking.alarm()
        asking.host.settle()
        assert (asking.case(case).verdict, refused(asking.hospital)) == (Verdict.AWAITING_APPROVAL, False)
        status, said = asking.decide(case)
        assert (status, "approved" in said["message"]) == (200, True)
        asking.host.settle()
        assert refused(asking.hospital)
        asking.host.run()
        assert (asking.case(case).verdict, asking.host.instances[case].status) == (Verdict.CONTAINED, "Completed")

    def test_refused_nothing_is_done(self, asking: Duty) -> None:
        case = asking.alarm()
        asking.host.settle()
        assert asking.decide(case, granted=False)[0] == 200
        asking.host.settle()
        assert (asking.case(case).verdict, asking.host.instances[case].status) == (Verdict.REFUSED, "Completed")
        assert asking.hospital.world.writes == []

    def test_time_never_consents(self, asking: Duty) -> None:
        case = asking.alarm()
        asking.host.settle()
        for _ in range(5):
            asking.host.wait()
        assert asking.case(case).verdict is Verdict.AWAITING_APPROVAL
        assert asking.hospital.world.writes == []

    def test_a_decision_that_came_before_the_workflow_waits_is_not_missed(self, asking: Duty) -> None:
        case = asking.alarm()
        while asking.case(case).awaiting is None:
            asking.host.step()
        asking.decide(case)
        asking.host.settle()
        assert refused(asking.hospital)

    def test_a_decision_about_a_case_whose_workflow_was_lost_begins_it_again(self, asking: Duty) -> None:
        case = asking.alarm()
        asking.host.settle()
        asking.host.instances.clear()
        asking.decide(case)
        asking.host.settle()
        assert refused(asking.hospital)


class TestCrashes:
    """Workers that die, and the ones that take over."""

    @pytest.mark.parametrize("last", [3, 45])
    def test_another_worker_goes_on_where_one_died_at_call(self, duty: Duty, last: int) -> None:
        case = duty.alarm()
        hospital, life = duty.hospital, Life(last)
        world, cases = mortal(hospital.world, life), mortal(hospital.cases, life)
        duty.works_with(hospital.worker(world=world, cases=cases, evidence=mortal(hospital.evidence, life)))
        duty.host.revived = lambda: duty.works_with(hospital.worker())
        duty.host.until(lambda: duty.case(case).fenced_at is not None)
        assert (duty.host.deaths, refused(hospital)) == (1, True)

    def test_a_history_that_is_long_enough_is_begun_anew(self, duty: Duty) -> None:
        duty.patch.setattr(orchestrator, "ROUNDS", 5)
        case = duty.alarm()
        duty.host.run()
        assert duty.case(case).verdict is Verdict.CONTAINED
        assert duty.host.generations[case] > 1


class TestFailures:
    """Stages that can not be run."""

    def test_what_fails_is_tried_again(self, duty: Duty) -> None:
        case = duty.alarm()
        duty.patch.setattr(tasks, "run_stage", Failing(2))
        duty.host.until(lambda: duty.case(case).fenced_at is not None)
        assert refused(duty.hospital)

    def test_when_all_tries_are_used_up_the_hold_takes_the_place_of_the_fence_and_no_write_is_undone(self, duty: Duty) -> None:
        duty.alarm()
        failing = Failing(orchestrator.RETRY.max_number_of_attempts, Stage.FENCE)
        duty.patch.setattr(tasks, "run_stage", failing)
        duty.host.until(lambda: refused(duty.hospital))
        assert failing.ran[failing.ran.index("failed") :][:6] == ["failed"] * 5 + [Stage.HOLD]

    def test_where_failure_leads_nowhere_people_are_called(self, duty: Duty) -> None:
        answer = duty.worker.invoke("give_way", {"task": Datum('{"case": "cb-1", "stage": "close"}', "json")})
        assert (answer.error, answer.value) == ("", '{"next": null, "wait": 0}')
        assert "The stage close of a case fails" in [page.subject for page in duty.hospital.notifier.pages]


class Failing:
    """`run_stage` on a bad day: so many failures of one stage, or of the first that comes."""

    def __init__(self, failures: int, stage: Stage | None = None) -> None:
        self._left, self._stage = failures, stage
        self.ran: list[str] = []

    def __call__(self, held: run.Held, stage: Stage, deps: Deps) -> run.Outcome:
        if self._left and self._stage in {None, stage}:
            self._left -= 1
            self.ran.append("failed")
            raise RuntimeError("a mistake of ours")
        self.ran.append(stage)
        return run.run_stage(held, stage, deps)


def straight_on(case: Case, deps: Deps) -> Next:
    found = fence(case, deps)
    return Next(found.case, Stage.SWEEP if found.stage is Stage.PRESERVE else found.stage, found.ask_seconds, found.again_seconds)


def test_a_stage_that_a_new_version_adds_while_a_case_waits_is_run(asking: Duty) -> None:
    old = {stage: step for stage, step in STEPS.items() if stage is not Stage.PRESERVE}
    leads, power = frozenset({Stage.FENCE, Stage.SWEEP}), STEPS[Stage.FENCE].power
    old[Stage.FENCE] = Step(f"{__name__}:{straight_on.__name__}", leads, power, Stage.HOLD, waits=True)
    asking.patch.setattr(run, "STEPS", old)
    case = asking.alarm()
    asking.host.settle()
    assert asking.case(case).verdict is Verdict.AWAITING_APPROVAL

    asking.patch.setattr(run, "STEPS", STEPS)  # deployed meanwhile
    asking.decide(case)
    asking.host.run()
    assert (asking.case(case).verdict, asking.host.instances[case].error) == (Verdict.CONTAINED, "")
    assert [each["next"]["stage"] for each in asking.host.answers(case) if each["next"]].count("preserve") == 1


class TestSweep:
    """Every five minutes."""

    def test_an_open_case_without_a_workflow_gets_one_again(self, duty: Duty) -> None:
        case = duty.alarm()
        duty.host.instances.clear()
        duty.sweep()
        duty.host.settle()
        assert (refused(duty.hospital), list(duty.host.instances), duty.hospital.notifier.pages) == (True, [case], [])

    def test_one_that_came_to_a_bad_end_is_begun_again_and_people_are_told(self, duty: Duty) -> None:
        case = duty.alarm()
        duty.host.instances[case].status = "Failed"
        duty.sweep()
        assert duty.host.instances[case].status == "Pending"
        assert [page.subject for page in duty.hospital.notifier.pages] == ["The workflow of a case has failed"]

    def test_a_decision_that_was_made_at_a_terminal_wakes_the_workflow(self, asking: Duty) -> None:
        case = asking.alarm()
        asking.host.settle()
        asked = asking.case(case).awaiting
        assert asked
        decided(Decision(case=case, digest=asked.digest, granted=True), "somebody", asking.hospital.worker(ASK))
        asking.host.settle()
        assert not refused(asking.hospital)
        asking.sweep()
        asking.host.settle()
        asking.host.wait(longest=1)  # another worker has written the record meanwhile
        assert refused(asking.hospital)

    def test_the_next_level_is_called_about_a_question_that_nobody_has_taken(self, asking: Duty) -> None:
        asking.alarm()
        asking.host.settle()
        asking.works_with(asking.hospital.worker(CALLS))
        asking.hospital.clock.sleep(15 * 60)
        for _ in range(2):
            asking.sweep()
        assert [page.level for page in asking.hospital.notifier.pages] == [0, 1]

    def test_one_that_runs_or_has_ended_is_left_alone(self, duty: Duty) -> None:
        case = duty.alarm()
        duty.sweep()
        duty.host.run()
        turns = duty.host.instances[case].turns
        duty.sweep()
        duty.host.run()
        assert duty.host.instances[case].turns == turns
