"""A small store of objects in memory, and a journal that keeps names apart: for the tests of re-encryption."""

import hashlib
from collections.abc import Callable
from datetime import timedelta

from shared.adapters.memory.clock import BEGINNING, MemoryClock
from shared.adapters.memory.objects import MemoryObjects, MemoryStore
from shared.domain.resource import Cloud, Kind, Ref
from shared.ports import Clock, Objects
from shared.ports.objects import Encryption, Lock, Scheme, Versioning
from shared.reencryption import Canary, Migration, MigrationResult, Proof, migrate, verify
from tests.doubles import ListJournal

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
    return migrate(plan, objects, journal, clock or MemoryClock(), cancelled=cancelled)


def prove(objects: Objects, journal: ListJournal, plan: Migration = PLAN) -> Proof:
    return verify(plan, objects, journal, MemoryClock())
