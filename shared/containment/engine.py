"""Apply and undo any plan. It knows no cloud, no action and no case: only changes.

Rules
1. Nothing is written before one entry with every intended change, and what was there before, is durable.
2. One refused, drifted or failed change never stops the others, and nothing that was written is taken back.
3. All changes to one backing document are one write; different documents are written in parallel.
4. A change counts as applied when it has been read back.
5. Undoing restores `before` only where the cloud still holds what we wrote; what was the attacker's is never restored.
6. It is safe to repeat after a crash at any line: what already holds is not written again.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from shared.domain.case import Outcome
from shared.domain.errors import Absent, CloudError, Throttled, Unreachable
from shared.domain.facet import AnyFacet, Facet, KeyState
from shared.domain.plan import Change, Origin, Plan, Status
from shared.domain.resource import Ref
from shared.ports import Journal, World

from .glance import Glance
from .journal import Applied, intended
from .parallel import in_parallel

TRIES = 3
"""Writes of one document before it counts as drifting: somebody else keeps overwriting it."""


type Found = dict[str, Facet] | CloudError
"""The parts of one facet of one resource, or why they could not be read."""


def apply(plan: Plan, world: World, journal: Journal, need: int, glance: Glance | None = None) -> tuple[Applied, ...]:
    """Make every change of the plan so. `need`: sinks that must hold the intent first. The caller records the results.

    `glance`: the look that the plan was made from. What it shows to hold is not read again; all that is written is.

    Raises `NotDurable` with nothing written where the intent could not be recorded.
    """
    changes, unread = _with_befores(plan.changes, world, glance)
    todo = [c for c in changes if not c.holds(c.before)]
    settled = [_result(c, Status.ALREADY) for c in changes if c.holds(c.before)]
    if todo:
        journal.append("intended", intended(plan, todo, journal), need)
    return _in_order(plan, (*settled, *unread, *write(todo, world)))


def holding(changes: Sequence[Change], world: World) -> frozenset[Change]:
    """Those of these changes that are so already; what can not be read is not known to be."""
    return frozenset(standing(changes, world)[0])


def standing(changes: Sequence[Change], world: World) -> tuple[list[Change], list[Change]]:
    """Those of these changes that are so, and those that are not; what can not be read is in neither."""
    nows, unread = _read(changes, world)
    unknown = {r.change.slot for r in unread}
    seen = [(c, c.holds(nows.get(c.slot, c.after.absent))) for c in changes if c.slot not in unknown]
    return [c for c, holds in seen if holds], [c for c, holds in seen if not holds]


def write(changes: Sequence[Change], world: World) -> tuple[Applied, ...]:
    """Make these changes so, whatever is there now: one write a document, all at once. Their intent is on record already."""
    return tuple(r for group in in_parallel(lambda group: _write(group, world), _grouped(changes)) for r in group)


def undo(plan: Plan, world: World, journal: Journal) -> tuple[Applied, ...]:
    """Restore what was there before `plan` (the changes as applied), last change first. The caller records the results.

    Raises `NotDurable` with nothing written where the intent could not be recorded.
    """
    kept, settled = _undoable(plan.changes)
    nows, unread = _read([c.inverse() for c in kept], world)
    readable = [c for c in kept if c.slot not in {r.change.slot for r in unread}]
    verdicts = [(c, _stands(c, nows.get(c.slot, c.after.absent))) for c in readable]
    todo = [c.inverse() for c, verdict in verdicts if verdict is None]
    if todo:
        journal.append("intended", intended(plan.but(changes=tuple(todo)), todo, journal), need=2)
    keys = [c for c in todo if isinstance(c.after, KeyState)]  # nothing goes back under a key that can not be used
    steps = (keys, [c for c in todo if c not in keys])
    written = [result for step in steps for result in write(step, world)]
    kept_as_is = (verdict for _, verdict in verdicts if verdict is not None)
    return (*settled, *unread, *kept_as_is, *map(_as_undone, written))


def _stands(change: Change, now: AnyFacet | None) -> Applied | None:
    """Why this change is not to be written back, None where it is: the cloud still holds what we wrote."""
    if now == change.before:
        return _result(change.inverse(), Status.UNDONE, "it is already as it was before")
    if now != change.after:
        return _result(change.inverse(), Status.LEFT, "somebody changed it since; look at it before you change it")
    return None


def _undoable(changes: Sequence[Change]) -> tuple[list[Change], list[Applied]]:
    """Sorts out what is never restored, and says why."""
    kept, settled = [], []
    for change in reversed(changes):
        if why := unrestored(change):
            settled.append(_result(change, *why))
        else:
            kept.append(change)
    return kept, settled


def unrestored(change: Change) -> tuple[Status, str] | None:
    """Why no undo restores what was there before this change, and the word for it; None where one may."""
    if not change.reversible or change.before is None:
        return Status.ONE_WAY, "this can not be undone"
    if change.origin is Origin.ATTACKER:
        return Status.LEFT, "what was there before was the attacker's work; it is not restored"
    return None


def _as_undone(result: Applied) -> Applied:
    if result.outcome.status is Status.APPLIED:
        return result.but(outcome=result.outcome.but(status=Status.UNDONE))
    return result


def _with_befores(changes: Sequence[Change], world: World, glance: Glance | None) -> tuple[list[Change], list[Applied]]:
    """The changes with what is there now, and a result for each whose target could not be read."""
    nows, unread = _read(changes, world, glance)
    failed = {r.change.slot for r in unread}
    known = [c.but(before=nows.get(c.slot, c.after.absent)) for c in changes if c.slot not in failed]
    return known, unread


def _read(
    changes: Sequence[Change], world: World, glance: Glance | None = None
) -> tuple[dict[tuple[Ref, str, str], AnyFacet], list[Applied]]:
    """One look for each resource and facet, all at once."""
    wanted: dict[tuple[Ref, type[Facet]], list[Change]] = defaultdict(list)
    for change in changes:
        wanted[change.target, type(change.after)].append(change)
    held = {place: _held(glance, *place, asked) for place, asked in wanted.items()} if glance else {}
    looked: dict[tuple[Ref, type[Facet]], Found] = {place: found for place, found in held.items() if found is not None}
    unknown = [place for place in wanted if place not in looked]
    looked |= zip(unknown, in_parallel(lambda place: _look(world, *place), unknown), strict=True)
    nows: dict[tuple[Ref, str, str], AnyFacet] = {}
    unread = []
    for change in changes:
        found = looked[change.target, type(change.after)]
        if isinstance(found, CloudError):
            unread.append(_failed(change, found))
        elif change.after.part in found:
            nows[change.slot] = found[change.after.part]  # type: ignore[assignment]  # a look gives facets of the type asked
    return nows, unread


def _held(glance: Glance, target: Ref, facet: type[Facet], asked: Sequence[Change]) -> dict[str, Facet] | None:
    """What was seen of this facet a moment ago, where all that is asked of it held already."""
    seen = glance.seen(target, facet)
    found: dict[str, Any] = {f.part: f for f in seen or ()}
    return found if seen is not None and all(c.holds(found.get(c.after.part, c.after.absent)) for c in asked) else None


def _look(world: World, target: Ref, facet: type[Facet]) -> Found:
    try:
        return {f.part: f for f in world.look(target, facet)}
    except CloudError as error:
        return error


def _grouped(changes: Sequence[Change]) -> list[list[Change]]:
    groups: dict[tuple[Ref, str], list[Change]] = defaultdict(list)
    for change in changes:
        groups[change.group].append(change)
    return list(groups.values())


def _write(group: list[Change], world: World) -> list[Applied]:
    """Write one document until all of it has been read back. Whoever keeps overwriting it is reported, not fought for ever."""
    ids: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    try:
        for _ in range(TRIES):
            receipt = world.write(group[0].target, [c.after for c in group])
            ids, notes = (*ids, *receipt.request_ids), (*notes, *receipt.notes)
            nows, unread = _read(group, world)
            if unread:
                return [_noted(r, ids, notes) for r in unread]
            if all(c.holds(nows.get(c.slot, c.after.absent)) for c in group):
                return [_read_back(c, nows.get(c.slot, c.after.absent), ids, notes) for c in group]
    except CloudError as error:
        return [_noted(_failed(c, error), (*ids, *filter(None, [error.request_id])), notes) for c in group]
    return [_noted(_result(c, Status.DRIFTED, "somebody keeps overwriting it"), ids, notes) for c in group]


def _read_back(change: Change, now: AnyFacet | None, ids: tuple[str, ...], notes: tuple[str, ...]) -> Applied:
    return _noted(_result(change.but(after=now or change.after), Status.APPLIED), ids, notes)


def _result(change: Change, status: Status, reason: str = "") -> Applied:
    after = change.after
    outcome = Outcome(target=change.target, facet=after.facet, part=after.part, action=change.action, status=status, reason=reason)
    return Applied(change=change, outcome=outcome)


def _noted(result: Applied, ids: tuple[str, ...], notes: tuple[str, ...]) -> Applied:
    reason = "; ".join(filter(None, [result.outcome.reason, *notes]))
    return result.but(outcome=result.outcome.but(request_ids=ids, reason=reason))


REASONS: tuple[tuple[type[CloudError], Status, str], ...] = (
    (Throttled, Status.FAILED, "the cloud is throttling us"),
    (Unreachable, Status.FAILED, "it can not be reached"),
    (Absent, Status.LEFT, "it does not exist any more"),
    (CloudError, Status.FAILED, "the cloud refused"),
)
"""What becomes of a change that an error met, and why, in words. First match counts."""


def _failed(change: Change, error: CloudError) -> Applied:
    status, words = next((status, words) for kind, status, words in REASONS if isinstance(error, kind))
    failed = _result(change, status, f"{words} ({error.code or type(error).__name__}): {error}")
    return failed.but(outcome=failed.outcome.but(retry=isinstance(error, Throttled), error=type(error).__name__))


def _in_order(plan: Plan, results: Sequence[Applied]) -> tuple[Applied, ...]:
    place = {c.slot: n for n, c in enumerate(plan.changes)}
    return tuple(sorted(results, key=lambda r: place[r.change.slot]))
