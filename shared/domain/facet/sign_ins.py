"""Facets of how somebody signs in, and of the roles they were assigned at a scope."""

from typing import Literal, Self

from pydantic import AwareDatetime

from .base import Facet


class SignIn(Facet):
    """Whether a user or an application can sign in at all (Entra `accountEnabled`). Tokens they have go on until they end."""

    facet: Literal["sign-in"] = "sign-in"
    enabled: bool


class AppCredential(Facet):
    """One thing that an application proves itself with, by its id (`proof`), on its registration or its principal (`holder`).

    What was taken away can not be put back: nobody can read it.
    """

    facet: Literal["app-credential"] = "app-credential"
    proof: str
    kind: Literal["secret", "certificate", "federated"]  # pragma: allowlist secret
    holder: Literal["application", "principal"] = "application"
    present: bool

    @property
    def part(self) -> str:
        return f"{self.holder}/{self.kind}/{self.proof}"

    @property
    def absent(self) -> Self:
        return self.but(present=False)


UNSAID = "*"
"""In the place of a scope or a person, where a log does not say which, or whether there is one."""

SOMEBODY = "?"
"""In the place of a person, where a log says that there is one, and not who."""


ELIGIBLE = "eligible"
"""Begins the part of a role that waits: whoever was given one may have the same active, and by right."""


class RoleInDirectory(Facet):
    """What has an active and an eligible role in the directory itself in common.

    `scope`: `/`, or the part of it that the role is about. `until`: when it ends by itself (ISO 8601), empty where it does not.
    """

    role: str
    scope: str = "/"
    until: str = ""
    present: bool

    @property
    def part(self) -> str:
        return f"{self.role} {self.scope}"

    @property
    def told(self) -> tuple[str, ...]:
        return (self.but(scope=UNSAID).part,)

    @property
    def absent(self) -> Self:
        return self.but(present=False)


class DirectoryRole(RoleInDirectory):
    """One role that a principal has in the directory itself."""

    facet: Literal["directory-role"] = "directory-role"


class DirectoryRoleEligible(RoleInDirectory):
    """One role in the directory itself that a principal may give itself whenever it wants (PIM for Entra roles)."""

    facet: Literal["directory-role-eligible"] = "directory-role-eligible"

    @property
    def part(self) -> str:
        return f"{ELIGIBLE} {super().part}"


class AppPermission(Facet):
    """One thing that an application may do at an interface (`resource`): by itself, or for people who use it.

    `what`: the role's id where it acts by itself, else one scope. `whose`: the one person that it may act for; empty: everybody.
    A consent has several scopes, and is written whole.
    """

    facet: Literal["app-permission"] = "app-permission"
    kind: Literal["application", "delegated"]
    resource: str
    what: str
    whose: str = ""
    present: bool

    @property
    def part(self) -> str:
        return f"{self.kind}/{self.resource}/{self.what}/{self.whose}"

    @property
    def told(self) -> tuple[str, ...]:
        """Without the interface (`resource` empty), and without the person: `UNSAID`, or `SOMEBODY` of one for one person alone."""
        persons = (self.whose, *((SOMEBODY,) if self.whose else ()), *((UNSAID,) if self.kind == "delegated" else ()))
        every = (self.but(resource=resource, whose=whose).part for resource in (self.resource, "") for whose in persons)
        return tuple(each for each in every if each != self.part)

    @property
    def document(self) -> str:
        return f"{self.facet}:{self.part}" if self.kind == "application" else f"{self.facet}:{self.resource}/{self.whose}"

    @property
    def absent(self) -> Self:
        return self.but(present=False)


class RoleAtScope(Facet):
    """What has an active and an eligible role in common. `until`: when it ends by itself (ISO 8601), empty where it does not."""

    role: str
    scope: str
    condition: str = ""
    until: str = ""
    present: bool

    @property
    def right(self) -> str:
        """The role and the scope, as logs tell of one whose assignment has no id yet."""
        return f"{self.role.rpartition('/')[2]} {self.scope}".lower()

    @property
    def part(self) -> str:
        return self.right

    @property
    def absent(self) -> Self:
        return self.but(present=False)


class RoleAssigned(RoleAtScope):
    """One role that a principal has at a scope (`assignment`: its id), with all that is needed to assign it again.

    One that ends by itself gets another id when it is assigned again, so `assignment` is empty then. `created`: when it was
    assigned, None where nobody says; what is assigned again is the same role, and younger.
    """

    facet: Literal["role-assigned"] = "role-assigned"
    assignment: str
    created: AwareDatetime | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RoleAssigned) and self._itself == other._itself

    def __hash__(self) -> int:
        return hash(self._itself)

    @property
    def _itself(self) -> tuple[str | bool, ...]:
        return (self.assignment, self.role, self.scope, self.condition, self.until, self.present)

    @property
    def part(self) -> str:
        return self.assignment or self.right

    @property
    def told(self) -> tuple[str, ...]:
        """A record of an assignment may be of a change to one that was there before."""
        return (self.right, self.assignment) if self.assignment else (self.right,)


class RoleByGroup(RoleAtScope):
    """One role at a scope that a principal has by a `group` that nobody can take it out of: a rule or another directory fills it.

    What is taken here is taken from the group, and so from everybody in it. `assignment`: as of `RoleAssigned`.
    """

    facet: Literal["role-by-group"] = "role-by-group"
    group: str
    assignment: str

    @property
    def part(self) -> str:
        return f"{self.group} {self.assignment or self.right}"


class RoleEligible(RoleAtScope):
    """One role at a scope that a principal may give itself whenever it wants (Azure PIM, eligible assignments)."""

    facet: Literal["role-eligible"] = "role-eligible"

    @property
    def part(self) -> str:
        return f"{ELIGIBLE} {self.right}"
