"""How wide to fence: each rule in rows."""

from datetime import timedelta

import pytest

from shared.containment.reach import NOWHERE, did, found, standing
from shared.domain.actor import Actor, Credential
from shared.domain.case import Reach, Standing
from shared.domain.resource import Kind
from shared.intake.azure_names import principal
from shared.ports import Act
from tests.hospital import ALERT, CHARTS, CLINICIAN, HOME, SESSION, THIEF, THIEFS_ADDRESS, act, ref

INSTANCE = SESSION.but(credential=Credential.INSTANCE_SESSION, session="i-0app")
COLLEAGUE = THIEF.but(access_key="AKIACOLLEAGUE")
WARD = SESSION.but(session="ward-7", access_key="ASIAWARD")


def seen(actor: Actor, address: str = "10.0.0.9", network: str = "", *, failed: bool = False) -> Act:
    return act(actor, "GetObject", CHARTS, address=address, network=network, failed=failed)


@pytest.mark.parametrize(
    ("actor", "acts", "reach"),
    [
        pytest.param(THIEF, [], Reach.PRINCIPAL, id="a user that nobody else was seen using: as a whole"),
        pytest.param(THIEF, [seen(THIEF, THIEFS_ADDRESS)], Reach.PRINCIPAL, id="a user that only the thief used: as a whole"),
        pytest.param(THIEF, [seen(COLLEAGUE)], Reach.NETWORK, id="a user that works elsewhere too: except from there"),
        pytest.param(THIEF, [seen(COLLEAGUE, "")], Reach.UNDECIDED, id="a user that works nobody knows where: a person decides"),
        pytest.param(SESSION, [], Reach.SESSION, id="a role's session: alone"),
        pytest.param(SESSION, [seen(WARD)], Reach.SESSION, id="a role's session beside others: alone"),
        pytest.param(SESSION, None, Reach.SESSION, id="a role's session without any record: alone"),
        pytest.param(SESSION, [seen(SESSION)], Reach.NETWORK, id="a session that its owner uses too: except from there"),
        pytest.param(INSTANCE, [seen(INSTANCE, network="vpc-1")], Reach.NETWORK, id="an instance's session: except at home"),
        pytest.param(INSTANCE, [], Reach.UNDECIDED, id="an instance's session whose network nobody knows: a person decides"),
        pytest.param(INSTANCE, None, Reach.UNDECIDED, id="an instance's session without any record: a person decides"),
        pytest.param(INSTANCE, [seen(WARD)], Reach.UNDECIDED, id="an instance that nobody saw, of a role in use: a person"),
        pytest.param(INSTANCE, [seen(INSTANCE, failed=True)], Reach.UNDECIDED, id="failed calls say nothing of where it works"),
        pytest.param(INSTANCE, [seen(INSTANCE, "s3.amazonaws.com")], Reach.UNDECIDED, id="a service's name is no network"),
    ],
)
def test_the_narrowest_fence_that_stops(actor: Actor, acts: list[Act] | None, reach: Reach) -> None:
    assert standing(actor, acts, THIEFS_ADDRESS, "session").reach is reach


@pytest.mark.parametrize(
    ("acts", "reach"),
    [
        pytest.param([], Reach.PRINCIPAL, id="the whole role, where nobody else was seen using it"),
        pytest.param([seen(WARD)], Reach.SESSION, id="the session alone, where others were seen"),
        pytest.param(None, Reach.SESSION, id="the session alone, where there is no record to judge by"),
    ],
)
def test_a_policy_that_quarantines_roles_fences(acts: list[Act] | None, reach: Reach) -> None:
    assert standing(SESSION, acts, THIEFS_ADDRESS, "role").reach is reach


def test_without_a_record_a_user_is_not_fenced_without_a_person() -> None:
    assert not standing(THIEF, None, THIEFS_ADDRESS, "session").known
    assert standing(THIEF, [], THIEFS_ADDRESS, "session").known


def test_where_the_thiefs_address_is_unknown_its_key_tells_it_from_others() -> None:
    mine, theirs = seen(THIEF, "203.0.113.9"), seen(COLLEAGUE, "10.0.0.9")
    assert standing(THIEF, [mine], "", "session").reach is Reach.PRINCIPAL
    assert standing(THIEF, [mine, theirs], "", "session").networks == ("10.0.0.9",)


def test_a_network_is_known_by_its_vpc_rather_than_by_an_address_in_it() -> None:
    acts = [seen(INSTANCE, "10.0.0.9", "vpce-1"), seen(INSTANCE, "192.0.2.7")]
    assert standing(INSTANCE, acts, THIEFS_ADDRESS, "session").networks == ("192.0.2.7", "vpce-1")


@pytest.mark.parametrize(
    ("made", "reach"),
    [
        pytest.param(THIEF, Reach.PRINCIPAL, id="a new user: as a whole"),
        pytest.param(SESSION, Reach.SESSION, id="a session of a role that was there before: alone"),
    ],
)
def test_what_came_into_being_is_fenced(made: Actor, reach: Reach) -> None:
    assert (found(made).reach, found(made).made) == (reach, True)


WHOLE = Standing(actor=THIEF, reach=Reach.PRINCIPAL)
ONE = Standing(actor=SESSION, reach=Reach.SESSION)
PATHED = Standing(actor=SESSION.but(principal=ref(Kind.ROLE, "wards/clinician-app")), reach=Reach.SESSION)
AWAY = Standing(actor=INSTANCE, reach=Reach.NETWORK, networks=("vpc-1", "10.0.0.9"))


