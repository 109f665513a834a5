"""Where a store's log goes: a setting that somebody deleted is known from the activity log, and made again."""

import pytest

from shared.adapters.azure.diagnostics import FACETS
from shared.domain.errors import Refused
from shared.domain.facet import LogSent
from shared.domain.resource import Kind, Ref
from shared.sandbox.azure.workspaces import add_workspace
from tests.contract.azure.scenes import GROUP, SCOPE, Arm
from tests.contract.azure.world_scenes import Stage, staged

WORKSPACE = f"{SCOPE}/resourceGroups/{GROUP}/providers/Microsoft.OperationalInsights/workspaces/night"
ALL = ("StorageRead", "StorageWrite")
RIGHTS = FACETS[(Kind.BUCKET, LogSent)]


@pytest.fixture(scope="module")
def stage() -> Stage:
    stage = staged()
    add_workspace(stage.scene.cloud, WORKSPACE)
    return stage


def recorded(stage: Stage, *categories: str) -> tuple[Ref, LogSent]:
    """A store whose log is sent to the workspace."""
    store, arm = stage.store(), Arm(stage.scene)
    logs = [{"category": category, "enabled": True} for category in categories]
    assert arm("PUT", _place(store), {"properties": {"workspaceId": WORKSPACE, "logs": logs}})[0] == 200
    (sent,) = stage.world.look(store, LogSent)
    return store, sent


def _place(store: Ref) -> str:
    return f"{store.id}/blobServices/default/providers/Microsoft.Insights/diagnosticSettings/night"


def test_what_was_deleted_is_known_and_made_again(stage: Stage) -> None:
    store, sent = recorded(stage, *ALL)
    assert (sent.categories, sent.to, sent.on) == (ALL, (f"workspaceId={WORKSPACE}",), True)
    Arm(stage.scene)("DELETE", _place(store))
    assert stage.world.look(store, LogSent) == (sent.but(on=False),)
    stage.may(RIGHTS.reads | RIGHTS.writes)
    for _ in range(2):
        stage.world.write(store, [sent])
    assert stage.world.look(store, LogSent) == (sent,)
    stage.everything()


def test_the_newest_form_counts_and_no_other_stores(stage: Stage) -> None:
    store, _ = recorded(stage, "StorageRead")
    other, _ = recorded(stage, *ALL)
    logs = [{"category": category, "enabled": True} for category in ALL]
    Arm(stage.scene)("PUT", _place(store), {"properties": {"workspaceId": WORKSPACE, "logs": logs}})
    for each in (store, other):
        Arm(stage.scene)("DELETE", _place(each))
    assert [each.categories for each in stage.world.look(store, LogSent)] == [ALL]


def test_no_log_is_switched_off(stage: Stage) -> None:
    store, sent = recorded(stage, *ALL)
    with pytest.raises(Refused):
        stage.world.write(store, [sent.but(on=False)])
