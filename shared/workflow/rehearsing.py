"""A rehearsal: a deed that is none, done by an actor of our own, answered by the responder as it stands, measured.

The run only does the deed and looks. Nothing tells the responder that it is rehearsed: the alert comes by the log's own way, and
its case is handled like any other. A real case comes first: then the run does not begin, or ends. The actor goes at the end of the
run; what an open case looks after stays until that case has ended, else its sweeps would miss it and call people.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.containment.actions import ACTIONS
from shared.containment.journal import APPLIED
from shared.domain.actor import Actor
from shared.domain.case import Case, Stage
from shared.domain.errors import CloudError, CodeblueError, CustodyError, NotReady
from shared.domain.plan import Change, Status, Wave
from shared.domain.resource import Ref
from shared.ports import Cases, Clock, Journal

from .step import over

LOOK_SECONDS = 1.0
"""Between two looks; what is measured is as exact as this."""

FENCING = frozenset({Stage.OPEN, Stage.SCOPE, Stage.FENCE, Stage.PRESERVE})
"""While a case is here, not everything that goes with its fence is written."""

UNTOUCHED = frozenset({Status.ALREADY, Status.PLANNED})


class Scenery(Protocol):
    """What a rehearsal has of its own in a cloud. Every method may raise `CloudError`, but for `refused` and `clear`."""

    @property
    def actor(self) -> str:
        """The identifier of who does the deed, as cases name their actor."""
        ...

    def owns(self, target: Ref) -> bool:
        """Whether this is something that the run made."""
        ...

    def rehearses(self, principal: str, resources: tuple[Ref, ...]) -> bool:
        """Whether an alert with this actor and these resources is about rehearsals alone."""
        ...

    def set_up(self) -> None:
        """Make it all, and see that the actor can read."""
        ...

    def attack(self) -> None:
        """Do the deed."""
        ...

    def refused(self) -> bool:
        """Whether the actor is refused what it could read before."""
        ...

    def clear(self, busy: Collection[Ref] = ()) -> tuple[str, ...]:
        """Take away what rehearsals made, but for `busy` stores and the key; what stays against our will, in sentences."""
        ...


@dataclass(frozen=True, slots=True)
class Looking:
    """Everything that a run sees of the responder. `journal` opens a record as it is now; `audit` checks one, by its case's id."""

    cases: Cases
    clock: Clock
    journal: Callable[[str], Journal]
    audit: Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """How it went: `opened`, `fenced` and `refused` in seconds after the deed, None where it did not come.

    `kept`: what of the account's own evidence the case protected, as every case does. `wrong`: what must not be, in sentences.
    """

    case: str
    opened: float | None
    fenced: float | None
    refused: float | None
    kept: tuple[str, ...]
    wrong: tuple[str, ...]


@dataclass(slots=True)
class _Seen:
    """What was seen so far: the case, when the actor was refused first, and a real case that came meanwhile."""

    case: Case | None = None
    refused: datetime | None = None
    real: str = ""

    @property
    def done(self) -> bool:
        return bool(self.real or (self.refused and self.case and self.case.fenced_at and self.case.stage not in FENCING))


def rehearse(scenery: Scenery, deps: Looking, limit: float) -> Rehearsed:
    """One rehearsal from beginning to end; whatever happens, what it made is taken away. `limit`: seconds to wait for the response.

    Raises `NotReady` where a real case is open or work is paused, `CloudError` where the scene could not be made.
    """
    if why := hindered(scenery, deps):
        raise NotReady(f"no rehearsal: {why}")
    left: tuple[str, ...] = ()
    try:
        clear(scenery, deps)
        scenery.set_up()
        began = deps.clock.now()
        scenery.attack()
        seen = _watched(scenery, deps, limit)
    finally:
        left = clear(scenery, deps)
    return _judged(scenery, deps, began, seen, left)


def hindered(scenery: Scenery, deps: Looking) -> str:
    """Why there can be no rehearsal now; empty where there can."""
    if deps.cases.paused():
        return "all automatic action is paused, so nothing would answer; `codeblue resume` first"
    real = _real(scenery, deps.cases.all())
    return f"case {real} is open, and a real case comes first; rehearse when it is closed" if real else ""


def clear(scenery: Scenery, deps: Looking) -> tuple[str, ...]:
    """Take away what rehearsals made and no open case looks after; what stays against our will, in sentences."""
    try:
        busy = [ref for case in deps.cases.all() if not over(case) for ref in case.signal.resources]
    except CodeblueError as error:
        return (f"which cases are open can not be told ({error}), so nothing was removed: `codeblue rehearse --clear`",)
    return scenery.clear(busy)


