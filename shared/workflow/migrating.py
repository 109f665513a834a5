"""What is stored already, moved to the successor version by version, and the proof of it by another way of looking.

A store that can not be moved now stops no other one: people are told, the sweeps go on, and it is tried again.
"""

from collections.abc import Iterable, Sequence
from functools import partial

from shared.containment.action import Action
from shared.containment.actions import ACTIONS
from shared.containment.journal import intended
from shared.domain.case import Case, LeftForPeople, Mode, Stage, Succession, Verdict
from shared.domain.errors import CloudError, Throttled
from shared.domain.facet import Migrated
from shared.domain.plan import Change, Plan, Wave
from shared.domain.resource import Ref
from shared.domain.versions import Engine
from shared.reencryption.by_job import GOES_ON, ByJob
from shared.reencryption.lanes import Reason, Unseen
from shared.reencryption.manifest import settled
from shared.reencryption.migrate import migrate
from shared.reencryption.plan import Migration
from shared.reencryption.result import MigrationResult, Proof
from shared.reencryption.verify import UNKNOWN, verify

from . import exact, exposing, proving, sharing, waves
from .asking import put
from .cancelling import PAUSED, TIME_IS_UP, Cancelling
from .counting import moved, outcomes, slot_of
from .deps import Deps
from .foreseeing import Foreseen, Pair, foresee, most, told
from .putting_off import put_off, tell
from .recovery import Recovery
from .step import Next, Part
from .strange_jobs import with_strange_jobs
from .unmoved import AGAIN, UNDER_WAY, Going, Ran, people, stays

AGAIN_SECONDS = 1
PAUSED_SECONDS = 30
JOB_SECONDS = 60

ROUNDS = 3
"""Migrations in a row when each proof finds new versions under an old key: somebody writes there, and people are told."""

NOT_MOVED = LeftForPeople(
    target="stored versions",
    reason="the policy only observes migrations: what was stored before is still under the old key",
    next='set [modes] migrate = "ask" in response.toml, then `codeblue apply`',
    blocks=False,
)
NOT_ALL = "what is stored is moved to the successor"
NOTHING_FREE = Throttled("KMS has no request to spare now")
NOT_NOW = "its case is not being moved now, or another worker is at it"


def unfinished(case: Case) -> bool:
    """Whether something stored is still to be moved, or the proof of that is still to be had."""
    return bool(_open(case))


def move(case: Case, deps: Deps) -> Next:
    """Move every version that can be moved. Raises `NotDurable`."""
    if deps.recovery is None or Wave.MIGRATE in case.declined:
        return Next(case, Stage.SWEEP)
    if deps.policy.mode(Wave.MIGRATE) is Mode.OBSERVE:
        return Next(case.but(unmoved=people(case, [NOT_MOVED], NOT_MOVED.target)), Stage.SWEEP)
    if not unfinished(case):
        return Next(with_strange_jobs(case, deps, deps.recovery()), Stage.SWEEP)
    recovery, foreseen = deps.recovery(), list[Foreseen]()
    missing = {(store, s.old.id) for store, s in _open(case)}
    known, made = exact.current(
        case, deps, Wave.MIGRATE, lambda: _changes(case, deps, recovery, foreseen), lambda plan: missing <= _by(plan)
    )
    if not exact.agreed(known, deps, made):
        return put(exact.asked(known, deps, made, told(foreseen)), deps)
    return _carried_out(case, known.but(awaiting=None, verdict=Verdict.OPEN), made, deps, recovery)


