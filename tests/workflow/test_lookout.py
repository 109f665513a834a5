"""Looking for what the actors made of themselves: in turns, in every Region, and never taking silence for an answer."""

from datetime import datetime, timedelta

import pytest

from shared.adapters.memory.evidence import MemoryEvidence
from shared.containment.statements import Ordinal, sid
from shared.domain.actor import Actor, Credential
from shared.domain.case import Case, Stage, Verdict
from shared.domain.facet import DenyAll, Fence, PolicyStatement, SharedWith
from shared.domain.resource import Kind
from shared.ports import Act, Relation
from shared.workflow.discovering import ASKED, TURNS
from shared.workflow.lookout import COMING
from shared.workflow.opening import admit
from shared.workflow.tasks import Task, run
from tests.hospital import (
    ACCOUNT,
    ALERT,
    CHARTS,
    CLINICIAN,
    EXPORT,
    FOREIGN,
    SESSION,
    THIEF,
    THIEFS_ADDRESS,
    Hospital,
    act,
    ref,
    signal,
)
from tests.workflow.driving import go_on, respond

SNAPSHOT = ref(Kind.SNAPSHOT, "snap-1")
SPARE = ref(Kind.ROLE, "spare")
COLLECTOR = Actor(
    credential=Credential.FOREIGN, account=FOREIGN, principal=ref(Kind.USER, "collector", FOREIGN), unique_id="AIDACOLLECTOR"
)
LONG_BEFORE = ALERT - timedelta(days=9)


def shared_with_the_thief(hospital: Hospital) -> bool:
    return any(each.shared for each in hospital.world.look(SNAPSHOT, SharedWith))


def shares(hospital: Hospital, actor: Actor, address: str, at: datetime) -> None:
    """A snapshot is shared with an account of nobody known."""
    hospital.world.put(SNAPSHOT, SharedWith(account=FOREIGN, shared=True))
    hospital.world.relate(ACCOUNT, Relation.SHARED, SNAPSHOT)
    hospital.evidence.happened(act(actor, "ModifySnapshotAttribute", SNAPSHOT, at=at, address=address))


class TestInTurns:
    """The log takes two questions a second: not everybody can be asked about in every sweep."""

    def test_what_an_older_one_of_many_opened_unnoticed_is_found_before_the_fence_is_said_to_hold(self, hospital: Hospital) -> None:
        made = [SESSION.but(session=f"job-{n}", access_key=f"ASIA{n}") for n in range(3 * ASKED)]
        acts = [act(THIEF, "AssumeRole", CLINICIAN, at=ALERT + timedelta(seconds=n), created=(s,)) for n, s in enumerate(made)]
        late = SESSION.but(session="late", access_key="ASIALATE")
        hidden = act(made[4], "AssumeRole", CLINICIAN, at=ALERT + timedelta(seconds=60), created=(late,))
        log = LateAnswer(hospital.evidence, made[4], hidden)
        log.happened(*acts)
        case = respond(hospital.worker(evidence=log))
        assert late in [s.actor for s in case.scope.standings]

    def test_everybody_is_asked_about_within_the_quiet_sweeps(self, hospital: Hospital) -> None:
        made = [SESSION.but(session=f"job-{n}", access_key=f"ASIA{n}") for n in range(TURNS * ASKED + 9)]
        hospital.evidence.happened(*(act(THIEF, "AssumeRole", CLINICIAN, created=(s,)) for s in made))
        log = LateAnswer(hospital.evidence, made[0], None)
        respond(hospital.worker(evidence=log))
        assert {s.session for s in made} <= log.asked


class LateAnswer(MemoryEvidence):
    """A log that has one more act to tell of somebody, to whoever asks about them."""

    def __init__(self, other: MemoryEvidence, whose: Actor, hidden: Act | None) -> None:
        self.__dict__.update(other.__dict__)
        self.asked: set[str] = set()
        self._whose = whose
        self._hidden = hidden

    def by(self, actor: Actor, since: datetime) -> tuple[Act, ...]:
        self.asked.add(actor.session)
        if self._hidden and actor.session == self._whose.session:
            return (*super().by(actor, since), self._hidden)
        return super().by(actor, since)


