"""Runs of workers beside each other, in this process and one after another, with the rules of a Distributed Map.

Rules
1. A look does `pace` items before it answers; what is done stays done, whatever becomes of the run.
2. The same token is the same run, and a run that is over is not begun again.
3. A worker's failure is its item's; with more failures than `tolerated` percent of the items the run fails, and does no more.
"""

import re
from collections.abc import Callable, Iterator
from copy import replace
from dataclasses import dataclass, field
from datetime import datetime

from shared.domain.errors import Absent, CodeblueError, Refused
from shared.ports.map_runs import Item, ItemDone, MapRun, RunOrder, RunState

TOKEN = re.compile(r"[A-Za-z0-9]{1,64}")
THRESHOLD = "States.ExceedToleratedFailureThreshold"

type Worker = Callable[[Item], ItemDone]


@dataclass(slots=True)
class Held:
    """One run: what was ordered, how it stands, and what became of its items."""

    order: RunOrder
    now: MapRun
    done: list[ItemDone] = field(default_factory=list)


class MemoryMapRuns:
    """Runs by token; every public attribute may be changed at any time. `reports`: results are to be had."""

    def __init__(self, worker: Worker, now: Callable[[], datetime], pace: int = 2, tolerated: float = 20.0) -> None:
        self.held: dict[str, Held] = {}
        self.worker, self.pace, self.tolerated, self.reports = worker, pace, tolerated, True
        self._now = now

    def serves(self) -> bool:
        return True

    def start(self, order: RunOrder) -> None:
        if not TOKEN.fullmatch(order.token):
            raise Refused("StartExecution: InvalidName", "InvalidName")
        begun = MapRun(RunState.RUNNING, self._now(), total=len(order.items))
        self.held.setdefault(order.token, Held(order, begun))

    def look(self, token: str) -> MapRun:
        held = self._of(token)
        for _ in range(self.pace):
            if held.now.state is RunState.RUNNING:
                self._step(held)
        return held.now

    def stop(self, token: str) -> None:
        held = self._of(token)
        if held.now.state is RunState.RUNNING:
            held.now = replace(held.now, state=RunState.CANCELLED)

    def results(self, token: str) -> Iterator[ItemDone]:
        if not self.reports:
            raise Absent("GetObject: NoSuchKey", "NoSuchKey")
        return iter(self._of(token).done)

    def _of(self, token: str) -> Held:
        if token not in self.held:
            raise Absent("DescribeExecution: ExecutionDoesNotExist", "ExecutionDoesNotExist")
        return self.held[token]

    def _step(self, held: Held) -> None:
        if len(held.done) < len(held.order.items):
            held.done.append(self._worked(held.order.items[len(held.done)]))
        failed = sum(bool(each.error) for each in held.done)
        held.now = replace(held.now, succeeded=len(held.done) - failed, failed=failed)
        if failed * 100 > self.tolerated * len(held.order.items):
            held.now = replace(held.now, state=RunState.FAILED, why=THRESHOLD)
        elif len(held.done) == len(held.order.items):
            held.now = replace(held.now, state=RunState.COMPLETE)

    def _worked(self, item: Item) -> ItemDone:
        try:
            return self.worker(item)
        except CodeblueError as error:
            return ItemDone(item.number, error=type(error).__name__)
