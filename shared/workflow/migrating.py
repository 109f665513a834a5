"""What is stored already, moved to the successor version by version, and the proof of it by another way of looking."""

from collections.abc import Iterable

from shared.containment.action import Action
from shared.containment.actions import ACTIONS
from shared.domain.case import Case, LeftForPeople, Stage, Succession, Verdict
from shared.domain.facet import Migrated
from shared.domain.plan import Change, Wave
from shared.domain.resource import Ref
from shared.domain.value import Value
from shared.reencryption import Migration, MigrationResult, Proof, migrate, verify

from . import exact, waves
from .deps import Deps, Recovery
from .step import Next

AGAIN_SECONDS = 30


class Moved(Value):
    """What became of one store, as the record keeps it: counts only."""

    store: Ref
    result: MigrationResult
    proof: Proof | None = None


def move(case: Case, deps: Deps) -> Next:
    """Move every version that can be moved. Raises `NotDurable`, and `CloudError` where a store can not be listed."""
    if deps.recovery is None or Wave.MIGRATE in case.declined:
        return Next(case, Stage.SWEEP)
    known, made = exact.current(case, deps, Wave.MIGRATE, lambda: _changes(case))
    if not exact.agreed(known, deps, made):
        asked = exact.asked(known, deps, made)
        return Next(asked.but(verdict=Verdict.AWAITING_APPROVAL), Stage.MIGRATE, ask_seconds=waves.remaining(asked, deps))
    results = [(p, migrate(p, deps.recovery.objects, deps.journal(case.id), deps.clock)) for p in _migrations(known, deps.recovery)]
    unfinished = [p.store for p, r in results if not r.finished]
    left = tuple(entry for p, r in results for entry in _left(p, r))
    after = known.but(awaiting=None, left=tuple(dict.fromkeys((*known.left, *left))))
    if unfinished:
        return Next(after, Stage.MIGRATE, again_seconds=AGAIN_SECONDS)
    return Next(after, Stage.VERIFY)


def prove(case: Case, deps: Deps) -> Next:
    """Look at every version afresh, and put on record what is under which key. Raises as `move`."""
    if deps.recovery is None:
        return Next(case, Stage.SWEEP)
    journal = deps.journal(case.id)
    proofs = [(p, verify(p, deps.recovery.objects, journal, deps.clock)) for p in _migrations(case, deps.recovery)]
    for plan, proof in proofs:
        body = {"store": plan.store.id, "total": proof.total, "eligible_left": proof.eligible_left, "done": proof.done}
        journal.append("verified", {**body, "blob": journal.blob(proof.model_dump_json().encode())})
    if any(proof.eligible_left for _, proof in proofs):
        return Next(case, Stage.MIGRATE, again_seconds=AGAIN_SECONDS)
    broken = tuple(entry for plan, proof in proofs for entry in _broken(plan, proof))
    return Next(case.but(left=tuple(dict.fromkeys((*case.left, *broken)))), Stage.SWEEP)


def _changes(case: Case) -> Iterable[Change]:
    """One change a store: nothing that could be moved is under an old key any more. It can not be undone."""
    action: Action = ACTIONS["migrate"]
    for store in case.scope.stores:
        for succession in _of(store, case):
            after = Migrated(old=succession.old.id, new=succession.new.id)
            yield action.change(store, after, "what was stored before is still in the old key's reach", reversible=False)


def _migrations(case: Case, recovery: Recovery) -> tuple[Migration, ...]:
    return tuple(
        Migration(store=store, old=frozenset(s.old.id for s in found), successor=found[0].new.id, canary=recovery.canary)
        for store in case.scope.stores
        if (found := _of(store, case))
    )


def _of(store: Ref, case: Case) -> tuple[Succession, ...]:
    """The keys that a store of this Region can be under, and what takes their place there."""
    return tuple(s for s in case.scope.successors if s.old.region == store.region)


def _left(plan: Migration, result: MigrationResult) -> Iterable[LeftForPeople]:
    for reason, count in result.blocked.items():
        words = f"{count} versions stay under the old key: {reason}"
        yield LeftForPeople(target=str(plan.store), reason=words, next="the old key stays enabled for them", blocks=False)
    for reason, count in result.failed.items():
        yield LeftForPeople(
            target=str(plan.store), reason=f"{count} versions failed: {reason}", next="`codeblue apply` tries again"
        )


def _broken(plan: Migration, proof: Proof) -> Iterable[LeftForPeople]:
    if proof.mismatches:
        words = f"{len(proof.mismatches)} moved versions are not what their lane promised"
        yield LeftForPeople(target=str(plan.store), reason=words, next="the record names them; compare with a backup")
