"""From a signal to a scope: what is protected, who works there by right, and what could not be found out."""

from datetime import timedelta

import pytest

from shared.adapters.memory.world import MemoryWorld
from shared.containment.estate import Estate, Tenant
from shared.containment.scope import SHORTENED, Survey, Surveyor, accounts_of, survey
from shared.containment.surroundings import reread, surrounded, widened
from shared.domain.actor import Actor, Credential
from shared.domain.case import Scope
from shared.domain.facet import SoftDelete
from shared.domain.resource import Kind, Ref
from shared.domain.signal import Signal
from shared.intake.azure_names import principal
from shared.ports import Relation, Traits
from tests.hospital import (
    ACCOUNT,
    ALERT,
    CHARTS,
    CLINICIAN,
    EXPORT,
    FOREIGN,
    HOME,
    KEY,
    LOG,
    REPLICA,
    RESPONDER,
    SESSION,
    THIEF,
    TRAIL,
    VAULT,
    Hospital,
    act,
    built,
    ref,
    signal,
)

SINCE = ALERT - timedelta(days=30)
DECLARED = "arn:aws:iam::111122223333:role/ehr-*"
TENANT = Tenant(name="st-brendan", stores=frozenset({CHARTS}), keys=frozenset({KEY}), principals=frozenset({DECLARED}))


def surveyed(hospital: Hospital, alert: Signal, estate: Estate | None = None) -> Survey:
    estate = estate or Estate(accounts=frozenset({HOME}))
    surveyor = Surveyor(hospital.world, hospital.directory, hospital.evidence, estate, "session", 30)
    return survey(alert, alert.actor or THIEF, surveyor)


class TestWhatIsProtected:
    """What the signal names and what hangs directly on it."""

    def test_a_store_comes_with_its_key_every_replica_and_the_trails(self) -> None:
        scope = surveyed(built(), signal()).scope
        assert (scope.stores, set(scope.keys), scope.trails) == ((CHARTS,), {KEY, REPLICA}, (TRAIL,))

    def test_a_store_of_another_account_is_looked_for_where_it_is_declared(self) -> None:
        away = CHARTS.but(account="222233334444")
        tenant = TENANT.but(stores=frozenset({away}))
        scope = surveyed(built(), signal(), Estate(accounts=frozenset({HOME, "222233334444"}), tenants=(tenant,))).scope
        assert scope.stores == (away,)

    def test_a_store_comes_with_its_access_points(self) -> None:
        hospital, point = built(), ref(Kind.ACCESS_POINT, "side-door")
        hospital.world.relate(CHARTS, Relation.ACCESS_POINTS, point)
        assert surveyed(hospital, signal()).scope.access_points == (point,)

    def test_a_key_comes_with_its_replicas_and_without_stores(self) -> None:
        scope = surveyed(built(), signal(THIEF, KEY)).scope
        assert (scope.stores, set(scope.keys)) == ((), {KEY, REPLICA})

    def test_a_signal_that_names_no_store_is_about_those_that_are_declared(self) -> None:
        estate = Estate(accounts=frozenset({HOME}), tenants=(TENANT,))
        assert surveyed(built(), signal(THIEF, EXPORT), estate).scope.stores == (CHARTS,)

    def test_the_actors_deed_is_known_from_the_signal(self) -> None:
        assert surveyed(built(), signal(event="PutBucketPolicy")).scope.deeds == ((CHARTS.id, "PutBucketPolicy"),)

    def test_around_it_are_the_stores_of_the_log_the_backups_and_what_is_shared(self) -> None:
        hospital, snapshot = built(), ref(Kind.SNAPSHOT, "snap-1")
        hospital.world.relate(ACCOUNT, Relation.SHARED, snapshot)
        around = surrounded(surveyed(hospital, signal()).scope, accounts_of([signal()]), hospital.world).value
        assert (around.logs, around.vaults, around.shared) == ((LOG,), (VAULT,), (snapshot,))

    def test_a_log_in_an_account_of_nobody_known_is_left_alone(self) -> None:
        hospital = built()
        hospital.world.relate(TRAIL, Relation.STORES, LOG.but(account=""))
        assert surrounded(surveyed(hospital, signal()).scope, accounts_of([signal()]), hospital.world).value.logs == ()

    def test_a_replica_that_was_added_since_joins_the_scope(self) -> None:
        hospital = built()
        third = ref(Kind.KEY, "7d3c1a90", region="ap-south-1")
        scope = surveyed(hospital, signal()).scope
        hospital.world.relate(KEY, Relation.REPLICAS, REPLICA, third)
        assert third in widened(scope, hospital.world).value.keys


