"""The sweep: whatever the thief makes or undoes meanwhile is found and fenced, until all is quiet."""

from datetime import timedelta

import pytest

from shared.domain.actor import Actor, Credential
from shared.domain.case import Case, Reach, Stage, Verdict
from shared.domain.facet import AccessKeyStatus, DenyAll, Facet, Grant, KeyState, PolicyStatement, SessionsRevoked, TrailLogging
from shared.domain.resource import Kind, Ref
from shared.ports import Relation
from shared.workflow.deps import Deps
from shared.workflow.local import Patience
from shared.workflow.lookout import COMPUTE_PAUSE, YOUNG
from shared.workflow.sweeping import LIVING, PAUSES, SETTLED
from tests.hospital import (
    ALERT,
    CHARTS,
    CLINICIAN,
    EXPORT,
    HOME,
    KEY,
    REPLICA,
    SESSION,
    THIEF,
    TRAIL,
    Hospital,
    act,
    ref,
    signal,
    statement,
)
from tests.workflow.driving import FOR_EVER, go_on, respond

BACKDOOR = ref(Kind.USER, "backdoor")
SPARE = ref(Kind.ROLE, "spare")
NIGHT_BEFORE = ALERT - timedelta(days=1)
PIPELINE = Actor(
    credential=Credential.ROLE_SESSION, account=HOME, principal=ref(Kind.ROLE, "pipeline"), unique_id="AROAPIPE", session="run-1"
)


def on(hospital: Hospital, target: Ref) -> bool:
    """Whether everything is refused to the principal."""
    return any(d.on for d in hospital.world.look(target, DenyAll))


def makes(hospital: Hospital, target: Ref, unique_id: str, *keys: str) -> None:
    """A principal comes into being now."""
    hospital.world.put(target, *(AccessKeyStatus(key_id=k, active=True) for k in keys))
    hospital.directory.enter(target, unique_id, hospital.clock.now(), *keys)


def settled(hospital: Hospital) -> tuple[Case, Deps]:
    deps = hospital.worker()
    case = respond(deps)
    assert case.verdict is Verdict.CONTAINED
    return case, deps


