"""The bulk of a store moved by a service's own fan-out: one run over the parts that are open, and another as long as any gets on.

Rules
1. What a worker is given is a part of `by_parts`, by its number; what is over is taken in as there, from the parts' own ledgers.
   A run's results tell people how it went; they prove nothing.
2. A run is on record before it is begun, by a token that nobody else can know: a worker that dies between the two finds it again.
3. A run that failed (more workers did than is tolerated) or that others stopped ends this migration's run: the case is partial, and
   people hear why. Parts that are over stay over: when it is tried again the next run is about the others.
4. One run goes at a time in a case: two would have twice the workers that there are. What the actors read waits for none.
5. The worker's end is not the run's: the next one goes on watching. A person's pause stops it, and each of its workers by itself.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial

from pydantic import Field

from shared.domain.errors import Absent
from shared.domain.value import Value, digest
from shared.ports import Journal
from shared.ports.map_runs import Item, ItemDone, MapRun, MapRuns, RunOrder, RunState

from .answers import persistently
from .by_job import CANCELLED, GOES_ON, LOOK, PATIENCE
from .by_parts import Shared, all_in, is_open, open_parts, prepared
from .result import Progress

RUN = "migration-run"

REASONS = 3
"""Names of errors that people are told; the record has all of them."""

FAILED = "more workers failed than is tolerated"
STOPPED = "the workers' run was stopped by somebody else"


@dataclass(frozen=True, slots=True)
class ByMap:
    """The service, the case that its workers are told, and whether a person has stopped everything (asked where a run ends).

    `others`: migrations of the case of which one run goes at a time, for their workers are the same.
    """

    runs: MapRuns
    case: str
    halted: Callable[[], bool] = lambda: False
    others: frozenset[str] = frozenset()


class RunNote(Value):
    """One run: which parts it is of, and when it was `over` how many of them were too, and why the others were not, by reason."""

    token: str
    parts: tuple[int, ...]
    workers: int
    attempt: int
    over: bool = False
    why: str = ""
    ended: int = 0
    reasons: dict[str, int] = Field(default_factory=dict)


def by_map(of: Shared, by: ByMap, cancelled: Callable[[], bool], progress: Callable[[Progress], None] = lambda _: None) -> str:
    """Have all parts of a migration worked on; empty when that is over and taken in, else why it is not.

    Raises what the ports raise.
    """
    until = of.clock.monotonic() + PATIENCE
    while True:
        notes = _notes(of)
        note = notes[-1] if notes else None
        if note is None or note.over:
            if running(of.journal, by.others) and not all_in(of):
                return _waits(of, note, cancelled)
            parts = open_parts(of, cancelled, again=bool(note and note.why))
            if cancelled():
                return CANCELLED
            if not parts:
                return ""
            note = _noted(of, _ordered(of, parts, attempt=len({each.token for each in notes})))
        if why := _Watch(of, by, cancelled, progress).until_over(note, until):
            return why


def running(journal: Journal, among: Collection[str]) -> frozenset[str]:
    """Those of these migrations whose run is begun and not over, by the record."""
    last = {str(e.body["migration"]): e.body["over"] for e in journal.entries() if e.kind == RUN}
    return frozenset(each for each, over in last.items() if each in among and not over)


def _waits(of: Shared, note: RunNote | None, cancelled: Callable[[], bool]) -> str:
    """Another migration has the workers: what goes before the parts is done, and why its own run ended is said on."""
    prepared(of, cancelled)
    if cancelled():
        return CANCELLED
    return note.why if note and note.why not in {"", CANCELLED} else GOES_ON


def given_out(of: Shared, number: int) -> int:
    """Workers at the parts of its run, or of its store where there are no runs; 0 where by the record it or the run is not open."""
    notes = _notes(of)
    at_it = 0 if notes and notes[-1].over else notes[-1].workers if notes else of.beside
    return at_it if is_open(of, number) else 0


def _ordered(of: Shared, parts: tuple[int, ...], *, attempt: int) -> RunNote:
    work = digest({"migration": of.plan.id, "parts": list(parts), "attempt": attempt})
    return RunNote(token=of.journal.name(work)[:64], parts=parts, workers=min(of.beside, len(parts)), attempt=attempt)


class _Watch:
    """One run, begun and watched until it is over."""

    def __init__(self, of: Shared, by: ByMap, cancelled: Callable[[], bool], progress: Callable[[Progress], None]) -> None:
        self._of, self._by, self._cancelled, self._progress = of, by, cancelled, progress

    def until_over(self, note: RunNote, until: float) -> str:
        while True:
            run = self._begun(note)
            self._tell(run)
            if run.state is not RunState.RUNNING:
                return self._settled(note, run)
            if self._cancelled():
                return self._left(note)
            if self._of.clock.monotonic() >= until:
                return GOES_ON
            self._of.clock.sleep(LOOK)

    def _begun(self, note: RunNote) -> MapRun:
        """The run as it is now; one that nobody has begun is begun."""
        try:
            return self._asked(partial(self._by.runs.look, note.token))
        except Absent:
            items = tuple(Item(self._by.case, self._of.plan.id, number) for number in note.parts)
            self._asked(partial(self._by.runs.start, RunOrder(note.token, items, note.workers)))
            return self._asked(partial(self._by.runs.look, note.token))

    def _left(self, note: RunNote) -> str:
        """This worker ends; the run with it only where a person has stopped everything."""
        if self._by.halted():
            self._asked(partial(self._by.runs.stop, note.token))
            _noted(self._of, note.but(over=True, why=CANCELLED))
        return CANCELLED

    def _settled(self, note: RunNote, run: MapRun) -> str:
        """Put on record how it went; empty where it went well, even if not every part is over."""
        mine, told = set(note.parts), dict[int, ItemDone]()
        for each in self._results(note):
            told |= {each.number: each} if each.number in mine else {}
        reasons = Counter(each.error or each.why for each in told.values() if not each.over)
        why = {RunState.COMPLETE: "", RunState.FAILED: _failed(run, told), RunState.CANCELLED: STOPPED}[run.state]
        ended = sum(each.over for each in told.values())
        _noted(self._of, note.but(over=True, why=why, ended=ended, reasons=dict(reasons)))
        return why

    def _results(self, note: RunNote) -> Iterator[ItemDone]:
        """Nothing where they are lost: the parts' own ledgers say which of them are over."""
        try:
            yield from self._by.runs.results(note.token)
        except Absent:
            return

    def _asked[T](self, call: Callable[[], T]) -> T:
        return persistently(self._of.clock, call)

    def _tell(self, run: MapRun) -> None:
        """How far it is, in versions: those of a part are as many, or a page more."""
        each, elapsed = self._of.versions, (self._of.clock.now() - run.began).total_seconds()
        total, done = None if run.total is None else run.total * each, run.succeeded * each
        rate = done / elapsed if elapsed > 0 else 0.0
        left = (total - done) / rate if total is not None and rate else None
        self._progress(Progress(sweep=0, done=done, total=total, moved=done, rate=rate, seconds_left=left))


def _failed(run: MapRun, told: dict[int, ItemDone]) -> str:
    """Why, with the names of the errors that most workers failed with."""
    names = Counter(each.error for each in told.values() if each.error).most_common(REASONS)
    said = ", ".join(f"{name} ({count})" for name, count in names) or run.why
    return f"{FAILED}: {said}" if said else FAILED


def _noted(of: Shared, note: RunNote) -> RunNote:
    """Put on record that a run is about to begin, or is over."""
    kept = of.journal.blob(note.model_dump_json().encode())
    of.journal.append(
        RUN, {"migration": of.plan.id, "parts": len(note.parts), "over": note.over, "ended": note.ended, "blob": kept}
    )
    return note


def _notes(of: Shared) -> list[RunNote]:
    entries = (e for e in of.journal.entries() if e.kind == RUN and e.body.get("migration") == of.plan.id)
    return [RunNote.model_validate_json(of.journal.blobs(str(e.body["blob"]))) for e in entries]
