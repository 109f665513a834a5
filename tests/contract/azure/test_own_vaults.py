"""The successor in a vault of its own: who gets in there, what it is like, and whose names it does not take."""

from copy import replace
from typing import Any

import pytest

from shared.adapters.azure import names
from shared.adapters.azure.own_vaults import WRAPPER, called
from shared.adapters.azure.world import FACETS
from shared.domain.errors import NameTaken, Refused, Throttled
from shared.domain.facet import EncryptedWith, RotationPolicy, SuccessorApart
from shared.domain.resource import Kind, Ref
from shared.sandbox.azure.vault_arm import NAME
from shared.sandbox.azure.wire import Request
from tests.contract.azure.scenes import GROUP, SUBSCRIPTION
from tests.contract.azure.vault_scenes import URL, keys, make_vault, management
from tests.contract.azure.world_scenes import Stage, staged

OURS = Request("GET", "https://x").address


@pytest.fixture(scope="module")
def stage() -> Stage:
    return staged()


@pytest.fixture(scope="module")
def wrapped(stage: Stage) -> tuple[Ref, Ref]:
    """Disks, and the version of the key that they go under next."""
    disks, second = stage.disks()
    return disks, names.ref(Kind.KEY, second, disks.account)


def made(stage: Stage, case: str, key: Ref) -> str:
    stage.world.write(key, [SuccessorApart(case=case)])
    return next(each.key for each in stage.world.look(key, SuccessorApart) if each.case == case)


def test_vault_and_key_are_like_the_old_ones_and_only_their_dependants_get_in(stage: Stage, wrapped: tuple[Ref, Ref]) -> None:
    disks, old = wrapped
    policy = RotationPolicy(after="P30D", life="P90D")
    stage.world.write(old, [policy])
    new = made(stage, "cb-1", old)
    name = names.key(new)
    vault: Any = management(stage.scene).vaults.get(GROUP, called("cb-1", URL))
    said = vault.properties
    assert (said.enable_rbac_authorization, said.enable_purge_protection, said.soft_delete_retention_in_days) == (True, True, 90)
    assert (str(said.vault_uri).rstrip("/"), name.name) == (name.vault_url, names.key(old.id).name)
    assert stage.world.look(old.but(id=new), RotationPolicy) == (policy,)
    held = [each for each in stage.scene.cloud.rbac.current() if each.scope.lower().startswith(str(vault.id).lower())]
    directory = stage.scene.cloud.entra.directory
    assert {(each.scope.rpartition("/keys/")[2], each.role_id.rpartition("/")[2]) for each in held} == {(name.name, WRAPPER)}
    assert directory.identity_of(disks.id).id in {each.principal_id for each in held}  # type: ignore[union-attr]  # it has one
    wish = EncryptedWith(key=new, follows=True)
    (before,) = stage.world.look(disks, EncryptedWith)
    for wanted in (wish, before):
        stage.world.write(disks, [wanted])
        assert stage.world.look(disks, EncryptedWith) == (wanted,)


def old_vault(stage: Stage, name: str, **more: object) -> Ref:
    """A key in another vault."""
    make_vault(stage.scene, name, **more)
    key = keys(stage.scene, url=f"https://{name}.vault.azure.net").create_rsa_key("charts")
    return names.ref(Kind.KEY, str(key.id), SUBSCRIPTION)


def test_beside_a_closed_vault_there_is_a_closed_one_which_services_enter(stage: Stage) -> None:
    rules = {"defaultAction": "Deny", "bypass": "None", "ipRules": [{"value": OURS}], "virtualNetworkRules": []}
    old = old_vault(stage, "closed", networkAcls=rules)
    made(stage, "cb-1", old)
    found: Any = management(stage.scene).vaults.get(GROUP, called("cb-1", "https://closed.vault.azure.net"))
    said = found.properties.network_acls
    assert (said.default_action, said.bypass, [each.value for each in said.ip_rules]) == ("Deny", "AzureServices", [f"{OURS}"])


def test_a_vault_behind_private_endpoints_alone_is_left_for_people(stage: Stage) -> None:
    old = old_vault(stage, "private")
    stage.scene.cloud.vaults.living["private"].properties["publicNetworkAccess"] = "Disabled"
    with pytest.raises(Refused):
        stage.world.write(old, [SuccessorApart(case="cb-1")])


@pytest.mark.parametrize("deleted", [False, True], ids=["a living vault's", "a deleted one's"])
def test_a_name_that_is_somebody_else_s_is_not_taken_and_people_are_told_what_to_do(stage: Stage, *, deleted: bool) -> None:
    case, old = f"cb-{'gone' if deleted else 'there'}", stage.key()
    name = called(case, URL)
    make_vault(stage.scene, name)
    if deleted:
        management(stage.scene).vaults.delete(GROUP, name)
    with pytest.raises(NameTaken, match=f"{name} is taken.*purge that"):
        stage.world.write(old, [SuccessorApart(case=case)])


def test_a_worker_that_goes_on_after_a_crash_makes_what_is_missing(stage: Stage, wrapped: tuple[Ref, Ref]) -> None:
    _, old = wrapped
    rights = FACETS[Kind.KEY, SuccessorApart].writes
    try:
        stage.may(replace(rights, data=rights.data - {"Microsoft.KeyVault/vaults/keys/update/action"}))
        with pytest.raises(Refused):
            stage.world.write(old, [SuccessorApart(case="cb-2")])
    finally:
        stage.everything()
    assert "cb-2" not in {each.case for each in stage.world.look(old, SuccessorApart)}
    name = names.key(made(stage, "cb-2", old))
    assert len(list(stage.clients.keys(name.vault_url).list_properties_of_key_versions(name.name))) == 1


def test_until_the_role_is_known_everywhere_the_store_is_asked_again(stage: Stage) -> None:
    store, second = stage.wrapped()
    stage.scene.cloud.delays.rbac = 600.0
    try:
        wanted = EncryptedWith(key=made(stage, "cb-3", names.ref(Kind.KEY, second, store.account)))
        with pytest.raises(Throttled):
            stage.world.write(store, [wanted])
    finally:
        stage.scene.cloud.delays.rbac = 0.0
    stage.world.write(store, [wanted])
    assert stage.world.look(store, EncryptedWith) == (wanted,)


def test_a_name_is_one_that_a_vault_can_have() -> None:
    for case in ("c", "cb-61aa84fae274", "cb-61aa84fae27-61aa84fae27461aa84fae274"):
        assert NAME.match(called(case, URL))
        assert called(case, URL) != called(case, URL.replace("phi", "ward"))
