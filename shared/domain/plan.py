"""A plan is data: what a person approves is, byte for byte, what is applied."""

from enum import StrEnum
from functools import cached_property
from typing import Self

from .actor import Lineage
from .facet import AnyFacet
from .resource import Ref
from .value import Value, digest


class Origin(StrEnum):
    """Whose state a `before` is; rollback never restores the attacker's by default."""

    OURS = "ours"
    LEGITIMATE = "legitimate"
    ATTACKER = "attacker"
    UNKNOWN = "unknown"


class Status(StrEnum):
    """What became of a change."""

    PLANNED = "planned"
    APPLIED = "applied"
    ALREADY = "already"
    FAILED = "failed"
    DRIFTED = "drifted"
    REFUSED = "refused"
    UNDONE = "undone"
    LEFT = "left"
    ONE_WAY = "one_way"


class Wave(StrEnum):
    """A group of changes that is approved, recorded and applied together."""

    PRESERVE = "preserve"
    FENCE = "fence"
    SWEEP = "sweep"
    REKEY = "rekey"
    MIGRATE = "migrate"
    ENFORCE = "enforce"
    RETIRE = "retire"
    ROLLBACK = "rollback"


class Blast(Value):
    """Who else a change can hurt, from evidence.

    `others` are principals or sessions, other than the actor, seen using the target in the window. `known` is False where there
    is no evidence to judge by: then a person is asked.
    """

    others: tuple[str, ...] = ()
    known: bool = True

    @property
    def clear(self) -> bool:
        return self.known and not self.others


type Slot = tuple[Ref, str, str]
"""What a change is about: its target, the facet's name, the part of it."""


class Change(Value):
    """One compare-and-set of one facet of one resource.

    `before` is read last, just before the write, and is no part of the digest: a digest is intent. `exact` asks for `after` itself
    and not for something that satisfies it: undoing restores a state and does not ratchet.
    """

    target: Ref
    after: AnyFacet
    action: str
    why: str
    citation: str
    reversible: bool = True
    exact: bool = False
    before: AnyFacet | None = None
    origin: Origin = Origin.UNKNOWN
    blast: Blast = Blast()

    @property
    def slot(self) -> Slot:
        """What is changed: no plan changes a slot twice."""
        return (self.target, self.after.facet, self.after.part)

    @property
    def group(self) -> tuple[Ref, str]:
        """The backing document that a write replaces."""
        return (self.target, self.after.document)

    def holds(self, now: AnyFacet | None) -> bool:
        return now == self.after if self.exact else self.after.satisfied_by(now)

    @property
    def intent(self) -> dict[str, object]:
        """What a digest covers: never `before`, origin or evidence."""
        return {
            "target": self.target.model_dump(mode="json"),
            "after": self.after.model_dump(mode="json"),
            "why": self.why,
            "reversible": self.reversible,
        }

    def inverse(self) -> Self:
        """The change that restores `before`. Raises ValueError where there is nothing to restore."""
        if not self.reversible or self.before is None:
            raise ValueError(f"{self.action} on {self.target} can not be undone")
        return self.but(after=self.before, before=self.after, why=f"undo: {self.why}", exact=True, origin=Origin.OURS)


class Plan(Value):
    """The changes of one wave, against one lineage, under one policy (`policy`: digest of the policy's canonical form)."""

    wave: Wave
    lineage: Lineage
    policy: str
    changes: tuple[Change, ...]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the intent; the order in which changes were proposed makes no difference."""
        intents = sorted((c.intent for c in self.changes), key=digest)
        return digest({"lineage": self.lineage.root.model_dump(mode="json"), "policy": self.policy, "changes": intents})

    def inverse(self) -> Self:
        """The rollback of a plan is a plan: what can be undone, last change first."""
        undo = tuple(c.inverse() for c in reversed(self.changes) if c.reversible and c.before is not None)
        return self.but(wave=Wave.ROLLBACK, changes=undo)