class TestWhoSharedIt:
    """A snapshot that a foreign account can copy."""

    def test_from_the_thiefs_address_it_was_the_thief_whoever_the_credentials_are_of(self, hospital: Hospital) -> None:
        stranger = SESSION.but(session="nobody-knows", access_key="ASIANOBODY")
        shares(hospital, stranger, "198.51.100.23", ALERT + timedelta(seconds=5))
        case = respond(hospital.worker())
        assert (shared_with_the_thief(hospital), case.verdict) == (False, Verdict.CONTAINED)

    def test_from_elsewhere_it_is_somebodys_own_business(self, hospital: Hospital) -> None:
        shares(hospital, SESSION.but(session="ward-7"), "10.0.0.9", ALERT + timedelta(seconds=5))
        respond(hospital.worker())
        assert shared_with_the_thief(hospital)

    def test_an_address_that_was_in_use_long_before_blames_nobody(self, hospital: Hospital) -> None:
        hospital.evidence.happened(act(THIEF, "ListBuckets", at=LONG_BEFORE))
        shares(hospital, SESSION.but(session="ward-7"), "198.51.100.23", ALERT + timedelta(seconds=5))
        respond(hospital.worker())
        assert shared_with_the_thief(hospital)

    def test_behind_many_that_nobody_is_known_to_have_shared_it_is_looked_at_in_its_turn(self, hospital: Hospital) -> None:
        others = [ref(Kind.SNAPSHOT, f"snap-partner-{n}") for n in range(2 * ASKED)]
        for other in others:
            hospital.world.put(other, SharedWith(account=FOREIGN, shared=True))
        hospital.world.relate(ACCOUNT, Relation.SHARED, *others, SNAPSHOT)
        hospital.world.put(SNAPSHOT, SharedWith(account=FOREIGN, shared=True))
        hospital.evidence.happened(act(SESSION.but(session="nobody-knows"), "ModifySnapshotAttribute", SNAPSHOT))
        respond(hospital.worker())
        assert not shared_with_the_thief(hospital)
        assert all(hospital.world.look(other, SharedWith)[0].shared for other in others)


class TestTheDoorOfARole:
    """Whoever opens a session of a role from another account has no record of their own here."""

    @pytest.mark.parametrize(("address", "refused"), [(THIEFS_ADDRESS, True), ("10.0.0.9", False)], ids=["thief's", "partner's"])
    def test_a_session_that_was_opened_before_the_alert_by_a_door_that_the_thief_opened(
        self, hospital: Hospital, address: str, refused: bool
    ) -> None:
        hospital.world.put(SPARE)
        hospital.directory.enter(SPARE, "AROASPARE", LONG_BEFORE)
        opened = SESSION.but(principal=SPARE, unique_id="AROASPARE", session="job-3")
        before = ALERT - timedelta(seconds=1)
        hospital.evidence.happened(
            act(THIEF, "UpdateAssumeRolePolicy", SPARE, at=ALERT - timedelta(seconds=2)),
            act(COLLECTOR, "AssumeRole", SPARE, at=before, created=(opened,), address=address),
        )
        case = respond(hospital.worker())
        assert (opened in [s.actor for s in case.scope.standings]) == refused
        fences = [f.sid for f in hospital.world.look(SPARE, Fence)]
        assert (sid(case.id, Ordinal.ACTORS) in fences) == refused


OFFICE = "10.0.0.9"

NAMES: dict[str, tuple[tuple[tuple[timedelta, str], ...], bool, bool]] = {
    "that the log shows at the thief's address alone is refused": (((timedelta(seconds=5), THIEFS_ADDRESS),), False, True),
    "that was in use there before the breach is a colleague's": (
        ((-timedelta(days=2), THIEFS_ADDRESS), (timedelta(seconds=5), THIEFS_ADDRESS)),
        False,
        False,
    ),
    "that works elsewhere as well is a colleague's": (
        ((timedelta(seconds=5), THIEFS_ADDRESS), (timedelta(seconds=6), OFFICE)),
        False,
        False,
    ),
    "that works elsewhere alone is a colleague's": (((timedelta(seconds=5), OFFICE),), False, False),
    "at an address that was the owner's long before is a colleague's": (((timedelta(seconds=5), THIEFS_ADDRESS),), True, False),
}
"""When and from where the record has a session of a rightful role, whether the address is familiar, whether it is refused."""


@pytest.mark.parametrize(("seen", "familiar", "refused"), NAMES.values(), ids=NAMES)
def test_a_session_opened_since_the_breach_under_a_name(
    hospital: Hospital, seen: tuple[tuple[timedelta, str], ...], familiar: bool, refused: bool
) -> None:
    if familiar:
        hospital.evidence.happened(act(THIEF, "ListBuckets", at=LONG_BEFORE))
    clinician = SESSION.but(session="job-13")
    hospital.evidence.happened(*(act(clinician, "ListUsers", at=ALERT + when, address=where) for when, where in seen))
    case = respond(hospital.worker())
    fence = next(f for f in hospital.world.look(CLINICIAN, Fence) if f.sid == sid(case.id, Ordinal.NEW_SESSIONS))
    assert ("AROACLINIC:job-13" not in str(fence.body)) == refused