class TestWhatComesIntoBeing:
    """What the log does not say yet, the identity service does."""

    def test_a_user_that_was_made_since_is_fenced_with_its_keys(self, hospital: Hospital) -> None:
        case, deps = settled(hospital)
        makes(hospital, BACKDOOR, "AIDABACK", "AKIABACK")
        go_on(case, deps)
        assert on(hospital, BACKDOOR)
        assert [k.active for k in hospital.world.look(BACKDOOR, AccessKeyStatus)] == [False]

    def test_a_role_that_was_made_since_is_fenced_and_nobody_may_assume_it(self, hospital: Hospital) -> None:
        case, deps = settled(hospital)
        makes(hospital, SPARE, "AROASPARE")
        go_on(case, deps)
        assert on(hospital, SPARE)
        assert any(s.sid.startswith("Codeblue") for s in hospital.world.look(SPARE, PolicyStatement))

    def test_a_new_key_of_the_thief_is_switched_off(self, hospital: Hospital) -> None:
        case, deps = settled(hospital)
        hospital.world.put(EXPORT, AccessKeyStatus(key_id="AKIANEW", active=True))
        go_on(case, deps)
        assert not any(k.active for k in hospital.world.look(EXPORT, AccessKeyStatus))

    def test_a_key_made_for_a_rightful_user_is_switched_off_and_the_user_works_on(self, hospital: Hospital) -> None:
        backup = ref(Kind.USER, "backup")
        rightful = Actor(credential=Credential.LONG_TERM_KEY, account=HOME, principal=backup, unique_id="AIDABACKUP")
        hospital.evidence.happened(act(rightful.but(access_key="AKIAOLD"), "ListBuckets", at=NIGHT_BEFORE, address="203.0.113.7"))
        hospital.directory.enter(backup, "AIDABACKUP", NIGHT_BEFORE, "AKIAOLD")
        case, deps = settled(hospital)
        hospital.world.put(backup, *(AccessKeyStatus(key_id=k, active=True) for k in ("AKIAOLD", "AKIAMADE")))
        made = rightful.but(access_key="AKIAMADE", unique_id="")
        hospital.evidence.happened(act(THIEF, "CreateAccessKey", backup, at=hospital.clock.now(), created=(made,)))
        case = go_on(case, deps)
        assert {k.key_id for k in hospital.world.look(backup, AccessKeyStatus) if k.active} == {"AKIAOLD"}
        assert not on(hospital, backup)
        assert [(s.reach, s.networks) for s in case.scope.standings[1:]] == [(Reach.NETWORK, ("203.0.113.7",))]

    def test_a_role_that_the_pipeline_made_is_left_as_soon_as_the_log_says_so(self, hospital: Hospital) -> None:
        case, deps = settled(hospital)
        made = Actor(credential=Credential.ROLE_SESSION, account=HOME, principal=SPARE, unique_id="AROASPARE")
        hospital.evidence.happened(act(PIPELINE, "CreateRole", SPARE, at=hospital.clock.now(), created=(made,), address="10.0.0.1"))
        makes(hospital, SPARE, "AROASPARE")
        hospital.clock.sleep(YOUNG.total_seconds() + 1)
        go_on(case, deps)
        assert not on(hospital, SPARE)

    def test_what_the_thief_and_the_pipeline_both_made_is_the_thiefs(self, hospital: Hospital) -> None:
        case, deps = settled(hospital)
        made = Actor(credential=Credential.ROLE_SESSION, account=HOME, principal=SPARE, unique_id="AROASPARE")
        for maker in (PIPELINE, THIEF):
            hospital.evidence.happened(act(maker, "CreateRole", SPARE, at=hospital.clock.now(), created=(made,)))
        makes(hospital, SPARE, "AROASPARE")
        go_on(case, deps)
        assert on(hospital, SPARE)

    def test_compute_that_was_given_a_role_is_fenced_by_its_session_alone(self, hospital: Hospital) -> None:
        case, deps = settled(hospital)
        hospital.directory.give(CLINICIAN, "i-0bad", hospital.clock.now())
        hospital.clock.sleep(COMPUTE_PAUSE.total_seconds())
        case = go_on(case, deps)
        assert [(s.actor.session, s.reach) for s in case.scope.standings[1:]] == [("i-0bad", Reach.SESSION)]
        assert not on(hospital, CLINICIAN)
        assert "AROACLINIC:i-0bad" in str(hospital.world.state()[CLINICIAN])

    def test_a_session_that_the_thief_opened_of_another_role_is_refused(self, hospital: Hospital) -> None:
        case, deps = settled(hospital)
        chained = SESSION.but(session="chained")
        hospital.evidence.happened(act(THIEF, "AssumeRole", CLINICIAN, at=hospital.clock.now(), created=(chained,)))
        case = go_on(case, deps)
        assert chained in case.lineage.members if case.lineage else False
        assert "AROACLINIC:chained" in str(hospital.world.state()[CHARTS])

    def test_a_replica_of_the_key_is_fenced_like_the_key(self, hospital: Hospital) -> None:
        case, deps = settled(hospital)
        third = ref(Kind.KEY, "7d3c1a90", region="ap-south-1")
        hospital.world.put(third, KeyState(enabled=True, deletion_pending=False))
        hospital.world.relate(KEY, Relation.REPLICAS, REPLICA, third)
        go_on(case, deps)
        assert any(s.sid.startswith("Codeblue") for s in hospital.world.look(third, PolicyStatement))

    def test_an_access_point_is_fenced_like_its_bucket(self, hospital: Hospital) -> None:
        case, deps = settled(hospital)
        point = ref(Kind.ACCESS_POINT, "side-door")
        hospital.world.put(point)
        hospital.world.relate(CHARTS, Relation.ACCESS_POINTS, point)
        go_on(case, deps)
        assert any(s.sid.startswith("Codeblue") for s in hospital.world.look(point, PolicyStatement))


@pytest.mark.parametrize(
    ("target", "done", "mended"),
    [
        pytest.param(EXPORT, DenyAll(on=False), DenyAll(on=True, via="inline"), id="our deny-all is removed"),
        pytest.param(
            EXPORT,
            AccessKeyStatus(key_id="AKIAEXPORT", active=True),
            AccessKeyStatus(key_id="AKIAEXPORT", active=False),
            id="its key is active again",
        ),
        pytest.param(TRAIL, TrailLogging(on=False), TrailLogging(on=True), id="the trail is stopped"),
        pytest.param(
            KEY,
            KeyState(enabled=False, deletion_pending=True),
            KeyState(enabled=True, deletion_pending=False),
            id="the key's deletion is scheduled",
        ),
        pytest.param(
            KEY,
            Grant(spec='{"GranteePrincipal":"arn:aws:iam::999988887777:root","Operations":["Decrypt"]}', present=True),
            None,
            id="a grant lets an outsider in",
        ),
    ],
)
def test_it_is_mended_when(hospital: Hospital, target: Ref, done: Facet, mended: Facet | None) -> None:
    case, deps = settled(hospital)
    hospital.world.put(target, done)
    again = go_on(case, deps)
    assert again.verdict is Verdict.CONTAINED
    now = [f for f in hospital.world.look(target, type(done)) if f.part == done.part]
    assert now == ([mended] if mended else [])


def test_our_statement_that_was_removed_or_rewritten_is_put_back(hospital: Hospital) -> None:
    case, deps = settled(hospital)
    before = hospital.world.state()[CHARTS]
    ours = [s for s in hospital.world.look(CHARTS, PolicyStatement) if s.sid.startswith("Codeblue")]
    hospital.world.put(CHARTS, ours[0].but(body=None), *(s.but(body=statement(s.sid, Effect="Allow").body) for s in ours[1:]))
    go_on(case, deps)
    assert hospital.world.state()[CHARTS] == before


