"""The responder's role definition: enough for every facet, and nothing that opens data."""

from typing import Any

import pytest
from azure.mgmt.authorization import AuthorizationManagementClient

from shared.adapters.azure.permissions import custody, declared, responder_roles
from tests.contract.azure.scenes import SCOPE, SUBSCRIPTION
from tests.contract.azure.world_scenes import ROWS, Row, Stage, staged


@pytest.fixture(scope="module")
def stage() -> Stage:
    return staged()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.sentence)
def test_it_is_enough(stage: Stage, row: Row) -> None:
    stage.everything()
    target, wanted = row.scene(stage)
    stage.may(declared())
    stage.world.look(target, type(wanted))
    assert stage.world.write(target, [wanted]).notes == ()
    stage.everything()


def test_no_right_of_it_reads_a_blob_lists_keys_or_opens_anything() -> None:
    rights = declared()
    words = {action.rpartition("vaults/")[2].rpartition("storageAccounts/")[2].lower() for action in rights.actions | rights.data}
    assert not {each for each in words if "listkeys" in each or "blobs/" in each or "unwrap" in each or "decrypt" in each}
    assert not any("*" in each for each in rights.actions | rights.data)


def test_arm_takes_both_definitions(stage: Stage) -> None:
    client = AuthorizationManagementClient(stage.scene.bearer(), SUBSCRIPTION, **stage.scene.options())
    for number, definition in enumerate(responder_roles([SCOPE])):
        body: Any = {"properties": definition}
        made = client.role_definitions.create_or_update(SCOPE, f"00000000-feed-4bad-8bad-00000000000{number + 2}", body)
        assert made.role_name == definition["roleName"]


def test_custody_holds_no_right_over_resources() -> None:
    assert not {action for action in custody().actions if not action.endswith("/read")}
