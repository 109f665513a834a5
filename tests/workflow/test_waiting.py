"""While a question waits for a person the thief goes on: so does the fence, under the approval that it has."""

from collections.abc import Callable
from threading import Event
from time import sleep

import pytest

from shared.adapters.memory.world import MemoryWorld
from shared.domain.case import Case, Mode, Stage, Verdict
from shared.domain.facet import AccessKeyStatus, DenyAll
from shared.domain.plan import Wave
from shared.domain.resource import Kind
from shared.settings import Modes, Policy
from shared.workflow import local
from shared.workflow.acknowledging import acknowledge
from shared.workflow.deciding import decide
from shared.workflow.deps import Deps
from shared.workflow.local import Patience, drive
from shared.workflow.run import Outcome, hold, run_stage
from tests.hospital import Hospital, ref
from tests.workflow.driving import YES, go_on, respond
from tests.workflow.recovering import Night

BACKDOOR = ref(Kind.USER, "backdoor")
CUT = (DenyAll(on=True, via="inline"),)


def backdoor(hospital: Hospital) -> None:
    """The thief makes a user with a key."""
    hospital.world.put(BACKDOOR, AccessKeyStatus(key_id="AKIABACK", active=True))
    hospital.directory.enter(BACKDOOR, "AIDABACK", hospital.clock.now())


def denied(world: MemoryWorld) -> tuple[DenyAll, ...]:
    return world.look(BACKDOOR, DenyAll)


def looked(case: Case, deps: Deps) -> Outcome:
    """One turn of the deployed loop."""
    with hold(case.id, deps, "the loop") as held:
        assert held
        return run_stage(held, held.load().stage, deps)


def decided(case: Case, deps: Deps, *, granted: bool = True) -> Case:
    assert case.awaiting
    with hold(case.id, deps, "a person") as held:
        assert held
        return held.save(decide(held.load(), deps, case.awaiting.digest, "dr-yes", granted=granted))


def test_the_deployed_loop_is_told_to_wait_and_to_look_again(night: Night) -> None:
    deps = night.worker()
    case = respond(deps)
    assert (case.stage, case.awaiting and case.awaiting.wave) == (Stage.SWEEP, Wave.REKEY)
    backdoor(night.hospital)
    at = looked(case, deps)
    after = night.hospital.cases.load(case.id)
    assert (at.stage, at.ask_seconds is not None, at.again_seconds is not None) == (Stage.SWEEP, True, True)
    assert (after.verdict, after.awaiting) == (Verdict.AWAITING_APPROVAL, case.awaiting)
    assert denied(night.hospital.world) == CUT


def test_a_question_that_waits_for_hours_ends_no_case_and_pages_nobody_twice(night: Night) -> None:
    deps = night.worker()
    case = respond(deps)
    pages = len(night.hospital.notifier.pages)
    for _ in range(20):
        at = looked(case, deps)
        assert at.stage is Stage.SWEEP
        assert at.again_seconds is not None
        assert at.again_seconds <= 300
    assert len(night.hospital.notifier.pages) == pages


def test_the_decision_leads_back_to_who_asked(night: Night) -> None:
    deps = night.worker()
    case = respond(deps)
    looked(case, deps)
    assert decided(case, deps).stage is Stage.REKEY
    done = go_on(case, deps)
    assert (night.successor() != "", done.awaiting and done.awaiting.wave) == (True, Wave.MIGRATE)


def test_refused_it_is_swept_and_not_asked_again(night: Night) -> None:
    deps = night.worker()
    case = decided(respond(deps), deps, granted=False)
    again = go_on(case, deps)
    assert (again.awaiting, night.successor()) == (None, "")


def test_what_nobody_answers_in_time_is_asked_anew(night: Night) -> None:
    deps = night.worker()
    case = respond(deps)
    night.hospital.clock.sleep(deps.policy.approval.expires.total_seconds())
    again = go_on(case, deps)
    assert case.awaiting
    assert again.awaiting
    assert (again.awaiting.wave, again.awaiting.expires > case.awaiting.expires) == (Wave.REKEY, True)


def test_a_fence_that_has_to_be_asked_about_goes_before_a_later_wave_which_is_asked_again(night: Night) -> None:
    case = respond(night.worker())
    deps = night.worker(Policy(modes=Modes(sweep=Mode.ASK)))
    backdoor(night.hospital)
    asked = go_on(case, deps)
    assert asked.awaiting
    assert (asked.awaiting.wave, denied(night.hospital.world)) == (Wave.SWEEP, ())
    after = go_on(decided(asked, deps), deps)
    assert after.awaiting
    assert (after.awaiting.wave, denied(night.hospital.world)) == (Wave.REKEY, CUT)


