"""A page that needs a person goes up the call list until somebody acknowledges it, decides, or the case needs nobody."""

from datetime import timedelta
from threading import Event

import pytest

from functions import environment, sweep
from shared.adapters.memory.notifier import MemoryNotifier
from shared.domain.call_list import Level, Paging
from shared.domain.case import Case, Mode, Verdict
from shared.domain.errors import BadInput, LeaseLost, Unreachable
from shared.ports import Lease
from shared.settings import Modes, Policy
from shared.workflow.acknowledging import acknowledge, look
from shared.workflow.deciding import decide, note
from shared.workflow.deps import Deps
from shared.workflow.local import Patience
from shared.workflow.run import hold, run_stage
from tests.hospital import CHARTS, Hospital
from tests.workflow.driving import respond
from tests.workflow.test_functions_people import Taken
from tests.workflow.test_hardship import IMPATIENT

ANN = "arn:aws:sts::111122223333:assumed-role/approver/ann"
LIST = Paging(call_list=(Level(to="topic"), Level(to="webhook", secret="tool", wait=timedelta(minutes=20)), Level(to="topic")))
CALLS = Policy(modes=Modes(fence=Mode.ASK), paging=LIST)


@pytest.fixture
def asking(hospital: Hospital) -> tuple[Case, Deps]:
    """A case that asks about its fence, nobody at the terminal, and three levels to call."""
    deps = hospital.worker(CALLS)
    return respond(deps), deps


def later(hospital: Hospital, minutes: int) -> None:
    hospital.clock.sleep(minutes * 60)


def levels(hospital: Hospital) -> list[int]:
    return [page.level for page in hospital.notifier.pages]


def kinds(deps: Deps, case: Case) -> list[str]:
    return [entry.kind for entry in deps.journal(case.id).entries() if entry.kind in {"escalated", "acknowledged"}]


class Poisoned(Taken):
    """Cases before which comes one whose record no worker can get at."""

    def all(self) -> tuple[Case, ...]:
        return (self._case.but(id="cb-poisoned"), *self._cases.all())

    def take(self, case_id: str, owner: str) -> Lease | None:
        if case_id != self._case.id:
            raise Unreachable("UpdateItem: no answer")
        return self._cases.take(case_id, owner)


