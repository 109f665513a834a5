"""Migrations whose bulk is done by workers beside each other: what a driver asks them for, and what they do of it.

A driver that has many workers gives each a part; one that has one does them one after another. Nothing but a case, a digest and a
number travels.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from shared.domain.case import Case, Stage
from shared.domain.errors import CloudError, LeaseLost
from shared.domain.plan import Wave
from shared.domain.resource import Ref
from shared.ports import Journal
from shared.ports.record import part_ledger
from shared.reencryption import ByMap, Migration, MigrationResult, Progress, by_parts
from shared.reencryption.by_map import by_map, given_out
from shared.reencryption.by_parts import Shared

from .cancelling import PAUSED, Cancelling
from .deps import Deps, Recovery
from .foreseeing import most
from .step import Part, over

AT_ONCE = 1_000
"""Parts in one run of a service's fan-out: each is a ledger that is looked at before and after."""

SLOWEST = 20.0
"""Calls a second where the key service has none to spare now: what is begun is not left lying."""


def parts(
    case: Case, deps: Deps, recovery: Recovery, plans: Iterable[Migration], cancelled: Callable[[], bool]
) -> tuple[Part, ...]:
    """What of these migrations workers are to do now; none where the rest is one worker's. Raises `NotDurable`."""
    return tuple(
        Part(case=case.id, migration=plan.id, number=number)
        for plan in plans
        for number in _open(_shared(case, deps, recovery, plan), cancelled)
    )


def _open(of: Shared, cancelled: Callable[[], bool]) -> tuple[int, ...]:
    """None where the store can not be looked at now: the worker who does the rest says why."""
    try:
        return by_parts.open_parts(of, cancelled)
    except CloudError:
        return ()


def run(
    case: Case, deps: Deps, recovery: Recovery, plan: Migration, cancelled: Cancelling, progress: Callable[[Progress], None]
) -> str:
    """Have the service's own fan-out work on the parts of a migration; empty when that is over, else why not.

    Raises as `by_map`.
    """
    of, runs = replace(_shared(case, deps, recovery, plan), at_once=AT_ONCE), recovery.of(plan.store).runs
    if runs is None:
        return ""
    return by_map(of, ByMap(runs, case.id, lambda: cancelled.why == PAUSED), cancelled, progress)


def by_runs(recovery: Recovery, store: Ref) -> bool:
    """Whether a service's own fan-out has the workers for this store, and no driver."""
    return recovery.of(store).runs is not None


def begun(case: Case, deps: Deps, recovery: Recovery, plan: Migration) -> bool:
    """Whether its store is being cut, or was: what goes before that has gone."""
    return by_parts.begun(_shared(case, deps, recovery, plan))


def work(part: Part, deps: Deps, plans: Callable[[Case, Recovery], Iterable[Migration]]) -> MigrationResult | None:
    """Work on one part, as long as it is open on record, whatever the case does beside that; None where it is not.

    A store is cut, and a run of workers begun, when somebody agreed to that and not before. Raises as `migrate`.
    """
    case, recovery = deps.cases.load(part.case), deps.recovery() if deps.recovery else None
    if recovery is None or not _moves(case) or deps.cases.paused():
        return None
    plan = next((plan for plan in plans(case, recovery) if plan.id == part.migration), None)
    if plan is None:
        return None
    allowed = most(deps, recovery, plan.store)
    paced = plan if allowed is None else plan.but(ceiling=allowed or SLOWEST)
    try:
        of = _shared(case, deps, recovery, paced)
        of = of if given_out(of, part.number) else replace(of, journal=_afresh(deps, case.id))
        if not given_out(of, part.number):
            return None
        return by_parts.work(of, part.number, Cancelling(deps.cases, deps.clock, recovery.of(plan.store).turn))
    except LeaseLost:  # somebody else is at it
        return None


def _moves(case: Case) -> bool:
    """Whether nothing speaks against moving: what was moved is not being proved, nobody refused it, and the case is not over."""
    return case.stage is not Stage.VERIFY and Wave.MIGRATE not in case.declined and not over(case)


def _shared(case: Case, deps: Deps, recovery: Recovery, plan: Migration) -> Shared:
    def ledger(number: int) -> Journal:
        return _afresh(deps, part_ledger(case.id, plan.id, number))

    there = recovery.of(plan.store)
    workers = min(deps.policy.migration.workers, there.workers)
    return Shared(plan, there.objects, deps.journal(case.id), ledger, deps.clock, versions=there.part, beside=workers)


def _afresh(deps: Deps, ledger: str) -> Journal:
    """What others write while we only read: who opened it once would not see it grow. A case's is for reading alone here."""
    return (deps.afresh or deps.journal)(ledger)
