"""The cloud in dictionaries refuses like the real ones: what is proved on it is worth something."""

import pytest

from shared.adapters.memory.world import MemoryWorld
from shared.domain.errors import Absent, CloudError, DoesNotFit, Poisoned, Refused, Throttled, Unreachable
from shared.domain.facet import (
    AccessKeyStatus,
    ConsoleLogin,
    Facet,
    KeyState,
    LifecycleRule,
    PolicyStatement,
    Rotated,
    SharedWith,
    Versioning,
)
from shared.ports import Relation
from tests.hospital import CHARTS, EXPORT, KEY, REPLICA, statement

OURS = statement("Codeblue0101", Effect="Deny")
THEIRS = statement("Readers", Effect="Allow")
POLICY = (CHARTS, "resource-policy")


def a_world(*facets: Facet) -> MemoryWorld:
    world = MemoryWorld()
    world.put(CHARTS, *facets)
    return world


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        pytest.param(KeyState(enabled=False, deletion_pending=True), Refused, id="scheduling a key's deletion"),
        pytest.param(Versioning(status=""), Refused, id="unsetting versioning"),
        pytest.param(Rotated(since=None), Refused, id="undoing a rotation"),
        pytest.param(ConsoleLogin(present=True), Refused, id="giving a password back"),
        pytest.param(AccessKeyStatus(key_id="AKIAGONE", active=True), Absent, id="activating a key that is gone"),
        pytest.param(LifecycleRule(rule_id="gone", enabled=True), Absent, id="switching on a rule that is gone"),
    ],
)
def test_refused_is(wanted: Facet, error: type[CloudError]) -> None:
    world = a_world(THEIRS)
    with pytest.raises(error):
        world.write(CHARTS, [wanted])
    assert world.state() == a_world(THEIRS).state()


def test_a_write_keeps_everything_in_the_document_that_it_does_not_name() -> None:
    world = a_world(THEIRS)
    world.write(CHARTS, [OURS])
    assert set(world.look(CHARTS, PolicyStatement)) == {OURS, THEIRS}


def test_writing_what_stands_for_nothing_takes_it_out() -> None:
    world = a_world(OURS, THEIRS)
    world.write(CHARTS, [OURS.absent])
    assert world.look(CHARTS, PolicyStatement) == (THEIRS,)


@pytest.mark.parametrize(
    "facets",
    [
        pytest.param([], id="nothing at all"),
        pytest.param([OURS, Versioning(status="Enabled")], id="two documents"),
    ],
)
def test_one_write_is_not_of(facets: list[Facet]) -> None:
    with pytest.raises(Refused, match="one document"):
        a_world().write(CHARTS, facets)


def test_several_parts_of_one_document_are_one_write() -> None:
    world = a_world()
    receipt = world.write(CHARTS, [SharedWith(account="1", shared=True), SharedWith(account="2", shared=True)])
    assert len(receipt.request_ids) == 1


def test_every_write_has_a_request_id_of_its_own() -> None:
    world = a_world()
    assert world.write(CHARTS, [OURS]).request_ids != world.write(CHARTS, [OURS]).request_ids


class TestTrouble:
    """What goes wrong is a state of the world."""

    def test_what_is_not_there_is_absent(self) -> None:
        with pytest.raises(Absent):
            MemoryWorld().look(CHARTS, Versioning)

    @pytest.mark.parametrize("call", ["look", "write", "related"])
    def test_in_an_account_that_lets_us_in_no_more_nothing_is_answered_to_a(self, call: str) -> None:
        world = a_world()
        world.unreachable.add(CHARTS.account)
        argument = {"look": Versioning, "write": [OURS], "related": Relation.KEYS}[call]
        with pytest.raises(Unreachable):
            getattr(world, call)(CHARTS, argument)

    def test_a_poisoned_document_can_not_be_written(self) -> None:
        world = a_world()
        world.poisoned.add(POLICY)
        with pytest.raises(Poisoned):
            world.write(CHARTS, [OURS])
        world.write(CHARTS, [Versioning(status="Enabled")])

    def test_a_document_holds_no_more_than_it_has_room_for(self) -> None:
        world = a_world(THEIRS)
        world.room[POLICY] = len(THEIRS.model_dump_json()) + len(OURS.model_dump_json())
        world.write(CHARTS, [OURS])
        with pytest.raises(DoesNotFit):
            world.write(CHARTS, [statement("Codeblue0102", Effect="Deny")])

    def test_throttling_begins_after_as_many_calls_as_there_are_left(self) -> None:
        world = a_world()
        world.allowance = 2
        world.look(CHARTS, Versioning)
        world.write(CHARTS, [OURS])
        with pytest.raises(Throttled):
            world.look(CHARTS, Versioning)

    def test_a_lost_write_is_answered_and_takes_no_effect(self) -> None:
        world = a_world()
        world.losing[POLICY] = 1
        assert world.write(CHARTS, [OURS]).request_ids
        assert world.look(CHARTS, PolicyStatement) == ()
        world.write(CHARTS, [OURS])
        assert world.look(CHARTS, PolicyStatement) == (OURS,)

    def test_a_contested_document_is_overwritten_after_each_write(self) -> None:
        world = a_world()
        world.contested[POLICY] = (THEIRS, OURS.but(body=None))
        world.write(CHARTS, [OURS])
        assert world.look(CHARTS, PolicyStatement) == (THEIRS,)


def test_resources_hang_on_others_as_they_were_hung() -> None:
    world = a_world()
    world.put(KEY)
    world.relate(KEY, Relation.REPLICAS, REPLICA)
    assert world.related(KEY, Relation.REPLICAS) == (REPLICA,)
    assert world.related(CHARTS, Relation.KEYS) == ()


def test_a_resource_that_was_deleted_is_gone() -> None:
    world = a_world()
    world.put(EXPORT)
    world.remove(EXPORT)
    assert set(world.state()) == {CHARTS}
