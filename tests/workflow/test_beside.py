"""One breach that several alerts tell of is one case: under whichever names, and in whichever clouds, its actor is met."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.domain.actor import Actor, Credential
from shared.domain.case import Case, Mode, Reach, Verdict
from shared.domain.errors import NotApproved
from shared.domain.facet import AccessKeyStatus, DenyAll
from shared.domain.plan import Wave
from shared.domain.resource import Cloud, Kind, Ref
from shared.domain.signal import Signal
from shared.settings import Limits, Modes, Policy
from shared.workflow.consent import consented
from shared.workflow.deciding import decide
from shared.workflow.deps import Deps
from shared.workflow.discovering import joined
from shared.workflow.joining import widen
from shared.workflow.opening import admit
from shared.workflow.run import hold
from shared.workflow.waves import propose
from tests.hospital import ALERT, CHARTS, EXPORT, HOME, THIEF, Hospital, act, bodies, estate, ref, signal
from tests.workflow.driving import NOBODY, YES, go_on, respond

NURSE = "nurse@st-brendan.example"
WARD = ref(Kind.ROLE, "ward")
ON_WARD = Actor(
    credential=Credential.ROLE_SESSION, account=HOME, principal=WARD, unique_id="AROAWARD", session=NURSE, access_key="ASIAWARD"
)
OBJECT = "00000000-aaaa-4aaa-8aaa-000000000001"
PERSON = Ref(cloud=Cloud.AZURE, kind=Kind.USER, account="", id=OBJECT)
IN_ENTRA = Actor(credential=Credential.ENTRA_USER, account="", principal=PERSON, unique_id=OBJECT, known_as=NURSE)
PROGRAM = Ref(cloud=Cloud.AZURE, kind=Kind.SERVICE_PRINCIPAL, account="", id="00000000-aaaa-4aaa-8aaa-000000000002")
IMAGING = Actor(credential=Credential.SERVICE_PRINCIPAL, account="", principal=PROGRAM, unique_id=PROGRAM.id)
RECORDS = ref(Kind.BUCKET, "records")
ELSEWHERE = "203.0.113.9"
DECLARED = estate(identities=(frozenset({EXPORT.id.lower(), PROGRAM.id}),))


def other(actor: Actor, *resources: Ref, **fields: object) -> Signal:
    """Another alert than the hospital's, from another address."""
    said: dict[str, object] = {"id": "finding-2", "source_address": ELSEWHERE, "at": ALERT + timedelta(minutes=1)} | fields
    cloud = actor.cloud or Cloud.AWS
    return signal(actor, *(resources or (RECORDS,)), cloud=cloud, **said)


@pytest.fixture
def hospital(hospital: Hospital) -> Hospital:
    hospital.world.put(RECORDS)
    for principal, name in ((WARD, "AROAWARD"), (PERSON, OBJECT), (PROGRAM, PROGRAM.id)):
        hospital.directory.enter(principal, name, ALERT - timedelta(days=900))
    return hospital


def told(hospital: Hospital, *alerts: Signal) -> list[Case]:
    """The cases of these alerts, each of which its source bears out; nobody works on them meanwhile."""
    return [_admitted(alert, hospital.worker(), hospital) for alert in alerts]


def _admitted(alert: Signal, deps: Deps, hospital: Hospital) -> Case:
    hospital.sources.learn(alert)
    case = admit(alert, deps, automatic=True)
    assert isinstance(case, Case)
    return case


ONE: dict[str, tuple[Signal, Signal]] = {
    "a session that bears a sign-in name, and who signs in with it": (signal(ON_WARD), other(IN_ENTRA)),
    "the same, the other way round": (signal(IN_ENTRA, cloud=Cloud.AZURE), other(ON_WARD)),
    "a source identity": (signal(ON_WARD.but(session="7", source_identity=NURSE)), other(IN_ENTRA)),
    "the subject of a token": (signal(ON_WARD.but(session="7", known_as=PROGRAM.id)), other(IMAGING)),
    "the same address at the same data": (signal(), other(ON_WARD, CHARTS, source_address=signal().source_address)),
}
TWO: dict[str, tuple[Signal, Signal]] = {
    "somebody else's session of the same role": (signal(ON_WARD.but(session="other@st-brendan.example")), other(IN_ENTRA)),
    "two sessions of a role that no person is named by": (signal(ON_WARD.but(session="7")), other(ON_WARD.but(session="8"))),
    "another program": (signal(), other(IMAGING)),
    "the same address at other data": (signal(), other(ON_WARD, source_address=signal().source_address)),
    "the same address hours later": (
        signal(),
        other(ON_WARD, CHARTS, source_address=signal().source_address, at=ALERT - timedelta(hours=2)),
    ),
    "the same person a week before": (signal(ON_WARD), other(IN_ENTRA, at=ALERT - timedelta(days=7))),
}


@pytest.mark.parametrize(("first", "second"), ONE.values(), ids=ONE)
def test_it_is_one_case_for(hospital: Hospital, first: Signal, second: Signal) -> None:
    one, both = told(hospital, first, second)
    assert (one.id, both.fronts) == (both.id, (second,))


