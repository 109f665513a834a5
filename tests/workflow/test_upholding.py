"""A thief who takes our refusal off again, in the seconds that IAM needs: it ends, though every sweep takes three times as long."""

import random
import time
from collections.abc import Mapping
from datetime import datetime
from threading import Lock
from typing import Any

import pytest

from shared.adapters.memory.evidence import MemoryEvidence
from shared.containment.actions import ACTIONS
from shared.containment.journal import Applied, unmade
from shared.domain.case import Case, Verdict
from shared.domain.facet import DenyAll, Facet, Fence
from shared.domain.plan import Status
from shared.domain.resource import Ref
from shared.ports import Act, World
from shared.workflow import upholding
from shared.workflow.deps import Deps
from shared.workflow.young import HOLDS, Young
from tests.hospital import EXPORT, Hospital
from tests.workflow.driving import go_on, respond

PROPAGATION = 4.0
STEP = 0.2
"""Seconds in which we look once."""

SLOW = 3 * PROPAGATION
"""Seconds that the log takes, and with it a sweep."""

SWEEPS = 4
"""Sweeps in which the log is as slow as that."""

PATIENCE = 0.5
"""Seconds of the machine's own time for a look to come."""


class Watched:
    """The hospital's world, and how often somebody looked whether everything is refused to the thief."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.looks = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._world, name)

    def look[F: Facet](self, target: Ref, facet: type[F]) -> tuple[F, ...]:
        self.looks += (target, facet) == (EXPORT, DenyAll)
        return self._world.look(target, facet)


class Duel(MemoryEvidence):
    """A slow log. While it is asked time passes, and a thief tries once a second to take our refusal off the stolen user.

    `bound`: whether what is in force binds the thief; else nothing ever does.
    """

    def __init__(self, hospital: Hospital, seed: int, sweeps: int = SWEEPS, *, bound: bool = True) -> None:
        self.__dict__.update(hospital.evidence.__dict__)
        self.world = Watched(hospital.world)
        self.taken: list[int] = []
        """in which sweep it was taken off, each time"""
        self._hospital, self._random, self._bound = hospital, random.Random(seed), bound  # noqa: S311  # repeatable, not secret
        self._left, self._sweep = sweeps, 0
        self._line: list[tuple[float, bool]] = []
        self._next = 0.0
        self._answers = True
        self._slow = Lock()

    def by(self, actor: object, since: datetime) -> tuple[Act, ...]:
        with self._slow:
            if self._refused() and self._sweep < self._left:
                self._sweep += 1
                for _ in range(round(SLOW / STEP)):
                    self._passes()
        return super().by(actor, since)  # type: ignore[arg-type]  # whoever it is

    def _passes(self) -> None:
        """One step of time: the thief's in the middle of it, ours at its end."""
        clock = self._hospital.clock
        clock.sleep(STEP / 2)
        now = clock.monotonic()
        self._line.append((now, self._refused()))
        if now >= self._next:
            self._next = now + self._random.uniform(0.7, 1.3)
            self._takes_off(now)
        clock.sleep(STEP / 2)
        self._look_comes()
        self._line.append((clock.monotonic(), self._refused()))

    def _takes_off(self, now: float) -> None:
        in_force = next((on for at, on in reversed(self._line) if at <= now - PROPAGATION), False)
        if self._refused() and not (self._bound and in_force):
            self._hospital.world.put(EXPORT, DenyAll(on=False))
            self._line.append((now, False))
            self.taken.append(self._sweep)

    def _look_comes(self) -> None:
        """Wait until we have looked, and have written what came of it: until the next look but one."""
        until, enough = time.monotonic() + PATIENCE, self.world.looks + 2
        while self._answers and self.world.looks < enough:
            self._answers = time.monotonic() < until  # who does not look once does not look at all
            time.sleep(0.0005)

    def _refused(self) -> bool:
        return any(deny.on for deny in self._hospital.world.look(EXPORT, DenyAll))


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upholding, "TICK", 0.001)
    monkeypatch.setattr(upholding, "SELDOM", 1)


