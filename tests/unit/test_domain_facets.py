"""The laws that every facet keeps: the engine asks nothing else of them."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter

from shared.adapters.memory.world import MemoryWorld
from shared.domain.errors import CloudError
from shared.domain.facet import AnyFacet, ConsoleLogin, Facet
from shared.domain.facet.principals import AccessKeyStatus
from tests.facets import ALL, MADE, TARGETS, any_facet

HERE = TARGETS[0]
SECRET_WORDS = ("secret", "password", "token", "private", "credential", "passphrase", "connection_string", "sas")

NOTHING_STANDS_FOR = {
    *("access-key-status", "key-state", "replication-rule", "lifecycle-rule", "log-sent", "trail-logging", "trail-selectors"),
    *("successor", "successor-apart", "alias-target", "encrypted-with", "replica-key", "migrated", "sign-in", "sign-in-rule"),
}
"""What a resource either always has, or has lost for good."""


def _now(world: MemoryWorld, wanted: Facet) -> Facet | None:
    return next((f for f in world.look(HERE, type(wanted)) if f.part == wanted.part), wanted.absent)


def _written(world: MemoryWorld, facet: Facet) -> None:
    try:
        world.write(HERE, [facet])
    except CloudError:
        assume(False)  # noqa: FBT003  # a service that refuses has no state to speak of


def could_be_secret(model: type[BaseModel]) -> set[str]:
    """Fields that are named like one."""
    return {name for name in model.model_fields if any(word in name for word in SECRET_WORDS)}


def test_the_laws_below_are_about_every_facet() -> None:
    assert set(MADE) == set(ALL)


@given(any_facet, st.lists(any_facet, max_size=4))
def test_a_write_makes_a_facet_satisfied(facet: AnyFacet, there: list[AnyFacet]) -> None:
    world = MemoryWorld()
    world.put(HERE, *there)
    _written(world, facet)
    assert facet.satisfied_by(_now(world, facet))


@given(any_facet, any_facet, st.lists(any_facet, max_size=4))
def test_a_write_of_another_facet_keeps_it_satisfied(facet: AnyFacet, other: AnyFacet, there: list[AnyFacet]) -> None:
    assume((facet.facet, facet.part) != (other.facet, other.part))
    world = MemoryWorld()
    world.put(HERE, *there)
    _written(world, facet)
    _written(world, other)
    assert facet.satisfied_by(_now(world, facet))


@given(any_facet)
def test_a_facet_is_satisfied_by_itself(facet: AnyFacet) -> None:
    assert facet.satisfied_by(facet)


@given(any_facet, any_facet)
def test_a_facet_is_never_satisfied_by_one_of_another_kind(one: AnyFacet, other: AnyFacet) -> None:
    assume(type(one) is not type(other))
    assert not one.satisfied_by(other)


@given(any_facet)
def test_what_stands_for_nothing_is_of_the_same_part_and_document(facet: AnyFacet) -> None:
    absent = facet.absent
    assert absent is None or (absent.facet, absent.part, absent.document) == (facet.facet, facet.part, facet.document)


@given(any_facet)
def test_the_absence_of_absence_is_absence(facet: AnyFacet) -> None:
    assert facet.absent is None or facet.absent.absent == facet.absent


@given(any_facet)
def test_only_what_a_resource_always_has_or_has_lost_for_good_has_no_absence(facet: AnyFacet) -> None:
    assert (facet.absent is None) == (facet.facet in NOTHING_STANDS_FOR)


@given(any_facet)
def test_custody_gets_the_same_facet_back(facet: AnyFacet) -> None:
    adapter: TypeAdapter[AnyFacet] = TypeAdapter(AnyFacet)
    assert adapter.validate_json(adapter.dump_json(facet)) == facet


@pytest.mark.parametrize("facet", ALL, ids=lambda f: f.__name__)
def test_no_field_of_a_facet_could_carry_a_secret(facet: type[Facet]) -> None:
    assert could_be_secret(facet) == set()


@pytest.mark.parametrize("name", ["password", "secret_access_key", "sas_url", "session_token"])
def test_a_field_that_could_carry_a_secret_is_noticed(name: str) -> None:
    leaky = type("Leaky", (Facet,), {"__annotations__": {name: str}})
    assert could_be_secret(leaky) == {name}


@pytest.mark.parametrize("facet", ALL, ids=lambda f: f.__name__)
def test_every_facet_is_known_by_a_tag_of_its_own(facet: type[Facet]) -> None:
    tags = [other.model_fields["facet"].default for other in ALL]
    assert tags.count(facet.model_fields["facet"].default) == 1


def test_a_login_is_either_there_or_not_and_carries_nothing_else() -> None:
    assert set(ConsoleLogin.model_fields) == {"facet", "present"}


def test_access_keys_are_parts_so_that_each_is_a_change_of_its_own() -> None:
    assert AccessKeyStatus(key_id="AKIA1", active=True).part != AccessKeyStatus(key_id="AKIA2", active=True).part
