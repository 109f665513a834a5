"""How a migration will go: which engine, which lanes, how fast, how long, for how much, and why. Pure: nothing here asks a cloud.

Rules
1. KMS is shared with clinicians: never more than a share, at most a fifth, of the requests that nobody uses.
2. A job of S3's own can not be paced: it is taken only where its whole pace fits into that share.
3. What the actors read goes first, by one worker of ours, whichever engine does the rest.
4. A copy is on conditions that only our own workers set: without updates in place no job moves anything.
5. Time and cost are estimates, and at most what is counted: what is under another key is looked at and not moved.
"""

from collections.abc import Callable, Iterator, Mapping
from math import ceil

from pydantic import NonNegativeInt, PositiveInt

from shared.domain.value import Value
from shared.domain.versions import Engine
from shared.ports.capacity import Holding, Requests
from shared.ports.objects import Versioning

from . import prices
from .by_parts import VERSIONS
from .counted import GIB, counted, span
from .lanes import Lane
from .pacing import READS, WRITES
from .terms import AWS, AZURE, Terms

MOST_SHARE = 20
"""Percent of the unused requests; a policy may ask for less."""

UNTOLD = Requests(limit=10_000, used=5_000)
"""Where nobody tells the quota: the smallest default of any Region, half of it in use (KMS developer guide, "Request quotas")."""

KMS_A_CALL = 2
"""Requests to KMS behind one call to S3, at most: an update or a copy opens the old data key and wraps the new one."""

BUCKET_KEY_LEAVES = 0.01
"""What a Bucket Key leaves of the requests to KMS (S3 user guide, "Reducing the cost of SSE-KMS with Amazon S3 Bucket Keys")."""

JOB_PACE = WRITES.most
"""Versions a second of a job: assumed as what one prefix takes, for S3 publishes none."""

JOB_BEGINS = 900.0
"""Seconds until a job has its manifest and begins: assumed."""

JOBS = 2
"""Jobs for a store and key: one for what is under a Bucket Key and one for what is not, for each keeps that as it is."""

MOST_WORKERS = 1_000
"""Workers beside each other: Lambda runs so many in an account unless more are asked for ("Lambda quotas")."""

GOODPUT = 0.95
"""What a paced worker gets of a prefix's most."""

LEAST_CALLS = 20.0
"""With fewer calls a second than this a page of a listing takes longer than a worker has: then nothing is moved."""

INDEX_BYTES = 120
"""Room on the disk of a worker for each version of a store: where its row lies in the record, and what was decided about it."""

FUNCTION_BYTES = 512 * 1024**2
"""Room that a deployed function has in its folder for what is temporary ("Lambda quotas")."""

GB = 10**9

MILLION = 1_000_000

PREFERENCE: tuple[tuple[float, tuple[Engine, ...]], ...] = (
    (MILLION, (Engine.IN_PROCESS,)),
    (100 * MILLION, (Engine.MAP, Engine.BATCH, Engine.IN_PROCESS)),
    (float("inf"), (Engine.BATCH, Engine.MAP, Engine.IN_PROCESS)),
)
"""Up to so many versions, and the engines for them, the best first."""


class Task(Value):
    """What is known of a migration when it is planned. `updatable`: updates in place can be tried, for there is a canary for them.

    `exposed` counts objects that actors read; `notified`: somebody is told of new objects. `engines` are those set up here,
    `wanted` the one that the policy names, and `share` the percent of unused KMS requests that it allows. `kms`: each call costs
    requests to KMS; where it does not, `calls` are those a second that the store takes from us. `beside`: workers beside each other
    that the policy allows.
    """

    holding: Holding
    requests: Requests | None
    versioning: Versioning = Versioning.NEVER
    updatable: bool = True
    notified: bool = False
    exposed: NonNegativeInt = 0
    engines: frozenset[Engine] = frozenset({Engine.IN_PROCESS})
    wanted: Engine | None = None
    kms: bool = True
    share: NonNegativeInt = MOST_SHARE
    calls: float | None = None
    beside: PositiveInt = MOST_WORKERS

    @property
    def spare(self) -> float:
        """Requests to KMS a second that this migration may make."""
        return (self.requests or UNTOLD).spare(min(self.share, MOST_SHARE))

    @property
    def terms(self) -> Terms:
        """What the cloud asks of it."""
        return AWS if self.kms else AZURE

    @property
    def ceiling(self) -> float:
        """Calls a second, of all workers together."""
        return ceiling(self.requests, self.share) if self.kms or self.calls is None else self.calls