class TestPace:
    """What is woken often has not watched for long."""

    def test_looks_in_quick_succession_are_one(self, hospital: Hospital) -> None:
        deps = hospital.worker()
        case = respond(deps)
        before = case.quiet_sweeps
        for n in range(20):
            stage = run(Task(case=case.id, stage=Stage.SWEEP), deps, f"nudge-{n}").stage
            assert stage is Stage.SWEEP
        assert hospital.cases.load(case.id).quiet_sweeps <= before + 1

    def test_a_case_whose_scope_could_not_be_found_out_is_begun_again_and_fenced(self, hospital: Hospital) -> None:
        deps = hospital.worker()
        admitted = admit(signal(), deps, automatic=True)
        assert isinstance(admitted, Case)
        run(Task(case=admitted.id, stage=Stage.OPEN), deps, "one")
        run(Task(case=admitted.id, stage=Stage.HOLD, failed=Stage.SCOPE), deps, "two")
        case = go_on(hospital.cases.load(admitted.id), deps)
        assert (case.verdict, hospital.world.look(EXPORT, DenyAll)) == (Verdict.CONTAINED, (DenyAll(on=True, via="inline"),))


class TestRoom:
    """A thief who makes as much as it likes outgrows no case."""

    def test_hundreds_of_access_points_and_shares_do_not_keep_a_fence_from_going_up(self, hospital: Hospital) -> None:
        points = [ref(Kind.ACCESS_POINT, f"side-door-{n}") for n in range(400)]
        for point in points:
            hospital.world.put(point)
        hospital.world.relate(CHARTS, Relation.ACCESS_POINTS, *points)
        case = respond(hospital.worker())
        assert case.verdict is Verdict.CONTAINED
        assert all(hospital.world.look(point, PolicyStatement) for point in points)

    def test_whoever_comes_into_being_while_the_log_is_asked_stands_behind_the_root(self, hospital: Hospital) -> None:
        users = [ref(Kind.USER, f"decoy-{n}") for n in range(60)]
        for n, user in enumerate(users):
            hospital.world.put(user)
            hospital.directory.enter(user, f"AIDADECOY{n}", hospital.clock.now())
        case = respond(hospital.worker())
        assert case.scope.standings[0].actor.unique_id == THIEF.unique_id


class TestSilence:
    """Who does not answer has not said that there is nothing."""

    @pytest.mark.parametrize(
        ("service", "what"), [("evidence", "the record of the actors"), ("directory", "new principals")], ids=["log", "identities"]
    )
    def test_of_a_service_that_never_answers_is_told_and_ends_partial(self, hospital: Hospital, service: str, what: str) -> None:
        deps = hospital.worker()
        case = respond(deps)
        assert case.verdict is Verdict.CONTAINED
        getattr(hospital, service).reachable = False
        after = go_on(case, deps)
        assert after.verdict is Verdict.PARTIAL
        assert what in {left.target for left in after.left}

    def test_that_passes_is_forgotten(self, hospital: Hospital) -> None:
        deps = hospital.worker()
        case = respond(deps)
        hospital.evidence.reachable = False
        case = go_on(case, deps)
        hospital.evidence.reachable = True
        assert go_on(case, deps).verdict is Verdict.CONTAINED


class TestCompute:
    """Machines with somebody else's role: started while a refusal comes into force, noticed when they are looked for."""

    def test_is_looked_for_in_every_sweep_while_the_fence_is_young_and_before_it_is_said_to_hold(self, hospital: Hospital) -> None:
        looks = _Looks(hospital)
        case = respond(hospital.worker(directory=looks))
        assert case.fenced_at is not None
        young = [at for at in looks.at if at - case.fenced_at < COMING]
        assert len(young) >= TURNS


class _Looks:
    """The identity service, and when it was asked about compute."""

    def __init__(self, hospital: Hospital) -> None:
        self._hospital = hospital
        self.at: list[datetime] = []

    def __getattr__(self, name: str) -> object:
        if name == "given_since":
            self.at.append(self._hospital.clock.now())
        return getattr(self._hospital.directory, name)
