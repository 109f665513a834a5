"""What an actor gave to somebody else: how far that draws the somebody into the fence."""

import pytest

from shared.adapters.memory.directory import MemoryDirectory
from shared.adapters.memory.world import MemoryWorld
from shared.containment.deeds import besides
from shared.containment.reach import NOWHERE, did, standing
from shared.containment.rightful import existing
from shared.domain.actor import Actor
from shared.domain.case import Reach, Standing
from shared.domain.facet import Fence
from shared.domain.resource import Kind
from shared.intake.azure_names import principal
from tests.hospital import ALERT, EXPORT, act
from tests.unit.action_rows_doors import SECRET, STORE, THIEF, WHOLE

PORTAL = principal(Kind.SERVICE_PRINCIPAL, "5e4f1ce0-0000-4000-8000-000000000002")
ADDED = SECRET.but(principal=PORTAL, unique_id=PORTAL.id, access_key="a-key-id")
OWN = SECRET.but(access_key="another-key-id", unique_id="")


def fenced(*places: str) -> Standing:
    """How somebody else's application is fenced, to which the actor added a credential, by where it was seen."""
    acts = [act(ADDED.but(access_key=""), "GetBlob", STORE, address=place) for place in places]
    return standing(ADDED, acts, THIEF, "session", narrows=False)


@pytest.mark.parametrize("places", [(), ("203.0.113.40",), ("", "203.0.113.40")], ids=["nowhere", "at its place", "also unplaced"])
def test_whether_an_application_of_others_is_shut_out_is_a_persons_decision(places: tuple[str, ...]) -> None:
    found = fenced(*places)
    assert (found.reach, found.known, found.others) == (Reach.UNDECIDED, False, tuple(place or NOWHERE for place in places))


def test_what_it_does_where_its_owner_works_is_its_owners() -> None:
    found = fenced("203.0.113.40")
    theirs, thiefs = (act(ADDED, "GetBlob", STORE, address=place) for place in ("203.0.113.40", THIEF))
    assert (did(found, theirs), did(found, thiefs)) == (False, True)


@pytest.mark.parametrize(
    ("fresh", "left"),
    [
        pytest.param((OWN,), (), id="of somebody fenced as a whole: it goes with the rest"),
        pytest.param((ADDED,), (ADDED,), id="of somebody else: by itself"),
        pytest.param((ADDED.but(access_key=""), ADDED), (ADDED.but(access_key=""),), id="of whoever came into being with it"),
    ],
)
def test_a_credential_is_met_unless_its_holder_is(fresh: tuple[Actor, ...], left: tuple[Actor, ...]) -> None:
    assert tuple(besides(fresh, (WHOLE,), MemoryWorld(lacks=frozenset({Fence})))) == left


def test_where_something_narrower_than_the_whole_can_be_fenced_every_credential_is_met() -> None:
    assert besides((OWN,), (WHOLE,), MemoryWorld()) == [OWN]


def test_only_those_who_exist_are_guarded() -> None:
    directory = MemoryDirectory()
    directory.enter(EXPORT, "AIDAEXPORT", ALERT)
    assert [found.actor.unique_id for found in existing((EXPORT, PORTAL), directory)] == ["AIDAEXPORT"]