def _carried_out(case: Case, known: Case, made: Plan, deps: Deps, recovery: Recovery) -> Next:
    """What was agreed, as far as this worker gets with it. Raises `NotDurable`."""
    started, cancelling = deps.clock.monotonic(), Cancelling(deps.cases, deps.clock)
    beside = _beside(known, recovery, made)
    fresh = frozenset(plan.id for plan in beside if not sharing.begun(known, deps, recovery, plan))
    if not known.versions and len(fresh) == len(beside):
        deps.journal(case.id).append("intended", intended(made, made.changes, deps.journal(case.id)))
    first = _exposed(known, deps) if fresh else {}
    beside = tuple(plan.but(first=first[plan.store]) if plan.id in fresh else plan for plan in beside)
    ours = tuple(
        sharing.paced(plan, sharing.share(plan, deps, recovery, sharing.together(plan, beside, recovery)))
        for plan in beside
        if not sharing.by_runs(recovery, plan.store)
    )
    if parts := sharing.parts(known, deps, recovery, ours, cancelling):
        return _swept_on(known, AGAIN_SECONDS, parts)
    ran = _ran(known, deps, recovery, cancelling, made)
    after_moves = with_strange_jobs(moved(known, ran), deps, recovery)
    fails = any(each.why not in UNDER_WAY for each in ran)
    if (waiting := _waiting(cancelling, ran)) is not None:
        if fails:
            tell(case, after_moves, deps, NOT_ALL)
        paused = cancelling.why == PAUSED
        return Next(after_moves, Stage.MIGRATE, again_seconds=waiting) if paused else _swept_on(after_moves, waiting)
    after = waves.record(after_moves, deps, made, tuple(outcomes(made, ran)), started) if ran else after_moves
    if ran and all(each.why for each in ran):
        return put_off(case, after, deps, NOT_ALL)
    if fails:
        tell(case, after, deps, NOT_ALL)  # the proof of the others comes first, and would find it told already
    return Next(after, Stage.VERIFY)


def _swept_on(case: Case, seconds: float, parts: tuple[Part, ...] = ()) -> Next:
    """It goes on for days: the fence is swept in between. The sweep that comes back counts for none, so that none ends the case."""
    return Next(case.but(quiet_sweeps=max(0, case.quiet_sweeps - 1)), Stage.SWEEP, again_seconds=seconds, parts=parts)


def _waiting(cancelling: Cancelling, ran: Sequence[Ran]) -> int | None:
    """Seconds until a run that was stopped, or has left a job to itself, goes on; None where it was neither."""
    if cancelling.why:
        return AGAIN_SECONDS if cancelling.why == TIME_IS_UP else PAUSED_SECONDS
    return JOB_SECONDS if any(each.why == GOES_ON for each in ran) else None


def prove(case: Case, deps: Deps) -> Next:
    """Look at every moved version afresh, and put on record what is under which key. Raises `NotDurable`."""
    if deps.recovery is None:
        return Next(case, Stage.SWEEP)
    recovery, after, cancelling = deps.recovery(), case, Cancelling(deps.cases, deps.clock)
    proofs: dict[Ref, Proof] = {}
    for plan in _migrations(case, recovery):
        after = _proved(after, plan, deps, recovery, proofs, cancelling)
        if (waiting := _waiting(cancelling, ())) is not None:
            return Next(after, Stage.VERIFY, again_seconds=waiting)
    if any(not v.done and 0 < v.rounds < ROUNDS for v in after.versions):
        return Next(after, Stage.MIGRATE, again_seconds=AGAIN_SECONDS)
    if unfinished(after):
        return put_off(case, after, deps, NOT_ALL)
    return Next(after.but(unmoved=tuple(dict.fromkeys((*after.unmoved, *proving.people(after, deps, recovery))))), Stage.SWEEP)


def _changes(case: Case, deps: Deps, recovery: Recovery, foreseen: list[Foreseen]) -> Iterable[Change]:
    """One change for each store and key: nothing that could be moved is under the old key any more. It can not be undone.

    What is foreseen of each goes into `foreseen`. Raises `NotDurable`.
    """
    action: Action = ACTIONS["migrate"]
    pairs = _pairs(case)
    foreseen += foresee(case, deps, recovery, [Pair(store, s.old, foreign=s.new.account != store.account) for store, s in pairs])
    for (store, s), each in zip(pairs, foreseen, strict=True):
        after = Migrated(old=s.old.id, new=s.new.id, engine=each.forecast.engine)
        yield action.change(store, after, "what was stored before is still in the old key's reach", reversible=False)


