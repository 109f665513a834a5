"""The version that takes another's place: made once a case, like the one before, and known by its tags."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from shared.adapters.azure import names
from shared.adapters.azure.key_versions import CASE, OF
from shared.domain.errors import Refused
from shared.domain.facet import Successor
from shared.domain.resource import Kind, Ref
from tests.contract.azure.scenes import SUBSCRIPTION
from tests.contract.azure.vault_scenes import keys
from tests.contract.azure.world_scenes import Stage, staged


@pytest.fixture(scope="module")
def stage() -> Stage:
    return staged()


def made(stage: Stage, case: str, key: Ref) -> Any:  # noqa: ANN401 - the SDK's model
    """The successor of a key in a case, as its vault has it."""
    stage.world.write(key, [Successor(case=case)])
    (found,) = [each for each in stage.world.look(key, Successor) if each.case == case]
    name = names.key(found.key)
    return keys(stage.scene).get_key(name.name, name.version)


def ref(key: Any) -> Ref:  # noqa: ANN401 - the same
    return names.ref(Kind.KEY, str(key.id), SUBSCRIPTION)


def test_it_is_like_the_one_before_with_material_of_its_own(stage: Stage) -> None:
    key = stage.key()
    name = names.key(key.id)
    before: Any = keys(stage.scene).get_key(name.name, name.version)
    after = made(stage, "c", key)
    assert (after.key_type, after.key_operations, len(after.key.n)) == (before.key_type, before.key_operations, len(before.key.n))
    assert after.key.n != before.key.n
    assert (after.properties.tags, after.properties.enabled) == ({CASE: "c", OF: name.version}, True)


def test_one_on_a_curve_stays_on_it(stage: Stage) -> None:
    stage.key()
    before = keys(stage.scene).create_ec_key("signing", curve="P-384")
    assert made(stage, "c", ref(before)).key.crv == "P-384"


def test_each_case_has_its_own_and_no_other(stage: Stage) -> None:
    key = stage.key()
    assert made(stage, "one", key).id != made(stage, "two", key).id
    assert {each.case for each in stage.world.look(key, Successor)} == {"one", "two"}
    with pytest.raises(Refused):
        stage.world.write(key, [Successor(case="one", key="https://elsewhere.vault.azure.net/keys/k/v")])


def test_the_newest_counts_where_two_workers_made_one_or_the_service_copied_its_tags(stage: Stage) -> None:
    key = stage.key()
    first = made(stage, "c", key)
    second = keys(stage.scene).rotate_key(first.name)
    assert [each.key for each in stage.world.look(key, Successor)] == [second.id]


def test_all_versions_that_are_in_use_have_one_and_it_has_none(stage: Stage) -> None:
    first = stage.key()
    second = ref(keys(stage.scene).rotate_key(names.key(first.id).name))
    with ThreadPoolExecutor(2) as pool:
        found = set(pool.map(lambda key: str(made(stage, "c", key).id), (first, second)))
    (new,) = found
    assert stage.world.look(first.but(id=new), Successor) == ()


def test_a_key_without_a_version_is_not_replaced(stage: Stage) -> None:
    key = stage.key()
    with pytest.raises(Refused):
        stage.world.write(key.but(id=key.id.rpartition("/")[0]), [Successor(case="c")])
