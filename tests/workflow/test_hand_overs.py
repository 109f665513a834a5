"""One worker for each power, each awake since its last turn: the record has grown meanwhile, and nobody waits for that."""

from shared.domain.case import Case, Stage
from shared.workflow.opening import admit
from shared.workflow.stages import STEPS, Power
from shared.workflow.tasks import Task, run
from tests.hospital import Hospital, signal

HELD = frozenset({Stage.EXPOSE, Stage.REKEY, Stage.CLOSE})
"""Stages that follow once the fence is said to hold."""


def test_a_worker_whose_record_has_grown_opens_it_anew_and_goes_on_at_once(hospital: Hospital) -> None:
    workers = {power: hospital.worker() for power in Power}
    case = admit(signal(), workers[Power.OBSERVE], automatic=True)
    assert isinstance(case, Case)
    turns: list[tuple[Stage, int]] = []
    while (before := hospital.cases.load(case.id)).stage not in HELD:
        answer = run(Task(case=case.id, stage=before.stage), workers[STEPS[before.stage].power], "request-1")
        turns.append((before.stage, hospital.cases.load(case.id).version - before.version))
        hospital.clock.sleep(answer.again_seconds or 0)
    assert {Stage.FENCE, Stage.PRESERVE, Stage.SWEEP} <= {stage for stage, _ in turns}
    assert [stage for stage, saved in turns if not saved] == []
