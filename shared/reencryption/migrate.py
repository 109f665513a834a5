"""Every version of a store, page by page, until a whole sweep finds nothing that could be moved.

Rules
1. What a page is about to move is on record before the first of it moves, with what each version was like; the outcome after.
2. Any worker can die at any call: the next one goes on from the last recorded page, and what is done already is seen to be done.
3. Whoever writes or deletes beside us is right: what changed is left alone and looked at again by the next sweep.
4. Exposed objects come first, in a sweep of their own.
5. The next page is listed while one is worked on: what changes between its listing and its looks is seen by the looks.
6. Nothing is passed over in silence: every version is in the tally of a sweep, with the reason why it was not moved.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from shared.ports import Clock, Journal
from shared.ports.objects import Facts, Objects, Page, Version

from .answers import persistently
from .asking import Calls
from .books import Settled
from .by_job import ByJob, Sight, by_job
from .canary import NO_CALL, PROVED, try_update
from .lanes import Lane, Reason, Unseen
from .manifest import Checkpoint, Manifest, Tally
from .moving import Look, Mover
from .plan import Migration
from .result import MigrationResult, Progress
from .rows import Row

SWEEPS = 8
"""Sweeps of one run: who goes on writing under an old key for longer is a matter for people."""

NEVER_SETTLED = frozenset({Reason.GONE})


def migrate(
    plan: Migration,
    objects: Objects,
    journal: Journal,
    clock: Clock,
    *,
    cancelled: Callable[[], bool] = lambda: False,
    progress: Callable[[Progress], None] = lambda _: None,
    job: ByJob | None = None,
) -> MigrationResult:
    """Move every version that can be moved. Call it again, with the same plan and record, to go on where it stopped.

    `cancelled` is asked before every move and page; `progress` is told after every page. With `job` the store's own service moves
    what it can, where updates in place are proved; the sweeps after it settle the rest.
    Raises `CloudError` where the store can not be listed or looked at, and `CustodyError` where the record can not be kept.
    """
    with _begun(plan, objects, journal, clock, _Watch(plan.first, cancelled, progress)) as (run, calls, manifest, update_lane):
        by = job if update_lane == PROVED else None
        state, why = run.exposed() if by else (Checkpoint(sweep=0), "")
        if by and not why:
            why = by_job(plan, by, manifest, clock, Sight(calls.page, cancelled, progress))
        if not why:
            state, why = run.until_done()
    return _result(manifest, state, why, update_lane).but(keys=None if why else run.keys)


def migrate_exposed(plan: Migration, objects: Objects, journal: Journal, clock: Clock, cancelled: Callable[[], bool]) -> None:
    """Move what actors read, and nothing else: the first step of what others do the rest of. Raises as `migrate`."""
    with _begun(plan, objects, journal, clock, _Watch(plan.first, cancelled, lambda _: None)) as (run, *_):
        run.exposed()


type _Begun = tuple["_Run", Calls, Manifest, str]


@contextmanager
def _begun(plan: Migration, objects: Objects, journal: Journal, clock: Clock, watch: "_Watch") -> Iterator[_Begun]:
    """A run that knows the record, the store and whether updates in place are proved here."""
    manifest = Manifest.recall(plan, journal)
    for upload in manifest.uploads:
        persistently(clock, partial(objects.abort, plan.store, upload.key, upload.id))
    held = persistently(clock, partial(objects.store, plan.store))
    update_lane = try_update(plan, held, objects, clock)
    mover = Mover(plan, held, clock, manifest, updatable=update_lane == PROVED)
    with _workers(plan.width) as pool:
        calls = Calls(plan.store, objects, clock, pool, plan.ceiling)
        yield _Run(calls, clock, manifest, mover, watch), calls, manifest, update_lane


@contextmanager
def _workers(width: int) -> Iterator[ThreadPoolExecutor | None]:
    """Threads for the calls; one caller at a time needs none."""
    if width == 1:
        yield None
        return
    with ThreadPoolExecutor(width) as pool:
        yield pool


@dataclass(frozen=True, slots=True)
class _Watch:
    """How the caller steers a run and looks on."""

    first: frozenset[str]
    cancelled: Callable[[], bool]
    progress: Callable[[Progress], None]

    def wants(self, version: Version, sweep: int) -> bool:
        """Whether this sweep is about the version: the first one, sweep 0, is of the exposed."""
        return bool(sweep) or version.key in self.first


@dataclass(frozen=True, slots=True)
class _Found:
    """What one page came to: a row for whatever is to be on record, and lane and reason of every version."""

    rows: tuple[Row, ...]
    tally: Counter[tuple[Lane, str]]
    untried: bool


class _Run:
    """One run over one store."""

    def __init__(self, calls: Calls, clock: Clock, manifest: Manifest, mover: Mover, watch: _Watch) -> None:
        self._calls, self._clock, self._manifest, self._mover, self._watch = calls, clock, manifest, mover, watch
        self._settled = Settled()
        self._began, self._done = clock.monotonic(), 0
        self._keys: set[str] = set()
        self._whole = True

    @property
    def keys(self) -> frozenset[str] | None:
        """The keys that versions were found under; None where this run did not look at all of them."""
        return frozenset(self._keys) if self._whole else None

    def exposed(self) -> tuple[Checkpoint, str]:
        """The sweep of what actors read, where it is not over; where it ended and, if it was stopped, why."""
        state = self._manifest.checkpoint or Checkpoint(sweep=0)
        if not self._watch.first or state.sweep or state.over:
            return state, ""
        state = self._sweep(state)
        return state, self._mover.stopped or ("" if state.over else "cancelled")

    def until_done(self) -> tuple[Checkpoint, str]:
        """Sweep until nothing is left, and say where that ended and, if not finished, why."""
        state = _begin(self._manifest.checkpoint, exposed=bool(self._watch.first))
        self._whole = state.after is None
        for _ in range(SWEEPS):
            state = self._sweep(state)
            if self._mover.stopped or not state.over:
                return state, self._mover.stopped or "cancelled"
            if state.sweep and not state.eligible:
                return state, ""
            if state.sweep and not state.moved:
                return state, "what is left could not be moved"
            state = _next(state)
        return state, "objects keep arriving under an old key"

    def _sweep(self, state: Checkpoint) -> Checkpoint:
        while not state.over and not self._stops():
            page = self._calls.page(state.after)
            self._calls.expect(page.after)
            state = self._page(page, state)
        return state

    def _stops(self) -> bool:
        return bool(self._mover.stopped) or self._watch.cancelled()

    def _page(self, page: Page, state: Checkpoint) -> Checkpoint:
        """The checkpoint after this page, or the one before it where the run was stopped within."""
        found = self._work([version for version in page.versions if self._watch.wants(version, state.sweep)])
        reached = state if found.untried else _advance(state, page, found.tally)
        self._manifest.reached(found.rows, reached)
        self._done += len(page.versions)
        self._watch.progress(self._so_far(reached))
        return reached

    def _work(self, versions: Sequence[Version]) -> _Found:
        looks = self._looks(versions)
        moves = [look for look in looks if look.moves]
        if moves:
            self._manifest.intend([self._mover.row(look) for look in moves])
        moved = self._moved(moves)
        kept = [row for look in looks if (row := self._kept(look)) is not None]
        tally = Counter((look.decision.lane, look.decision.reason.value) for look in looks if not look.moves)
        tally.update((row.lane, row.reason.value) for row in moved)
        return _Found((*kept, *moved), tally, untried=len(moved) < len(moves))

    def _looks(self, versions: Sequence[Version]) -> list[Look]:
        settled = self._settled.of(versions)
        fresh = self._calls.all([self._mover.look(version) for version in versions if version not in settled])
        looks = [look for look in fresh if look is not None]
        self._note(looks)
        return [*(Look(version, None, decision) for version, decision in settled.items()), *looks]

    def _note(self, looks: Sequence[Look]) -> None:
        for look in looks:
            if isinstance(look.facts, Facts):
                self._keys.add(look.facts.encryption.key)
            elif look.version.under:
                self._keys.add(look.version.under)
            elif look.facts is Unseen.DENIED:
                self._whole = False
        over = (look for look in looks if not look.moves and look.decision.reason not in NEVER_SETTLED)
        self._settled.add((look.version, look.decision) for look in over)

    def _moved(self, looks: Sequence[Look]) -> list[Row]:
        """The outcome of each that was tried; what is copied in parts takes its time, and goes last."""
        parts = [look for look in looks if look.decision.lane is Lane.MULTIPART]
        whole = [look for look in looks if look.decision.lane is not Lane.MULTIPART]
        rows = self._calls.all([self._mover.move(look) for look in whole], self._stops)
        rows += self._calls.all([self._mover.move(look) for look in parts], self._stops, parts=True)
        return [row for row in rows if row is not None]

    def _kept(self, look: Look) -> Row | None:
        """What the record has to know of a version that is not moved now: why it is blocked, or that it was moved before."""
        if look.decision.lane is Lane.BLOCKED:
            return self._mover.row(look) if look.facts is not None else None
        return self._mover.recovered(look)

    def _so_far(self, state: Checkpoint) -> Progress:
        elapsed = self._clock.monotonic() - self._began
        rate = self._done / elapsed if elapsed > 0 else 0.0
        left = (state.total - state.seen) / rate if state.total is not None and rate else None
        moved = len(self._manifest.moved)
        return Progress(sweep=state.sweep, done=state.seen, total=state.total, moved=moved, rate=rate, seconds_left=left)


def _begin(last: Checkpoint | None, *, exposed: bool) -> Checkpoint:
    if last is None:
        return Checkpoint(sweep=0 if exposed else 1)
    return _next(last) if last.over else last


def _next(state: Checkpoint) -> Checkpoint:
    return Checkpoint(sweep=state.sweep + 1, total=state.total)


def _advance(state: Checkpoint, page: Page, found: Counter[tuple[Lane, str]]) -> Checkpoint:
    tally: Tally = {lane: dict(reasons) for lane, reasons in state.tally.items()}
    for (lane, reason), count in found.items():
        reasons = tally.setdefault(lane, {})
        reasons[reason] = reasons.get(reason, 0) + count
    counts = Counter({lane: sum(reasons.values()) for lane, reasons in tally.items()})
    settled = counts[Lane.BLOCKED] + counts[Lane.NOTHING]
    seen, over = state.seen + len(page.versions), page.after is None
    return state.but(
        after=page.after,
        seen=seen,
        eligible=counts.total() - settled,
        moved=counts.total() - settled - counts[Lane.FAILED],
        tally=tally,
        total=seen if over else state.total,
        over=over,
    )


def _result(manifest: Manifest, state: Checkpoint, why: str, update_lane: str) -> MigrationResult:
    return MigrationResult(
        finished=not why,
        why=why,
        sweeps=state.sweep,
        total=state.seen,
        moved=dict(manifest.moved.counts()),
        blocked=state.tally.get(Lane.BLOCKED, {}),
        failed=state.tally.get(Lane.FAILED, {}),
        nothing=state.tally.get(Lane.NOTHING, {}),
        lost=manifest.moved.lost(),
        update_lane=update_lane,
        broken_off=manifest.broken_off if update_lane == NO_CALL else 0,  # where there is a call, the next run has made it
    )
