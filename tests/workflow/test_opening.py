"""Which case an alert belongs to, and what is kept of it."""

from collections.abc import Callable
from copy import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.case import Case, Mode, Stage, Verdict
from shared.domain.errors import Throttled
from shared.domain.facet import PolicyStatement
from shared.domain.resource import Kind
from shared.domain.signal import Confirmation, Signal
from shared.workflow.opening import Turned, admit
from tests.hospital import ALERT, CHARTS, THIEF, Hospital, ref, signal
from tests.workflow.driving import YES, go_on, respond

RAW = b'{"detail": {"requestParameters": {"key": "charts/Jane Doe.pdf"}}}'


def test_a_true_alert_does_not_wait_behind_one_that_nobody_could_confirm(hospital: Hospital) -> None:
    doubtful = respond(hospital.worker(), signal(THIEF, id="nobody-knows-it"))
    assert (doubtful.mode, doubtful.verdict) == (Mode.ASK, Verdict.AWAITING_APPROVAL)
    true = respond(hospital.worker())
    assert true.id != doubtful.id
    assert (true.mode, true.verdict) == (Mode.AUTO, Verdict.CONTAINED)


class Beside:
    """Cases as a worker finds them beside whom something happens: after it has looked which there are, and while it writes."""

    def __init__(self, hospital: Hospital, looked: Callable[[], object] = list, *, dies: bool = False) -> None:
        self._cases, self._looked, self._dies = hospital.cases, looked, dies

    def all(self) -> tuple[Case, ...]:
        seen, looked = self._cases.all(), self._looked
        self._looked = list
        looked()
        return seen

    def create(self, case: Case) -> bool:
        if self._dies:
            raise Throttled("too many requests")
        return self._cases.create(case)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever else cases have
        return getattr(self._cases, name)


ANOTHER = signal(THIEF, id="finding-2")


class TestInTheSameMoment:
    """Two alerts about one actor, each of which finds no case."""

    def test_they_are_one_case(self, hospital: Hospital) -> None:
        hospital.sources.learn(ANOTHER)
        late = replace(hospital.worker(), cases=Beside(hospital, lambda: respond(hospital.worker(), ANOTHER)))
        case = admit(signal(), late, automatic=True)
        assert isinstance(case, Case)
        assert hospital.cases.all() == (case,)
        assert (case.signal, case.joined) == (ANOTHER, (signal().id,))

    def test_the_second_opens_it_where_the_first_dies_before(self, hospital: Hospital) -> None:
        hospital.sources.learn(ANOTHER)
        with pytest.raises(Throttled):
            admit(ANOTHER, replace(hospital.worker(), cases=Beside(hospital, dies=True)), automatic=True)
        case = respond(hospital.worker())
        assert admitted(hospital, ANOTHER).id == case.id
        assert len(hospital.cases.all()) == 1

    def test_the_first_opens_one_of_its_own_where_that_is_over(self, hospital: Hospital) -> None:
        hospital.sources.learn(ANOTHER)
        with pytest.raises(Throttled):
            admit(ANOTHER, replace(hospital.worker(), cases=Beside(hospital, dies=True)), automatic=True)
        second = closed(admitted(hospital, signal()), hospital, **OVER["is sealed"])
        first = admitted(hospital, ANOTHER)
        assert (first.signal, first.id == second.id, admitted(hospital, ANOTHER).id) == (ANOTHER, False, first.id)

    def test_a_true_one_waits_for_none_that_nobody_bears_out(self, hospital: Hospital) -> None:
        forged = signal(THIEF, id="nobody-knows-it")
        late = replace(hospital.worker(), cases=Beside(hospital, lambda: respond(hospital.worker(), forged)))
        case = admit(signal(), late, automatic=True)
        assert isinstance(case, Case)
        assert (case.mode, case.signal, len(hospital.cases.all())) == (Mode.AUTO, signal(), 2)