def test_a_person_who_thinks_at_the_terminal_holds_up_no_sweep(night: Night) -> None:
    """The answer comes once the thief's new user is cut: it would never come if nobody looked meanwhile."""
    cut, thought = Event(), list[bool]()
    night.access.fenced.add(BACKDOOR)

    def thinking(case: Case) -> tuple[str, bool] | None:
        if not thought:
            backdoor(night.hospital)
            thought.append(cut.wait(30))
        return YES(case)

    def told(_case: Case, _at: Outcome) -> None:
        if any(target == BACKDOOR for target, _ in night.hospital.world.writes):
            cut.set()

    deps = night.worker()
    done = drive(respond(deps).id, deps, thinking, told, Patience(answer_seconds=0.01))
    assert (thought, done.verdict) == ([True], Verdict.CONTAINED)


class Elsewhere:
    """A person at the terminal, beside whom something happens elsewhere before they answer."""

    def __init__(self, deps: Deps, happens: Callable[[Case], object], answer: tuple[str, bool] | None) -> None:
        self._deps, self._happens, self._answer = deps, happens, answer
        self.asked: list[str] = []
        self.told: list[str] = []

    def __call__(self, case: Case) -> tuple[str, bool] | None:
        assert case.awaiting
        self.asked.append(case.awaiting.digest)
        if len(self.asked) > 1:
            return None
        while (lease := self._deps.cases.take(case.id, "somebody elsewhere")) is None:
            sleep(0.01)
        self._deps.cases.give_back(lease)
        self._happens(case)
        return self._answer


def at_the_terminal(night: Night, person: Elsewhere, policy: Policy | None = None) -> Case:
    deps = night.worker(policy) if policy else night.worker()
    case = respond(deps)
    return drive(case.id, deps, person, lambda *_: None, Patience(answer_seconds=30), person.told.append)


ASKED = Policy(modes=Modes(fence=Mode.ASK))
EARLIER = pytest.mark.parametrize(
    "policy", [pytest.param(None, id="while it is swept on"), pytest.param(ASKED, id="before anything stands")]
)


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody answers at once, and the lease is not kept for that."""
    monkeypatch.setattr(local, "MOMENT", 0.01)


@EARLIER
@pytest.mark.usefixtures("unhurried")
def test_while_a_person_thinks_another_can_take_the_page_and_the_answer_still_counts(night: Night, policy: Policy | None) -> None:
    other = night.worker(policy) if policy else night.worker()
    person = Elsewhere(other, lambda case: acknowledge(case.id, other, "dr-elsewhere"), ("dr-no", True))
    done = at_the_terminal(night, person, policy)
    assert [a.by for a in done.approvals if a.digest == person.asked[0]] == ["dr-no"]
    assert "acknowledged" in [entry.kind for entry in other.journal(done.id).entries()]
    assert person.told == []


@pytest.mark.usefixtures("unhurried")
def test_what_another_put_on_record_is_under_what_follows_on_a_sink_too_that_did_not_answer_then(night: Night) -> None:
    other, (first, second) = night.worker(), night.hospital.sinks

    def taken(case: Case) -> None:
        second.down = True
        acknowledge(case.id, other, "dr-elsewhere")
        other.journal(case.id).settle()  # type: ignore[attr-defined]  # the second has had its turn, and kept nothing
        second.down = False

    case = at_the_terminal(night, Elsewhere(other, taken, ("dr-no", True)))
    night.worker().journal(case.id).append("note", {}, need=2)
    assert first.list("") == second.list("")
    assert [path for path in first.list("") if first.get(path) != second.get(path)] == []


@EARLIER
@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize("granted", [True, False], ids=["approved", "refused"])
def test_what_another_decides_meanwhile_stands_and_whoever_typed_is_told(
    night: Night, policy: Policy | None, granted: bool
) -> None:
    other = night.worker(policy) if policy else night.worker()
    person = Elsewhere(other, lambda case: decided(case, other, granted=granted), ("dr-no", not granted))
    done = at_the_terminal(night, person, policy)
    assert [(a.by, a.granted) for a in done.approvals if a.digest == person.asked[0]] == [("dr-yes", granted)]
    (said,) = person.told
    assert said.startswith(f"{done.id}: dr-yes {'approved' if granted else 'refused'} this at ")
