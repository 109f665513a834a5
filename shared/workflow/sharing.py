"""Migrations whose bulk is done by workers beside each other: what a driver asks them for, and what they do of it.

A driver that has many workers gives each a part; one that has one does them one after another. Nothing but a case, a digest and a
number travels.
"""

from collections.abc import Callable, Iterable, Sequence
from copy import replace

from shared.domain.case import Case, Stage
from shared.domain.errors import CloudError, LeaseLost
from shared.domain.plan import Wave
from shared.domain.resource import Ref
from shared.ports import Journal
from shared.ports.record import part_ledger
from shared.reencryption import by_parts
from shared.reencryption.by_map import ByMap, by_map, given_out, running
from shared.reencryption.by_parts import Shared
from shared.reencryption.plan import Migration
from shared.reencryption.planner import LEAST_CALLS
from shared.reencryption.result import MigrationResult, Progress

from .cancelling import PAUSED, Cancelling
from .deps import Deps
from .foreseeing import most
from .recovery import Recovery
from .step import Part, over

AT_ONCE = 1_000
"""Parts in one run of a service's fan-out: each is a ledger that is looked at before and after."""


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
    case: Case,
    deps: Deps,
    recovery: Recovery,
    plan: Migration,
    cancelled: Cancelling,
    progress: Callable[[Progress], None],
    others: frozenset[str],
) -> str:
    """Have the service's own fan-out work on the parts of a migration, when none of the `others` has its workers (digests).

    Empty when that is over, else why not.

    Raises as `by_map`.
    """
    of, runs = replace(_shared(case, deps, recovery, plan), at_once=AT_ONCE), recovery.of(plan.store).runs
    if runs is None:
        return ""
    return by_map(of, ByMap(runs, case.id, lambda: cancelled.why == PAUSED, others), cancelled, progress)


def going(case: Case, deps: Deps, plans: Iterable[Migration]) -> frozenset[str]:
    """Those of these migrations (digests) that a run of workers goes on with, by the record."""
    return running(deps.journal(case.id), {plan.id for plan in plans})


def paced(plan: Migration, allowed: float | None) -> Migration:
    """With its share of what can be spared now; as slowly as it can go where that is nothing: what is begun is not left lying."""
    return plan if allowed is None else plan.but(ceiling=allowed or LEAST_CALLS)


def share(plan: Migration, deps: Deps, recovery: Recovery, among: int) -> float | None:
    """As `most`, of one migration among so many."""
    allowed = most(deps, recovery, plan.store)
    return allowed and (allowed / among if allowed / among >= LEAST_CALLS else 0.0)


def together(plan: Migration, plans: Iterable[Migration], recovery: Recovery) -> int:
    """How many of these migrations share what this one may ask for: its key service's rate, or its store's where nobody measures.

    Of those that a service runs workers for one goes at a time, with what one worker of the case does beside it.
    """
    there = recovery.of(plan.store)
    near = sum(_near(each.store, plan.store, by_store=there.ceiling is not None) for each in plans)
    return max(1, min(near, 2) if there.runs else near)


def _near(one: Ref, other: Ref, *, by_store: bool) -> bool:
    if by_store:
        return one == other
    return (one.cloud, one.account, one.region) == (other.cloud, other.account, other.region)


def by_runs(recovery: Recovery, store: Ref) -> bool:
    """Whether a service's own fan-out has the workers for this store, and no driver."""
    return recovery.of(store).runs is not None


def begun(case: Case, deps: Deps, recovery: Recovery, plan: Migration) -> bool:
    """Whether its store is being cut, or was: what goes before that has gone."""
    return by_parts.begun(_shared(case, deps, recovery, plan))


def work(part: Part, deps: Deps, plans: Callable[[Case, Recovery], Sequence[Migration]]) -> MigrationResult | None:
    """Work on one part, as long as it is open on record, whatever the case does beside that; None where it is not.

    A store is cut, and a run of workers begun, when somebody agreed to that and not before. Raises as `migrate`.
    """
    case, recovery = deps.cases.load(part.case), deps.recovery() if deps.recovery else None
    if recovery is None or not _moves(case) or deps.cases.paused():
        return None
    every = plans(case, recovery)
    plan = next((plan for plan in every if plan.id == part.migration), None)
    if plan is None:
        return None
    try:
        of = _shared(case, deps, recovery, paced(plan, share(plan, deps, recovery, together(plan, every, recovery))))
        workers = given_out(of, part.number)
        if not workers:  # perhaps since the record was opened
            of = replace(of, journal=_afresh(deps, case.id))
            workers = given_out(of, part.number)
        if not workers:
            return None
        cancelling = Cancelling(deps.cases, deps.clock, recovery.of(plan.store).turn)
        return by_parts.work(replace(of, beside=workers), part.number, cancelling)
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
    if plan.ceiling:  # fewer, not slower ones
        workers = max(1, min(workers, int(plan.ceiling // LEAST_CALLS)))
    return Shared(plan, there.objects, deps.journal(case.id), ledger, deps.clock, versions=there.part, beside=workers)


def _afresh(deps: Deps, ledger: str) -> Journal:
    """What others write while we only read: who opened it once would not see it grow. A case's is for reading alone here."""
    return (deps.afresh or deps.journal)(ledger)
