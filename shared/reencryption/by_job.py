"""The bulk of a store moved by jobs of its own service, within the same record as everything else.

Rules
1. A job is ordered to wait. When it has found its objects the store is listed, and every version that it can touch is on record as
   the listing has it; only then is it confirmed.
2. The same order has the same token: a worker that dies between the order and its record finds the same job again.
3. A job's report is read back row by row, and has told all where it has as many versions of the listing as the job had tasks.
   What it does not tell is told by the sweeps after it, which look at every version: a job
   that says "complete" proves nothing.
4. A job that failed, or that others cancelled, ends the run: what somebody else stopped is not gone on with by another way.
   One that failed before its first task, and not for want of a right, has found nothing to do: the sweeps see whether that is so.
5. Whose token nobody else can know is ours: it has a secret of the record in it. A job is held against its order before it is
   confirmed; one that is another's, or began without our word, is cancelled and ends the run.
6. The worker's end is not the job's: the next worker goes on watching. A person's pause cancels it.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import batched, islice

from shared.domain.errors import Absent, Refused
from shared.domain.value import digest
from shared.ports import Clock
from shared.ports.jobs import NOT_AS_ORDERED, OVER, Job, Jobs, JobState, Order, TaskDone
from shared.ports.objects import Page, Version

from .answers import meaning, persistently
from .lanes import Lane
from .manifest import JobNote, Manifest
from .moving import OUTCOMES
from .plan import Migration
from .result import Progress
from .rows import Row, Seen, name_of

PATIENCE = 20.0
"""Seconds that a worker stays with a job before it leaves it to itself."""

LOOK = 2.0
ROWS = 1_000
"""Outcomes in one blob."""

GOES_ON = "the store's own job goes on"
CANCELLED = "cancelled"
ENDS = {JobState.FAILED: "the store's own job failed", JobState.CANCELLED: "the store's own job was cancelled"}

OTHER = "a job is there that is not what was ordered"
EARLY = "a job began before it was confirmed"
"""Somebody else has a hand in it: the job is cancelled, and people are told."""

DENIED = re.compile(r"Denied|Unauthorized|Forbidden|Permission|Role")
"""In the code of a job that could not begin: a right is missing."""

NOT_THERE = frozenset({"NoSuchKey", "NoSuchVersion", "404"})


@dataclass(frozen=True, slots=True)
class ByJob:
    """The service that runs jobs, and whether a person has stopped everything (asked where a run is cancelled)."""

    jobs: Jobs
    halted: Callable[[], bool] = lambda: False


@dataclass(frozen=True, slots=True)
class Sight:
    """How the run that orders jobs looks at the store, is stopped, and tells how far it is."""

    page: Callable[[tuple[str, str] | None], Page]
    cancelled: Callable[[], bool]
    progress: Callable[[Progress], None]


def by_job(plan: Migration, by: ByJob, manifest: Manifest, clock: Clock, sight: Sight) -> str:
    """Have the jobs of a migration done: for each old key one for what has a Bucket Key and one for what has none.

    Empty when all are over and complete, else why not. Raises what the ports raise.
    """
    for old in sorted(plan.old):
        for bucket_key in (True, False):
            if why := _Watch(plan, by, manifest, clock, sight).until_over(old, bucket_key=bucket_key):
                return why
    return ""


class _Watch:
    """One job, ordered and watched until it is over."""

    def __init__(self, plan: Migration, by: ByJob, manifest: Manifest, clock: Clock, sight: Sight) -> None:
        self._plan, self._by, self._manifest, self._clock, self._sight = plan, by, manifest, clock, sight
        self._began = clock.monotonic()

    def until_over(self, old: str, *, bucket_key: bool) -> str:
        earlier = [note for note in self._manifest.jobs if (note.old, note.bucket_key) == (old, bucket_key)]
        if earlier and earlier[-1].over and not earlier[-1].why:
            return ""
        attempt = sum(each.over for each in earlier)
        going = bool(earlier) and not earlier[-1].over
        return self._watched(earlier[-1] if going else self._ordered(old, bucket_key=bucket_key, attempt=attempt))

    def _watched(self, note: JobNote) -> str:
        until, confirmed = self._clock.monotonic() + PATIENCE, False
        while True:
            job = self._asked(partial(self._by.jobs.look, self._plan.store, note.id))
            self._tell(job)
            if not note.confirmed and (job.succeeded or job.failed):
                return self._ended(note, EARLY)
            if job.state in OVER:
                return self._settled(note, job)
            if self._sight.cancelled():
                return self._left(note)
            if job.state is JobState.WAITING and not confirmed:
                if (note := self._listed(note)).listed:
                    return self._left(note)
                if why := self._confirmed(note := self._noted(note.but(confirmed=True))):
                    return why
                confirmed = True
            elif self._clock.monotonic() >= until:
                return GOES_ON
            else:
                self._clock.sleep(LOOK)

    def _ordered(self, old: str, *, bucket_key: bool, attempt: int) -> JobNote:
        order = self._order(old, bucket_key=bucket_key, attempt=attempt)
        ident = self._asked(partial(self._by.jobs.order, order))
        return self._noted(JobNote(id=ident, old=old, bucket_key=bucket_key, attempt=attempt))

    def _order(self, old: str, *, bucket_key: bool, attempt: int) -> Order:
        work = digest({"migration": self._plan.id, "old": old, "bucket_key": bucket_key, "attempt": attempt})
        return Order(self._manifest.name(work), self._plan.store, old, self._plan.successor, bucket_key)

    def _noted(self, note: JobNote) -> JobNote:
        self._manifest.job(note)
        return note

    def _confirmed(self, note: JobNote) -> str:
        """Let it begin, if it is what was ordered; else why not."""
        order = self._order(note.old, bucket_key=note.bucket_key, attempt=note.attempt)
        try:
            self._asked(partial(self._by.jobs.confirm, order, note.id))
        except Refused as error:
            if error.code != NOT_AS_ORDERED:
                raise
            return self._ended(note, OTHER)
        return ""

    def _ended(self, note: JobNote, why: str) -> str:
        self._asked(partial(self._by.jobs.cancel, self._plan.store, note.id))
        self._manifest.job(note.but(over=True, why=why))
        return why

    def _listed(self, note: JobNote) -> JobNote:
        """Put every version on record before the job may touch it. A note with a position where the run was stopped on the way."""
        after = note.listed
        while True:
            page = self._sight.page(after)
            rows = [listed(version, self._manifest) for version in page.versions if not version.delete_marker]
            if rows:
                self._manifest.intend(rows)
            after = page.after
            if after is None:
                return note.but(listed=None)
            if self._sight.cancelled():
                stopped = note.but(listed=after)
                self._manifest.job(stopped)
                return stopped

    def _left(self, note: JobNote) -> str:
        """The run ends; the job with it only where a person has stopped everything."""
        if self._by.halted():
            self._ended(note, CANCELLED)
        return CANCELLED

    def _settled(self, note: JobNote, job: Job) -> str:
        """Read the report back, and note how the job ended; empty where it is complete, or never began."""
        tasks, told = job.succeeded + job.failed, set[str]()
        for done in batched(islice(self._report(note), tasks), ROWS, strict=False):
            rows = [row for row in (self._row(note, each) for each in done) if row is not None]
            self._manifest.reported(rows)
            told |= {row.name for row in rows if row.before and row.before.listed}
        idle = job.state is JobState.FAILED and not tasks and not DENIED.search(job.why)
        fine = job.state is JobState.COMPLETE or idle
        why = "" if fine else ENDS[job.state] + (f": {job.why}" if job.why else "")
        self._manifest.job(note.but(over=True, why=why, told=len(told) == tasks))
        return why

    def _report(self, note: JobNote) -> Iterator[TaskDone]:
        """Nothing where there is no report: the sweeps recognise by the intents what was moved."""
        try:
            yield from self._by.jobs.report(self._plan.store, note.id)
        except Absent:
            return

    def _row(self, note: JobNote, done: TaskDone) -> Row | None:
        """The outcome of one task, traced by its job's id; None for a version that was not listed, which the sweeps look at."""
        intent = self._manifest.pending.get(name_of(self._manifest.name, done.key, done.version))
        if intent is None:
            return None
        if not done.code:
            return intent.but(became=intent.name, etag=intent.before.etag if intent.before else "", request_ids=(note.id,))
        error = Absent("gone", done.code) if done.code in NOT_THERE else Refused("refused", done.code)
        lane, reason = OUTCOMES[meaning(error)]
        return intent.but(lane=lane, reason=reason, code=done.code, request_ids=(note.id,))

    def _asked[T](self, call: Callable[[], T]) -> T:
        return persistently(self._clock, call)

    def _tell(self, job: Job) -> None:
        done, elapsed = job.succeeded + job.failed, self._clock.monotonic() - self._began
        rate = done / elapsed if elapsed > 0 else 0.0
        left = (job.tasks - done) / rate if job.tasks is not None and rate else None
        self._sight.progress(Progress(sweep=0, done=done, total=job.tasks, moved=job.succeeded, rate=rate, seconds_left=left))


def listed(version: Version, manifest: Manifest) -> Row:
    """A version as the listing has it, before a job may touch it."""
    before = Seen(
        size=version.size,
        etag=version.etag,
        modified=version.modified,
        storage_class=version.storage_class,
        checksum=None,
        key="",
        content="",
        tags="",
        listed=True,
    )
    name, known = name_of(manifest.name, version.key, version.id), manifest.name(version.key)
    return Row(name=name, object=known, lane=Lane.UPDATE, latest=version.latest, before=before)
