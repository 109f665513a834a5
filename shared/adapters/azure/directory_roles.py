"""Roles in the directory itself: active ones, for a time or not, and those that somebody may activate (PIM for Entra roles).

Source: Microsoft Graph v1.0, roleManagement/directory: roleAssignments, and roleAssignment- and roleEligibilityScheduleInstances
with their requests. Who is eligible activates by itself. A tenant without the licence has no schedules, and is refused. Tokens
that were issued before say what they said: what is taken here is gone from the next one.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from shared.adapters.azure.clients import Clients
from shared.adapters.azure.consents import gone
from shared.adapters.azure.facets import FacetAdapter, FacetTable, Rights
from shared.adapters.azure.principals import TOKENS
from shared.adapters.azure.rest import GRAPH, Rest
from shared.adapters.azure.schedules import DONE, UNLICENSED, second
from shared.domain.errors import Refused
from shared.domain.facet import DirectoryRole, DirectoryRoleEligible
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt

PLACE = "/v1.0/roleManagement/directory"
ROLES = f"{PLACE}/roleAssignments"
ACTIVE, ELIGIBLE = "roleAssignmentSchedule", "roleEligibilitySchedule"
INHERITED = frozenset({"group", "inherited"})
"""How Graph calls what somebody has by a group (`memberType`): that is the group's."""


def _scheduled(graph: Rest, kind: str, principal: Ref) -> Iterator[Mapping[str, Any]]:
    try:
        for one in graph.every(f"{PLACE}/{kind}Instances?$filter=principalId eq '{principal.id}'"):
            if str(one.get("memberType") or "").lower() not in INHERITED:
                yield one
    except Refused as refused:
        if refused.code not in UNLICENSED:
            raise


def _assigned(graph: Rest, principal: Ref) -> dict[str, DirectoryRole]:
    """Each role by the id of its assignment, which another assignment of the same would not have."""
    held = list(graph.every(f"{ROLES}?$filter=principalId eq '{principal.id}'"))
    active = _scheduled(graph, ACTIVE, principal) if held else ()
    ends = {str(one.get("roleAssignmentOriginId")): second(one) for one in active if one.get("endDateTime")}
    return {
        one["id"]: DirectoryRole(
            role=one["roleDefinitionId"], scope=one.get("directoryScopeId") or "/", until=ends.get(one["id"], ""), present=True
        )
        for one in held
    }


def _read_roles(clients: Clients, principal: Ref) -> tuple[DirectoryRole, ...]:
    return tuple(_assigned(clients.rest(GRAPH), principal).values())


def _write_role(clients: Clients, principal: Ref, wanted: Sequence[DirectoryRole]) -> Receipt:
    (role,) = wanted
    graph = clients.rest(GRAPH)
    if role.until:
        return Receipt((_asked(graph, ACTIVE, principal, role),))
    named = [name for name, held in _assigned(graph, principal).items() if held.part == role.part]
    if not role.present:
        return Receipt(tuple(gone(graph, f"{ROLES}/{name}") for name in named))
    if named:
        return Receipt(())
    body = {"principalId": principal.id, "roleDefinitionId": role.role, "directoryScopeId": role.scope}
    return Receipt((graph.send("POST", ROLES, body),))


def _read_eligible(clients: Clients, principal: Ref) -> tuple[DirectoryRoleEligible, ...]:
    return tuple(
        DirectoryRoleEligible(
            role=one["roleDefinitionId"],
            scope=one.get("directoryScopeId") or "/",
            until=second(one) if one.get("endDateTime") else "",
            present=True,
        )
        for one in _scheduled(clients.rest(GRAPH), ELIGIBLE, principal)
    )


def _write_eligible(clients: Clients, principal: Ref, wanted: Sequence[DirectoryRoleEligible]) -> Receipt:
    return Receipt(tuple(_asked(clients.rest(GRAPH), ELIGIBLE, principal, each) for each in wanted))


def _asked(graph: Rest, kind: str, principal: Ref, wanted: DirectoryRole | DirectoryRoleEligible) -> str:
    """Give such a role, until it ends as it would have, or take it away. What would have ended by now is not given."""
    if wanted.present and wanted.until and datetime.fromisoformat(wanted.until) <= datetime.now(UTC):
        return ""
    body: dict[str, object] = {
        "action": "adminAssign" if wanted.present else "adminRemove",
        "principalId": principal.id,
        "roleDefinitionId": wanted.role,
        "directoryScopeId": wanted.scope,
        "justification": "an incident",
    }
    if wanted.present:
        end = {"type": "afterDateTime", "endDateTime": wanted.until} if wanted.until else {"type": "noExpiration"}
        body |= {"scheduleInfo": {"startDateTime": None, "expiration": end}}
    try:
        return graph.send("POST", f"{PLACE}/{kind}Requests", body)
    except Refused as refused:
        if refused.code not in DONE:
            raise
        return refused.request_id


_READ = Rights(graph=frozenset({"RoleManagement.Read.Directory"}))
_WRITE = Rights(graph=frozenset({"RoleManagement.ReadWrite.Directory"}))
_ROLE: FacetAdapter[DirectoryRole] = FacetAdapter(_read_roles, _write_role, _READ, _WRITE, lingers=TOKENS)
_LATENT: FacetAdapter[DirectoryRoleEligible] = FacetAdapter(_read_eligible, _write_eligible, _READ, _WRITE)

HOLDERS = (Kind.USER, Kind.SERVICE_PRINCIPAL, Kind.GROUP)
FACETS: FacetTable = {
    **{(kind, DirectoryRole): _ROLE for kind in HOLDERS},
    **{(kind, DirectoryRoleEligible): _LATENT for kind in HOLDERS},
}
