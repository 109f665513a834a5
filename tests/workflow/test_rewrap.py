"""Where data keys are wrapped anew, a key is replaced by telling its dependants: nothing that is stored moves, and it is proved."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from shared.adapters.memory.traffic import MemoryTraffic
from shared.adapters.memory.world import MemoryWorld
from shared.domain.case import Case, Stage, Verdict
from shared.domain.errors import Refused
from shared.domain.facet import EncryptedWith, Facet, Grant, KeyState, PolicyStatement, Rotated, Successor
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt, Relation, Traits
from shared.workflow.deps import Deps
from tests.hospital import CHARTS, KEY, REPLICA, Hospital, ref
from tests.workflow.after_proof import WARD, used
from tests.workflow.driving import YES, go_on, respond
from tests.workflow.recovering import TOPIC

VERSIONED = EncryptedWith(key=KEY.id, follows=True)


class Rewrapping:
    """A world whose dependants wrap their data keys anew, but for those that are `stuck`."""

    def __init__(self, world: MemoryWorld, *stuck: Ref) -> None:
        self._world, self._stuck = world, stuck
        self.lacks: frozenset[type[Facet]] = frozenset()

    def traits(self, target: Ref, facet: type[Facet]) -> Traits | None:
        if facet in self.lacks:
            return None
        return Traits(one_way=True, rewraps=True) if facet is Successor else self._world.traits(target, facet)

    def look[F: Facet](self, target: Ref, facet: type[F]) -> tuple[F, ...]:
        if facet in self.lacks:
            raise Refused("there is no such thing here")
        return self._world.look(target, facet)

    def related(self, target: Ref, relation: Relation) -> tuple[Ref, ...]:
        return self._world.related(target, relation)

    def write(self, target: Ref, facets: Sequence[Facet]) -> Receipt:
        receipt = self._world.write(target, facets)
        if target in self._stuck:
            self._world.put(target, VERSIONED)  # the service answers, and goes on with the old one
        return receipt


@pytest.fixture
def hospital(hospital: Hospital) -> Hospital:
    for target in (CHARTS, TOPIC):
        hospital.world.put(target, VERSIONED)
    hospital.world.relate(KEY, Relation.DEPENDANTS, CHARTS, TOPIC)
    return hospital


def worker(hospital: Hospital, *stuck: Ref) -> Deps:
    """One that can move nothing that is stored."""
    return hospital.worker(world=Rewrapping(hospital.world, *stuck))


@pytest.fixture
def traffic(hospital: Hospital) -> MemoryTraffic:
    return MemoryTraffic(hospital.clock)


def retired(hospital: Hospital, traffic: MemoryTraffic, *lacks: type[Facet]) -> Case:
    """A case in which everything is agreed to, where the uses of keys are read."""
    hospital.world.put(KEY, KeyState(enabled=True, deletion_pending=False))
    world = Rewrapping(hospital.world)
    world.lacks = frozenset(lacks)
    deps = hospital.worker(world=world, traffic=lambda: traffic)
    return go_on(respond(deps, asks=YES), deps, asks=lambda _: ("dr-no", True))


def enabled(hospital: Hospital) -> bool:
    return any(state.enabled for state in hospital.world.look(KEY, KeyState))


def test_the_old_version_is_disabled_when_every_use_is_explained_and_a_person_agrees(
    hospital: Hospital, traffic: MemoryTraffic
) -> None:
    traffic.used(used(KEY, within=CHARTS.id))
    case = retired(hospital, traffic)
    assert (enabled(hospital), case.scope.retired) == (False, (KEY,))


def test_a_use_that_nothing_explains_keeps_it_and_it_is_said_without_a_fence_that_is_none(
    hospital: Hospital, traffic: MemoryTraffic
) -> None:
    traffic.used(used(KEY))
    case = retired(hospital, traffic, PolicyStatement, Grant)
    assert enabled(hospital)
    (why,) = [left.reason for left in case.people if left.target == str(KEY)]
    assert why.startswith(f"the old key is not disabled: {WARD.principal and WARD.principal.id} used it 1 times")


def test_a_use_after_everything_was_wrapped_anew_keeps_it(hospital: Hospital, traffic: MemoryTraffic) -> None:
    traffic.used(used(KEY, within=CHARTS.id, at=hospital.clock.now() + timedelta(hours=20)))
    retired(hospital, traffic)
    assert enabled(hospital)


def test_what_only_people_can_move_keeps_it(hospital: Hospital, traffic: MemoryTraffic) -> None:
    hospital.world.relate(KEY, Relation.LISTED, ref(Kind.BACKUP_VAULT, "recovery"))
    retired(hospital, traffic)
    assert enabled(hospital)


def key_of(hospital: Hospital, target: Ref) -> EncryptedWith:
    (found,) = hospital.world.look(target, EncryptedWith)
    return found


def test_every_dependant_is_under_the_successor_and_nothing_is_moved(hospital: Hospital) -> None:
    deps = worker(hospital)
    case = respond(deps, asks=YES)
    (succession,) = case.scope.successors
    assert succession.rewraps
    wanted = VERSIONED.but(key=succession.new.id)
    assert (key_of(hospital, CHARTS), key_of(hospital, TOPIC)) == (wanted, wanted)
    entries = {e.kind: e.body for e in deps.journal(case.id).entries()}
    assert "verified" not in entries
    assert entries["rewrapped"] == {"key": KEY.id, "successor": wanted.key, "wrapped": [CHARTS.id, TOPIC.id], "left": []}
    assert (case.verdict, case.versions) == (Verdict.CONTAINED, ())
    assert case.stage is not Stage.MIGRATE


def test_what_stays_under_the_old_key_is_said(hospital: Hospital) -> None:
    case = respond(worker(hospital, TOPIC), asks=YES)
    assert key_of(hospital, TOPIC) == VERSIONED
    assert case.verdict is Verdict.PARTIAL
    assert any(left.target == str(TOPIC) for left in case.people)


def test_a_responder_that_can_move_nothing_replaces_no_key_from_which_something_has_to_be_moved(hospital: Hospital) -> None:
    case = respond(hospital.worker(), asks=YES)
    assert not case.scope.successors
    assert key_of(hospital, CHARTS) == VERSIONED


@pytest.mark.parametrize(("under", "asked"), [(f"{KEY.id}-newer", False), (KEY.id, True)], ids=["a newer key", "the old one still"])
def test_a_key_that_another_case_has_replaced_meanwhile_is_not_replaced_again(hospital: Hospital, under: str, asked: bool) -> None:
    for key in (KEY, REPLICA):
        hospital.world.put(key, Rotated(since=hospital.clock.now() + timedelta(minutes=5)))
    for target in (CHARTS, TOPIC):
        hospital.world.put(target, VERSIONED.but(key=under))
    case = respond(worker(hospital), asks=YES)
    assert (bool(case.scope.successors), case.verdict) == (asked, Verdict.CONTAINED)