class TestClock:
    """Who is told when nobody answers."""

    @pytest.mark.parametrize(
        ("minutes", "told"),
        [
            pytest.param(9, [0], id="before the first level's time is over, the first alone"),
            pytest.param(10, [0, 1], id="then the second"),
            pytest.param(29, [0, 1], id="which has its own time"),
            pytest.param(31, [0, 1, 2], id="a clock that was late tells every level, in order"),
            pytest.param(200, [0, 1, 2], id="the end of the list is the end"),
        ],
    )
    def test_after_so_many_minutes(self, hospital: Hospital, asking: tuple[Case, Deps], minutes: int, told: list[int]) -> None:
        case, deps = asking
        later(hospital, minutes)
        assert look(deps) == (() if told == [0] else (case.id,))
        assert levels(hospital) == told
        assert kinds(deps, case) == ["escalated"] * (len(told) - 1)

    def test_two_clocks_tell_a_level_once(self, hospital: Hospital, asking: tuple[Case, Deps]) -> None:
        later(hospital, 15)
        assert [look(hospital.worker(CALLS)), look(hospital.worker(CALLS))] == [(asking[0].id,), ()]
        assert levels(hospital) == [0, 1]

    def test_a_clock_whose_record_others_have_written_on_since_tells_it_at_once(
        self, hospital: Hospital, asking: tuple[Case, Deps]
    ) -> None:
        case, deps = asking
        note(case, hospital.worker(CALLS), "the consultant is on the way", ANN)
        later(hospital, 15)
        assert (look(deps), levels(hospital), kinds(deps, case)) == ((case.id,), [0, 1], ["escalated"])

    def test_a_process_that_waits_at_a_terminal_calls_the_next_level_meanwhile(self, hospital: Hospital) -> None:
        called = Event()

        class Ringing(MemoryNotifier):
            """Tells when the second level is called."""

            def page(self, case_id: str, subject: str, body: str, level: int = 0) -> None:
                super().page(case_id, subject, body, level)
                if level:
                    called.set()

        def asks(_case: Case) -> tuple[str, bool] | None:
            later(hospital, 15)
            return ("dr-no", False) if called.wait(30) else None

        hospital.notifier = Ringing()
        case = respond(hospital.worker(CALLS), asks=asks, patience=Patience(answer_seconds=0.01))
        assert (levels(hospital), case.verdict) == ([0, 1], Verdict.REFUSED)

    def test_a_case_in_another_workers_hands_is_left_to_it(self, hospital: Hospital, asking: tuple[Case, Deps]) -> None:
        case, deps = asking
        later(hospital, 15)
        with hold(case.id, deps, "another") as held:
            assert held
            assert look(hospital.worker(CALLS)) == ()
            run_stage(held, held.load().stage, deps)
        assert levels(hospital) == [0, 1]

    def test_a_case_that_can_not_be_worked_on_silences_no_other(self, hospital: Hospital, asking: tuple[Case, Deps]) -> None:
        case, _ = asking
        later(hospital, 15)
        with pytest.raises(Unreachable):
            look(hospital.worker(CALLS, cases=Poisoned(hospital, case)))
        assert levels(hospital) == [0, 1]

    def test_a_clock_that_can_begin_no_workflow_calls_people_all_the_same(
        self, hospital: Hospital, asking: tuple[Case, Deps], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def unreachable() -> None:
            raise Unreachable("ListExecutions: no answer")

        monkeypatch.setattr(environment, "ready", lambda: asking[1])
        monkeypatch.setattr(environment, "workflows", unreachable)
        later(hospital, 15)
        with pytest.raises(Unreachable):
            sweep.handler({}, None)  # type: ignore[arg-type]  # it is not read
        assert levels(hospital) == [0, 1]

    def test_the_list_is_gone_through_again_where_it_says_so(self) -> None:
        again = LIST.but(repeat=1)
        assert [(step.level, step.after.seconds // 60) for step in again.steps] == [
            (0, 0),
            (1, 10),
            (2, 30),
            (0, 40),
            (1, 50),
            (2, 70),
        ]

    def test_without_a_list_nobody_is_told_twice(self, hospital: Hospital) -> None:
        deps = hospital.worker(Policy(modes=Modes(fence=Mode.ASK)))
        respond(deps)
        later(hospital, 200)
        assert (look(deps), levels(hospital)) == ((), [0])

    def test_a_record_that_can_not_be_written_keeps_nobody_from_being_told(
        self, hospital: Hospital, asking: tuple[Case, Deps]
    ) -> None:
        for sink in hospital.sinks:
            sink.down = True
        later(hospital, 15)
        look(asking[1])
        assert levels(hospital) == [0, 1]


class TestAcknowledge:
    """Somebody takes the page."""

    def test_it_is_on_record_under_their_name_and_nobody_else_is_called(
        self, hospital: Hospital, asking: tuple[Case, Deps]
    ) -> None:
        case, deps = asking
        assert acknowledge(case.id, deps, ANN).anew
        later(hospital, 60)
        assert (look(deps), levels(hospital)) == ((), [0])
        (entry,) = (entry for entry in deps.journal(case.id).entries() if entry.kind == "acknowledged")
        assert (entry.body["by"], hospital.notifier.settled) == (ANN, [(case.id, "acknowledged")])
        assert hospital.cases.load(case.id).awaiting == case.awaiting

    def test_whoever_was_first_has_it(self, hospital: Hospital, asking: tuple[Case, Deps]) -> None:
        case, deps = asking
        acknowledge(case.id, deps, ANN)
        second = acknowledge(case.id, hospital.worker(CALLS), "bob")
        assert (second.by, second.anew, kinds(deps, case)) == (ANN, False, ["acknowledged"])

    def test_another_question_after_it_is_a_new_page(self, hospital: Hospital, asking: tuple[Case, Deps]) -> None:
        case, deps = asking
        acknowledge(case.id, deps, ANN)
        later(hospital, 5 * 60)
        with hold(case.id, deps, "worker") as held:
            assert held
            run_stage(held, held.load().stage, deps)
        page = hospital.cases.load(case.id).page
        assert page is not None
        assert (page.by, page.since, levels(hospital)) == ("", hospital.clock.now(), [0, 0])

    @pytest.mark.parametrize("granted", [True, False])
    def test_a_decision_is_one_too(self, hospital: Hospital, asking: tuple[Case, Deps], granted: bool) -> None:
        case, deps = asking
        assert case.awaiting
        with hold(case.id, deps, "decide") as held:
            assert held
            held.save(decide(held.load(), deps, case.awaiting.digest, ANN, granted=granted))
        later(hospital, 60)
        look(deps)
        assert (levels(hospital), hospital.cases.load(case.id).page) == ([0], None)
        assert hospital.notifier.settled == [(case.id, "resolved")]
        with pytest.raises(BadInput, match="waits for nobody"):
            acknowledge(case.id, deps, ANN)

    def test_a_case_that_another_worker_keeps_is_said_to_be_worked_on(self, hospital: Hospital, asking: tuple[Case, Deps]) -> None:
        case, _ = asking
        with pytest.raises(LeaseLost, match="send the same again"):
            acknowledge(case.id, hospital.worker(CALLS, cases=Taken(hospital, case)), ANN)


@pytest.mark.parametrize(
    ("breaks", "subject"),
    [
        pytest.param("allowance", "A fence is incomplete", id="a fence that is held"),
        pytest.param("refused", "A fence has gaps", id="a gap"),
    ],
)
def test_a_person_is_waited_for_by(hospital: Hospital, breaks: str, subject: str) -> None:
    if breaks == "allowance":
        hospital.world.allowance = 60
    else:
        hospital.world.refused.add((CHARTS, "resource-policy"))
    deps = hospital.worker(Policy(paging=LIST))
    case = respond(deps, patience=IMPATIENT)
    later(hospital, 15)
    look(deps)
    assert [page.subject for page in hospital.notifier.pages] == [subject, subject]
    assert acknowledge(case.id, deps, ANN).subject == subject
