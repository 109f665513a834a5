"""Who else uses a store, and what an actor had shown: from the record of requests, as far as it goes."""

from datetime import datetime, timedelta

import pytest

from shared.adapters.memory.clock import MemoryClock
from shared.adapters.memory.evidence import MemoryEvidence
from shared.adapters.memory.world import MemoryWorld
from shared.containment.deeds import handed_on, identified, keys_shown, newest
from shared.containment.reach import standing
from shared.containment.rightful import Breach
from shared.containment.users import used_by_others
from shared.domain.actor import Actor, Credential
from shared.domain.case import Reach
from shared.domain.facet import NetworkRules
from shared.domain.scope import Scope
from shared.domain.signal import Signal
from shared.domain.uses import KeyShown
from shared.ports import Act
from tests.hospital import ALERT, THIEFS_ADDRESS, act, signal
from tests.unit.action_rows_doors import ANY_KEY, BY_KEY, KEY_1, PROGRAM, STORE, WHOLE

EARLIER, LATER = ALERT - timedelta(hours=1), ALERT + timedelta(minutes=1)
KEY_2 = KEY_1.but(access_key="charts/key2", unique_id="charts/key2")
NOBODY = Actor(credential=Credential.ANONYMOUS, account="", unique_id="anonymous")
BREACH = Breach(ALERT, THIEFS_ADDRESS)


def read(actor: Actor, at: datetime = EARLIER, address: str = "203.0.113.40", network: str = "") -> Act:
    return act(actor, "GetBlob", STORE, at=at, address=address, network=network)


THEFT = read(KEY_1, ALERT, THIEFS_ADDRESS)


def used(*acts: Act, reachable: bool = True) -> tuple[bool, set[str], tuple[str, ...]]:
    """Whether it is known, holders with their places, and the places that are the actor's alone."""
    evidence = MemoryEvidence(MemoryClock())
    evidence.happened(*acts)
    evidence.reachable = reachable
    (found,) = used_by_others(BY_KEY, BREACH, MemoryWorld(), evidence, EARLIER, {"us"})
    return found.known, {f"{use.holder} {use.place}" for use in found.uses}, found.against


REFUSED = act(NOBODY, "GetBlob", STORE, at=EARLIER, failed=True)
US = KEY_2.but(unique_id="us")


@pytest.mark.parametrize(
    ("acts", "found"),
    [
        ((THEFT, read(KEY_2)), {"charts/key2 203.0.113.40"}),
        ((THEFT, read(KEY_1)), {"charts/key1 203.0.113.40"}),
        ((THEFT, read(KEY_1, LATER, "203.0.113.99"), read(KEY_2)), {"charts/key2 203.0.113.40"}),
        ((THEFT, read(KEY_2, LATER, "203.0.113.99")), {"charts/key2 203.0.113.99"}),
        ((THEFT, read(KEY_2, network="/subnet")), {"charts/key2 /subnet"}),
        ((THEFT, read(KEY_2), read(US), REFUSED), {"charts/key2 203.0.113.40"}),
    ],
    ids=[
        "another credential",
        "the same one, in a place that was in use before",
        "and not in one that came up afterwards",
        "where another credential may come up",
        "a network goes before an address",
        "we are nobody's users, and what failed was no use",
    ],
)
def test_others_use_it(acts: tuple[Act, ...], found: set[str]) -> None:
    known, uses, against = used(*acts)
    assert (known, uses) == (True, found)
    assert THIEFS_ADDRESS in against


@pytest.mark.parametrize(("acts", "reachable"), [((THEFT, read(KEY_2)), False), ((THEFT,), True)], ids=["no log", "nobody in it"])
def test_it_is_not_known(acts: tuple[Act, ...], reachable: bool) -> None:
    assert not used(*acts, reachable=reachable)[0]


def test_a_cloud_without_such_doors_is_not_asked() -> None:
    world = MemoryWorld(lacks=frozenset({NetworkRules}))
    assert used_by_others(BY_KEY, BREACH, world, MemoryEvidence(MemoryClock()), EARLIER, ()) == ()


@pytest.mark.parametrize(
    ("acts", "reach", "known"),
    [((THEFT,), Reach.PRINCIPAL, True), ((THEFT, read(KEY_1)), Reach.UNDECIDED, True), (None, Reach.PRINCIPAL, False)],
    ids=["nobody else", "somebody else", "no record"],
)
def test_what_can_not_be_fenced_in_part_is_fenced_whole_or_asked_about(
    acts: tuple[Act, ...] | None, reach: Reach, known: bool
) -> None:
    found = standing(KEY_1, acts, THIEFS_ADDRESS, "session", narrows=False)
    assert (found.reach, found.known) == (reach, known)


def alert(actor: Actor) -> Signal:
    return signal(actor, STORE)


def test_the_log_says_which_key_it_was() -> None:
    acts = (read(KEY_2), THEFT, read(KEY_1.but(session="a1b2c3d4"), ALERT, THIEFS_ADDRESS))
    assert identified(ANY_KEY, alert(ANY_KEY), acts) == (KEY_1,)
    assert identified(ANY_KEY, alert(ANY_KEY), ()) == (ANY_KEY,)
    assert identified(WHOLE.actor, alert(WHOLE.actor), acts) == (WHOLE.actor,)


def test_a_key_was_last_shown_when_it_was_last_used() -> None:
    world = MemoryWorld()
    shown = newest(*keys_shown((THEFT,), world), *keys_shown((read(KEY_1, LATER, THIEFS_ADDRESS),), world))
    assert shown == (KeyShown(store=STORE, key="key1", at=LATER),)
    scope = Scope(shown=(*shown, KeyShown(store=STORE, at=EARLIER)))
    assert (scope.shown_at(STORE, "key1"), scope.shown_at(STORE, "key2"), scope.shown_at(PROGRAM, "key1")) == (LATER, EARLIER, None)


@pytest.mark.parametrize(
    ("seen", "rightful"),
    [
        (read(KEY_1, LATER), True),
        (read(KEY_1, LATER, THIEFS_ADDRESS), False),
        (read(KEY_1, LATER, "203.0.113.99"), False),
        (read(WHOLE.actor, LATER), False),
    ],
    ids=["a rightful user's place", "the thief's", "nobody's", "no key at all"],
)
def test_a_new_key_used_where_rightful_users_are_was_handed_to_them(seen: Act, rightful: bool) -> None:
    assert handed_on(seen, BY_KEY) is rightful