@pytest.mark.parametrize(("first", "second"), TWO.values(), ids=TWO)
def test_it_is_two_cases_for(hospital: Hospital, first: Signal, second: Signal) -> None:
    one, another = told(hospital, first, second)
    assert (one.id == another.id, another.fronts) == (False, ())


def test_what_is_declared_to_be_one_program_is_one(hospital: Hospital) -> None:
    alerts = (signal(), other(IMAGING))
    one, both = (_admitted(alert, hospital.worker(estate=DECLARED), hospital) for alert in alerts)
    assert one.id == both.id


def test_a_name_counts_for_more_than_an_address(hospital: Hospital) -> None:
    named, placed = signal(ON_WARD), other(THIEF, id="finding-3")
    first, second, third = told(hospital, named, placed, other(IN_ENTRA))
    assert (first.id == second.id, third.id) == (False, first.id)


def test_the_same_alert_again_changes_nothing(hospital: Hospital) -> None:
    _, both, again = told(hospital, signal(ON_WARD), other(IN_ENTRA), other(IN_ENTRA))
    assert again == both


def test_an_alert_that_nobody_bears_out_joins_nobodys_case(hospital: Hospital) -> None:
    (one,) = told(hospital, signal(ON_WARD))
    doubtful = admit(other(IN_ENTRA, id="nobody-knows-it"), hospital.worker(), automatic=True)
    assert isinstance(doubtful, Case)
    assert (doubtful.id == one.id, doubtful.mode) == (False, Mode.ASK)


def test_one_that_waits_for_a_person_and_one_that_does_not_stay_apart(hospital: Hospital) -> None:
    asking, acting = signal(ON_WARD, at=ALERT - timedelta(hours=20)), other(IN_ENTRA, at=ALERT - timedelta(hours=1))
    policy = Policy(limits=Limits(stale_after=timedelta(hours=10)))
    first, second = (_admitted(alert, hospital.worker(policy), hospital) for alert in (asking, acting))
    assert (first.mode, second.mode, first.id == second.id) == (Mode.ASK, Mode.AUTO, False)


def test_alerts_of_one_case_count_among_the_actors_of_a_burst(hospital: Hospital) -> None:
    policy = Policy(limits=Limits(lineages=2))
    alerts = (signal(ON_WARD), other(IN_ENTRA), other(THIEF, id="finding-3"))
    *_, third = (_admitted(alert, hospital.worker(policy), hospital) for alert in alerts)
    assert third.mode is Mode.ASK


AMY = ref(Kind.USER, "nurse-amy")
AMYS = Actor(credential=Credential.LONG_TERM_KEY, account=HOME, principal=AMY, unique_id="AIDAAMY", access_key="AKIAAMY")
KEY_OF_AMY = AccessKeyStatus(key_id="AKIAAMY", active=True)
NEXT = other(AMYS, CHARTS, source_address=signal().source_address)
"""A true alert about somebody else, which joins by its address."""
ASKING = Policy(modes=Modes(fence=Mode.ASK, rekey=Mode.OBSERVE))


@pytest.fixture
def asking(hospital: Hospital) -> Deps:
    """A worker whose policy asks about every fence, where a nurse has a user and a key of her own."""
    hospital.world.put(AMY, KEY_OF_AMY)
    hospital.directory.enter(AMY, "AIDAAMY", ALERT - timedelta(days=900), "AKIAAMY")
    return hospital.worker(ASKING)


def works(hospital: Hospital) -> bool:
    """Whether the nurse still works: nothing of hers was touched."""
    return KEY_OF_AMY in hospital.world.look(AMY, AccessKeyStatus) and not hospital.world.look(AMY, DenyAll)


def test_an_approval_fences_nobody_who_joins_later(hospital: Hospital, asking: Deps) -> None:
    case = respond(asking, asks=YES)
    assert hospital.world.look(EXPORT, DenyAll)
    hospital.clock.sleep(60)
    later = go_on(_admitted(NEXT, asking, hospital), asking)
    assert later.id == case.id
    assert (works(hospital), later.verdict) == (True, Verdict.AWAITING_APPROVAL)
    go_on(later, asking, asks=YES)
    assert not works(hospital)


def test_who_joins_while_a_question_is_open_is_asked_about_anew(hospital: Hospital, asking: Deps) -> None:
    before = respond(asking)
    assert before.awaiting
    hospital.clock.sleep(60)
    joined = _admitted(NEXT, asking, hospital)
    for case in (joined, go_on(joined, asking)):
        with pytest.raises(NotApproved):
            decide(case, asking, before.awaiting.digest, "dr-no", granted=True)
    go_on(joined, asking, asks=YES)
    assert not works(hospital)


