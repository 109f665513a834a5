"""A migration as a case carries it: what does it, and what it came to. Counts, and no name of an object."""

from enum import StrEnum

from .resource import Ref
from .value import Value


class Engine(StrEnum):
    """What does the moving: one worker, many workers beside each other, or a job of the store's own service."""

    IN_PROCESS = "in process"
    MAP = "distributed map"
    BATCH = "batch job"


class Versions(Value):
    """What became of the versions of one store, as far as one old `key` goes: how many went which way, how many stay, and why.

    `total` counts what holds content; `lost` copies that could not carry everything along; `lane` says whether updates in place are
    proved here; `altered` counts what the proof found not to be as its lane promised, `rounds` migrations that it found something
    left of. `done`: moved and proved.
    """

    store: Ref
    key: Ref
    total: int = 0
    updated: int = 0
    copied: int = 0
    multipart: int = 0
    blocked: tuple[tuple[str, int], ...] = ()
    lost: int = 0
    lane: str = ""
    altered: int = 0
    rounds: int = 0
    done: bool = False

    @property
    def moved(self) -> int:
        """How many were moved, by any lane."""
        return self.updated + self.copied + self.multipart
