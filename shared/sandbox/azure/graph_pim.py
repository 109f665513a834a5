"""Graph's Privileged Identity Management of roles in the directory: schedules as they are in force, and requests that change them.

Source: Microsoft Graph v1.0, unifiedRoleAssignmentScheduleRequest, unifiedRoleEligibilityScheduleRequest, and their instances.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from shared.sandbox.azure.clock import iso
from shared.sandbox.azure.directory import ADMIN_ROLES, Subject, missing
from shared.sandbox.azure.directory_pim import Ending, Latent
from shared.sandbox.azure.graph_ask import Ask, Route
from shared.sandbox.azure.graph_policies import assigned, subject
from shared.sandbox.azure.pim import ends_at
from shared.sandbox.azure.wire import Answer, Problem

_ANY = ("RoleManagement.Read.All", "RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory")
_SEE_ACTIVE = ("RoleAssignmentSchedule.Read.Directory", "RoleAssignmentSchedule.ReadWrite.Directory", *_ANY)
_SEE_ELIGIBLE = ("RoleEligibilitySchedule.Read.Directory", "RoleEligibilitySchedule.ReadWrite.Directory", *_ANY)
_GIVE_ACTIVE = ("RoleAssignmentSchedule.ReadWrite.Directory", "RoleManagement.ReadWrite.Directory")
_GIVE_ELIGIBLE = ("RoleEligibilitySchedule.ReadWrite.Directory", "RoleManagement.ReadWrite.Directory")

_KNOWN = frozenset({"action", "principalId", "roleDefinitionId", "directoryScopeId", "justification", "scheduleInfo", "ticketInfo"})
_LEAST_ACTIVE = 300.0


def _licensed(ask: Ask) -> None:
    if not ask.cloud.entra.premium:
        text = "The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license."
        raise Problem(400, "AadPremiumLicenseRequired", text)


def _active(ask: Ask) -> Answer:
    _licensed(ask)
    return ask.many(_active_ones(ask), "roleAssignmentScheduleInstances")


def _active_ones(ask: Ask) -> Iterator[dict[str, Any]]:
    for held in ask.cloud.entra.directory.subjects():
        for role in sorted(held.directory_roles):
            ending = ask.cloud.entra.pim.active.get((held.id, role))
            until = ending.until if ending else None
            yield {
                **assigned(held.id, role),
                "id": f"instance-{assigned(held.id, role)['id']}",
                "roleAssignmentOriginId": assigned(held.id, role)["id"],
                "assignmentType": "Activated" if ending and ending.activated else "Assigned",
                "memberType": "Direct",
                "startDateTime": iso(ending.added) if ending else None,
                "endDateTime": iso(until) if until else None,
            }


def _eligible(ask: Ask) -> Answer:
    _licensed(ask)
    return ask.many((_latent(each) for each in ask.cloud.entra.pim.eligible()), "roleEligibilityScheduleInstances")


def _latent(each: Latent) -> dict[str, Any]:
    return {
        "id": each.id,
        "principalId": each.principal_id,
        "roleDefinitionId": each.role,
        "directoryScopeId": "/",
        "memberType": "Direct",
        "startDateTime": iso(each.added),
        "endDateTime": iso(each.until) if each.until else None,
    }


def _asked(ask: Ask, give: tuple[str, ...]) -> tuple[Mapping[str, Any], Subject]:
    """A request that its caller may make, and whom it is about. Activating takes no permission but to be eligible."""
    _licensed(ask)
    asked = ask.body()
    if unknown := set(asked) - _KNOWN:
        raise Problem(400, "BadRequest", f"The property '{min(unknown)}' does not exist on the request.")
    if not str(asked.get("action", "")).startswith("self") or asked.get("principalId") != ask.caller.object_id:
        ask.permit(give)
    if asked.get("roleDefinitionId") not in ADMIN_ROLES.values():
        raise missing(str(asked.get("roleDefinitionId")))
    if asked.get("directoryScopeId") != "/":
        raise Problem(400, "InvalidScope", "The scope of the request is not one of this directory.")
    return asked, subject(ask, str(asked.get("principalId")))


def _answered(ask: Ask, asked: Mapping[str, Any], held: Subject, activity: str) -> Answer:
    role = asked["roleDefinitionId"]
    about = (("request", "Request"), (held.id, type(held).__name__), (ask.cloud.entra.directory.tenant, "Directory"))
    ask.audit(activity, role, "Role", *about, RoleDefinitionOriginId=("", role), TemplateId=("", role))
    status = "Revoked" if activity.startswith("Remove") else "Provisioned"
    return Answer.of(201, {"id": str(uuid.uuid4()), "status": status, "createdDateTime": iso(ask.now), **asked})


def _assign(ask: Ask, asked: Mapping[str, Any], held: Subject) -> str:
    _give(ask, asked, held, activated=False)
    return f"Add member to role in PIM completed ({_how_long(asked)})"


def _give(ask: Ask, asked: Mapping[str, Any], held: Subject, *, activated: bool) -> None:
    role = asked["roleDefinitionId"]
    if role in held.directory_roles:
        raise Problem(400, "RoleAssignmentExists", "The Role assignment already exists.")
    held.directory_roles.add(role)
    ask.cloud.entra.pim.active[held.id, role] = Ending(ask.now, ends_at(asked, ask.now), activated)


def _take(ask: Ask, asked: Mapping[str, Any], held: Subject) -> None:
    role = asked["roleDefinitionId"]
    if role not in held.directory_roles:
        raise _none()
    held.directory_roles.remove(role)
    ask.cloud.entra.pim.active.pop((held.id, role), None)


def _unassign(ask: Ask, asked: Mapping[str, Any], held: Subject) -> str:
    _take(ask, asked, held)
    return "Remove member from role in PIM completed"


def _activate(ask: Ask, asked: Mapping[str, Any], held: Subject) -> str:
    if ask.cloud.entra.pim.may(held.id, asked["roleDefinitionId"]) is None:
        raise _none()
    _give(ask, asked, held, activated=True)
    return "Add member to role completed (PIM activation)"


def _deactivate(ask: Ask, asked: Mapping[str, Any], held: Subject) -> str:
    ending = ask.cloud.entra.pim.active.get((held.id, asked["roleDefinitionId"]))
    if ending and ask.now - ending.added < _LEAST_ACTIVE:
        raise Problem(400, "ActiveDurationTooShort", "The active duration is too short. Minimum required is 5 minutes.")
    _take(ask, asked, held)
    return "Remove member from role (PIM activation expired)"


def _allow(ask: Ask, asked: Mapping[str, Any], held: Subject) -> str:
    pim, role = ask.cloud.entra.pim, asked["roleDefinitionId"]
    if any(each.role == role for each in pim.eligible(held.id)):
        raise Problem(400, "RoleAssignmentExists", "The Role assignment already exists.")
    pim.allow(Latent(held.id, role, ask.now, ends_at(asked, ask.now)))
    return f"Add eligible member to role in PIM completed ({_how_long(asked)})"


def _forbid(ask: Ask, asked: Mapping[str, Any], held: Subject) -> str:
    pim = ask.cloud.entra.pim
    found = next((each for each in pim.eligible(held.id) if each.role == asked["roleDefinitionId"]), None)
    if found is None:
        raise _none()
    pim.forbid(found)
    return "Remove eligible member from role in PIM completed"


def _none() -> Problem:
    return Problem(400, "RoleAssignmentDoesNotExist", "The Role assignment does not exist.")


def _how_long(asked: Mapping[str, Any]) -> str:
    return "permanent" if ends_at(asked, 0.0) is None else "timebound"


type Doing = Callable[[Ask, Mapping[str, Any], Subject], str]

_OF_ACTIVE: Mapping[str, Doing] = {
    "adminAssign": _assign,
    "adminRemove": _unassign,
    "selfActivate": _activate,
    "selfDeactivate": _deactivate,
}
_OF_ELIGIBLE: Mapping[str, Doing] = {"adminAssign": _allow, "adminRemove": _forbid}


def _request(doings: Mapping[str, Doing], give: tuple[str, ...]) -> Callable[[Ask], Answer]:
    def handle(ask: Ask) -> Answer:
        asked, held = _asked(ask, give)
        doing = doings.get(str(asked.get("action")))
        if doing is None:
            raise Problem(400, "InvalidRequestType", f"The action '{asked.get('action')}' is not supported here.")
        return _answered(ask, asked, held, doing(ask, asked, held))

    return handle


_PLACE = "roleManagement/directory"
ROUTES = (
    Route("GET", f"{_PLACE}/roleAssignmentScheduleInstances", _SEE_ACTIVE, _active),
    Route("GET", f"{_PLACE}/roleEligibilityScheduleInstances", _SEE_ELIGIBLE, _eligible),
    Route("POST", f"{_PLACE}/roleAssignmentScheduleRequests", ("*",), _request(_OF_ACTIVE, _GIVE_ACTIVE)),
    Route("POST", f"{_PLACE}/roleEligibilityScheduleRequests", ("*",), _request(_OF_ELIGIBLE, _GIVE_ELIGIBLE)),
)
