"""A case ends after an hour of quiet, or when a person says so; and what was decided for good can be thought of again."""

from collections.abc import Callable

import pytest

from shared.custody.audit import audit
from shared.domain.case import Case, Stage, Verdict
from shared.domain.errors import BadInput
from shared.domain.facet import KeyState
from shared.domain.plan import Wave
from shared.workflow import concluding
from shared.workflow.deciding import rollback_plan, undo
from shared.workflow.deps import Deps
from tests.hospital import KEY, Hospital
from tests.workflow.after_proof import Morning, up_to, used
from tests.workflow.driving import FOR_EVER, NOBODY, YES, go_on, respond


def kinds(deps: Deps, case: Case) -> list[str]:
    return [entry.kind for entry in deps.journal(case.id).entries()]


def kept(hospital: Hospital, case: Case) -> Case:
    """The case as its store has it after this decision."""
    lease = hospital.cases.take(case.id, "a person")
    assert lease
    saved = hospital.cases.save(case, lease)
    hospital.cases.give_back(lease)
    return saved


@pytest.fixture
def morning(hospital: Hospital) -> Morning:
    return Morning(hospital)


def test_a_case_that_holds_is_closed_by_hand_and_its_record_audits(hospital: Hospital) -> None:
    deps = hospital.worker()
    case = concluding.close(respond(deps), deps, "dr-no")
    assert (case.stage, case.verdict) == (Stage.CLOSE, Verdict.CONTAINED)
    assert kinds(deps, case)[-2:] == ["closing", "closed"]
    found = audit(hospital.sinks[0], case.id, hospital.signer.public_key(), None, open_case=False)
    assert found.ok


def test_what_is_sealed_is_not_sealed_again(hospital: Hospital) -> None:
    deps = hospital.worker()
    case = kept(hospital, concluding.close(respond(deps), deps, "dr-no"))
    assert go_on(case, deps).verdict is Verdict.CONTAINED
    assert kinds(deps, case).count("closed") == 1
    with pytest.raises(BadInput, match="closed already"):
        concluding.close(case, deps, "dr-no")


def test_an_hour_of_quiet_closes_it_too_once(hospital: Hospital) -> None:
    deps = hospital.worker()
    case = respond(deps, patience=FOR_EVER)
    go_on(case, deps)
    assert kinds(deps, case).count("closed") == 1


def test_a_case_that_was_rolled_back_is_closed_as_what_it_is(hospital: Hospital) -> None:
    deps = hospital.worker()
    case = respond(deps)
    wanted = rollback_plan(case, deps)
    back = undo(case, deps, wanted, wanted.digest, "dr-no", whole=True)
    assert concluding.close(back, deps, "dr-no").verdict is Verdict.ROLLED_BACK


def test_a_case_that_asks_is_not_closed(morning: Morning) -> None:
    deps = morning.worker()
    case = morning.until(Wave.RETIRE, deps)
    with pytest.raises(BadInput, match="asks about its retire"):
        concluding.close(case, deps, "dr-no")


@pytest.mark.parametrize("verdict", [Verdict.OPEN, Verdict.HELD])
def test_a_fence_that_does_not_hold_yet_is_not_closed(hospital: Hospital, verdict: Verdict) -> None:
    deps = hospital.worker()
    with pytest.raises(BadInput, match="when its fence holds"):
        concluding.close(respond(deps).but(verdict=verdict), deps, "dr-no")


def test_a_key_that_nothing_needs_any_more_is_disabled_when_it_is_thought_of_again(morning: Morning) -> None:
    morning.traffic.used(used(KEY))
    deps = morning.worker()
    case = morning.to_the_end(morning.until(Wave.RETIRE, deps), deps)
    assert morning.enabled(KEY)
    morning.hospital.clock.sleep(86_400 * deps.policy.limits.evidence_days)
    again = go_on(kept(morning.hospital, concluding.reconsider(case, deps, "dr-no")), deps, asks=up_to(Wave.RETIRE))
    assert again.awaiting
    assert again.awaiting.wave is Wave.RETIRE
    go_on(again, deps, YES)
    assert not morning.enabled(KEY)


def test_what_was_refused_is_asked_about_again(morning: Morning) -> None:
    deps = morning.worker()
    refused = go_on(morning.until(Wave.RETIRE, deps), deps, asks=lambda _: ("dr-no", False))
    assert refused.declined == (Wave.RETIRE,)
    again = concluding.reconsider(refused, deps, "dr-no")
    assert (again.declined, again.stage) == ((), Stage.ENFORCE)


def test_an_approval_of_then_is_none_of_now(morning: Morning) -> None:
    deps = morning.worker()
    case = morning.to_the_end(morning.until(Wave.RETIRE, deps), deps)
    morning.hospital.world.put(KEY, KeyState(enabled=True, deletion_pending=False))
    again = go_on(kept(morning.hospital, concluding.reconsider(case, deps, "dr-no")), deps, asks=up_to(Wave.RETIRE))
    assert again.awaiting
    assert morning.enabled(KEY)


NOT_AGAIN: dict[str, Callable[[Case], Case]] = {
    "has replaced no key": lambda case: case.but(scope=case.scope.but(successors=())),
    "was rolled back": lambda case: case.but(verdict=Verdict.ROLLED_BACK),
}


@pytest.mark.parametrize(("why", "so"), NOT_AGAIN.items(), ids=NOT_AGAIN)
def test_where_there_is_nothing_to_think_of_it_says_so(morning: Morning, why: str, so: Callable[[Case], Case]) -> None:
    deps = morning.worker()
    case = morning.until(Wave.RETIRE, deps)
    with pytest.raises(BadInput, match=why):
        concluding.reconsider(so(case), deps, "dr-no")
    assert go_on(case, deps, NOBODY).awaiting