@pytest.mark.parametrize("seed", range(3))
def test_whoever_takes_a_refusal_off_every_second_is_bound_by_it_before_the_second_sweep_is_over(
    hospital: Hospital, seed: int
) -> None:
    duel = Duel(hospital, seed)
    case = respond(hospital.worker(world=duel.world, evidence=duel))
    assert duel.taken
    assert max(duel.taken) <= SWEEPS // 2
    assert (case.verdict, hospital.world.look(EXPORT, DenyAll)[0].on) == (Verdict.CONTAINED, True)


def test_people_are_told_while_somebody_takes_a_refusal_off_and_no_longer(hospital: Hospital) -> None:
    deps = hospital.worker()
    case = respond(deps)

    def work(_: Deps) -> Case:
        hospital.world.put(EXPORT, DenyAll(on=False))
        until = time.monotonic() + 20 * PATIENCE
        while not hospital.world.look(EXPORT, DenyAll) and time.monotonic() < until:
            time.sleep(0.001)
        return case

    after = upholding.upheld(case, deps, work)
    assert hospital.world.look(EXPORT, DenyAll)[0].on
    assert ["took it off again" in left.reason for left in after.left if left.target == str(EXPORT)] == [True]
    lease = hospital.cases.take(case.id, "who upheld it")
    assert lease
    hospital.cases.save(after, lease)
    hospital.cases.give_back(lease)
    assert str(EXPORT) not in {left.target for left in go_on(after, deps).left}


def test_what_was_put_back_many_times_is_two_entries_of_the_record(hospital: Hospital) -> None:
    duel = Duel(hospital, 7, sweeps=1, bound=False)
    deps = hospital.worker(world=duel.world, evidence=duel)
    case = respond(deps)
    assert len(duel.taken) > SLOW / 2
    said = [(entry.kind, line) for entry in deps.journal(case.id).entries() for line in told(entry.body)]
    assert [kind for kind, _ in said] == ["intended", "outcome"] * 2  # by the fence, and then by whoever upheld it
    assert len(said[-1][1]["request_ids"]) == len(duel.taken)


def test_what_a_wave_writes_meanwhile_is_not_put_back_as_it_was(hospital: Hospital) -> None:
    old, new = (refusal(EXPORT, f"{number}") for number in range(2))
    young, at = Young(), hospital.clock.now()
    young.take([old], at)
    with young.aside([new.change]):
        with young.putting([old.change]) as still:
            assert list(still) == []
        young.take([new], at)
    with young.putting([old.change, new.change]) as still:
        assert list(still) == [new.change]


def test_a_refusal_is_let_go_when_it_has_stood_for_long_enough(hospital: Hospital) -> None:
    refused, at = refusal(EXPORT, "1"), hospital.clock.now()
    young = Young()
    young.take([refused], at)
    young.outgrown([refused.change], at + HOLDS / 2)
    assert young.due(every=True) == [refused.change]
    with young.putting([refused.change]) as still:
        young.put(still, at + HOLDS / 2)
    young.outgrown([refused.change], at + HOLDS)
    assert young.due(every=False) == [refused.change]
    young.outgrown([refused.change], at + 2 * HOLDS)
    assert young.due(every=True) == []


def refusal(target: Ref, body: str) -> Applied:
    """A session was refused everything just now."""
    fence = Fence(sid="CodeblueTest0101", body=body)
    return unmade(ACTIONS["fence-session"].change(target, fence, "because"), Status.APPLIED, "")


def told(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What an entry says of the refusal, where it was not there already."""
    of_it = (line for line in body.get("changes", ()) if (line["action"], line["target"]) == ("deny-all", EXPORT.id))
    return [line for line in of_it if line.get("status") != Status.ALREADY]
