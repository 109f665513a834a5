"""Microsoft.Authorization: role assignments, role definitions, locks, and a Global Administrator's elevated access."""

import re
import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from shared.sandbox.azure.arm_call import ArmCall
from shared.sandbox.azure.directory import ADMIN_ROLES
from shared.sandbox.azure.pim import Pim
from shared.sandbox.azure.rbac import Assignment
from shared.sandbox.azure.roles import Role
from shared.sandbox.azure.scoped import asked_for
from shared.sandbox.azure.wire import Answer, Problem

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

type Handler = Callable[[ArmCall], Answer]

_ELEVATED = "User Access Administrator"


class Authorization:
    """The provider that says who may do what. Most of it hangs on other resources, at any scope."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud
        self.pim = Pim(cloud)
        self._routes: Mapping[tuple[str, str], Handler] = {
            ("GET", "roleassignments"): self._get_assignments,
            ("PUT", "roleassignments"): self._put_assignment,
            ("DELETE", "roleassignments"): self._delete_assignment,
            ("GET", "roledefinitions"): self._get_definitions,
            ("PUT", "roledefinitions"): self._put_definition,
            ("DELETE", "roledefinitions"): self._delete_definition,
            ("GET", "permissions"): self._get_permissions,
            ("GET", "denyassignments"): self._nothing,
            ("GET", "locks"): self._get_locks,
            ("PUT", "locks"): self._put_lock,
            ("DELETE", "locks"): self._delete_lock,
            ("POST", ""): self._elevate,
        }

    def handle(self, call: ArmCall) -> Answer:
        answer = self.pim.handle(call)
        if answer is not None:
            return answer
        handler = self._routes.get((call.method, call.kinds))
        if handler is None:
            raise Problem(405, "MethodNotAllowed", f"The HTTP method '{call.method}' is not supported at '{call.type}'.")
        return handler(call)

    def _get_assignments(self, call: ArmCall) -> Answer:
        if not call.listing:
            return Answer.of(200, self._assignment(call.resource_id).shown())
        return Answer.of(200, {"value": [held.shown() for held in asked_for(self._cloud, call, self._cloud.rbac.current())]})

    def _assignment(self, resource_id: str) -> Assignment:
        held = self._cloud.rbac.named(resource_id)
        if held is None:
            name = resource_id.rpartition("/")[2]
            raise Problem(404, "RoleAssignmentNotFound", f"The role assignment '{name}' is not found.")
        return held

    def _put_assignment(self, call: ArmCall) -> Answer:
        asked = call.body.get("properties") or {}
        role = self._cloud.rbac.role(asked.get("roleDefinitionId", ""))
        self._known(asked)
        same = (asked["principalId"], role.resource_id, call.scope.lower())
        for held in self._cloud.rbac.current():
            if held.name == call.name or (held.principal_id, held.role_id, held.scope.lower()) == same:
                text = f"The role assignment already exists. The ID of the existing role assignment is {held.name}."
                raise Problem(409, "RoleAssignmentExists", text)
        extra = {name: asked[name] for name in ("condition", "conditionVersion", "description") if name in asked}
        kind = self._cloud.rbac.kind_of(asked["principalId"])
        now = self._cloud.clock.now()
        made = Assignment(
            call.name, call.scope, role.resource_id, asked["principalId"], kind, now, call.caller.object_id, extra=extra
        )
        self._cloud.rbac.add(made)
        return Answer.of(201, made.shown())

    def _known(self, asked: Mapping[str, Any]) -> None:
        kind, stated = self._cloud.rbac.kind_of(asked.get("principalId", "")), asked.get("principalType")
        if not kind:
            who = str(asked.get("principalId", "")).replace("-", "")
            text = f"Principal {who} does not exist in the directory {self._cloud.entra.directory.tenant}."
            raise Problem(400, "PrincipalNotFound", text)
        if stated and stated != kind:
            text = f"The principal ID's type '{kind}' does not match the specified type '{stated}'."
            raise Problem(400, "UnmatchedPrincipalType", text)

    def _delete_assignment(self, call: ArmCall) -> Answer:
        held = self._cloud.rbac.named(call.resource_id)
        if held is None:
            return Answer(204)
        self._cloud.rbac.remove(held)
        return Answer.of(200, held.shown())

    def _get_definitions(self, call: ArmCall) -> Answer:
        if not call.listing:
            return Answer.of(200, self._cloud.rbac.role(call.name).shown())
        named = re.search(r"roleName eq '([^']+)'", call.request.query.get("$filter", ""))
        roles = [role for role in self._cloud.rbac.definitions.values() if named is None or role.name == named[1]]
        return Answer.of(200, {"value": [role.shown() for role in roles]})

    def _put_definition(self, call: ArmCall) -> Answer:
        asked = call.body.get("properties") or {}
        role = Role.read(call.name.lower(), asked)
        self._cloud.rbac.definitions[role.id] = role
        return Answer.of(201, role.shown())

    def _delete_definition(self, call: ArmCall) -> Answer:
        role = self._cloud.rbac.role(call.name)
        if any(held.role_id == role.resource_id for held in self._cloud.rbac.current()):
            raise Problem(400, "RoleDefinitionHasAssignments", "There are existing role assignments referencing role.")
        del self._cloud.rbac.definitions[role.id]
        return Answer.of(200, role.shown())

    def _get_permissions(self, call: ArmCall) -> Answer:
        """What the caller may do at the scope, one for each role: what the one excepts, another may give."""
        return Answer.of(200, {"value": [role.permission for role in self._cloud.rbac.granted(call.caller, call.scope)]})

    def _nothing(self, _: ArmCall) -> Answer:
        return Answer.of(200, {"value": []})

    def _get_locks(self, call: ArmCall) -> Answer:
        if not call.listing:
            return Answer.of(200, self._cloud.resources.get(call.resource_id))
        chain = self._cloud.rbac.above(call.scope)
        held = self._cloud.resources.under("", "Microsoft.Authorization/locks")
        return Answer.of(200, {"value": [lock for lock in held if _scope(lock) in chain or _scope(lock).startswith(chain[0])]})

    def _put_lock(self, call: ArmCall) -> Answer:
        level = (call.body.get("properties") or {}).get("level")
        if level not in ("CanNotDelete", "ReadOnly"):
            raise Problem(400, "InvalidLockLevel", f"The lock level '{level}' is not valid.")
        return Answer.of(201, self._cloud.resources.put(call.resource_id, {"properties": call.body["properties"]}, call.type))

    def _delete_lock(self, call: ArmCall) -> Answer:
        return Answer(200 if self._cloud.resources.drop(call.resource_id) else 204)

    def _elevate(self, call: ArmCall) -> Answer:
        """`elevateAccess`: a Global Administrator makes themselves User Access Administrator at `/`."""
        if ADMIN_ROLES["Global Administrator"] not in call.caller.directory_roles:
            raise Problem(403, "AuthorizationFailed", "The caller is not a Global Administrator.")
        role, now = self._cloud.rbac.role(_ELEVATED), self._cloud.clock.now()
        self._cloud.rbac.add(
            Assignment(str(uuid.uuid4()), "", role.resource_id, call.caller.object_id, "User", now, call.caller.object_id)
        )
        return Answer(200)


def _scope(lock: Mapping[str, Any]) -> str:
    return str(lock["id"]).lower().rpartition("/providers/")[0]