class Forecast(Value):
    """How a migration will go. `lanes` are versions at most, by lane; `first` objects that go before all others.

    `ceiling` is calls to S3 a second, of all workers together; none: nothing is moved now. `seconds` is None then, and where nobody
    counted what there is; so is `usd` there. `proof_seconds` comes after it, while everything goes on. `reasons` are sentences for
    whoever approves it.
    """

    engine: Engine
    lanes: tuple[tuple[Lane, int], ...]
    first: int
    workers: int
    ceiling: float
    seconds: float | None
    proof_seconds: float | None
    usd: float | None
    reasons: tuple[str, ...]


def ceiling(requests: Requests | None, share: int) -> float:
    """Calls to S3 a second, of all workers together, by what KMS can spare; 0 where that is next to nothing."""
    calls = (requests or UNTOLD).spare(min(share, MOST_SHARE)) / KMS_A_CALL
    return calls if calls >= LEAST_CALLS else 0.0


def forecast(task: Task) -> Forecast:
    """The plan for one store and key."""
    engine, why = _picked(task)
    most, versions = task.ceiling, task.holding.versions
    workers = min(task.beside, MOST_WORKERS, max(1, ceil((versions or 0) / VERSIONS))) if engine is Engine.MAP else 1
    seconds = None if versions is None or not most else _seconds(task, engine, workers, versions)
    usd = None if versions is None else _usd(task, engine, versions)
    proof = None if versions is None else task.terms.proofs * versions / task.terms.prover
    known = Forecast(
        engine=engine,
        lanes=_lanes(task),
        first=task.exposed,
        workers=workers,
        ceiling=most,
        seconds=seconds,
        proof_seconds=proof,
        usd=usd,
        reasons=(),
    )
    return known.but(reasons=(*why, *_reasons(task, known)))


def _picked(task: Task) -> tuple[Engine, tuple[str, ...]]:
    """The first engine that can be used, and why not those before it."""
    against: list[str] = []
    for engine in _preferred(task):
        if not (obstacle := _obstacle(engine, task)):
            return engine, (*against, _for(engine, task))
        against.append(obstacle)
    return Engine.IN_PROCESS, (*against, _for(Engine.IN_PROCESS, task))


def _preferred(task: Task) -> tuple[Engine, ...]:
    versions = task.holding.versions
    if task.wanted:
        return (task.wanted,)
    return next(engines for most, engines in PREFERENCE if (versions or 0) <= most)


def _obstacle(engine: Engine, task: Task) -> str:
    """Why this engine can not be used; empty where it can. One worker always can."""
    return next((say(task) for of, applies, say in OBSTACLES if of is engine and applies(task)), "")


def _job_requests(task: Task) -> float:
    """Requests to KMS a second of a job that goes as fast as it can."""
    return JOB_PACE * KMS_A_CALL * (BUCKET_KEY_LEAVES if task.holding.bucket_key else 1)


OBSTACLES: tuple[tuple[Engine, Callable[[Task], bool], Callable[[Task], str]], ...] = (
    (Engine.MAP, lambda t: Engine.MAP not in t.engines, lambda _: "no workers beside each other: that is not set up here"),
    (Engine.BATCH, lambda t: Engine.BATCH not in t.engines, lambda _: "no job of S3's own: that is not set up here"),
    (Engine.BATCH, lambda t: not t.updatable, lambda _: "no job of S3's own: it would copy without looking who wrote meanwhile"),
    (
        Engine.BATCH,
        lambda t: _job_requests(t) > t.spare,
        lambda t: (
            f"no job of S3's own: it can not be paced, takes some {_job_requests(t):,.0f} requests a second of KMS, "
            f"and {t.spare:,.0f} may be taken"
        ),
    ),
)
"""Engine, and when it can not be used, in words."""


def _for(engine: Engine, task: Task) -> str:
    versions = task.holding.versions
    if task.wanted is engine:
        return f"{engine}: the policy says so"
    if versions is None:
        return f"{engine}: nobody has counted what the store holds, and one worker counts while it works"
    return f"{engine}: {versions:,} versions at most"


