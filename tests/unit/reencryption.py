"""A small store of objects in memory, and a journal that keeps names apart: for the tests of re-encryption."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from weakref import WeakKeyDictionary

from shared.adapters.memory.clock import BEGINNING, MemoryClock
from shared.adapters.memory.jobs import MemoryJobs
from shared.adapters.memory.map_runs import MemoryMapRuns
from shared.adapters.memory.objects import MemoryObjects, MemoryStore
from shared.domain.resource import Cloud, Kind, Ref
from shared.domain.versions import Engine
from shared.ports import Clock
from shared.ports.jobs import Jobs
from shared.ports.map_runs import Item, ItemDone, MapRuns
from shared.ports.objects import Encryption, Lock, Objects, Scheme, Versioning
from shared.reencryption import by_parts
from shared.reencryption.by_job import GOES_ON, ByJob
from shared.reencryption.by_map import ByMap, by_map
from shared.reencryption.migrate import migrate
from shared.reencryption.plan import Canary, Migration
from shared.reencryption.result import MigrationResult, Proof
from shared.reencryption.verify import verify
from tests.doubles import ListJournal, _Mortal, mortal

ACCOUNT = "111122223333"


def bucket(name: str) -> Ref:
    return Ref(cloud=Cloud.AWS, kind=Kind.BUCKET, account=ACCOUNT, region="us-east-1", id=f"arn:aws:s3:::{name}")


def key(name: str) -> str:
    return f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{name}"


CHARTS, OURS = bucket("charts"), bucket("responder")
OLD, NEW, OTHER = key("old"), key("new"), key("other")
UNDER_OLD, UNDER_NEW, UNDER_OTHER = (Encryption(Scheme.SSE_KMS, name) for name in (OLD, NEW, OTHER))
COMPLIANCE = Lock("COMPLIANCE", BEGINNING + timedelta(days=3650))

PLAN = Migration(store=CHARTS, old=frozenset({OLD}), successor=NEW, canary=Canary(store=OURS, key=NEW), width=1)

BY = [Engine.IN_PROCESS]
"""The engine that `run` runs; the fixture `engine` says which."""

JOBS: WeakKeyDictionary[MemoryObjects, MemoryJobs] = WeakKeyDictionary()


LEDGERS: dict[int, tuple[ListJournal, dict[int, ListJournal]]] = {}
"""The ledgers of parts, by the journal that they lie beside."""

RUNS: dict[int, tuple[object, MemoryMapRuns]] = {}
"""The runs of workers, by the journal of the migration."""


class NamingJournal(ListJournal):
    """Gives every name another stand-in."""

    def name(self, text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()


def estate(versioning: Versioning = Versioning.ENABLED, *, updates: bool = True, page: int = 1000) -> MemoryObjects:
    """An empty store of charts beside the responder's own; `updates`: the server knows UpdateObjectEncryption."""
    objects = MemoryObjects(page)
    objects.stores[CHARTS] = MemoryStore(versioning=versioning, updates=updates)
    objects.stores[OURS] = MemoryStore(updates=updates)
    return objects


def run(
    objects: Objects,
    journal: ListJournal,
    plan: Migration = PLAN,
    clock: Clock | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> MigrationResult:
    """One run by the engine that the tests are run with now, until it does not wait for a job any more."""
    clock = clock or MemoryClock()
    while True:
        if BY[0] is Engine.MAP:
            beside(objects, journal, plan, clock, cancelled)
        job = ByJob(jobs_of(objects)) if BY[0] is Engine.BATCH else None
        result = migrate(plan, objects, journal, clock, cancelled=cancelled, job=job)
        if result.why != GOES_ON:
            return result


def beside(
    objects: Objects, journal: ListJournal, plan: Migration, clock: Clock, cancelled: Callable[[], bool] = lambda: False
) -> None:
    """What workers beside each other do of it, one after another here, each with a ledger of its own."""
    of = by_parts.Shared(plan, objects, journal, lambda number: ledger_of(journal, number), clock, versions=1)
    by = ByMap(runs_of(of, cancelled), "cb-1")
    while by_map(of, by, cancelled) == GOES_ON:
        pass


def runs_of(of: by_parts.Shared, cancelled: Callable[[], bool]) -> MapRuns:
    """The runs beside this journal; a worker who dies of the one dies of the other."""
    journal = of.journal
    held = journal._port if isinstance(journal, _Mortal) else journal
    runs = RUNS.setdefault(id(held), (held, MemoryMapRuns(_nobody, of.clock.now)))[1]
    runs.worker = lambda item: told(item, by_parts.work(of, item.number, cancelled))
    return mortal(runs, journal._life, after=journal._after) if isinstance(journal, _Mortal) else runs


def told(item: Item, result: MigrationResult | None) -> ItemDone:
    """What a worker answers."""
    return ItemDone(item.number, over=bool(result and result.finished), why=result.why if result else "")


def _nobody(item: Item) -> ItemDone:
    raise AssertionError(item)


def ledger_of(journal: ListJournal, number: int) -> ListJournal:
    """The ledger of a part; a worker who dies of the one dies of the other."""
    held = journal._port if isinstance(journal, _Mortal) else journal
    assert isinstance(held, ListJournal)
    ledgers = LEDGERS.setdefault(id(held), (held, {}))[1]
    ledger = ledgers.setdefault(number, NamingJournal())
    return mortal(ledger, journal._life, after=journal._after) if isinstance(journal, _Mortal) else ledger


def jobs_of(objects: Objects) -> Jobs:
    """The jobs over these objects; a worker who dies of the one dies of the other."""
    held = objects._port if isinstance(objects, _Mortal) else objects
    assert isinstance(held, MemoryObjects)
    jobs = JOBS.setdefault(held, MemoryJobs(held))
    return mortal(jobs, objects._life, after=objects._after) if isinstance(objects, _Mortal) else jobs


def prove(objects: Objects, journal: ListJournal, plan: Migration = PLAN) -> Proof:
    proof = verify(plan, objects, journal, MemoryClock())
    assert proof is not None
    return proof