def test_while_a_case_is_busy_the_next_actor_is_fenced_by_a_case_of_its_own(hospital: Hospital) -> None:
    deps = hospital.worker(Policy(modes=Modes(rekey=Mode.OBSERVE)))
    first, began = _admitted(signal(ON_WARD), deps, hospital), hospital.clock.monotonic()
    with hold(first.id, deps, "a long stage"):
        second = _admitted(other(THIEF.but(source_identity=NURSE)), deps, hospital)
        waited = hospital.clock.monotonic() - began
        assert go_on(second, deps).verdict is Verdict.CONTAINED
    assert (first.id == second.id, waited <= 2) == (False, True)
    assert hospital.world.look(EXPORT, DenyAll)
    assert "joined" not in {entry.kind for entry in deps.journal(first.id).entries()}


MADE_FOR_AMY = AMYS.but(access_key="AKIAMADE", unique_id="")
"""A key that the thief made for a user who works from nobody knows where: who else is hurt by a fence is a person's to weigh."""


@pytest.mark.parametrize("asked", [False, True], ids=["after the approval", "while the question is open"])
def test_an_approval_decides_about_nobody_who_came_to_light_later(hospital: Hospital, asking: Deps, asked: bool) -> None:
    hospital.evidence.happened(act(AMYS, "ListBuckets", at=ALERT - timedelta(days=2), address=""))
    case = respond(asking, asks=NOBODY if asked else YES)
    hospital.world.put(AMY, KEY_OF_AMY, AccessKeyStatus(key_id="AKIAMADE", active=True))
    met = joined(case, asking, [MADE_FOR_AMY], case.scope)
    assert (met.scope.standings[-1].reach, met.scope.standings[-1].late) == (Reach.UNDECIDED, asked)
    if met.awaiting:
        met = decide(met, asking, met.awaiting.digest, "dr-no", granted=True)
    assert [(s.reach, s.late) for s in met.scope.standings] == [(Reach.PRINCIPAL, False), (Reach.UNDECIDED, False)]
    changes = [c for c in propose(met, asking, {Wave.FENCE}, among={AMY}).changes if not c.blast.clear]
    assert changes
    assert not any(consented(met, asking, change, Wave.SWEEP) for change in changes)


def test_another_alert_about_an_actor_who_was_shown_asks_nothing_anew(hospital: Hospital, asking: Deps) -> None:
    case = respond(asking, asks=YES)
    front = signal(id="finding-4", at=ALERT + timedelta(minutes=1))
    joined = widen(case.id, case.but(signal=front), asking, b"")
    assert joined
    assert (joined.fronts, joined.envelope) == ((front,), case.envelope)


@pytest.mark.parametrize(("hours", "mode"), [(0, Mode.ASK), (1, Mode.AUTO)], ids=["just now", "when the window is over"])
def test_what_joins_an_old_case_counts_in_a_burst_from_when_it_joined(hospital: Hospital, hours: int, mode: Mode) -> None:
    limits = Limits(lineages=2)
    deps = hospital.worker(Policy(limits=limits))
    _admitted(signal(ON_WARD, at=ALERT - timedelta(minutes=5)), deps, hospital)
    hospital.clock.sleep(limits.window.total_seconds() + 1)
    now = hospital.clock.now()
    for number in range(2):
        also = THIEF.but(access_key=f"AKIA{number}EXAMPLE", unique_id=f"AIDA{number}", source_identity=NURSE)
        also = also.but(principal=ref(Kind.USER, f"program-{number}"))
        _admitted(other(also, id=f"front-{number}", at=now), deps, hospital)
    hospital.clock.sleep(hours * limits.window.total_seconds())
    assert _admitted(other(THIEF, id="finding-9", at=hospital.clock.now()), deps, hospital).mode is mode


WHEN: dict[str, Callable[[Case, Deps], Case]] = {
    "before anybody works on it": lambda case, _: case,
    "when the fence stands": go_on,
}


@pytest.mark.parametrize("when", WHEN.values(), ids=WHEN)
def test_both_actors_are_stopped_and_both_stores_fenced_if_the_other_alert_comes(
    hospital: Hospital, when: Callable[[Case, Deps], Case]
) -> None:
    deps = hospital.worker(Policy(modes=Modes(rekey=Mode.OBSERVE)))
    hospital.sources.learn(signal(ON_WARD))
    first = admit(signal(ON_WARD), deps, automatic=True)
    assert isinstance(first, Case)
    when(first, deps)
    joined = _admitted(other(THIEF.but(source_identity=NURSE)), deps, hospital)
    case = go_on(joined, deps)
    assert case.id == first.id
    assert {(s.actor.unique_id, s.reach) for s in case.scope.standings} == {
        ("AROAWARD", Reach.SESSION),
        ("AIDAEXPORT", Reach.PRINCIPAL),
    }
    assert set(case.scope.stores) == {CHARTS, RECORDS}
    assert bodies(hospital, RECORDS)
    kinds = [entry.kind for entry in deps.journal(case.id).entries()]
    assert kinds.count("joined") == 1


def test_who_is_joined_is_told_with_the_rest(hospital: Hospital) -> None:
    case = respond(hospital.worker())
    assert case.signals == (case.signal,)
    assert case.told_in(Cloud.AZURE) == case.signal
