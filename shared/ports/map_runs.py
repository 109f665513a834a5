"""The door to many workers beside each other, as one service runs them over a list of items (Step Functions, Distributed Map)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class RunState(StrEnum):
    """Where a run stands. One that failed had more failures than are tolerated, or no place for its items or results."""

    RUNNING = "running"
    COMPLETE = "complete"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Item:
    """One part of one migration: a reference, and nothing else travels. `migration` is the digest that the record knows it by."""

    case: str
    migration: str
    number: int


@dataclass(frozen=True, slots=True)
class RunOrder:
    """A worker for each item, so many at a time. The same `token` (at most 64 letters and digits) is the same run."""

    token: str
    items: tuple[Item, ...]
    workers: int


@dataclass(frozen=True, slots=True)
class MapRun:
    """A run as the service tells it, in items. `why` is the service's own code where it failed."""

    state: RunState
    began: datetime
    total: int | None = None
    succeeded: int = 0
    failed: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class ItemDone:
    """What became of one item: its worker's answer (`over`, and why it is not), or in `error` the name of what it failed with."""

    number: int
    over: bool = False
    why: str = ""
    error: str = ""


class MapRuns(Protocol):
    """Runs of the responder's own workers. Every method may raise `CloudError`."""

    def serves(self) -> bool:
        """Whether a run can be ordered: the workers are set up, and there is a place for items and results."""
        ...

    def start(self, order: RunOrder) -> None:
        """Begin a run; where it was begun before, nothing."""
        ...

    def look(self, token: str) -> MapRun:
        """The run as it is now. Raises `Absent` where it was never begun."""
        ...

    def stop(self, token: str) -> None:
        """End a run; its workers end by themselves. One that is over is fine."""
        ...

    def results(self, token: str) -> Iterator[ItemDone]:
        """Every item that a run which is over tells of. Raises `Absent` where nothing tells, or can be read no further."""
        ...
