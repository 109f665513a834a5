"""Facets of what a principal holds besides its roles: entries of key vaults, places in groups, applications that it owns."""

from typing import Literal, Self

from .base import Facet


class VaultAccess(Facet):
    """One entry of a key vault's access policies that lets a principal in (Azure `accessPolicies`). `vault`: its id, in lower case.

    `spec` is the entry as JSON, whole: what it permits has to be added again by it. `application`: the one that the principal has
    to come through, if only one is let in.
    """

    facet: Literal["vault-access"] = "vault-access"
    vault: str
    application: str = ""
    spec: str
    present: bool

    @property
    def part(self) -> str:
        return f"{self.vault}/{self.application}"

    @property
    def document(self) -> str:
        return f"{self.facet}:{self.vault}"

    @property
    def absent(self) -> Self:
        return self.but(present=False)


class Membership(Facet):
    """One group that a principal is in (`group`: its id), and whose roles it has by that."""

    facet: Literal["membership"] = "membership"
    group: str
    present: bool

    @property
    def part(self) -> str:
        return self.group

    @property
    def absent(self) -> Self:
        return self.but(present=False)


class Ownership(Facet):
    """One application that a principal owns (`of`: its object id): an owner gives it secrets. `registered`: its registration."""

    facet: Literal["ownership"] = "ownership"
    of: str
    registered: bool = True
    present: bool

    @property
    def part(self) -> str:
        return self.of

    @property
    def absent(self) -> Self:
        return self.but(present=False)
