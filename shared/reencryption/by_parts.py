"""The bulk of a store moved by workers beside each other: each takes a stretch of the listing, and keeps a ledger of its own.

Rules
1. The cut is on record before anybody works on a part of it, and while it grows: whoever is stopped is gone on from. Whoever works
   names a part by its number, and nothing else travels.
2. A part is a migration like any other, over less of the listing: the same looks, intents, outcomes and sweeps, in a ledger under
   the case's own secrets. No two ledgers meet, and whoever comes to a ledger second stops.
3. What a part came to is read back into the case's record, with the signed head of the part's ledger.
4. That is no proof: a sweep afterwards looks at all of the store, settles what no part has, and says of the rest why it stays.
5. A part that is not over is asked for again, as long as any part gets on; where none does the sweep does what is left.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Self, cast

from pydantic import Field

from shared.domain.errors import CloudError
from shared.domain.value import Value, digest
from shared.ports import Clock, Journal
from shared.ports.objects import Objects, Page
from shared.ports.record import TAKEN_IN, Recorded

from .answers import persistently
from .asking import never
from .intake import Intake
from .migrate import migrate, migrate_exposed
from .plan import Migration
from .result import MigrationResult, Progress
from .stretch import Stretch, within

VERSIONS = 20_000
"""Versions after which a part ends with its page, however few a page has: some minutes of its worker."""

MOST = 100_000
"""Parts of one store, for two billion versions; what of a listing is behind them is the sweep's."""

NOTED = 200
"""Pages of a listing after which it is put on record how far the cut is, for whoever comes after a worker that died."""

BESIDE = 6
"""Parts that are worked on beside each other: where workers are shared with fences, fewer than one of their machines runs."""

CUT, ASKED, OVER = "migration-cut", "migration-parts-asked", "migration-part-over"


type Ledger = Callable[[int], Journal]
"""The ledger of a part, by its number, opened each time: whoever else is at it is known by what they wrote there alone."""


class Cut(Value):
    """A cut as far as it has come: the parts that are `whole`, and the next: where it begins, its versions and their `last` key.

    `after`: where the listing goes on. An entry of the record has of `whole` what came since the one before.
    """

    whole: tuple[Stretch, ...] = ()
    begins: Stretch = Stretch()
    count: int = 0
    last: str = Field(default="", repr=False)
    after: tuple[str, str] | None = Field(default=None, repr=False)
    over: bool = False

    def and_then(self, page: Page, versions: int) -> Self:
        """With the next page, and another part where this one has as many versions; those of one key are one worker's."""
        first = page.versions[0].key if page.versions else ""
        full = self.count >= versions and first > self.last
        begins = Stretch(after=self.after, first=first) if full else self.begins
        over = page.after is None
        return self.but(
            whole=(*self.whole, *([self.begins.but(end=first)] if full else []), *([begins] if over else [])),
            begins=begins,
            count=len(page.versions) + (0 if full else self.count),
            last=page.versions[-1].key if page.versions else self.last,
            after=page.after,
            over=over,
        )


@dataclass(frozen=True, slots=True)
class Shared:
    """One migration, and where it is kept: in the case's record, and in its parts' ledgers. `versions`: in a part, at the least.

    `most`: parts of a store. `beside`: parts that are worked on at a time; `at_once`: parts that are handed out at a time, where
    whoever takes them keeps some waiting.
    """

    plan: Migration
    objects: Objects
    journal: Journal
    ledger: Ledger
    clock: Clock
    versions: int = VERSIONS
    most: int = MOST
    beside: int = BESIDE
    at_once: int | None = None


def open_parts(of: Shared, cancelled: Callable[[], bool] = never, *, again: bool = False) -> tuple[int, ...]:
    """The parts that are to be worked on now, by number: cut at first, and none where all that can be done so is taken in.

    None either where the cutting was stopped: the next call goes on with it. `again`: also where none has got on since.

    Raises `CloudError` where the store can not be listed, and what the record raises.
    """
    cut = prepared(of, cancelled)
    if not cut.over or cancelled():
        return ()
    intake = Intake(of.plan, of.journal)
    open_, standing = _standing(of, len(cut.whole), intake, cancelled)
    if cancelled():
        return ()
    if open_ and (_gets_on(of, digest(standing)) or again):
        return open_
    for number in open_:
        if cancelled():
            break
        intake.take(number, of.ledger(number))
    return ()


def _standing(of: Shared, parts: int, intake: Intake, cancelled: Callable[[], bool]) -> tuple[tuple[int, ...], dict[str, object]]:
    """The first parts that are not over, and how far each is; those before them that are over are taken in, one by one."""
    done, open_ = set(_noted(of, TAKEN_IN)), dict[int, object]()
    for number in range(parts):
        if number in done:
            continue
        if len(open_) == (of.at_once or of.beside) or cancelled():
            break
        ended, far = _state(of, number)
        if ended:
            intake.take(number, of.ledger(number))
        else:
            open_[number] = far
    return tuple(open_), {str(number): far for number, far in open_.items()}