def test_the_same_doubtful_alert_again_is_the_same_case(hospital: Hospital) -> None:
    first, second = (respond(hospital.worker(), signal(THIEF, id="nobody-knows-it")) for _ in range(2))
    assert first.id == second.id


def test_the_alert_as_it_came_is_in_the_record_and_not_in_clear(hospital: Hospital) -> None:
    deps = hospital.worker()
    case = admit(signal(), deps, automatic=True, raw=RAW)
    assert isinstance(case, Case)
    go_on(case, deps)
    journal = deps.journal(case.id)
    blobs = [blob["cipher"] for entry in journal.entries() for blob in entry.body.get("blobs", ())]  # type: ignore[attr-defined]
    assert RAW in [journal.blobs(blob) for blob in blobs]
    assert all(b"Jane" not in sink.get(path) for sink in hospital.sinks for path in sink.list(""))


def closed(case: Case, hospital: Hospital, **now: object) -> Case:
    """The case, ended as told; a minute passes."""
    lease = hospital.cases.take(case.id, "test")
    assert lease
    ended = hospital.cases.save(case.but(**now), lease)
    hospital.cases.give_back(lease)
    hospital.clock.sleep(60)
    return ended


def admitted(hospital: Hospital, alert: Signal) -> Case:
    case = admit(alert, hospital.worker(), automatic=True)
    assert isinstance(case, Case)
    return case


LATER = signal(at=ALERT + timedelta(minutes=1))
OVER: dict[str, dict[str, object]] = {
    "is sealed": {"stage": Stage.CLOSE, "verdict": Verdict.CONTAINED},
    "was refused": {"stage": Stage.FENCE, "verdict": Verdict.REFUSED},
    "was rolled back": {"stage": Stage.ROLLBACK, "verdict": Verdict.ROLLED_BACK},
}


class TestRenewed:
    """A finding keeps its id when the same actor comes back."""

    @pytest.mark.parametrize("how", OVER.values(), ids=OVER)
    def test_it_opens_another_case_where_the_first(self, hospital: Hospital, how: dict[str, object]) -> None:
        first = closed(admitted(hospital, signal()), hospital, **how)
        second = admitted(hospital, LATER)
        assert (second.stage, second.signal, len({first.id, second.id})) == (Stage.OPEN, LATER, 2)
        assert {admitted(hospital, alert).id for alert in (LATER, signal(), LATER)} == {second.id}

    @pytest.mark.parametrize("how", OVER.values(), ids=OVER)
    def test_the_very_same_alert_opens_nothing_where_the_case(self, hospital: Hospital, how: dict[str, object]) -> None:
        first = closed(admitted(hospital, signal()), hospital, **how)
        assert admitted(hospital, signal()).id == first.id

    def test_it_opens_a_third_after_the_second(self, hospital: Hospital) -> None:
        for minutes in range(3):
            closed(admitted(hospital, signal(at=ALERT + timedelta(minutes=minutes))), hospital, stage=Stage.CLOSE)
        assert len(hospital.cases.all()) == 3
        for minutes in range(3):
            admitted(hospital, signal(at=ALERT + timedelta(minutes=minutes)))
        assert len(hospital.cases.all()) == 3

    def test_what_comes_back_after_an_hour_of_quiet_is_fenced_by_itself_again(self, hospital: Hospital) -> None:
        closed(admitted(hospital, signal()), hospital, **OVER["is sealed"])
        assert respond(hospital.worker(), LATER).verdict is Verdict.CONTAINED

    @pytest.mark.parametrize("how", ["was refused", "was rolled back"])
    def test_a_person_is_asked_again_whose_word_it_would_go_against_where_the_first(self, hospital: Hospital, how: str) -> None:
        first = closed(admitted(hospital, signal()), hospital, **OVER[how])
        case = respond(hospital.worker(), LATER)
        assert (case.mode, case.verdict) == (Mode.ASK, Verdict.AWAITING_APPROVAL)
        assert first.id in case.why_ask

    def test_while_its_case_is_open_it_is_that_case(self, hospital: Hospital) -> None:
        assert admitted(hospital, signal()).id == admitted(hospital, LATER).id


