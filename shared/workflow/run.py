"""Run one stage of one case: the only function that any driver calls."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import msgspec

from shared.domain.case import Case, Stage
from shared.domain.errors import LeaseLost, NotDurable
from shared.ports import Cases, Lease

from . import paging
from .deps import Deps
from .stages import STEPS, Power
from .step import Next, Part
from .waiting import paused, unrecorded

RENEW_SECONDS = 4.0
"""A lease lasts 10 s (see `Cases.take`): two renewals may be lost before another worker takes over."""


class Outcome(msgspec.Struct, frozen=True):
    """All that ever travels through a queue: no health data. `stage` None: nothing is left to do."""

    case: str
    stage: Stage | None
    ask_seconds: int | None = None
    again_seconds: float | None = None
    parts: tuple[Part, ...] = ()


class Held:
    """A case under this worker's lease, renewed until given back."""

    def __init__(self, cases: Cases, lease: Lease) -> None:
        self._cases = cases
        self._lease = lease
        self._case: Case | None = None
        self._keeping: Future[Case] | None = None
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="case")
        self._lost = threading.Event()
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._renew, daemon=True)
        self._thread.start()

    def load(self) -> Case:
        """The case as this worker left it: read once, for under the lease nobody else saves it."""
        if self._case is None:
            self._case = self._cases.load(self._lease.case)
        return self._case

    def save(self, case: Case) -> Case:
        """Keep it. Raises `LeaseLost` where another worker has taken over."""
        self.keep(case)
        self.settle()
        return self.load()

    def keep(self, case: Case) -> None:
        """Begin to keep it, so that the next stage can look at the cloud meanwhile; `settle` tells how that went."""
        self.settle()
        self._keeping = self._writer.submit(self._save, case)
        self._case = case.but(version=case.version + 1)

    def settle(self) -> None:
        """Wait until the case is kept. Raises `LeaseLost`, once, where another worker has taken over."""
        keeping, self._keeping = self._keeping, None
        if keeping:
            self._case = keeping.result()

    def give_back(self) -> None:
        """Let others work on it at once. Raises as `settle`, once it is given back."""
        self._done.set()
        self._thread.join()
        try:
            self.settle()
        finally:
            self._writer.shutdown()
            self._cases.give_back(self._lease)

    def _save(self, case: Case) -> Case:
        with self._lock:
            if self._lost.is_set():
                raise LeaseLost(f"another worker has taken case {case.id}")
            return self._cases.save(case, self._lease)

    def _renew(self) -> None:
        while not self._done.wait(RENEW_SECONDS):
            try:
                with self._lock:
                    self._lease = self._cases.renew(self._lease)
            except LeaseLost:
                self._lost.set()
                return


@contextmanager
def hold(case_id: str, deps: Deps, owner: str) -> Iterator[Held | None]:
    """The case under a lease of `owner`; None where another worker has it."""
    lease = deps.cases.take(case_id, owner)
    if lease is None:
        yield None
        return
    deps.turn(lease)
    held = Held(deps.cases, lease)
    try:
        yield held
    finally:
        held.give_back()


def run_stage(held: Held, stage: Stage, deps: Deps) -> Outcome:
    """Run this stage, begin to save the case, and say what follows. A case that is past the stage already is not run again.

    The case is saved when the next stage changes anything, or the lease is given back. Raises `LeaseLost`, and what the stage's
    ports raise.
    """
    case = held.load()
    if case.stage is not stage:
        return Outcome(case.id, case.stage)
    following = _following(held, stage, deps)
    if following.stage is not None and following.stage not in STEPS[stage].then:
        raise RuntimeError(f"{stage} may not lead to {following.stage}")
    after = paging.followed(case, following.case.but(stage=following.stage or stage), deps)
    if paging.due(after, deps):
        held.settle()  # whoever has lost the lease tells nobody
        after = paging.escalated(after, deps)
    held.keep(after)
    return Outcome(case.id, following.stage, following.ask_seconds, following.again_seconds, following.parts)


WRITING = frozenset({Power.PRESERVE, Power.FENCE, Power.REKEY, Power.MIGRATE, Power.ENFORCE, Power.RETIRE})
"""Powers that change something in the cloud: a pause stops them."""


def _following(held: Held, stage: Stage, deps: Deps) -> Next:
    case, step = held.load(), STEPS[stage]
    stopped = step.power in WRITING and deps.cases.paused()
    if step.power is not Power.OBSERVE:
        held.settle()  # a worker that lost its lease changes nothing and records nothing
    if stopped:
        return paused(case, stage)
    try:
        return step.load()(case, deps)
    except NotDurable as error:
        return unrecorded(case, stage, deps, error)
