"""What migrations will be like, worked out before anybody is asked: the engine, which is approved, and estimates, which are told.

Counts move with every object that somebody stores. So a plan names what decides (which store, from which key, by which engine) and
its digest stands; how long it may take and what it may cost is told beside it and put on record.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from shared.domain.case import Case
from shared.domain.errors import CloudError
from shared.domain.resource import Ref
from shared.domain.value import Value
from shared.domain.versions import Engine
from shared.ports.capacity import Holding, Requests
from shared.ports.objects import StoreFacts, Versioning
from shared.reencryption.planner import Forecast, Task, ceiling, forecast
from shared.settings import MigrationRules

from .deps import Deps
from .recovery import Recovery

MOST_TOLD = 40
"""Sentences that a question carries: the record has the others."""

COUNTING = 240.0
"""Seconds after which no further store is counted: one may take four minutes, and a function has fifteen for all it does."""

UNCOUNTED = Holding()
UNKNOWN = StoreFacts(Versioning.NEVER)


class Foreseen(Value):
    """What is foreseen for one store and one old key (ARN)."""

    store: Ref
    old: str
    forecast: Forecast


@dataclass(frozen=True, slots=True)
class Pair:
    """A store and an old key. `foreign`: its successor is of another account than the store."""

    store: Ref
    old: Ref
    foreign: bool


_FORESEEN = TypeAdapter(tuple[Foreseen, ...])


def foresee(case: Case, deps: Deps, recovery: Recovery, pairs: Iterable[Pair]) -> tuple[Foreseen, ...]:
    """The forecast of each migration, put on record. What can not be asked is taken for unknown. Raises `NotDurable`."""
    tasks, counted = list[tuple[Pair, Task]](), dict[Ref, Holding]()
    until = deps.clock.monotonic() + COUNTING
    for p in pairs:
        late = deps.clock.monotonic() >= until
        held = counted[p.store] = counted.get(p.store) or (UNCOUNTED if late else _holding(recovery.of(p.store), p.store))
        tasks.append((p, _task(case, deps.policy.migration, recovery, p, held)))
    found = tuple(Foreseen(store=p.store, old=p.old.id, forecast=forecast(task)) for p, task in tasks)
    if found:
        journal = deps.journal(case.id)
        journal.append("foreseen", {"migrations": len(found), "blob": journal.blob(_FORESEEN.dump_json(found))})
    return found


def told(found: Sequence[Foreseen]) -> tuple[str, ...]:
    """In sentences, each store's by its name; what is true of several of its keys is said once."""
    said = tuple(dict.fromkeys(f"{each.store.name}: {reason}" for each in found for reason in each.forecast.reasons))
    more = len(said) - MOST_TOLD
    return said if more <= 0 else (*said[:MOST_TOLD], f"{more} more: see the record")


def most(deps: Deps, recovery: Recovery, store: Ref) -> float | None:
    """Calls a second that a migration of this store may make now; 0: none. None where nobody measures or says."""
    recovery = recovery.of(store)
    if recovery.ceiling is not None or recovery.capacity is None:
        return recovery.ceiling
    return ceiling(_requests(recovery, store), deps.policy.migration.kms_percent)


def _task(case: Case, rules: MigrationRules, recovery: Recovery, pair: Pair, held: Holding) -> Task:
    recovery = recovery.of(pair.store)
    facts = _facts(recovery, pair.store)
    return Task(
        holding=held,
        requests=_requests(recovery, pair.store),
        versioning=facts.versioning,
        updatable=facts.in_place and not pair.foreign and pair.store.region in recovery.canaries,
        kms=facts.in_place,  # what has data keys of the store's, and not of its own, asks no service for them
        notified=bool(facts.consumers),
        exposed=sum(e.objects for e in case.exposures if e.store == pair.store),
        engines=_engines(recovery, pair.store),
        wanted=None if rules.engine == "auto" else Engine(rules.engine),
        share=rules.kms_percent,
        calls=recovery.ceiling,
        beside=min(rules.workers, recovery.workers),
    )


def _engines(recovery: Recovery, store: Ref) -> frozenset[Engine]:
    try:
        job = recovery.jobs is not None and recovery.jobs.serves(store)
    except CloudError:
        job = False
    beside = recovery.beside or (recovery.runs is not None and recovery.runs.serves())
    return frozenset({Engine.IN_PROCESS, *([Engine.BATCH] if job else []), *([Engine.MAP] if beside else [])})


def _facts(recovery: Recovery, store: Ref) -> StoreFacts:
    try:
        return recovery.objects.store(store)
    except CloudError:
        return UNKNOWN


def _holding(recovery: Recovery, store: Ref) -> Holding:
    try:
        return recovery.capacity.holding(store) if recovery.capacity else UNCOUNTED
    except CloudError:
        return UNCOUNTED


def _requests(recovery: Recovery, store: Ref) -> Requests | None:
    try:
        return recovery.capacity.requests(store) if recovery.capacity else None
    except CloudError:
        return None