@pytest.mark.parametrize(
    ("who", "deed", "did_it"),
    [
        pytest.param(WHOLE, seen(COLLEAGUE), True, id="any key of a user that is fenced as a whole"),
        pytest.param(WHOLE, seen(SESSION), False, id="not another principal"),
        pytest.param(ONE, seen(SESSION), True, id="the session itself"),
        pytest.param(ONE, seen(WARD), False, id="not another session of the role"),
        pytest.param(ONE, seen(SESSION.but(unique_id="AROANAMESAKE")), False, id="not a session of a role of the same name"),
        pytest.param(AWAY, seen(INSTANCE, "203.0.113.9"), True, id="stolen credentials from elsewhere"),
        pytest.param(AWAY, seen(INSTANCE, "10.0.0.9", "vpc-1"), False, id="not the workload in its own network"),
        pytest.param(ONE, seen(SESSION.but(unique_id="")), True, id="a record without a unique id, by its principal"),
        pytest.param(PATHED, seen(SESSION.but(unique_id="")), True, id="a record that leaves the path of the role out"),
    ],
)
def test_whose_deed_it_was(who: Standing, deed: Act, did_it: bool) -> None:
    assert did(who, deed) is did_it


def test_an_anonymous_caller_has_no_principal_to_fence() -> None:
    nobody = Actor(credential=Credential.ANONYMOUS, account=HOME)
    assert standing(nobody, (), THIEFS_ADDRESS, "session").actor.principal is None


def test_a_reason_is_given_for_every_decision() -> None:
    cases = [
        standing(a, acts, THIEFS_ADDRESS, "session") for a in (THIEF, SESSION, INSTANCE) for acts in (None, [], [seen(INSTANCE)])
    ]
    assert all(s.why for s in cases)
    assert CLINICIAN in {s.actor.principal for s in cases}


PORTAL = principal(Kind.SERVICE_PRINCIPAL, "p")
PROGRAM = Actor(credential=Credential.SERVICE_PRINCIPAL, account="", principal=PORTAL, unique_id=PORTAL.id)
HOUR = timedelta(hours=1)
THEFT = act(PROGRAM, "GetBlob", CHARTS, at=ALERT, address=THIEFS_ADDRESS)
GIVING = act(PROGRAM, "Add service principal credentials", CHARTS, at=ALERT + HOUR, address="")


@pytest.mark.parametrize(
    ("before", "reach", "others", "gave"),
    [
        pytest.param([], Reach.PRINCIPAL, (), True, id="no call in the directory"),
        pytest.param([(HOUR, "")], Reach.PRINCIPAL, (), True, id="the thief's call in the directory comes first"),
        pytest.param(
            [(HOUR, ""), (2 * HOUR, "10.0.0.9")], Reach.UNDECIDED, ("10.0.0.9",), True, id="its rightful user was seen somewhere"
        ),
        pytest.param([(48 * HOUR, "")], Reach.UNDECIDED, (NOWHERE,), False, id="somebody works in the directory by right"),
    ],
)
def test_a_call_without_a_place_shows_no_rightful_user(
    before: list[tuple[timedelta, str]], reach: Reach, others: tuple[str, ...], gave: bool
) -> None:
    acts = [act(PROGRAM, "Add user", CHARTS, at=ALERT - earlier, address=address) for earlier, address in before]
    found = standing(PROGRAM, [*acts, THEFT, GIVING], THIEFS_ADDRESS, "session", narrows=False, begun=ALERT)
    assert (found.reach, found.others, "" in found.networks) == (reach, others, False)
    assert did(found, GIVING) is gave


def test_in_an_application_with_a_secret_of_the_thiefs_calls_without_a_place_may_be_its_owners() -> None:
    owners = act(PROGRAM, "Add user", CHARTS, at=ALERT - HOUR, address="")
    found = standing(PROGRAM.but(access_key="s"), [owners, THEFT], THIEFS_ADDRESS, "session", narrows=False, begun=ALERT)
    assert (found.reach, did(found, GIVING)) == (Reach.UNDECIDED, False)


def test_a_place_that_was_first_seen_after_the_thiefs_is_the_thiefs_too() -> None:
    first = act(THIEF, "GetObject", CHARTS, at=ALERT - timedelta(hours=1), address=THIEFS_ADDRESS)
    second = act(THIEF, "GetObject", CHARTS, at=ALERT - timedelta(minutes=30), address="203.0.113.5")
    assert standing(THIEF, [first, second], THIEFS_ADDRESS, "session").reach is Reach.PRINCIPAL


def test_a_place_that_was_in_use_before_stays_its_rightful_users() -> None:
    before = act(THIEF, "GetObject", CHARTS, at=ALERT - timedelta(days=2), address="10.0.0.9")
    first = act(THIEF, "GetObject", CHARTS, at=ALERT - timedelta(hours=1), address=THIEFS_ADDRESS)
    later = act(THIEF, "GetObject", CHARTS, at=ALERT - timedelta(minutes=30), address="203.0.113.5")
    fenced = standing(THIEF, [before, first, later], THIEFS_ADDRESS, "session")
    assert (fenced.reach, fenced.networks) == (Reach.NETWORK, ("10.0.0.9",))
