"""What a case has done so far, read back from its custody record: the case document itself carries digests only."""

from collections.abc import Iterable

from shared.containment.journal import APPLIED, CHANGES, Applied
from shared.domain.case import Case, Outcome
from shared.domain.plan import Change, Status, Wave
from shared.domain.resource import Ref
from shared.ports import Journal

type Slot = tuple[Ref, str, str]


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

    Intents are what counts, not outcomes: a worker that died between the two has written all the same.
    """
    standing: dict[Slot, Change] = {}
    for entry in journal.entries():
        if entry.kind == "intended":
            intents = CHANGES.validate_json(journal.blobs(str(entry.body["blob"])))
            _intend(standing, intents, undoing=entry.body["wave"] == Wave.ROLLBACK)
        elif entry.kind == "outcome":
            _settle(standing, APPLIED.validate_json(journal.blobs(str(entry.body["blob"]))))
    return tuple(standing.values())


def _intend(standing: dict[Slot, Change], intents: Iterable[Change], *, undoing: bool) -> None:
    for intent in intents:
        was = standing.get(intent.slot)
        if was is None and not undoing:
            standing[intent.slot] = intent
        elif was is not None and not undoing:
            standing[intent.slot] = intent.but(before=was.before, origin=was.origin)


def _settle(standing: dict[Slot, Change], results: Iterable[Applied]) -> None:
    for result in results:
        slot, status = result.change.slot, result.outcome.status
        if status is Status.UNDONE:
            standing.pop(slot, None)
        elif status is Status.APPLIED and slot in standing:
            standing[slot] = standing[slot].but(after=result.change.after)
