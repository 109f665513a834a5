"""Actions that were written for the other cloud, and contain here without a word changed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from shared.adapters.azure import names
from shared.containment.action import Situation
from shared.containment.actions import ACTIONS
from shared.domain.case import Mode, Scope
from shared.domain.facet import PolicyStatement, Versioning
from shared.domain.resource import Ref
from tests.contract.azure.vault_scenes import keys
from tests.contract.azure.world_scenes import Stage, staged


@pytest.fixture(scope="module")
def stage() -> Stage:
    return staged()


def _with_rule(stage: Stage) -> Ref:
    store = stage.store()
    stage.lifecycle(store)
    return store


def _deleted(stage: Stage) -> Ref:
    key = stage.key()
    keys(stage.scene).begin_delete_key(names.key(key.id).name).wait()
    return key


ROWS: tuple[tuple[str, Callable[[Stage], Ref]], ...] = (
    ("keep-versions", lambda stage: stage.suspended()),
    ("suspend-lifecycle", _with_rule),
    ("suspend-replication", lambda stage: stage.replicated("charts")[0]),
    ("restore-key", _deleted),
)


@pytest.mark.parametrize(("name", "scene"), ROWS, ids=[name for name, _ in ROWS])
def test_it_proposes_what_then_holds_and_proposes_nothing_more(stage: Stage, name: str, scene: Callable[[Stage], Ref]) -> None:
    target, action = scene(stage), ACTIONS[name]
    now = datetime.now(UTC)
    situation = Situation(
        case="c",
        scope=Scope(),
        world=stage.world,
        now=now,
        since=now - timedelta(hours=1),
        exempt=frozenset(),
        accounts=frozenset(),
        one_way=Mode.ASK,
    )
    changes = tuple(action.propose(action, target, situation))
    assert changes
    for change in changes:
        assert stage.world.write(target, [change.after]).notes == ()
        found = {each.part: each for each in stage.world.look(target, type(change.after))}
        assert change.after.satisfied_by(found.get(change.after.part))
    assert tuple(action.propose(action, target, situation)) == ()


def test_nothing_is_proposed_that_this_cloud_has_no_notion_of(stage: Stage) -> None:
    store = stage.store()
    fitting = {name for name, action in ACTIONS.items() if action.applies(store, stage.world)}
    assert {row[0] for row in ROWS[:3]} <= fitting
    assert not {"fence-store", "block-public-access", "enforce-ownership", "block-customer-keys", "require-tls"} & fitting
    assert stage.world.traits(store, PolicyStatement) is None


def test_a_call_of_the_activity_log_is_held_against_whoever_made_it(stage: Stage) -> None:
    traits = stage.world.traits(stage.store(), Versioning)
    assert traits
    assert traits.calls == {"microsoft.storage/storageaccounts/blobservices/write"}
