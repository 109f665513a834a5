"""Every change of a case as its record has it, who approved it, and what can become of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.containment.actions import ACTIONS
from shared.containment.journal import APPLIED, Applied
from shared.domain.case import Case
from shared.domain.plan import Change, Origin, Status, Wave
from shared.ports import Journal, Recorded
from shared.workflow.deciding import remains

from .facts import ChangeRow, Undoing
from .words import say

ENVELOPE = frozenset({Wave.FENCE, Wave.SWEEP, Wave.PRESERVE})
"""Waves that one approval covers together (`shared.domain.envelope`)."""

BY_POLICY = "the policy"
NOBODY = "nobody yet"
ATTACKERS = "what was there before was the actor's work, and is not restored"


@dataclass(frozen=True, slots=True)
class Settled:
    """One result of one wave, with when it went on record, and who had approved it."""

    wave: Wave
    at: datetime
    result: Applied
    approved: str


def settled(entries: Iterable[Recorded], journal: Journal) -> Iterator[Settled]:
    """Every result on record, oldest first, but for what held already."""
    approvals: dict[Wave, str] = {}
    for entry in entries:
        if entry.kind == "approved":
            approvals |= dict.fromkeys(_covered(Wave(str(entry.body["wave"]))), str(entry.body["by"]))
        elif entry.kind == "outcome":
            wave = Wave(str(entry.body["wave"]))
            for result in APPLIED.validate_json(journal.blobs(str(entry.body["blob"]))):
                if result.outcome.status is not Status.ALREADY:
                    yield Settled(wave, datetime.fromisoformat(entry.at), result, _approved(result, approvals.get(wave)))


def _covered(wave: Wave) -> frozenset[Wave]:
    return ENVELOPE if wave in ENVELOPE else frozenset({wave})


def _approved(result: Applied, by: str | None) -> str:
    return NOBODY if result.outcome.status is Status.PLANNED else by or BY_POLICY


def rows(found: Iterable[Settled]) -> tuple[ChangeRow, ...]:
    """One line for each change; what a sweep had to do again and again is one line that counts."""
    same: dict[tuple[object, ...], list[Settled]] = {}
    for each in found:
        outcome = each.result.outcome
        key = (each.wave, each.result.change.slot, each.result.change.action, outcome.status, outcome.reason, each.approved)
        same.setdefault(key, []).append(each)
    return tuple(_row(group) for group in same.values())


def _row(group: Sequence[Settled]) -> ChangeRow:
    first, last = group[0], group[-1]
    change, outcome, action = last.result.change, last.result.outcome, ACTIONS[last.result.change.action]
    return ChangeRow(
        wave=last.wave,
        at=last.at,
        times=len(group),
        action=change.action,
        title=action.title,
        target=change.target.id,
        before=say(first.result.change.before),
        after=say(change.after),
        origin=change.origin.value,
        status=outcome.status.value,
        reason=outcome.reason,
        why=change.why,
        citation=change.citation,
        reversible=change.reversible,
        undone=action.undone,
        approved=last.approved,
        requests=tuple(request for each in group for request in each.result.outcome.request_ids),
    )


def undoing(case: Case, standing: Sequence[Change]) -> Undoing:
    """What a rollback would take back of what stands, leave, or can not take back at all."""
    one_way = [c for c in standing if not c.reversible or c.before is None]
    left = {c.slot: why for c in standing if c not in one_way and (why := _kept(c, case))}
    can = [c for c in standing if c not in one_way and c.slot not in left]
    return Undoing(
        can=_named(can),
        stays=tuple((ACTIONS[c.action].title, c.target.id, left[c.slot]) for c in standing if c.slot in left),
        one_way=tuple(dict.fromkeys((ACTIONS[c.action].title, c.target.id, ACTIONS[c.action].undone) for c in one_way)),
        rollback=f"codeblue rollback {case.id}",
        release=f"codeblue release {case.id} TARGET",
    )


def _kept(change: Change, case: Case) -> str:
    return ATTACKERS if change.origin is Origin.ATTACKER else remains(change, case)


def _named(changes: Iterable[Change]) -> tuple[tuple[str, str], ...]:
    return tuple(dict.fromkeys((ACTIONS[c.action].title, c.target.id) for c in changes))


@dataclass(frozen=True, slots=True)
class Alike:
    """Changes of one wave that differ in their target alone: people read what they have in common once."""

    row: ChangeRow
    targets: tuple[str, ...]


def by_wave(found: Iterable[ChangeRow]) -> Mapping[Wave, tuple[Alike, ...]]:
    """What was done, in the order in which waves first came."""
    listed: dict[Wave, dict[ChangeRow, tuple[str, ...]]] = {}
    for row in found:
        alike = listed.setdefault(row.wave, {})
        common = row.but(target="", requests=(), at=row.at.replace(microsecond=0))
        alike[common] = (*alike.get(common, ()), row.target)
    return {wave: tuple(Alike(row, targets) for row, targets in alike.items()) for wave, alike in listed.items()}
