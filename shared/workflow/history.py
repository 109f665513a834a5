"""What a case has done so far, read back from its custody record: the case document itself carries digests only."""

from shared.containment.journal import APPLIED, CHANGES, Applied
from shared.domain.case import Case, Outcome
from shared.domain.plan import Change, Slot, Status, Wave
from shared.ports import Journal


def results(case: Case, journal: Journal, *waves: Wave) -> tuple[Applied, ...]:
    """The newest result of every slot, over these waves or all. What was applied once and holds since stays `applied`."""
    newest: dict[Slot, Applied] = {}
    for wave in case.waves:
        if waves and wave.wave not in waves:
            continue
        for result in APPLIED.validate_json(journal.blobs(wave.blob)):
            was = newest.get(result.change.slot)
            if was is None or not (result.outcome.status is Status.ALREADY and was.outcome.status is Status.APPLIED):
                newest[result.change.slot] = result
    return tuple(newest.values())


def outcomes(case: Case, journal: Journal) -> tuple[Outcome, ...]:
    """The newest outcome of every slot."""
    return tuple(r.outcome for r in results(case, journal))


def made(journal: Journal) -> tuple[Change, ...]:
    """Every change that stands now because we made it: `before` from the first intent since the last undo, `after` as read back.

    Intents are what counts, not outcomes: a worker that died between the two has written all the same, and what the next one found
    in place is what that write came to.
    """
    standing: dict[Slot, Change] = {}
    unread: set[Slot] = set()
    for entry in journal.entries():
        if entry.kind == "intended" and entry.body["wave"] != Wave.ROLLBACK:
            intents = CHANGES.validate_json(journal.blobs(str(entry.body["blob"])))
            unread |= {intent.slot for intent in intents}
            standing |= {intent.slot: _first(standing.get(intent.slot), intent) for intent in intents}
        elif entry.kind == "outcome":
            for result in APPLIED.validate_json(journal.blobs(str(entry.body["blob"]))):
                _settle(standing, unread, result)
    return tuple(standing.values())


def _first(was: Change | None, intent: Change) -> Change:
    return intent.but(before=was.before, origin=was.origin) if was else intent


def _settle(standing: dict[Slot, Change], unread: set[Slot], result: Applied) -> None:
    change, slot, status = result.change, result.change.slot, result.outcome.status
    if status is Status.UNDONE:
        standing.pop(slot, None)
    elif slot in standing and status is Status.APPLIED:
        standing[slot] = standing[slot].but(after=change.after)
        unread.discard(slot)
    elif slot in unread and status is Status.ALREADY:
        standing[slot] = standing[slot].but(after=change.before)
        unread.discard(slot)
