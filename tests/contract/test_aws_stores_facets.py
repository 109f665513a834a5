"""What every facet of a store, key, trail, share and vault keeps to, over HTTP and under enforced permissions."""

from collections.abc import Iterator

import pytest

from shared.adapters.aws.world import AwsWorld
from shared.domain.errors import Refused
from shared.domain.facet import Facet
from shared.domain.resource import Ref
from tests.contract.aws_stores import Stage, staged
from tests.contract.aws_stores_scenes import (
    ONE_WAY,
    SEEN_ONLY,
    UNDONE,
    Play,
    a_bucket_that_keeps_no_versions,
    a_bucket_with_an_access_grant,
    a_key_about_to_be_deleted,
    a_key_never_rotated,
    a_silent_trail,
    sentence,
)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with staged() as stage:
        yield stage


def _now(world: AwsWorld, ref: Ref, facet: Facet) -> Facet | None:
    """The facet as it is, as the engine reads it: absent where the resource has none."""
    found = {each.part: each for each in world.look(ref, type(facet))}
    return found.get(facet.part, facet.absent)


@pytest.mark.parametrize("scene", [*UNDONE, *ONE_WAY], ids=sentence)
def test_what_was_written_is_what_is_seen(stage: Stage, scene: Play) -> None:
    ref, wanted = scene(stage)
    assert not wanted.satisfied_by(_now(stage.world, ref, wanted))
    receipt = stage.world.write(ref, [wanted])
    assert wanted.satisfied_by(_now(stage.world, ref, wanted))
    assert all(receipt.request_ids)
    assert receipt.request_ids
    assert receipt.notes == ()


@pytest.mark.parametrize("scene", [s for s in (*UNDONE, *ONE_WAY) if s is not a_bucket_with_an_access_grant], ids=sentence)
def test_writing_twice_is_writing_once(stage: Stage, scene: Play) -> None:
    ref, wanted = scene(stage)
    stage.world.write(ref, [wanted])
    once = stage.world.look(ref, type(wanted))
    stage.world.write(ref, [wanted])
    assert stage.world.look(ref, type(wanted)) == once


@pytest.mark.parametrize("scene", UNDONE, ids=sentence)
def test_the_inverse_restores_what_was_there(stage: Stage, scene: Play) -> None:
    ref, wanted = scene(stage)
    everything = sorted(stage.world.look(ref, type(wanted)), key=lambda facet: facet.part)
    before = _now(stage.world, ref, wanted)
    assert before is not None
    stage.world.write(ref, [wanted])
    stage.world.write(ref, [before])
    assert _now(stage.world, ref, wanted) == before
    restored = sorted(stage.world.look(ref, type(wanted)), key=lambda facet: facet.part)
    assert restored == everything or (not everything and restored == [before.absent])


@pytest.mark.parametrize(
    ("scene", "back"),
    [
        pytest.param(a_bucket_with_an_access_grant, {"present": True}, id="a deleted access grant"),
        pytest.param(a_key_about_to_be_deleted, {"deletion_pending": True}, id="a cancelled deletion of a key"),
        pytest.param(a_key_never_rotated, {"since": None}, id="a rotation"),
        pytest.param(a_silent_trail, {"on": False}, id="an audit log's switching on"),
        pytest.param(a_bucket_that_keeps_no_versions, {"status": ""}, id="a bucket's having had versions"),
    ],
)
def test_what_can_not_be_undone_is_refused_in_words(stage: Stage, scene: Play, back: dict[str, object]) -> None:
    ref, wanted = scene(stage)
    with pytest.raises(Refused) as refused:
        stage.world.write(ref, [wanted.but(**back)])
    assert refused.value.code == ""
    assert len(str(refused.value).split()) > 4


@pytest.mark.parametrize("scene", SEEN_ONLY, ids=sentence)
def test_what_is_not_ours_to_write_is_seen_and_refused(stage: Stage, scene: Play) -> None:
    ref, wanted = scene(stage)
    (now,) = stage.world.look(ref, type(wanted))
    assert not wanted.satisfied_by(now)
    with pytest.raises(Refused) as refused:
        stage.world.write(ref, [wanted])
    assert refused.value.code == ""
    assert stage.world.look(ref, type(wanted)) == (now,)