class TestWhoIsStopped:
    """The actor as the identity service has it now."""

    def test_a_key_without_a_name_is_resolved_to_its_user(self) -> None:
        nameless = Actor(credential=Credential.LONG_TERM_KEY, account=HOME, access_key="AKIAEXPORT")
        root = surveyed(built(), signal(nameless)).lineage.root
        assert (root.principal, root.unique_id) == (EXPORT, "AIDAEXPORT")

    def test_a_role_made_from_a_permission_set_is_stopped_there(self) -> None:
        hospital, assigned = built(), ref(Kind.PERMISSION_SET, "ps-1")
        reserved = ref(Kind.ROLE, "AWSReservedSSO_Ward_1")
        hospital.directory.enter(reserved, "AROASSO", SINCE)
        hospital.world.relate(reserved, Relation.ASSIGNED, assigned)
        actor = SESSION.but(credential=Credential.IDENTITY_CENTER, principal=reserved)
        assert surveyed(hospital, signal(actor)).lineage.root.principal == assigned

    @pytest.mark.parametrize(
        ("credential", "words"),
        [
            pytest.param(Credential.ROOT, "root user", id="a root user"),
            pytest.param(Credential.ANONYMOUS, "no identity", id="an anonymous caller"),
            pytest.param(Credential.FOREIGN, "another account", id="somebody of a foreign account"),
            pytest.param(Credential.SERVICE_LINKED, "can not be modified", id="a service-linked role"),
        ],
    )
    def test_people_are_told_that_no_fence_of_ours_reaches(self, credential: Credential, words: str) -> None:
        found = surveyed(built(), signal(Actor(credential=credential, account=FOREIGN)))
        (left,) = [left for left in found.left if words in left.reason]
        assert left.blocks
        assert left.next


def before(hospital: Hospital, ago: timedelta, **fields: object) -> Survey:
    """The survey, where the thief had opened a session of another role by then."""
    hospital.evidence.happened(act(THIEF, "AssumeRole", CLINICIAN, at=ALERT - ago, created=(SESSION,), **fields))
    return surveyed(hospital, signal())


class TestWhatWasMadeBeforeTheAlert:
    """An alert tells of the last act, and comes minutes after the first."""

    def test_what_the_actor_made_of_itself_from_the_alerts_address_is_in_the_first_fence(self) -> None:
        found = before(built(), timedelta(minutes=20))
        assert [s.actor for s in found.scope.standings[1:]] == [SESSION]
        assert found.lineage.members == (SESSION,)
        assert found.scope.begun == ALERT - timedelta(minutes=20)

    def test_what_is_done_from_an_address_in_use_for_longer_is_its_rightful_users_too(self) -> None:
        hospital = built()
        hospital.evidence.happened(act(THIEF, "ListBuckets", at=ALERT - timedelta(days=3)))
        found = before(hospital, timedelta(minutes=20))
        assert (found.scope.standings[1:], found.scope.begun) == ((), ALERT)

    @pytest.mark.parametrize(
        "fields",
        [
            pytest.param({"address": "10.0.0.1"}, id="what was made from elsewhere is not known to be the thief's"),
            pytest.param({"failed": True}, id="what was refused made nothing"),
        ],
    )
    def test_nothing_else_is_taken_for_the_thiefs(self, fields: dict[str, object]) -> None:
        assert before(built(), timedelta(minutes=20), **fields).scope.standings[1:] == ()

    def test_a_key_that_it_made_for_somebody_is_not_that_user(self) -> None:
        hospital = built()
        other = Actor(credential=Credential.LONG_TERM_KEY, account=HOME, principal=ref(Kind.USER, "backup"), access_key="AKIAMADE")
        hospital.evidence.happened(act(THIEF, "CreateAccessKey", at=ALERT - timedelta(minutes=20), created=(other,)))
        assert surveyed(hospital, signal()).scope.standings[1:] == ()