def _real(scenery: Scenery, cases: tuple[Case, ...]) -> str:
    """The id of an open case that is about more than rehearsals; empty where there is none."""
    return next((case.id for case in cases if not over(case) and not rehearsed(scenery, case)), "")


def rehearsed(scenery: Scenery, case: Case) -> bool:
    """Whether a case is about rehearsals alone: one that anybody or anything else has joined is a real one."""
    alerts = (case.signal, *case.fronts)
    members = case.lineage.members if case.lineage else ()
    touched = tuple(ref for alert in alerts for ref in alert.resources)
    return all(scenery.rehearses(_principal(actor), touched) for actor in (*(alert.actor for alert in alerts), *members))


def _principal(actor: Actor | None) -> str:
    return actor.principal.id if actor and actor.principal else ""


def _watched(scenery: Scenery, deps: Looking, limit: float) -> _Seen:
    seen, until = _Seen(), deps.clock.monotonic() + limit
    while True:
        if seen.refused is None and scenery.refused():
            seen.refused = deps.clock.now()
        cases = deps.cases.all()
        seen.case = next((case for case in cases if _principal(case.signal.actor) == scenery.actor), None)
        seen.real = _real(scenery, cases)
        if seen.done or deps.clock.monotonic() >= until:
            return seen
        deps.clock.sleep(LOOK_SECONDS)


def _judged(scenery: Scenery, deps: Looking, began: datetime, seen: _Seen, left: tuple[str, ...]) -> Rehearsed:
    case = seen.case
    changes = tuple(written(deps.journal(case.id))) if case else ()
    wrong = (*_missing(seen), *outside(scenery, changes), *_audited(deps.audit, case), *left)

    def after(at: datetime | None) -> float | None:
        return None if at is None else (at - began).total_seconds()

    opened, fenced = (case.opened, case.fenced_at) if case else (None, None)
    kept = tuple(sorted({str(change.target) for change in changes if protects(change)}))
    return Rehearsed(case.id if case else "", after(opened), after(fenced), after(seen.refused), kept, wrong)


def _missing(seen: _Seen) -> Iterator[str]:
    """What did not come in time, the first cause only."""
    if seen.real:
        yield f"case {seen.real} came, which is real: the rehearsal gave way to it and was not finished"
    elif seen.case is None:
        yield "no case was opened: the log's record did not arrive, or no rule took it; `codeblue doctor`, then the queue of intake"
    elif seen.case.fenced_at is None:
        why = f": {seen.case.why_ask}" if seen.case.why_ask else ""
        yield f"case {seen.case.id} is {seen.case.verdict}, and its fence did not come{why}; `codeblue status {seen.case.id}`"
    elif seen.case.stage in FENCING:
        yield f"case {seen.case.id} is fenced, and stays at {seen.case.stage}; `codeblue status {seen.case.id}`"
    elif seen.refused is None:
        yield f"case {seen.case.id} is fenced, and the actor can still read: `codeblue status {seen.case.id}`, now"


def written(journal: Journal) -> Iterator[Change]:
    """Every change of a case that was tried in the cloud, as its record has it."""
    for entry in journal.entries():
        if entry.kind == "outcome":
            results = APPLIED.validate_json(journal.blobs(str(entry.body["blob"])))
            yield from (result.change for result in results if result.outcome.status not in UNTOUCHED)


def outside(scenery: Scenery, changes: tuple[Change, ...]) -> Iterator[str]:
    """What was changed that is neither the run's own nor the evidence that every case protects, in sentences."""
    evidence = {change.target.id for change in changes if protects(change)}
    strange = [change for change in changes if not scenery.owns(change.target) and change.target.id not in evidence]
    for target, action in sorted({(str(change.target), change.action) for change in strange}):
        yield f"{target} was changed ({action}), and is none of the rehearsal's: `codeblue release CASE TARGET` undoes it"


def protects(change: Change) -> bool:
    """Whether it keeps evidence or backups from harm: logs, trails and vaults belong to the account and to no actor."""
    return ACTIONS[change.action].wave is Wave.PRESERVE


def _audited(audit: Callable[[str], object], case: Case | None) -> Iterator[str]:
    if case is None:
        return
    try:
        audit(case.id)
    except (CustodyError, CloudError) as error:
        yield f"the record of case {case.id} does not hold: {error}; `codeblue audit {case.id} --open`"