def _lanes(task: Task) -> tuple[tuple[Lane, int], ...]:
    versions = task.holding.versions or 0
    if task.updatable:
        return ((Lane.UPDATE, versions),)
    return ((Lane.BLOCKED, versions),) if task.notified else ((Lane.COPY, versions),)


def _seconds(task: Task, engine: Engine, workers: int, versions: int) -> float:
    """Until the last sweep is over."""
    first = min(task.exposed, versions)
    if engine is Engine.BATCH:
        looks = versions / _pace(task, 1, 1, 0)
        return first / _pace(task, 1, task.terms.looks, 1) + JOBS * JOB_BEGINS + versions / JOB_PACE + looks
    return versions / _pace(task, workers, task.terms.looks, 1)


def _pace(task: Task, workers: int, looks: int, moves: int) -> float:
    """Versions a second, where each takes so many looks and moves."""
    prefixes, calls = task.holding.prefixes, looks + moves
    limits = [workers * task.terms.worker / calls, task.ceiling / calls]
    if task.kms:
        limits.append(prefixes * READS.most * GOODPUT / looks)
    if task.kms and moves:
        limits.append(prefixes * WRITES.most * GOODPUT / moves)
    return min(limits)


def _usd(task: Task, engine: Engine, versions: int) -> float:
    """Dollars at most, in whole cents."""
    terms = task.terms
    looks = (1 if engine is Engine.BATCH else terms.looks) + terms.proofs - terms.listed
    each = (1 + terms.listed) * _by_class(task, terms.write) + looks * _by_class(task, terms.read)
    if task.kms:
        each += prices.KMS * (terms.looks + terms.proofs + KMS_A_CALL) * (BUCKET_KEY_LEAVES if task.holding.bucket_key else 1)
    once = sum(size * prices.of_class(terms.fetched, name) for name, size in task.holding.classes if terms.fetched) / GB
    if engine is Engine.BATCH:
        each += prices.TASKS + JOBS * prices.MANIFEST
        once += JOBS * prices.JOB
    return ceil((once + each * versions / MILLION) * 100) / 100


def _by_class(task: Task, table: Mapping[str, float]) -> float:
    """The price of a million requests, over the storage classes by their share of the bytes."""
    total = task.holding.bytes
    if not total:
        return prices.of_class(table, task.terms.plain)
    return sum(prices.of_class(table, name) * size for name, size in task.holding.classes) / total


def _reasons(task: Task, known: Forecast) -> Iterator[str]:
    """What else whoever approves has to know."""
    if known.first:
        yield f"{known.first:,} objects that were read go first"
    if known.engine is Engine.MAP:
        yield f"{known.workers:,} workers at a time, each with {VERSIONS:,} versions"
    if task.requests is None and task.kms:
        yield f"the quota of KMS is not told: {UNTOLD.limit:,.0f} a second are taken for it, half of them in use"
    if not known.ceiling:
        yield "KMS has no request to spare now: nothing is moved until it has"
    yield from _of_store(task)
    if known.seconds is not None and known.proof_seconds is not None:
        yield f"{span(known.seconds)} to move and {span(known.proof_seconds)} to prove, estimated"
    if known.usd is not None:
        yield f"USD {known.usd:,.2f} at most, by {task.terms.source} ({task.terms.as_of})"


def _of_store(task: Task) -> Iterator[str]:
    """What the store itself has to do with it."""
    held = task.holding
    yield from counted(held)
    if not task.updatable:
        yield "nothing can be updated in place: only the newest versions are copied"
        if task.notified:
            yield "a copy would look like a new object to whoever is notified of them: where it would, nothing is copied"
        elif task.versioning is Versioning.ENABLED and held.bytes:
            yield f"each copy leaves the version that it was made from: up to {held.bytes:,} bytes more are kept"
    if held.locks:
        yield "Object Lock is on: what is retained or under legal hold stays, and its key with it"
    if (needed := (held.versions or 0) * INDEX_BYTES) > FUNCTION_BYTES:
        yield f"a worker's index of it all takes some {needed / GIB:,.1f} GiB of disk: more than a function has; use a machine"
