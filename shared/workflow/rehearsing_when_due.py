"""A rehearsal by the clock: when it is due, and never before what the last ones left has been taken back.

Rules
1. Somebody looks every day. A rehearsal is due as many days after the last one's case was opened as were asked for; with no case
   at all it is due at once, and so is one that opened none.
2. What a case of a rehearsal protects stays until people take it back: their approval is asked for by no machine. While any of it
   stands there is no other rehearsal, and people are paged, once for each time that one was due.
3. While a real case is open, or everything is paused, there is none; people are told as often, and not woken.
4. Nothing else is remembered: the cases say when the last one was, the schedule's own time which look is the first of its day.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.containment.engine import unrestored
from shared.containment.journal import APPLIED
from shared.domain.case import Case, Verdict
from shared.domain.plan import Status
from shared.ports import Journal, Notifier

from . import rehearsing
from .deciding import remains
from .history import made
from .rehearsing import Looking, Rehearsed, Scenery

LOG = logging.getLogger("codeblue")

DAY = timedelta(days=1)
"""Between two looks."""

SLOW_SECONDS = 300.0
"""A fence that comes later than this after the deed is paged: CloudTrail's own record of it is mostly there within two minutes."""

LEFT = "What a rehearsal left has to be taken back"
SKIPPED = "A rehearsal was due, and did not come"
FAILED = "A rehearsal went wrong"
HELD = "A rehearsal went well"


@dataclass(frozen=True, slots=True)
class Visit:
    """What came of one look: how a rehearsal went, or why there was none."""

    went: Rehearsed | None = None
    why: str = ""


def visit(scenery: Scenery, looking: Looking, people: Notifier, at: datetime, every: timedelta, limit: float) -> Visit:
    """Rehearse if it is due and may be. `at`: when the schedule says that it is now; `limit`: seconds to wait for the response.

    Raises what `rehearsing.rehearse` raises, and `CloudError` where cases or records can not be read.
    """
    before = [case for case in looking.cases.all() if rehearsing.rehearsed(scenery, case)]
    last = before[0].opened if before else None
    if last and at - last < every:
        _tidy(scenery, looking)
        return Visit(why=f"the next rehearsal is due at {last + every:%Y-%m-%d %H:%M} UTC")
    first = last is None or (at - last) // every > (at - DAY - last) // every
    if why := rehearsing.hindered(scenery, looking):
        if first:
            people.notice(SKIPPED, f"There is no rehearsal: {why}. It is tried again every day.")
        return Visit(why=why)
    if left := [line for case in before for line in taken_back_by(case, looking.journal(case.id))]:
        if first:
            people.page("", LEFT, "\n".join(["A rehearsal is due, and comes the day after these are done:", *left]))
        return Visit(why=f"{len(left)} commands are due first: {'; '.join(left)}")
    went = rehearsing.rehearse(scenery, looking, limit)
    _told(went, looking, people)
    return Visit(went)


def _tidy(scenery: Scenery, looking: Looking) -> None:
    """The bucket goes when its case has ended; so does what a run left that was killed."""
    for line in rehearsing.clear(scenery, looking):
        LOG.warning("%s", line)


def taken_back_by(case: Case, journal: Journal) -> Iterator[str]:
    """The commands that take back what this rehearsal's case protects still, by its record; none where nothing of it stands.

    What an undo left, because somebody had changed it since, is theirs who were told so.
    """
    theirs = set(_left(journal))
    standing = [c for c in made(journal) if rehearsing.protects(c) and c.slot not in theirs and not unrestored(c)]
    if any(not remains(change, case) for change in standing):
        again = " (it was tried, and not all of it went back)" if case.verdict is Verdict.ROLLED_BACK else ""
        yield f"codeblue rollback {case.id} --direct{again}"
    yield from sorted({f"codeblue release {case.id} {c.target.id}" for c in standing if remains(c, case)})


def _left(journal: Journal) -> Iterator[tuple[object, str, str]]:
    for entry in journal.entries():
        if entry.kind == "outcome":
            results = APPLIED.validate_json(journal.blobs(str(entry.body["blob"])))
            yield from (result.change.slot for result in results if result.outcome.status is Status.LEFT)


def _told(went: Rehearsed, looking: Looking, people: Notifier) -> None:
    """A page about what is wrong; else a notice, with what people have to do before the next one."""
    after = {"case": went.opened, "fence": went.fenced, "first refusal": went.refused}
    times = ", ".join(f"{name} {'never' if seconds is None else f'{seconds:.0f} s'}" for name, seconds in after.items())
    wrong = [*went.wrong, *late(went)]
    case = [f"Case {went.case}; after the deed: {times}."] if went.case else []
    if wrong:
        people.page(went.case, FAILED, "\n".join([*case, *wrong]))
        return
    back = taken_back_by(looking.cases.load(went.case), looking.journal(went.case))
    people.notice(HELD, "\n".join([*case, "Before the next one, take back what its case protects:", *back]))


def late(went: Rehearsed) -> Iterator[str]:
    """A fence that came, and later than it may."""
    if went.fenced is not None and went.fenced > SLOW_SECONDS:
        yield f"the fence of case {went.case} came {went.fenced:.0f} s after the deed, later than {SLOW_SECONDS:.0f} s"
