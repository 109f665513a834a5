"""What runs of migrations came to: the versions that a case counts, and the outcome of each change that was agreed."""

from collections.abc import Iterable, Sequence

from shared.containment.journal import Applied, unmade
from shared.domain.case import Case
from shared.domain.errors import CloudError
from shared.domain.plan import Plan, Status
from shared.domain.resource import Ref
from shared.domain.versions import Versions
from shared.reencryption.lanes import Lane, Reason
from shared.reencryption.plan import Migration
from shared.reencryption.result import MigrationResult

from .unmoved import Going, Ran, failed, people, stays


def moved(case: Case, ran: Sequence[Ran]) -> Case:
    """The case with what became of the versions, and what of it is left for people."""
    counts = {(v.store, v.key): v for v in case.versions}
    for each in ran:
        slot = slot_of(case, each.plan)
        if isinstance(each.result, MigrationResult):
            counts[slot] = _counted(counts.get(slot, Versions(store=slot[0], key=slot[1])), each.result)
    left = (*(entry for v in counts.values() for entry in stays(v)), *(entry for each in ran for entry in failed(each)))
    return case.but(versions=tuple(counts.values()), unmoved=people(case, left, *(str(each.plan.store) for each in ran)))


def slot_of(case: Case, plan: Migration) -> tuple[Ref, Ref]:
    """The store, and the old key or part, that a migration is of."""
    return plan.store, next(s.old for s in (*case.scope.successors, *case.scope.renewed) if s.old.id in plan.old)


def _counted(before: Versions, result: MigrationResult) -> Versions:
    moved = result.moved
    return before.but(
        total=result.total - result.nothing.get(Reason.DELETE_MARKER, 0),
        updated=moved.get(Lane.UPDATE, 0),
        copied=moved.get(Lane.COPY, 0),
        multipart=moved.get(Lane.MULTIPART, 0),
        blocked=tuple(sorted(result.blocked.items())),
        lost=result.lost,
        lane=result.update_lane,
    )


def outcomes(made: Plan, ran: Sequence[Ran]) -> Iterable[Applied]:
    """What became of each change of the plan that this run was about."""
    by_slot = {(each.plan.store, key): each for each in ran for key in each.plan.old}
    for change in made.changes:
        each = by_slot.get((change.target, change.after.part))
        if each is not None:
            status = Status.FAILED if each.why else Status.APPLIED if _any(each.result) else Status.ALREADY
            before = change.after if status is Status.ALREADY else None
            yield unmade(change.but(before=before), status, each.why or _words(each.result))


def _any(result: MigrationResult | Going | CloudError) -> bool:
    return isinstance(result, MigrationResult) and bool(result.moved)


def _words(result: MigrationResult | Going | CloudError) -> str:
    if not isinstance(result, MigrationResult):
        return str(result)
    lanes = [f"{count} {lane.value}" for lane, count in sorted(result.moved.items())]
    stay = [f"{count} stay: {reason}" for reason, count in sorted(result.blocked.items())]
    return "; ".join((*lanes, *stay)) or "nothing in it is under the old key"
