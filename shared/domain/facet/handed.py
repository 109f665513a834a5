"""Facets of what holds for a whole account or directory: who else manages it, and who signs in how."""

from typing import Literal, Self

from pydantic import AwareDatetime

from shared.domain.value import Value

from .base import Facet


class Delegation(Facet):
    """One tenant's right to manage an account of ours (Azure Lighthouse): `assignment` and `definition` are ids.

    `created`: when that came to be; None where the cloud does not say.
    """

    facet: Literal["delegation"] = "delegation"
    assignment: str
    definition: str
    tenant: str = ""
    created: AwareDatetime | None = None
    present: bool

    @property
    def part(self) -> str:
        return self.assignment

    def satisfied_by(self, now: Facet | None) -> bool:
        return isinstance(now, Delegation) and (now.assignment, now.present) == (self.assignment, self.present)

    @property
    def absent(self) -> Self:
        return self.but(present=False)


class RuleChange(Value):
    """One change of a rule: when, by whom (unique id), and what it said before; empty where the directory's log has it not."""

    at: AwareDatetime
    by: str = ""
    before: str = ""


class SignInRule(Facet):
    """What a rule of the directory says, as JSON (Conditional Access policy), and its `changes` that the log has, oldest first."""

    facet: Literal["sign-in-rule"] = "sign-in-rule"
    body: str
    changes: tuple[RuleChange, ...] = ()

    def satisfied_by(self, now: Facet | None) -> bool:
        return isinstance(now, SignInRule) and now.body == self.body