def _pairs(case: Case) -> tuple[tuple[Ref, Succession], ...]:
    """Every store, with each key of its Region that what it holds can be under, and has to be moved from; or each part of it."""
    moving = [s for s in case.scope.successors if not s.rewraps]
    by_key = ((t, s) for t in case.scope.stores for s in moving if (s.old.cloud, s.old.region) == (t.cloud, t.region))
    by_part = ((t, s) for t in case.scope.stores for s in case.scope.renewed if f"{s.old.id}/".startswith(f"{t.id}/"))
    return (*by_key, *by_part)


def _open(case: Case) -> tuple[tuple[Ref, Succession], ...]:
    done = {(v.store, v.key) for v in case.versions if v.done}
    return tuple((store, s) for store, s in _pairs(case) if (store, s.old) not in done)


def _migrations(case: Case, recovery: Recovery) -> tuple[Migration, ...]:
    """What is still to be moved or proved."""
    return tuple(
        Migration(
            store=store,
            old=frozenset({s.old.id}),
            successor=s.new.id,
            canary=recovery.of(store).canaries.get(store.region),
            foreign=s.new.account != store.account,
        )
        for store, s in _open(case)
    )


def _exposed(case: Case, deps: Deps) -> dict[Ref, frozenset[str]]:
    """Keys of the objects that the actors read, by store: they are moved first. Read from the log each time, and kept nowhere."""
    read = {e.store for e in case.exposures if e.objects}
    stores = {store for store, _ in _open(case)}
    return {store: exposing.first(case, deps, store) if store in read else frozenset() for store in stores}


def _by(made: Plan, engine: Engine | None = None) -> frozenset[tuple[Ref, str]]:
    """Stores and old keys (ARNs) for which this engine was approved, or any."""
    return frozenset((c.target, a.old) for c in made.changes if isinstance(a := c.after, Migrated) and engine in {None, a.engine})


def _beside(case: Case, recovery: Recovery, made: Plan) -> tuple[Migration, ...]:
    """What workers beside each other were approved for."""
    theirs = _by(made, Engine.MAP)
    return tuple(plan for plan in _migrations(case, recovery) if any((plan.store, old) in theirs for old in plan.old))


def work(part: Part, deps: Deps) -> bool:
    """What a worker does who is given a part; whether that is over. Raises `CloudError`, `NotDurable`."""
    result = worked(part, deps)
    return result is not None and result.finished


def worked(part: Part, deps: Deps) -> MigrationResult | None:
    """The same, and what it came to; None where it is not to be worked on now. Raises `CloudError`, `NotDurable`."""
    return sharing.work(part, deps, _migrations)


def _ran(case: Case, deps: Deps, recovery: Recovery, cancelling: Cancelling, made: Plan) -> list[Ran]:
    """Every store, from every key that something in it is under: who has looked at all of it has looked for the other keys too."""
    first, ran = _exposed(case, deps), list[Ran]()
    jobs, theirs = _by(made, Engine.BATCH), _by(made, Engine.MAP)
    job = ByJob(recovery.jobs, lambda: cancelling.why == PAUSED) if recovery.jobs else None
    plans = _migrations(case, recovery)
    done = {plan.id for plan in plans if settled(plan, deps.journal(case.id))}
    for plan in sorted(plans, key=lambda plan: plan.id in done):
        if plan.id in done and any(each.why == GOES_ON for each in ran):
            continue  # nothing was left in it: it is swept once more when the others are through
        among = 2 if sharing.going(case, deps, plans) - {plan.id} else 1
        results = (each.result for each in ran if each.plan.store == plan.store)
        seen = next((r for r in results if isinstance(r, MigrationResult) and r.keys is not None and not plan.old & r.keys), None)
        by = job if any((plan.store, old) in jobs for old in plan.old) else None
        asked = plan.but(first=first[plan.store])
        beside = not seen and any((plan.store, old) in theirs for old in plan.old)
        going = _going(asked, case, deps, recovery, cancelling, plans) if beside else None
        ran.append(going or (Ran(plan, _nothing(seen)) if seen else _run(asked, case, deps, recovery, cancelling, by, among)))
    return ran


