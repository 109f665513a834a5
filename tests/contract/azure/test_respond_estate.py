"""What a thief did to everything around the store, and what becomes of it: one breach, by the command line."""

from collections.abc import Iterator
from typing import Any

import pytest

from shared.sandbox.azure import clinic_names as names
from tests.contract.azure.respond_scenes import Night, changes, night
from tests.contract.azure.test_respond import FOLDERS
from tests.contract.azure.thief_scenes import empowered

type Answered = tuple[Night, dict[str, Any]]


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answered]:
    """The clinic after the first answer, before anybody was asked."""
    folder = tmp_path_factory.mktemp("estate")
    with night(folder / "response.toml", FOLDERS.format(folder)) as scene:
        scene.run("init")
        thief = empowered(scene.cloud)
        scene.cloud.rbac.assign(names.EXPORT_ID, "Key Vault Crypto Officer", names.VAULT_ID)
        thief.vault_entry(names.EXPORT_ID)
        thief.unwrap()
        _, found = scene.respond("defender-application-read.json")
        yield scene, found


def test_its_entry_of_the_vault_is_gone_and_nothing_behind_it_was_asked_for(answered: Answered) -> None:
    scene, found = answered
    assert ("remove-vault-access", "vault-access") in changes(found, "applied")
    assert not scene.cloud.vaults.living[names.VAULT].properties["accessPolicies"]


def test_the_vault_is_closed_by_a_person_where_we_would_shut_ourselves_out(answered: Answered) -> None:
    _, found = answered
    assert ("restrict-vault-network", "network-rules") in changes(found, "planned")
    assert "the responder itself" in found["awaiting"]["why"]