def begun(of: Shared) -> bool:
    """Whether the store is being cut, or was."""
    return any(True for _ in _cuts(of))


def cut(of: Shared) -> bool:
    """Whether the store is cut, as this record has it."""
    return any(e.body["over"] for e in _cuts(of))


def is_open(of: Shared, number: int) -> bool:
    """Whether this part is cut and not taken in, as this record has it."""
    return cut(of) and number not in _noted(of, TAKEN_IN)


def all_in(of: Shared) -> bool:
    """Whether the store is cut and every part of it taken in: what is left is the sweep's."""
    return cut(of) and len(set(_noted(of, TAKEN_IN))) == len(_cut_of(of).whole)


def prepared(of: Shared, cancelled: Callable[[], bool] = never) -> Cut:
    """What goes before any part: what actors read is moved, and the store is cut, as far as that comes. Raises as `open_parts`."""
    if of.plan.first and not begun(of):
        migrate_exposed(of.plan, of.objects, of.journal, of.clock, cancelled)
    return _cut(of, _cut_of(of), cancelled)


def work(
    of: Shared, number: int, cancelled: Callable[[], bool] = never, progress: Callable[[Progress], None] = lambda _: None
) -> MigrationResult | None:
    """Work on one part until it is over, or the worker is stopped; None where there is no such part.

    Raises as `migrate`, and `LeaseLost` where another worker is at it.
    """
    cut = _cut_of(of).whole
    if number not in range(len(cut)):
        return None
    journal, plan = of.ledger(number), of.plan.but(first=frozenset())
    if plan.ceiling:
        plan = plan.but(ceiling=plan.ceiling / min(of.beside, len(cut)))
    objects = cast("Objects", within(of.objects, cut[number]))
    result = migrate(plan, objects, journal, of.clock, cancelled=cancelled, progress=progress)
    moved = sum(result.moved.values())
    journal.append(OVER, {"migration": plan.id, "over": result.finished, "why": result.why, "seen": result.total, "moved": moved})
    return result


def _gets_on(of: Shared, standing: str) -> bool:
    """Whether any part has got on since they were asked for last; then that is noted."""
    last = next((e.body for e in reversed(list(of.journal.entries())) if _is(of, e.kind, ASKED, e.body)), None)
    if last is not None and last["standing"] == standing:
        return False
    of.journal.append(ASKED, {"migration": of.plan.id, "standing": standing})
    return True


def _cut_of(of: Shared) -> Cut:
    """The cut as far as the record has it."""
    noted = [Cut.model_validate_json(of.journal.blobs(str(e.body["blob"]))) for e in _cuts(of)]
    return noted[-1].but(whole=tuple(part for each in noted for part in each.whole)) if noted else Cut()


def _cuts(of: Shared) -> Iterator[Recorded]:
    return (e for e in of.journal.entries() if _is(of, e.kind, CUT, e.body))


def _cut(of: Shared, done: Cut, cancelled: Callable[[], bool]) -> Cut:
    """Go on through the listing, and put on record where each part begins; where that is stopped, as far as it has come.

    Raises `CloudError` where the store can not be listed; what was cut before is on record.
    """
    at, pages = done.but(whole=()), 0
    while not (at.over or cancelled()):
        try:
            page = persistently(of.clock, partial(of.objects.list, of.plan.store, at.after))
        except CloudError:
            _note(of, done, at)
            raise
        at, pages = at.and_then(page, of.versions), pages + 1
        if len(done.whole) + len(at.whole) >= of.most:
            at = at.but(over=True)
        if pages % NOTED == 0:
            done = _note(of, done, at)
            at = at.but(whole=())
    return _note(of, done, at)


def _note(of: Shared, done: Cut, at: Cut) -> Cut:
    """Put on record what came since; returns all of it."""
    if at == done.but(whole=()):
        return done
    whole = (*done.whole, *at.whole)
    kept = of.journal.blob(at.model_dump_json().encode())
    of.journal.append(CUT, {"migration": of.plan.id, "parts": len(whole), "over": at.over, "blob": kept})
    return at.but(whole=whole)


def _noted(of: Shared, kind: str) -> Iterator[int]:
    """The numbers of the parts of which the record says this."""
    return (int(str(e.body["part"])) for e in of.journal.entries() if _is(of, e.kind, kind, e.body))


def _state(of: Shared, number: int) -> tuple[bool, list[object]]:
    """Whether a part is over, by its own ledger, and how far it is: what its last worker said, and what was done since."""
    said, since = None, 0
    for entry in of.ledger(number).entries():
        ends = _is(of, entry.kind, OVER, entry.body)
        said, since = (entry.body, 0) if ends else (said, since + 1)
    return bool(said and said["over"]), [said["seen"], said["moved"], since] if said else [since]


def _is(of: Shared, kind: str, wanted: str, body: Any) -> bool:  # noqa: ANN401 - a body holds anything
    return kind == wanted and body.get("migration") == of.plan.id
