"""A wave's one look: asked once, believed where all is as it should be, and never in place of reading what is to be written."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given

from shared.adapters.memory.world import MemoryWorld
from shared.containment import engine
from shared.containment.glance import Glance
from shared.domain.errors import Absent
from shared.domain.facet import AnyFacet, DenyAll, Facet, PolicyStatement
from shared.domain.plan import Plan, Status
from shared.domain.resource import Kind, Ref
from tests.doubles import ListJournal
from tests.hospital import CHARTS, EXPORT, KEY, ref
from tests.unit.engine_plans import OURS, THEIRS, WANTED, a_world, change, made, plan, statuses, worlds_and_plans


class Asked(MemoryWorld):
    """A memory world that counts what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.looks: Counter[tuple[Ref, type[Facet]]] = Counter()

    def look[F: Facet](self, target: Ref, facet: type[F]) -> tuple[F, ...]:
        self.looks[target, facet] += 1
        return super().look(target, facet)


def test_many_who_ask_the_same_share_one_call() -> None:
    world = Asked()
    world.put(CHARTS, THEIRS)
    glance = Glance(world)
    with ThreadPoolExecutor(max_workers=8) as pool:
        answers = set(pool.map(lambda _: glance.look(CHARTS, PolicyStatement), range(64)))
    assert answers == {(THEIRS,)}
    assert world.looks == {(CHARTS, PolicyStatement): 1}


def test_a_look_that_fails_fails_for_all_and_is_not_what_was_seen() -> None:
    glance = Glance(MemoryWorld())
    for _ in range(2):
        with pytest.raises(Absent):
            glance.look(ref(Kind.BUCKET, "gone"), PolicyStatement)
    assert glance.seen(ref(Kind.BUCKET, "gone"), PolicyStatement) is None


def test_what_was_seen_to_hold_is_not_read_again() -> None:
    world = Asked()
    world.put(CHARTS, OURS)
    glance = Glance(world)
    glance.look(CHARTS, PolicyStatement)
    assert statuses(engine.apply(plan(change(CHARTS, OURS)), world, ListJournal(world), 1, glance)) == [Status.ALREADY]
    assert world.looks == {(CHARTS, PolicyStatement): 1}


def test_what_is_written_is_read_first_whatever_was_seen() -> None:
    world = a_world()
    glance = Glance(world)
    glance.look(CHARTS, PolicyStatement)
    world.put(CHARTS, OURS)
    (result,) = engine.apply(plan(change(CHARTS, OURS)), world, ListJournal(world), 1, glance)
    assert result.outcome.status is Status.ALREADY
    assert world.writes == []


def test_what_nobody_looked_at_is_read() -> None:
    world = a_world()
    glance = Glance(world)
    glance.look(KEY, PolicyStatement)
    assert set(statuses(engine.apply(WANTED, world, ListJournal(world), 1, glance))) == {Status.APPLIED}
    assert world.look(EXPORT, DenyAll)


@given(worlds_and_plans())
def test_where_nobody_else_is_at_work_a_glance_changes_nothing(drawn: tuple[dict[Ref, list[AnyFacet]], Plan]) -> None:
    there, wanted = drawn
    plain, glanced = made(there), made(there)
    glance = Glance(glanced)
    for target, facet in {(c.target, type(c.after)) for c in wanted.changes}:
        glance.look(target, facet)
    expected = engine.apply(wanted, plain, ListJournal(plain), 1)
    assert statuses(engine.apply(wanted, glanced, ListJournal(glanced), 1, glance)) == statuses(expected)
    assert glanced.state() == plain.state()
