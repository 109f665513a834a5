"""Facets of encryption keys."""

from typing import Literal, Self

from pydantic import AwareDatetime

from .base import Facet


class KeyState(Facet):
    """Whether a key can be used, and whether its deletion is scheduled (KMS KeyState)."""

    facet: Literal["key-state"] = "key-state"
    enabled: bool
    deletion_pending: bool


class Grant(Facet):
    """One KMS grant, known by its specification and not by its id, which a re-created grant does not keep.

    `spec` is canonical JSON of grantee, operations, constraints, retiring principal and name.
    """

    facet: Literal["grant"] = "grant"
    spec: str
    present: bool

    @property
    def part(self) -> str:
        return self.spec

    @property
    def absent(self) -> Self:
        return self.but(present=False)


class Rotated(Facet):
    """The key material has been rotated on demand at or after `since` (KMS RotateKeyOnDemand; at most 25 a key)."""

    facet: Literal["rotated"] = "rotated"
    since: AwareDatetime | None

    def satisfied_by(self, now: Facet | None) -> bool:
        if self.since is None or not isinstance(now, Rotated) or now.since is None:
            return now == self
        return now.since >= self.since

    @property
    def absent(self) -> Self:
        return self.but(since=None)
