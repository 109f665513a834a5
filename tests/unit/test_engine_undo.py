"""Undoing, repeating after a crash, and the laws of both."""

import pytest
from hypothesis import HealthCheck, given, settings

from shared.containment import engine
from shared.domain.facet import (
    AccessKeyStatus,
    AnyFacet,
    Versioning,
)
from shared.domain.plan import Change, Origin, Plan, Status, Wave
from shared.domain.resource import Ref
from tests.doubles import Killed, Life, ListJournal, mortal
from tests.hospital import CHARTS, EXPORT
from tests.unit.engine_plans import OFF, ON, WANTED, a_world, apply, change, made, now, plan, statuses, undo, worlds_and_plans


class TestUndo:
    """Rule 5: undo restores `before` only where the cloud still holds what we wrote, and never what was the attacker's."""

    def test_what_we_wrote_is_taken_out_and_everything_else_stays(self) -> None:
        world = a_world()
        before = world.state()
        assert statuses(undo(world, apply(world, WANTED))) == [Status.UNDONE] * 4
        assert world.state() == before

    @pytest.mark.parametrize(
        ("wanted", "since", "status"),
        [
            pytest.param(change(CHARTS, ON), Versioning(status=""), Status.LEFT, id="what somebody changed since is left"),
            pytest.param(change(CHARTS, ON), OFF, Status.UNDONE, id="what somebody has put back is undone already"),
            pytest.param(change(CHARTS, ON, reversible=False), None, Status.ONE_WAY, id="what is one-way stays so"),
            pytest.param(change(CHARTS, ON, origin=Origin.ATTACKER), None, Status.LEFT, id="the attacker's work is not restored"),
            pytest.param(change(CHARTS, ON, origin=Origin.LEGITIMATE), None, Status.UNDONE, id="legitimate work is restored"),
            pytest.param(change(CHARTS, ON), None, Status.UNDONE, id="what is nobody's for sure is restored"),
        ],
    )
    def test_on_undo(self, wanted: Change, since: Versioning | None, status: Status) -> None:
        world = a_world()
        world.put(CHARTS, OFF)
        done = apply(world, plan(wanted))
        if since:
            world.put(CHARTS, since)
        writes = len(world.writes)
        assert statuses(undo(world, done)) == [status]
        touched = status is Status.UNDONE and since is None
        assert len(world.writes) == writes + touched
        assert now(world, CHARTS, ON) == (OFF if touched else (since if since and since.status else None if since else ON))

    def test_only_the_keys_that_were_active_are_activated_again(self) -> None:
        world = a_world()
        off = [change(EXPORT, AccessKeyStatus(key_id=i, active=False)) for i in ("AKIA1", "AKIA2")]
        undo(world, apply(world, plan(*off)))
        assert {k.key_id: k.active for k in world.look(EXPORT, AccessKeyStatus)} == {"AKIA1": True, "AKIA2": False}

    def test_an_intent_to_undo_comes_before_its_first_write(self) -> None:
        world = a_world()
        done, journal = apply(world, WANTED), ListJournal(world)
        writes = len(world.writes)
        undo(world, done, journal)
        assert [(e.kind, e.body["wave"]) for e in journal.listed] == [("intended", Wave.FENCE)]
        assert journal.writes_before == [writes]

    @pytest.mark.parametrize("n", range(1, 14))
    def test_an_undo_that_is_throttled_and_repeated_restores_everything(self, n: int) -> None:
        world = a_world()
        before = world.state()
        done = apply(world, WANTED)
        world.allowance = n
        undo(world, done)
        world.allowance = None
        assert set(statuses(undo(world, done))) == {Status.UNDONE}
        assert world.state() == before


class TestSafeToRepeat:
    """Rule 6: it is safe to repeat after a crash at any line: what already holds is not written again."""

    CALLS = 12  # four looks, four writes, four read-backs

    @pytest.mark.parametrize("after", [False, True], ids=["before the call had its effect", "after it"])
    @pytest.mark.parametrize("last", range(1, CALLS + 1))
    def test_a_worker_dies_at_a_call_to_the_cloud(self, last: int, after: bool) -> None:
        whole, world = a_world(), a_world()
        apply(whole, WANTED)
        with pytest.raises(Killed):
            engine.apply(WANTED, mortal(world, Life(last), after=after), ListJournal(), 1)
        made = {(target, f) for target, facets in world.writes for f in facets}
        again = len(world.writes)
        apply(world, WANTED)
        assert world.state() == whole.state()
        assert all((target, f) not in made for target, facets in world.writes[again:] for f in facets)

    def test_the_calls_above_are_all_that_there_are(self) -> None:
        life = Life()
        engine.apply(WANTED, mortal(a_world(), life), ListJournal(), 1)
        assert life.calls == self.CALLS

    @pytest.mark.parametrize("last", range(1, 3))
    def test_a_worker_dies_while_it_writes_its_intent(self, last: int) -> None:
        world = a_world()
        with pytest.raises(Killed):
            engine.apply(WANTED, world, mortal(ListJournal(), Life(last)), 1)
        assert world.writes == []
        assert statuses(apply(world, WANTED)) == [Status.APPLIED] * 4

    @pytest.mark.parametrize("last", range(1, CALLS + 1))
    def test_a_worker_dies_while_it_undoes(self, last: int) -> None:
        world = a_world()
        before = world.state()
        done = apply(world, WANTED)
        made = plan(*(r.change for r in done))
        with pytest.raises(Killed):
            engine.undo(made, mortal(world, Life(last)), ListJournal())
        assert set(statuses(undo(world, done))) == {Status.UNDONE}
        assert world.state() == before


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(worlds_and_plans())
def test_what_was_undone_is_as_if_it_had_never_been(pair: tuple[dict[Ref, list[AnyFacet]], Plan]) -> None:
    there, wanted = pair
    world = made(there)
    before = world.state()
    back = undo(world, apply(world, wanted))
    refused = {(r.change.target, r.change.after.facet) for r in back if r.outcome.status is not Status.UNDONE}
    for target, facets in world.state().items():
        kept = {f for f in facets if (target, f.facet) not in refused}
        assert kept == {f for f in before[target] if (target, f.facet) not in refused}


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(worlds_and_plans())
def test_applying_twice_is_applying_once(pair: tuple[dict[Ref, list[AnyFacet]], Plan]) -> None:
    there, wanted = pair
    world = made(there)
    first = apply(world, wanted)
    after, writes = world.state(), len(world.writes)
    second = apply(world, plan(*(r.change for r in first if r.outcome.status in {Status.APPLIED, Status.ALREADY})))
    assert set(statuses(second)) <= {Status.ALREADY}
    assert (world.state(), len(world.writes)) == (after, writes)
