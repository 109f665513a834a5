"""Upholding: what was just refused to somebody is put back as often as it is taken off, beside a look that takes longer.

IAM brings a change into force seconds after it was made. A thief who may edit IAM and was refused everything takes that refusal off
again in these seconds, or another one does whom the thief made. Seconds later that is in force too, for as long as it took to put
the refusal back: long enough to take it off again where only a sweep puts it back, and a sweep takes longer than IAM. Then nobody
wins. So the gap is made as short as a read and a write.

Rules
1. Only what a wave wrote under its approval is put back, as it wrote it, and only until it has stood for `HOLDS`.
2. Each refusal is on record as intended before it is first put back, and what became of it once, with every request id.
3. What a wave writes meanwhile is left to the wave.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import replace
from itertools import count
from threading import Event

from shared.containment import engine
from shared.containment.journal import Applied
from shared.domain.case import Case, LeftForPeople
from shared.domain.plan import Change, Slot, Status, Wave

from . import waves
from .consent import consented
from .deps import Deps
from .young import REFUSING, Young, settled

TICK = 0.1
"""Seconds between two looks at what somebody takes off again: the pause of a thief who does it as fast as scripts go."""

SELDOM = 10
"""Ticks between two looks at what nobody has taken off yet: a look is three calls, and IAM answers few."""


def upheld(case: Case, deps: Deps, work: Callable[[Deps], Case]) -> Case:
    """What `work` makes of the case, while young refusals of before and those that it writes are upheld.

    Raises what `work` raises, and `NotDurable`.
    """
    upholder, done = _Upholder(case, deps), Event()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="upholding") as pool:
        upholding = pool.submit(upholder.run, done)
        try:
            after = work(replace(deps, young=upholder.young))
        finally:
            done.set()
    upholding.result()
    return settled(upholder.recorded(after), deps.clock.now())


class _Upholder:
    """Looks after the young refusals of one case in a thread of its own. `results`: what became of what it put back."""

    def __init__(self, case: Case, deps: Deps) -> None:
        self.young = Young()
        self._case, self._deps = case, deps
        self._started = deps.clock.monotonic()
        self._results: dict[Slot, list[Applied]] = defaultdict(list)

    def run(self, done: Event) -> None:
        """Until it is done. Raises `NotDurable`."""
        if done.wait(TICK):
            return
        self.young.watch(_earlier(self._case, self._deps), self._case.unsettled_at or self._deps.clock.now())
        for turn in count():
            self._look(self.young.due(every=turn % SELDOM == 0))
            if done.wait(TICK):
                return

    def _look(self, due: Sequence[Change]) -> None:
        standing, off = engine.standing(due, self._deps.world)
        if off:
            with self.young.putting(off) as still:
                self.young.put(self._put(still), self._deps.clock.now())
        self.young.outgrown(standing, self._deps.clock.now())

    def _put(self, changes: Sequence[Change]) -> list[Change]:
        """Those of these that stand again. A write is on record before it is made: the first of each."""
        first = [c for c in changes if c.slot not in self._results]
        more = [c for c in changes if c.slot in self._results]
        results = [*self._recorded_first(first), *engine.write(more, self._deps.world)]
        for result in (r for r in results if r.outcome.status is not Status.ALREADY):
            self._results[result.change.slot].append(result)
        return [r.change for r in results if r.outcome.status is Status.APPLIED]

    def _recorded_first(self, changes: Sequence[Change]) -> tuple[Applied, ...]:
        if not changes:
            return ()
        planned = waves.plan(self._case, Wave.SWEEP, changes)
        return engine.apply(planned, self._deps.world, self._deps.journal(self._case.id), need=1)

    def recorded(self, case: Case) -> Case:
        """The case with what was put back, on record. Raises `NotDurable`."""
        told = tuple(_told(each) for each in self._results.values())
        if not told:
            return case
        planned = waves.plan(case, Wave.SWEEP, [r.change for r in told])
        after = waves.record(case, self._deps, planned, told, self._started)
        return after.but(left=tuple(dict.fromkeys((*after.left, *map(_for_people, told)))))


def _earlier(case: Case, deps: Deps) -> Iterable[Change]:
    """What was refused in looks before this one, and may be taken off still."""
    if not case.unsettled:
        return ()
    wanted = waves.propose(case, deps, {Wave.FENCE}, case.unsettled, REFUSING)
    return [c for c in wanted.changes if consented(case, deps, c, Wave.SWEEP)]


def _for_people(result: Applied) -> LeftForPeople:
    """What people should know while it is so: the next look at all that finds it as it should be takes it off the list."""
    following = "find in the cloud's log who did that; who is nobody of this case is an actor of it, or has to know of it"
    return LeftForPeople(target=str(result.change.target), reason=result.outcome.reason, next=following, passing=True)


def _told(results: Sequence[Applied]) -> Applied:
    """One result for all that was done to one refusal: what was there at first, what it came to, every request."""
    first, last = results[0], results[-1]
    times = sum(r.outcome.status is Status.APPLIED for r in results)
    said = f"somebody took it off again; it was put back {times} times" if times > 1 else "somebody took it off again"
    reason = "; ".join(dict.fromkeys(filter(None, (said, last.outcome.reason))))
    ids = tuple(i for r in results for i in r.outcome.request_ids)
    stood = next((r for r in reversed(results) if r.outcome.status is Status.APPLIED), last)
    return stood.but(
        change=stood.change.but(before=first.change.before),
        outcome=stood.outcome.but(reason=reason, request_ids=ids),
    )