class TestWhatCouldNotBeRead:
    """A scope is made from what can be had, and says what is missing."""

    def test_without_an_identity_service_the_alert_is_believed_and_people_are_told(self) -> None:
        hospital = built()
        hospital.directory.reachable = False
        found = surveyed(hospital, signal())
        assert found.lineage.root == THIEF
        assert [left.target for left in found.left] == [str(THIEF)]

    def test_without_a_log_a_user_is_not_known_to_be_the_thiefs_alone(self) -> None:
        hospital = built()
        hospital.evidence.reachable = False
        assert not surveyed(hospital, signal()).scope.standings[0].known

    def test_what_the_cloud_does_not_answer_is_asked_again_later(self) -> None:
        hospital = built()
        hospital.world.allowance = 0
        throttled = surveyed(hospital, signal())
        assert throttled.scope.unread
        assert throttled.left
        hospital.world.allowance = None
        again = reread(throttled.scope, accounts_of([signal()]), hospital.world)
        assert (again.left, again.value.unread) == ((), False)
        assert (set(again.value.keys), again.value.trails, again.value.logs) == ({KEY, REPLICA}, (TRAIL,), (LOG,))

    def test_a_key_out_of_reach_stays_on_the_list_and_is_said_so(self) -> None:
        far = ref(Kind.KEY, "far", account="444455556666")
        hospital = built()
        hospital.world.unreachable.add("444455556666")
        found = surveyed(hospital, signal(THIEF, CHARTS, far))
        assert far in found.scope.keys
        assert any("far" in left.target for left in found.left)


def test_where_nobody_is_known_people_are_asked_to_declare_them() -> None:
    hospital = Hospital()
    for target in (CHARTS, KEY):
        hospital.world.put(target)
    hospital.world.relate(CHARTS, Relation.KEYS, KEY)
    (left,) = surveyed(hospital, signal(SESSION)).left[-1:]
    assert "declare" in left.next
    assert not left.blocks


def test_every_resource_of_a_scope_is_listed_once_by_kind() -> None:
    scope = Scope(stores=(CHARTS,), keys=(KEY,), trails=(TRAIL,), logs=(LOG,), vaults=(VAULT,))
    assert scope.resources == (CHARTS, KEY, TRAIL, LOG, VAULT)


def test_a_resource_is_the_same_exactly_when_it_is_equal() -> None:
    assert {KEY, Ref.model_validate(KEY.model_dump())} == {KEY}
    assert KEY != REPLICA


def test_the_responder_works_with_the_stores_too_and_is_nobody_to_be_guarded_against() -> None:
    hospital = built()
    ours = Actor(credential=Credential.ROLE_SESSION, account=HOME, principal=RESPONDER, unique_id="AROARESPONDER", session="night")
    hospital.directory.enter(RESPONDER, "AROARESPONDER", ALERT - timedelta(days=900))
    hospital.evidence.happened(act(ours, "Decrypt", KEY, at=ALERT - timedelta(days=1), address="10.0.0.9"))
    found = survey(signal(), THIEF, hospital.worker().surveyor)
    assert RESPONDER.id in found.scope.allow
    assert RESPONDER not in [r.actor.principal for r in found.scope.rightful]


def test_of_a_guest_people_are_told_whom_to_call() -> None:
    visitor = principal(Kind.USER, "visitor")
    guest = Actor(credential=Credential.ENTRA_GUEST, account="", principal=visitor, unique_id=visitor.id)
    (told,) = [left for left in survey(signal(), guest, built().worker().surveyor).left if "home tenant" in left.next]
    assert (told.target, told.blocks) == (str(guest), False)


def test_of_a_link_that_was_revoked_people_are_told_that_nobody_dates_its_end() -> None:
    link = Actor(credential=Credential.DELEGATED_LINK, account="", access_key="charts/user-delegation", unique_id="charts/u")
    (told,) = [left for left in survey(signal(), link, built().worker().surveyor).left if left.target == str(link)]
    assert ("for how long" in told.reason, told.blocks) == (True, False)


def test_where_the_actor_changed_how_long_deleted_objects_are_kept_people_are_told_that_nobody_knows_how_it_was() -> None:
    hospital = built()
    hospital.world = MemoryWorld({SoftDelete: Traits(calls=frozenset({"shorten"}))})
    found = [left for event in ("shorten", "read") for left in surveyed(hospital, signal(event=event)).left]
    assert [left.blocks for left in found if left.reason == SHORTENED] == [False]
