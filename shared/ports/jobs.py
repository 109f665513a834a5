"""The door to the store's own service for work on millions of its objects (S3 Batch Operations)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from shared.domain.resource import Ref


class JobState(StrEnum):
    """Where a job stands. One that waits has found its objects, and begins when it is confirmed."""

    PREPARING = "preparing"
    WAITING = "waiting"
    RUNNING = "running"
    COMPLETE = "complete"
    FAILED = "failed"
    CANCELLED = "cancelled"


OVER = frozenset({JobState.COMPLETE, JobState.FAILED, JobState.CANCELLED})

NOT_AS_ORDERED = "NotAsOrdered"
"""The code of a refusal to let a job begin that would do something else, or report elsewhere."""


@dataclass(frozen=True, slots=True)
class Order:
    """Every version of `store` under the key `old`, and with this setting of its Bucket Key, updated in place to `successor`.

    Keys are ARNs. The same `token` (at most 64 characters) is the same job, however often it is ordered.
    """

    token: str
    store: Ref
    old: str
    successor: str
    bucket_key: bool


@dataclass(frozen=True, slots=True)
class Job:
    """A job as the service tells it. `tasks` is None until it has counted; `why` is the service's own code where it failed."""

    state: JobState
    tasks: int | None = None
    succeeded: int = 0
    failed: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class TaskDone:
    """One version and what became of it: `code` is the service's own where the task failed, else empty."""

    key: str = field(repr=False)
    version: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class JobSeen:
    """A job that is there, whoever ordered it: what it does by the service's own word, when it was ordered, and tasks done."""

    id: str
    operation: str
    state: JobState
    ordered: datetime
    succeeded: int = 0


class Jobs(Protocol):
    """Jobs of the accounts that have a role for them. Every method may raise `CloudError`."""

    def serves(self, store: Ref) -> bool:
        """Whether a job can be ordered for this store: there is a role that it can have, and a place for its report."""
        ...

    def order(self, order: Order) -> str:
        """Make the job and return its id. It does nothing before it is confirmed."""
        ...

    def look(self, store: Ref, job: str) -> Job:
        """The job as it is now. Raises `Absent`."""
        ...

    def seen(self, store: Ref, since: datetime) -> Iterator[JobSeen]:
        """Every job under the jobs' role in the store's account and Region that was ordered since, or is not over."""
        ...

    def confirm(self, order: Order, job: str) -> None:
        """Let a job that waits begin. Raises `Refused` with the code `NOT_AS_ORDERED` where it is another one than this order's."""
        ...

    def cancel(self, store: Ref, job: str) -> None:
        """End a job; what it has done stays done. One that is over is fine."""
        ...

    def report(self, store: Ref, job: str) -> Iterator[TaskDone]:
        """Every task of a job that is over. Raises `Absent` where there is no report (any more), or it can be read no further."""
        ...