WARDS = ref(Kind.BUCKET, "wards")
FORGED = signal(THIEF, WARDS, detector="", at=ALERT - timedelta(minutes=5))


class TestForgedBefore:
    """Somebody sends the alert's id and actor before the alert itself comes, so that nobody bears it out."""

    @pytest.fixture
    def waiting(self, hospital: Hospital) -> Case:
        """The forged one's case, which asks a person."""
        hospital.world.put(WARDS)
        hospital.sources.reachable = False
        case = respond(hospital.worker(), FORGED)
        hospital.sources.reachable = True
        assert (case.verdict, hospital.world.writes) == (Verdict.AWAITING_APPROVAL, [])
        return case

    def test_the_true_one_takes_its_case_over_and_is_fenced_by_itself(self, hospital: Hospital, waiting: Case) -> None:
        case = respond(hospital.worker())
        assert (case.id, case.verdict, case.mode, case.signal) == (waiting.id, Verdict.CONTAINED, Mode.AUTO, signal())
        assert not hospital.world.look(WARDS, PolicyStatement)
        kinds = [entry.kind for entry in hospital.worker().journal(case.id).entries()]
        assert kinds.count("confirmed") == 1

    def test_what_nobody_bears_out_takes_nothing_over(self, hospital: Hospital, waiting: Case) -> None:
        hospital.sources.reachable = False
        assert admitted(hospital, signal()) == waiting

    def test_what_its_source_knows_otherwise_takes_nothing_over(self, hospital: Hospital, waiting: Case) -> None:
        assert isinstance(admit(signal(THIEF, WARDS), hospital.worker(), automatic=True), Turned)
        assert hospital.cases.load(waiting.id) == waiting

    def test_where_a_person_refused_it_the_true_one_is_another_case_and_the_forged_one_again_is_none(
        self, hospital: Hospital, waiting: Case
    ) -> None:
        closed(waiting, hospital, **OVER["was refused"])
        case = respond(hospital.worker())
        assert (case.id == waiting.id, case.verdict, case.mode) == (False, Verdict.CONTAINED, Mode.AUTO)
        assert len(hospital.cases.all()) == 2

    @pytest.mark.parametrize("minutes", [-5, 0, 600])
    def test_a_true_one_that_comes_again_behind_a_forged_one_opens_nothing(self, hospital: Hospital, minutes: int) -> None:
        closed(admitted(hospital, signal()), hospital, **OVER["is sealed"])
        hospital.sources.reachable = False
        closed(admitted(hospital, FORGED.but(at=ALERT + timedelta(minutes=minutes))), hospital, **OVER["was refused"])
        hospital.sources.reachable = True
        before = len(hospital.cases.all())
        admitted(hospital, signal())
        assert len(hospital.cases.all()) == before

    def test_a_fence_that_a_person_approved_stays_under_that_approval(self, hospital: Hospital, waiting: Case) -> None:
        fenced = go_on(waiting, hospital.worker(), YES)
        assert fenced.fenced_at
        case = respond(hospital.worker())
        assert (case.id, case.confirmation, case.mode) == (waiting.id, Confirmation.AGREES, Mode.ASK)
        assert {WARDS, CHARTS} <= {*case.scope.stores}


@pytest.mark.parametrize(("known", "mode"), [(True, Mode.ASK), (False, Mode.AUTO)], ids=["true ones", "forged ones"])
def test_a_burst_is_looked_at_by_a_person_where_it_is_of(hospital: Hospital, known: bool, mode: Mode) -> None:
    for number in range(5):
        other = signal(THIEF.but(unique_id=f"AIDA{number}", principal=ref(Kind.USER, f"user-{number}")), id=f"finding-of-{number}")
        if known:
            hospital.sources.learn(other)
        admitted(hospital, other)
    assert admitted(hospital, signal()).mode is mode
