"""What a stage answers: the case as it is now, where it goes next, and what has to be waited for."""

import msgspec

from shared.domain.case import Case, Stage, Verdict
from shared.domain.value import Value


class Part(Value):
    """One part of one migration, for a worker of its own. `migration` is the digest that the record knows it by."""

    case: str
    migration: str
    number: int


class Next(msgspec.Struct, frozen=True):
    """`stage` None: nothing is left to do. `ask_seconds`: wait so long for a person. `again_seconds`: wait, then run it.

    With both, whichever comes first: what is asked is waited for, and the stage goes on meanwhile. `parts` are worked on before
    that, beside each other where the driver has the workers.
    """

    case: Case
    stage: Stage | None
    ask_seconds: int | None = None
    again_seconds: float | None = None
    parts: tuple[Part, ...] = ()


FINAL = frozenset({Verdict.OBSERVED, Verdict.REFUSED, Verdict.ROLLED_BACK, Verdict.DROPPED})
"""Verdicts after which nothing runs by itself any more."""


ENDED = frozenset({Stage.CLOSE, Stage.ROLLBACK})
"""Stages after which no workflow is missed."""


def over(case: Case) -> bool:
    """Whether nothing more is done about it by itself."""
    return case.verdict in FINAL or case.stage in ENDED


def reached(case: Case) -> Verdict:
    """`contained` only where nothing failed and nothing is out of reach; anything else is called partial."""
    return Verdict.PARTIAL if any(left.blocks for left in case.people) else Verdict.CONTAINED