class TestQuiet:
    """Sweeps come at once, then further and further apart, and begin again when something was found."""

    def test_the_pauses_are_those_of_the_table(self, hospital: Hospital) -> None:
        start = hospital.clock.now()
        case = respond(hospital.worker(), patience=FOR_EVER)
        assert case.stage is Stage.CLOSE
        assert (hospital.clock.now() - start).total_seconds() == pytest.approx(sum(PAUSES))

    def test_while_a_token_may_go_on_it_is_looked_more_often_and_for_as_long(self, hospital: Hospital) -> None:
        start = hospital.clock.now()
        hospital.world.endings[SessionsRevoked] = timedelta(minutes=90)
        case = respond(hospital.worker(), patience=FOR_EVER)
        hours = int(PAUSES[-1] / LIVING) - 1
        assert case.looks == len(PAUSES) + 1 + hours
        assert (hospital.clock.now() - start).total_seconds() == pytest.approx(sum(PAUSES))

    def test_a_case_is_called_contained_only_after_iam_has_propagated(self, hospital: Hospital) -> None:
        start = hospital.clock.now()
        respond(hospital.worker(), patience=Patience(sweep_seconds=2))
        assert (hospital.clock.now() - start).total_seconds() == pytest.approx(sum(PAUSES[:SETTLED]))
        assert sum(PAUSES[:SETTLED]) > 4

    def test_something_new_begins_the_count_again(self, hospital: Hospital) -> None:
        case, deps = settled(hospital)
        makes(hospital, BACKDOOR, "AIDABACK")
        start = hospital.clock.now()
        go_on(case, deps)
        assert (hospital.clock.now() - start).total_seconds() >= sum(PAUSES[:SETTLED])

    def test_a_later_stamp_on_sessions_is_set_again_and_is_no_news(self, hospital: Hospital) -> None:
        respond(hospital.worker(), patience=FOR_EVER)
        (stamp,) = hospital.world.look(EXPORT, SessionsRevoked)
        assert stamp.before
        assert stamp.before > ALERT + timedelta(seconds=sum(PAUSES) - PAUSES[-1])

    def test_a_sweep_that_finds_all_as_it_should_be_leaves_no_entry(self, hospital: Hospital) -> None:
        case, deps = settled(hospital)
        entries = len(list(deps.journal(case.id).entries()))
        go_on(case, deps)
        assert len(list(deps.journal(case.id).entries())) == entries


class TestSharedRoles:
    """A thief inside the clinicians' own role: the session goes, the role stays."""

    def test_what_rightful_sessions_of_the_same_role_do_is_not_the_thiefs(self, hospital: Hospital) -> None:
        ward = SESSION.but(session="ward-7", access_key="ASIAWARD")
        made = Actor(credential=Credential.ROLE_SESSION, account=HOME, principal=SPARE, unique_id="AROASPARE")
        at = hospital.clock.now() - YOUNG - timedelta(seconds=10)
        hospital.evidence.happened(
            act(ward, "PutBucketVersioning", CHARTS, at=at, address="10.0.0.9"),
            act(ward, "CreateRole", SPARE, at=at, created=(made,), address="10.0.0.9"),
        )
        hospital.world.put(SPARE)
        hospital.directory.enter(SPARE, "AROASPARE", at)
        alert = signal(SESSION)
        hospital.sources.learn(alert)
        case = respond(hospital.worker(), alert)
        assert not on(hospital, SPARE)
        assert not on(hospital, CLINICIAN)
        assert all(call != "PutBucketVersioning" for _, call in case.scope.deeds)

    def test_stolen_instance_credentials_are_refused_except_where_the_workload_is(self, hospital: Hospital) -> None:
        stolen = SESSION.but(credential=Credential.INSTANCE_SESSION, session="i-0app")
        at = ALERT - timedelta(hours=2)
        hospital.evidence.happened(act(stolen, "Decrypt", KEY, at=at, address="10.0.0.9", network="vpc-1"))
        alert = signal(stolen)
        hospital.sources.learn(alert)
        case = respond(hospital.worker(), alert)
        assert case.verdict is Verdict.CONTAINED
        assert [s.reach for s in case.scope.standings] == [Reach.NETWORK]
        assert not on(hospital, CLINICIAN)
        assert "vpc-1" in str(hospital.world.state()[CLINICIAN])


@pytest.mark.parametrize("count", [20, 60, 200])
def test_a_thief_who_makes_very_many_users_does_not_outgrow_the_case(hospital: Hospital, count: int) -> None:
    users = [ref(Kind.USER, f"decoy-{n}") for n in range(count)]
    for n, user in enumerate(users):
        makes(hospital, user, f"AIDADECOY{n}")
    case = respond(hospital.worker())
    assert case.verdict is Verdict.CONTAINED
    assert all(on(hospital, user) for user in users)
