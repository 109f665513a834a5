"""The drill on AWS: three tenants in three accounts, and a thief with a stolen key."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from shared.adapters.local.clock import SystemClock
from shared.domain.case import Case
from shared.sandbox.aws.hospital_terms import QUICK, Terms, terms
from shared.sandbox.scene import Begun, Ready, Success
from shared.workflow.deps import Deps
from shared.workflow.local import Patience, drive

from .drill import Wanted
from .hospital import Answering, House, Stage, each, lead, of
from .inspection import inspect
from .lapse import LapsedClock
from .verdict import GRACE, Answered, Sight

LOOKS: Final = 3
"""Times that long until what came into being meanwhile is looked for, judged and refused."""


def _opened(ready: Ready[Any]) -> str:
    stored = sum(not held.deleted for held in ready.stored)
    return f"A hospital of three tenants is open: {stored} stored versions under {len(ready.keys)} keys, in three accounts."


def _breach(begun: Begun) -> str:
    return f"A stolen key has read {begun.stolen} objects of health data."


def _terms(wanted: Wanted) -> Terms:
    return terms(wanted.seed, hard=wanted.hard)


def _clock(ready: Ready[Any]) -> LapsedClock:
    return LapsedClock(SystemClock(), ready.behind)


def _hour(cases: tuple[Case, ...], answering: Answering, working: Deps) -> tuple[tuple[Case, ...], Deps]:
    patience = Patience(sweep_seconds=timedelta(hours=2).total_seconds())
    return tuple(drive(case.id, working, answering.asks(working), answering.watch, patience) for case in cases), working


def _sight(stage: Stage, answered: Answered) -> Sight:
    case, played = answered.case, answered.played
    successors = case.scope.successors
    seen = inspect(stage.ready.stored, played.stored, [s.old.id for s in successors], [s.new.id for s in successors])

    def limit(success: Success) -> float:
        """The fence is in force everywhere; what came into being meanwhile is noticed when the log tells of it, refused as late."""
        if success.kind == "control":
            return answered.held.timestamp() - answered.begun.at
        fenced = (case.fenced_at or answered.settled).timestamp() - answered.begun.at
        grace = GRACE * max(1.0, played.pace / QUICK)
        born = success.born + stage.terms.trail_lag + LOOKS * grace
        return float(max(fenced + grace, born) + stage.terms.propagation)

    return Sight(seen.counts, seen.wrong, tuple(_facts(stage, answered, seen.counts)), limit)


def _facts(stage: Stage, answered: Answered, counts: dict[str, dict[str, int]]) -> Iterator[str]:
    for tenant, found in counts.items():
        what = ", ".join(f"{count} {word}" for word, count in found.items())
        yield f"{tenant}: {what}; its old key is {_state(stage.ready.keys[tenant], answered)}."


def _state(key: str, answered: Answered) -> str:
    """Disabled, or why not: the first of the reasons that the case has for it."""
    if answered.played.states.get(key) == "Disabled":
        return "disabled"
    why = (left.reason for left in answered.case.people if left.target.endswith(key))
    return next((reason.removeprefix("the old key is ") for reason in why if reason.startswith("the old key is ")), "enabled")


HOUSE: Final = House(
    cloud="aws",
    terms=_terms,
    scene="shared.sandbox.aws.hospital_scene",
    opened=_opened,
    breach=_breach,
    alarm="GuardDuty raises the alert.",
    clock=_clock,
    answer=each,
    hour=_hour,
    approve=lead,
    sight=_sight,
)

DRILL: Final = of(HOUSE)
