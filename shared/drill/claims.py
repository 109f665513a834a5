"""What was claimed of each stolen credential's end, against when it really opened nothing any more.

Rules
1. What is said to be dead by some time is dead by then, wherever it is tried from.
2. It goes on for no longer than the services say of its kind, from the moment at which its end was written.
3. Of a credential that opened something nothing less than its end is claimed.
4. What was stolen is taken away by when the fence stands, or the log tells of it and the next sweep reads that; what was made later
   by when every fence is said to hold.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from shared.containment.journal import APPLIED, Applied
from shared.domain.plan import Status
from shared.sandbox.scene import Life
from shared.workflow.sweeping import LIVING, PAUSES

if TYPE_CHECKING:
    from .verdict import Answered

SLACK: Final = 2.0
"""Seconds between what a cloud does and what is noted of it."""

FOR_A_PERSON: Final = frozenset({"key"})
"""Kinds whose end waits for a person: programs live on an account's key, and are given the other one first."""

STANDS: Final = frozenset({Status.APPLIED, Status.ALREADY})


@dataclass(frozen=True, slots=True)
class Claimed:
    """One credential: what is claimed of its end, and when that was written (seconds after the alert; None: nothing is)."""

    life: Life
    dead_by: float | None
    written: float | None

    @property
    def shown(self) -> dict[str, object]:
        dead = round(self.dead_by, 1) if self.dead_by is not None else None
        return {"name": self.life.name, "kind": self.life.kind, "last_open": round(self.life.alive, 1), "claimed_dead_by": dead}


def claims(answered: "Answered") -> tuple[Claimed, ...]:
    """Every credential of the thief's that was open after the alert."""
    lives = answered.played.lives
    if not lives:
        return ()
    done = [result for case in answered.cases for wave in case.waves for result in _results(answered, case.id, wave.blob)]
    return tuple(_claimed(life, done, answered) for life in lives)


def _results(answered: "Answered", case: str, blob: str) -> tuple[Applied, ...]:
    return APPLIED.validate_json(answered.working.journal(case).blobs(blob))


def _claimed(life: Life, done: list[Applied], answered: "Answered") -> Claimed:
    """A value that is replaced is dead with its first successor; a right that was given again, with the last removal."""
    ends = sorted(
        (result.outcome.until.timestamp() - answered.begun.at, _lingers(result, answered))
        for result in done
        if result.outcome.until and _about(life, result)
    )
    after = [each for each in ends if each[0] >= life.born - SLACK] if life.part else ends[-1:]
    if not after:
        return Claimed(life, None, None)
    dead_by, lingers = after[0]
    return Claimed(life, dead_by, dead_by - lingers)


def _about(life: Life, result: Applied) -> bool:
    change, outcome = result.change, result.outcome
    named = change.target.id.lower() == life.target and outcome.facet in life.facets
    return named and outcome.status in STANDS and life.part in ("", outcome.part)


def _lingers(result: Applied, answered: "Answered") -> float:
    traits = answered.working.world.traits(result.change.target, type(result.change.after))
    return traits.lingers.total_seconds() if traits and traits.lingers else 0.0


def untrue(claimed: tuple[Claimed, ...]) -> Iterator[str]:
    """Every claim that the cloud itself does not bear out, in sentences."""
    for each in claimed:
        life = each.life
        if each.dead_by is None or each.written is None:
            yield f"nothing is claimed of {life.name} ({life.kind}), which was open {life.alive:.0f} s after the alert"
            continue
        opened = f"and opened something at {life.alive:.0f} s"
        if life.alive > each.dead_by + SLACK:
            yield f"{life.name} ({life.kind}) was said to be dead {each.dead_by:.0f} s after the alert, {opened}"
        if life.alive > each.written + life.longest + SLACK:
            yield f"{life.name} ({life.kind}) was taken away {each.written:.0f} s after the alert, {opened}"


def late(claimed: Sequence[Claimed], stood: float, held: float, log: float) -> Iterator[str]:
    """Everything that was open for longer than it had to be, in sentences: a claim of a late end would be borne out as well.

    Seconds after the alert: `stood`, when the last fence did, which is for what was stolen; `held`, when all of them were first
    said to hold, which is for what the thief made later, for each actor's deeds are looked up in one of several sweeps. `log`: by
    how many seconds it is late.
    """
    for each in claimed:
        life = each.life
        due = max(held if life.born > SLACK else stood, _read(life.born + log)) + SLACK
        if each.written is not None and life.kind not in FOR_A_PERSON and min(each.written, life.alive) > due:
            yield f"{life.name} ({life.kind}) was taken away {each.written:.0f} s after the alert, and had to be by {due:.0f} s"


def _read(told: float) -> float:
    """When a sweep has read by what the log tells at `told`. Pauses grow where nothing is found; not far, while tokens live."""
    pause = next((each for each, passed in zip(PAUSES, accumulate(PAUSES), strict=True) if passed >= told), LIVING)
    return told + min(pause, LIVING)
