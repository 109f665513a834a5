"""Privileged Identity Management of Azure resources: roles that somebody may activate, and roles that are active for a time.

Whoever is eligible activates by themselves and needs no other right; taking the active role away leaves them eligible.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shared.sandbox.azure.arm_call import ArmCall
from shared.sandbox.azure.clock import iso, moment
from shared.sandbox.azure.rbac import Assignment
from shared.sandbox.azure.scoped import asked_for
from shared.sandbox.azure.wire import Answer, Problem

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

_SPAN = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?")
_LEAST_ACTIVE = 300.0
"""An activation cannot be ended by its holder in its first five minutes."""

_ACTIVE = "roleassignmentschedule"
_ELIGIBLE = "roleeligibilityschedule"


@dataclass(slots=True)
class Eligibility:
    """A role that somebody may activate. Times are seconds since 1970."""

    name: str
    scope: str
    role_id: str
    principal_id: str
    added: float
    until: float | None = None

    @property
    def id(self) -> str:
        return f"{self.scope.rstrip('/')}/providers/Microsoft.Authorization/roleEligibilitySchedules/{self.name}"


class Pim:
    """Requests, schedules and their instances, under `Microsoft.Authorization`."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud
        self.eligible: list[Eligibility] = []
        self._requests: dict[str, dict[str, Any]] = {}
        self._kinds: Mapping[tuple[str, str], Callable[[ArmCall, Mapping[str, Any]], None]] = {
            (_ACTIVE, "AdminAssign"): self._assign,
            (_ACTIVE, "AdminRemove"): self._unassign,
            (_ACTIVE, "SelfActivate"): self._activate,
            (_ACTIVE, "SelfDeactivate"): self._deactivate,
            (_ELIGIBLE, "AdminAssign"): self._allow,
            (_ELIGIBLE, "AdminRemove"): self._forbid,
        }

    def by_oneself(self, call: ArmCall) -> bool:
        """Whether the caller asks for what PIM lets them do without another right."""
        asked = call.body.get("properties") or {} if call.method == "PUT" and call.kinds == f"{_ACTIVE}requests" else {}
        return str(asked.get("requestType", "")).startswith("Self") and asked.get("principalId") == call.caller.object_id

    def handle(self, call: ArmCall) -> Answer | None:
        """The answer, where the call is about PIM at all."""
        kind = next((kind for kind in (_ACTIVE, _ELIGIBLE) if call.kinds.startswith(kind)), None)
        if kind is None:
            return None
        if not self._cloud.entra.premium:
            text = "The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license."
            raise Problem(400, "AadPremiumLicenseRequired", text)
        if call.kinds == f"{kind}requests":
            return self._request(kind, call)
        if call.method != "GET":
            raise Problem(405, "MethodNotAllowed", f"The HTTP method '{call.method}' is not supported at '{call.type}'.")
        shown = [one for one in self._shown(kind, call) if call.listing or one["name"] == call.name]
        if not call.listing and not shown:
            raise Problem(404, "RoleAssignmentScheduleNotFound", f"The schedule '{call.name}' is not found.")
        return Answer.of(200, {"value": shown} if call.listing else shown[0])

    def _request(self, kind: str, call: ArmCall) -> Answer:
        if call.method == "GET":
            held = [self._requests[key] for key in self._requests if key.startswith(call.scope.lower())]
            return Answer.of(200, {"value": held} if call.listing else self._requests[call.resource_id.lower()])
        asked = call.body.get("properties") or {}
        act = self._kinds.get((kind, asked.get("requestType", "")))
        if act is None:
            raise Problem(400, "InvalidRequestType", f"The request type '{asked.get('requestType')}' is not supported here.")
        self._cloud.rbac.role(asked["roleDefinitionId"])
        act(call, asked)
        status = "Revoked" if asked["requestType"] in ("AdminRemove", "SelfDeactivate") else "Provisioned"
        made = {
            **asked,
            "scope": call.scope,
            "status": status,
            "createdOn": iso(call.request.at),
            "requestorId": call.caller.object_id,
        }
        self._requests[call.resource_id.lower()] = {
            "id": call.resource_id,
            "name": call.name,
            "type": call.type,
            "properties": made,
        }
        return Answer.of(201, self._requests[call.resource_id.lower()])

    def _assign(self, call: ArmCall, asked: Mapping[str, Any], how: str = "Assigned", linked: str = "") -> None:
        if self._active(call, asked) is not None:
            raise Problem(400, "RoleAssignmentExists", "The Role assignment already exists.")
        role, now = self._cloud.rbac.role(asked["roleDefinitionId"]), call.request.at
        kind = self._cloud.rbac.kind_of(asked["principalId"])
        made = Assignment(call.name, call.scope, role.resource_id, asked["principalId"], kind, now, call.caller.object_id)
        made.until, made.how, made.linked = ends_at(asked, now), how, linked
        self._cloud.rbac.add(made)

    def _unassign(self, call: ArmCall, asked: Mapping[str, Any]) -> None:
        held = self._active(call, asked)
        if held is None:
            raise Problem(400, "RoleAssignmentDoesNotExist", "The Role assignment does not exist.")
        self._cloud.rbac.remove(held)

    def _activate(self, call: ArmCall, asked: Mapping[str, Any]) -> None:
        held = self._may(call, asked)
        if held is None:
            raise Problem(400, "RoleAssignmentDoesNotExist", "The Role assignment does not exist.")
        self._assign(call, asked, "Activated", held.id)

    def _deactivate(self, call: ArmCall, asked: Mapping[str, Any]) -> None:
        held = self._active(call, asked)
        if held is None:
            raise Problem(400, "RoleAssignmentDoesNotExist", "The Role assignment does not exist.")
        if call.request.at - held.added < _LEAST_ACTIVE:
            raise Problem(400, "ActiveDurationTooShort", "The active duration is too short. Minimum required is 5 minutes.")
        self._cloud.rbac.remove(held)

    def _allow(self, call: ArmCall, asked: Mapping[str, Any]) -> None:
        if self._may(call, asked) is not None:
            raise Problem(400, "RoleAssignmentExists", "The Role assignment already exists.")
        self.make_eligible(
            asked["principalId"], asked["roleDefinitionId"], call.scope, name=call.name, until=ends_at(asked, call.request.at)
        )

    def make_eligible(self, principal: str, role: str, scope: str, *, name: str = "", until: float | None = None) -> Eligibility:
        """Let somebody activate a role (by name or id) at a scope."""
        known = name or f"{len(self.eligible):08x}-e000-4000-8000-{principal[-12:]}"
        made = Eligibility(known, scope, self._cloud.rbac.role(role).resource_id, principal, self._cloud.clock.now(), until)
        self.eligible.append(made)
        return made

    def _forbid(self, call: ArmCall, asked: Mapping[str, Any]) -> None:
        held = self._may(call, asked)
        if held is None:
            raise Problem(400, "RoleAssignmentDoesNotExist", "The Role assignment does not exist.")
        self.eligible.remove(held)

    def _active(self, call: ArmCall, asked: Mapping[str, Any]) -> Assignment | None:
        role = self._cloud.rbac.role(asked["roleDefinitionId"]).resource_id
        wanted = (asked["principalId"], role, call.scope.lower())
        return next(
            (one for one in self._cloud.rbac.current() if (one.principal_id, one.role_id, one.scope.lower()) == wanted), None
        )

    def _may(self, call: ArmCall, asked: Mapping[str, Any]) -> Eligibility | None:
        role = self._cloud.rbac.role(asked["roleDefinitionId"]).resource_id
        wanted = (asked["principalId"], role, call.scope.lower())
        return next((one for one in self._current() if (one.principal_id, one.role_id, one.scope.lower()) == wanted), None)

    def _current(self) -> Iterator[Eligibility]:
        now = self._cloud.clock.now()
        return (one for one in self.eligible if one.until is None or now < one.until)

    def _shown(self, kind: str, call: ArmCall) -> Iterator[dict[str, Any]]:
        """Schedules and their instances have the same content here; an active one says whether it was activated or assigned."""
        rights: Iterator[Assignment | Eligibility] = self._cloud.rbac.current() if kind == _ACTIVE else self._current()
        for one in asked_for(self._cloud, call, rights):
            extra: dict[str, Any] = {}
            if isinstance(one, Assignment):
                extra = {
                    "assignmentType": one.how,
                    "linkedRoleEligibilityScheduleId": one.linked or None,
                    "originRoleAssignmentId": one.id,
                }
            properties = {
                "scope": one.scope,
                "roleDefinitionId": one.role_id,
                "principalId": one.principal_id,
                "principalType": self._cloud.rbac.kind_of(one.principal_id),
                "status": "Provisioned",
                "memberType": "Direct",
                "startDateTime": iso(one.added),
                "endDateTime": iso(one.until) if one.until else None,
                f"role{'Assignment' if kind == _ACTIVE else 'Eligibility'}ScheduleId": one.id,
                **extra,
            }
            where = f"{one.scope.rstrip('/')}/providers/{call.type}/{one.name}"
            yield {"id": where, "name": one.name, "type": call.type, "properties": properties}


def ends_at(asked: Mapping[str, Any], now: float) -> float | None:
    """When what is asked for ends by itself; None where it does not. ARM writes its kinds with a capital, Graph without."""
    expiration = (asked.get("scheduleInfo") or {}).get("expiration") or {}
    kind = str(expiration.get("type") or "noExpiration").lower()
    if kind == "noexpiration":
        return None
    if kind == "afterdatetime" and expiration.get("endDateTime"):
        return moment(expiration["endDateTime"])
    found = _SPAN.fullmatch(expiration.get("duration") or "")
    if found is None:
        raise Problem(400, "InvalidRequestContent", "The expiration of the schedule is not valid.")
    days, hours, minutes = (int(part or 0) for part in found.groups())
    return now + days * 86400.0 + hours * 3600.0 + minutes * 60.0
