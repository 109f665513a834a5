"""Jobs over the stores in memory, with the rules of S3 Batch Operations.

Rules
1. A job finds its objects when it is looked at first, and waits; confirmed, it does `pace` tasks before each look.
2. The same token is the same job; a cancelled job does nothing more, and keeps its report.
3. A task is an update in place, with whatever S3 refuses; the job goes on with the next.
"""

from collections.abc import Iterator
from copy import replace
from dataclasses import dataclass, field
from datetime import datetime

from shared.domain.errors import Absent, CloudError, Refused
from shared.domain.resource import Ref
from shared.ports.jobs import NOT_AS_ORDERED, OVER, Job, JobSeen, JobState, Order, TaskDone
from shared.ports.objects import Encryption, Scheme

from .objects import MemoryObjects

UPDATES = "S3UpdateObjectEncryption"


@dataclass(slots=True)
class Held:
    """One job: what was ordered, how it stands, what it is still to do, and what became of the rest."""

    order: Order
    now: Job
    todo: list[tuple[str, str]] = field(default_factory=list)
    done: list[TaskDone] = field(default_factory=list)


class MemoryJobs:
    """Jobs by id; every public attribute may be changed at any time.

    `pace` is tasks done before a look, `fails` the code that a job fails with after its first task; `reports`: they are to be had.
    `others` are jobs that somebody else ordered.
    """

    def __init__(self, objects: MemoryObjects, pace: int = 2) -> None:
        self.held: dict[str, Held] = {}
        self.pace, self.fails, self.reports = pace, "", True
        self.others: list[JobSeen] = []
        self._objects = objects

    def serves(self, store: Ref) -> bool:
        return store in self._objects.stores

    def order(self, order: Order) -> str:
        self._objects.beside("order")
        self.held.setdefault(order.token, Held(order, Job(JobState.PREPARING)))
        return order.token

    def look(self, store: Ref, job: str) -> Job:
        held = self._of(store, job)
        self._objects.beside("look")
        if held.now.state is JobState.PREPARING:
            held.todo = list(self._found(held.order))
            held.now = Job(JobState.WAITING, tasks=len(held.todo))
        elif held.now.state is JobState.RUNNING:
            self._work(held)
        return held.now

    def seen(self, store: Ref, since: datetime) -> Iterator[JobSeen]:
        self._objects.beside("seen")
        held = ((ident, each) for ident, each in self.held.items() if each.order.store.account == store.account)
        ours = (JobSeen(ident, UPDATES, each.now.state, since) for ident, each in held)
        yield from (*ours, *self.others)

    def confirm(self, order: Order, job: str) -> None:
        held = self._of(order.store, job)
        self._objects.beside("confirm")
        if held.order != order:
            raise Refused("the job is another one than was ordered", NOT_AS_ORDERED)
        if held.now.state is JobState.WAITING:
            held.now = replace(held.now, state=JobState.RUNNING)

    def cancel(self, store: Ref, job: str) -> None:
        held = self._of(store, job)
        if held.now.state not in OVER:
            held.now = replace(held.now, state=JobState.CANCELLED)

    def report(self, store: Ref, job: str) -> Iterator[TaskDone]:
        if not self.reports:
            raise Absent("GetObject: NoSuchKey", "NoSuchKey")
        return iter(self._of(store, job).done)

    def _of(self, store: Ref, job: str) -> Held:
        held = self.held.get(job)
        if held is None or held.order.store != store:
            raise Absent("DescribeJob: NotFoundException", "NotFoundException")
        return held

    def _found(self, order: Order) -> Iterator[tuple[str, str]]:
        for key, versions in self._objects.stores[order.store].versions.items():
            for each in versions:
                under = each.facts.encryption
                if (under.scheme, under.key, under.bucket_key) == (Scheme.SSE_KMS, order.old, order.bucket_key):
                    yield key, each.id

    def _work(self, held: Held) -> None:
        for _ in range(min(self.pace, len(held.todo))):
            held.done.append(self._task(held.order, *held.todo.pop(0)))
        failed = sum(bool(each.code) for each in held.done)
        over = JobState.FAILED if self.fails and held.done else JobState.RUNNING if held.todo else JobState.COMPLETE
        why = self.fails if over is JobState.FAILED else ""
        held.now = replace(held.now, state=over, succeeded=len(held.done) - failed, failed=failed, why=why)

    def _task(self, order: Order, key: str, version: str) -> TaskDone:
        encryption = Encryption(Scheme.SSE_KMS, order.successor, order.bucket_key)
        try:
            self._objects.update(order.store, key, version, encryption)
        except CloudError as error:
            return TaskDone(key, version, error.code)
        return TaskDone(key, version)
