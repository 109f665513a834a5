"""A breach as it is played in a process of its own: what is told of it to whoever answers it, and what was seen in the end.

Whoever answers is elsewhere, and reaches the cloud over HTTP as anybody does. What is said over the pipe to this process is when
the breach begins and when it is over; what comes back is in the classes here, the same for every cloud.
"""

from dataclasses import dataclass, field
from typing import Final, Literal

from .at_work import Failure

BEGIN: Final = "begin"
OVER: Final = "over"

FENCED: Final = 12.0
"""Seconds after the alert in which the fence goes up and comes into force, on a slow machine too."""


@dataclass(frozen=True, slots=True)
class Ready[H]:
    """The hospital before the breach. `environments`: how a program acts as responder or administrator, `approver`: whose name.

    `keys`: by tenant. `shape`: SHA-256 over what is stored and who works there; `script`: the thief's moves in their order.
    `behind`: seconds by which the cloud's clock is behind this machine's.
    """

    environments: dict[str, dict[str, str]] = field(repr=False)
    policy: str
    approver: str
    keys: dict[str, str]
    stored: tuple[H, ...]
    shape: str
    script: tuple[str, ...]
    behind: float = 0.0


@dataclass(frozen=True, slots=True)
class Begun:
    """The breach under way: its alerts, what was stolen before them, and the first moves with the service's refusals."""

    alerts: tuple[bytes, ...]
    at: float
    stolen: int
    moves: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Success:
    """One thing that worked for the thief, `after` seconds after the alert; `born`: when these credentials were first used."""

    after: float
    kind: Literal["data", "control"]
    call: str
    who: str
    credential: str
    born: float


@dataclass(frozen=True, slots=True)
class Life:
    """One credential of the thief's: when it was first and last seen to open anything, wherever it was tried from.

    `target`: the id of what it is a credential of, `facets`: what has to be taken away for it to die, `part`: of which of these;
    empty for all. Times are seconds after the alert; `longest`: how many the services say it may go on after that.
    """

    name: str
    kind: str
    target: str
    facets: tuple[str, ...]
    part: str
    born: float
    alive: float
    longest: float


@dataclass(frozen=True, slots=True)
class Played[H]:
    """What was seen. Times of `successes` are seconds after the alert, those of `failures` seconds since 1970.

    `calls`: how many the hospital's people made, `pace`: seconds that one took on average while the fence went up; `states`: of the
    old keys; `attempts`: the thief's moves after the alert; `keys`: those in use in the end, by what is under them.
    """

    stored: tuple[H, ...]
    calls: int
    pace: float
    failures: tuple[Failure, ...]
    successes: tuple[Success, ...]
    survivors: tuple[str, ...]
    attempts: int
    states: dict[str, str]
    lives: tuple[Life, ...] = ()
    keys: dict[str, str] = field(default_factory=dict)
