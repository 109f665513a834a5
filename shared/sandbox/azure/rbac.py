"""Role-based access control: who may do what at which scope, and from when a change of that is true.

An assignment counts at its scope and below. What was assigned or removed within the propagation delay is not yet seen, as the
services' caches have it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from shared.sandbox.azure.callers import Caller
from shared.sandbox.azure.clock import iso
from shared.sandbox.azure.roles import BUILT_IN, Role
from shared.sandbox.azure.wire import Problem

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

_ELSEWHERE = "If access was recently granted, please refresh your credentials."


@dataclass(slots=True)
class Assignment:
    """One role assignment. Times are seconds since 1970; one that was removed is kept until everybody has heard of it."""

    name: str
    scope: str
    role_id: str
    principal_id: str
    principal_type: str
    added: float
    by: str = ""
    removed: float | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    until: float | None = None
    """an activation of PIM ends by itself"""
    how: str = "Assigned"
    """`Assigned`, or `Activated` by somebody who was eligible, under the schedule that is `linked`"""
    linked: str = ""

    @property
    def id(self) -> str:
        return f"{self.scope.rstrip('/')}/providers/Microsoft.Authorization/roleAssignments/{self.name}"

    def holds(self, at: float) -> bool:
        return self.added <= at and (self.removed is None or at < self.removed) and (self.until is None or at < self.until)

    def shown(self) -> dict[str, Any]:
        """As ARM shows it."""
        properties = {
            "roleDefinitionId": self.role_id,
            "principalId": self.principal_id,
            "principalType": self.principal_type,
            "scope": self.scope or "/",
            "createdOn": iso(self.added),
            "updatedOn": iso(self.added),
            "createdBy": self.by,
            "updatedBy": self.by,
            "condition": None,
            "conditionVersion": None,
            **self.extra,
        }
        return {"id": self.id, "name": self.name, "type": "Microsoft.Authorization/roleAssignments", "properties": properties}


class Rbac:
    """All assignments and role definitions of the tenant."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud
        self.definitions = {role.id: role for role in BUILT_IN}
        self.parents: dict[str, str] = {}
        """the management group above a subscription (`/subscriptions/ID`) or another management group, by id in lower case"""
        self._assignments: list[Assignment] = []

    def assign(self, principal_id: str, role: str, scope: str, *, name: str = "", by: str = "") -> Assignment:
        """Give a role, by name or id, at a scope. It is true at once where it belongs to the scene: `add` is what ARM does."""
        found = self.role(role)
        known = f"{len(self._assignments):08x}-0000-4000-8000-{principal_id[-12:]}"
        assignment = Assignment(name or known, scope, found.resource_id, principal_id, self.kind_of(principal_id), 0.0, by)
        self._assignments.append(assignment)
        return assignment

    def add(self, assignment: Assignment) -> None:
        self._assignments.append(assignment)

    def remove(self, assignment: Assignment) -> None:
        assignment.removed = self._cloud.clock.now()

    def role(self, named: str) -> Role:
        """A role by name, id or resource id; raises Problem 400 as an assignment to an unknown one does."""
        key = named.rpartition("/")[2]
        found = self.definitions.get(key.lower()) or next((role for role in self.definitions.values() if role.name == named), None)
        if found is None:
            raise Problem(404, "RoleDefinitionDoesNotExist", f"The specified role definition with ID '{key}' does not exist.")
        return found

    def kind_of(self, principal_id: str) -> str:
        """What a directory object is, as assignments call it; the empty string for one that is not there."""
        directory = self._cloud.entra.directory
        kinds = ((directory.users, "User"), (directory.principals, "ServicePrincipal"), (directory.groups, "Group"))
        return next((kind for held, kind in kinds if principal_id in held), "")

    def current(self) -> Iterator[Assignment]:
        """The assignments that exist now, seen by everybody or not."""
        now = self._cloud.clock.now()
        return (held for held in self._assignments if held.holds(now))

    def named(self, assignment_id: str) -> Assignment | None:
        """An assignment that exists now, by resource id."""
        return next((held for held in self.current() if held.id.lower() == assignment_id.lower()), None)

    def above(self, scope: str) -> tuple[str, ...]:
        """A scope and every scope over it, in lower case, the narrowest first, the tenant (`/`) last."""
        low = scope.lower().rstrip("/")
        steps = low.split("/")
        chain = ["/".join(steps[:count]) for count in range(len(steps), 2, -1)]
        group = self.parents.get(chain[-1] if not low.startswith("/providers/microsoft.management") else low, "") if low else ""
        while group:
            chain.append(group.lower())
            group = self.parents.get(group.lower(), "")
        return (*chain, "/")

    def granted(self, caller: Caller | str, scope: str) -> Iterator[Role]:
        """The roles that a caller (or an object id) has at a scope, as far as everybody has heard."""
        object_id = caller if isinstance(caller, str) else caller.object_id
        who = self._cloud.entra.directory.memberships(object_id)
        seen = self._cloud.clock.now() - self._cloud.delays.rbac
        chain = self.above(scope)
        for held in self._assignments:
            if held.holds(seen) and held.principal_id in who and (held.scope.lower().rstrip("/") or "/") in chain:
                yield self.role(held.role_id)

    def permits(self, caller: Caller | str, action: str, scope: str, *, data: bool = False) -> bool:
        """Whether a caller (or an object id) may do this at a scope."""
        return any(role.lets(action, data=data) for role in self.granted(caller, scope))

    def require(self, caller: Caller, action: str, scope: str) -> None:
        """Raises ARM's 403 AuthorizationFailed where the caller may not."""
        if self.permits(caller, action, scope):
            return
        name = caller.name if caller.kind == "User" else caller.app_id
        text = (
            f"The client '{name}' with object id '{caller.object_id}' does not have authorization to perform action '{action}' "
            f"over scope '{scope}' or the scope is invalid. {_ELSEWHERE}"
        )
        raise Problem(403, "AuthorizationFailed", text)