def _going(
    plan: Migration, case: Case, deps: Deps, recovery: Recovery, cancelling: Cancelling, plans: Sequence[Migration]
) -> Ran | None:
    """What keeps the service's workers beside each other from being through; None where nothing does, or it has none."""
    allowed = sharing.share(plan, deps, recovery, sharing.together(plan, plans, recovery))
    if allowed == 0 and not sharing.begun(case, deps, recovery, plan):
        return Ran(plan, NOTHING_FREE)
    others, paced = frozenset(each.id for each in plans) - {plan.id}, sharing.paced(plan, allowed)
    try:
        why = sharing.run(case, deps, recovery, paced, cancelling, partial(deps.watch, plan.store), others)
    except CloudError as error:
        return Ran(plan, error)
    return Ran(plan, Going(why)) if why else None


def _nothing(seen: MigrationResult) -> MigrationResult:
    """The result for a key that nothing in the store is under, from the look for another key."""
    blocked = {reason: n for reason, n in seen.blocked.items() if reason == Reason.CUSTOMER_KEY}
    return seen.but(moved={}, blocked=blocked, failed={}, lost=0)


def _run(plan: Migration, case: Case, deps: Deps, recovery: Recovery, cancelling: Cancelling, job: ByJob | None, among: int) -> Ran:
    watch, most_calls = partial(deps.watch, plan.store), sharing.share(plan, deps, recovery, among)
    if most_calls == 0:
        return Ran(plan, NOTHING_FREE)
    try:
        plan = plan.but(ceiling=most_calls)
        result = migrate(
            plan, recovery.of(plan.store).objects, deps.journal(case.id), deps.clock, cancelled=cancelling, progress=watch, job=job
        )
    except CloudError as error:
        return Ran(plan, error)
    return Ran(plan, result)


def _proved(case: Case, plan: Migration, deps: Deps, recovery: Recovery, proofs: dict[Ref, Proof], cancelling: Cancelling) -> Case:
    """The case with the proof of one migration, or without where it was stopped. `proofs` are those of this look, by store.

    Raises `NotDurable`.
    """
    slot, journal = slot_of(case, plan), deps.journal(case.id)
    now = next((v for v in case.versions if (v.store, v.key) == slot), None)
    if now is None:  # it could not even be listed
        return case
    try:
        known = None if now.moved else _absent(proofs.get(plan.store), plan)
        paced = sharing.paced(plan, most(deps, recovery, plan.store))
        proof = known or verify(paced, recovery.of(plan.store).to_prove, journal, deps.clock, cancelling)
    except CloudError as error:
        unseen = LeftForPeople(target=str(plan.store), reason=f"what was moved could not be proved: {error}", next=AGAIN)
        return case.but(unmoved=tuple(dict.fromkeys((*case.unmoved, unseen))))
    if proof is None:
        return case
    proofs.setdefault(plan.store, proof)
    body = {"store": plan.store.id, "key": slot[1].id, "total": proof.total, "eligible_left": proof.eligible_left}
    kept = journal.blob(proof.model_dump_json().encode())
    journal.append("verified", {**body, "done": proof.done, "blob": kept})
    left = bool(proof.eligible_left)
    found = now.but(done=not left, rounds=now.rounds + left, altered=len(proof.mismatches))
    words = f"{proof.eligible_left} versions are under the old key, again or still: somebody writes with it"
    writer = LeftForPeople(target=str(plan.store), reason=words, next=f"find the writer that names the old key; {AGAIN}")
    versions = tuple(found if v is now else v for v in case.versions)
    more = (*stays(found), *([writer] if left else []))
    return case.but(versions=versions, unmoved=tuple(dict.fromkeys((*case.unmoved, *more))))


def _absent(seen: Proof | None, plan: Migration) -> Proof | None:
    """The proof for a key that nothing was moved from, where a fresh look at all of the store shows nothing under it; else None."""
    if seen is None or UNKNOWN[Unseen.DENIED] in seen.keys or plan.old & seen.keys.keys():
        return None
    return seen.but(eligible_left=0, blocked={}, compared=0, mismatches=(), rewritten=0, gone=0, lost=0)
