"""Roles in the directory itself, and what applications may do at interfaces (Microsoft Graph v1.0).

Tokens that were issued before say what they said: what is taken here is gone from the next one.
"""

from collections.abc import Iterator, Sequence

from shared.adapters.azure.clients import Clients
from shared.adapters.azure.facets import FacetAdapter, FacetTable, Rights
from shared.adapters.azure.principals import TOKENS
from shared.adapters.azure.rest import GRAPH, Rest
from shared.domain.errors import Absent
from shared.domain.facet import AppPermission, DirectoryRole
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt

ROLES = "/v1.0/roleManagement/directory/roleAssignments"
EVERYBODY, ONE = "AllPrincipals", "Principal"


def _assigned(graph: Rest, principal: Ref) -> Iterator[tuple[str, DirectoryRole]]:
    """Each role with the id of its assignment, which another assignment of the same would not have."""
    for one in graph.every(f"{ROLES}?$filter=principalId eq '{principal.id}'"):
        yield one["id"], DirectoryRole(role=one["roleDefinitionId"], scope=one.get("directoryScopeId") or "/", present=True)


def _read_roles(clients: Clients, principal: Ref) -> tuple[DirectoryRole, ...]:
    return tuple(role for _, role in _assigned(clients.rest(GRAPH), principal))


def _write_role(clients: Clients, principal: Ref, wanted: Sequence[DirectoryRole]) -> Receipt:
    (role,) = wanted
    graph = clients.rest(GRAPH)
    named = [name for name, held in _assigned(graph, principal) if held.part == role.part]
    if not role.present:
        return Receipt(tuple(_gone(graph, f"{ROLES}/{name}") for name in named))
    if named:
        return Receipt(())
    body = {"principalId": principal.id, "roleDefinitionId": role.role, "directoryScopeId": role.scope}
    return Receipt((graph.send("POST", ROLES, body),))


def _granted(graph: Rest, principal: Ref) -> Iterator[tuple[str, AppPermission]]:
    """Each permission with the address under which it is taken away."""
    own = f"/v1.0/servicePrincipals/{principal.id}"
    for one in graph.every(f"{own}/appRoleAssignments"):
        held = AppPermission(kind="application", resource=one["resourceId"], what=one["appRoleId"], present=True)
        yield f"{own}/appRoleAssignments/{one['id']}", held
    for one in graph.every(f"{own}/oauth2PermissionGrants"):
        whose, scopes = one.get("principalId") or "", str(one.get("scope") or "").strip()
        held = AppPermission(kind="delegated", resource=one["resourceId"], what=scopes, whose=whose, present=True)
        yield f"/v1.0/oauth2PermissionGrants/{one['id']}", held


def _read_permissions(clients: Clients, principal: Ref) -> tuple[AppPermission, ...]:
    return tuple(held for _, held in _granted(clients.rest(GRAPH), principal))


def _write_permission(clients: Clients, principal: Ref, wanted: Sequence[AppPermission]) -> Receipt:
    (permission,) = wanted
    graph = clients.rest(GRAPH)
    places = [place for place, held in _granted(graph, principal) if held.part == permission.part]
    if not permission.present:
        return Receipt(tuple(_gone(graph, place) for place in places))
    return Receipt(() if places else (_grant(graph, principal, permission),))


def _grant(graph: Rest, principal: Ref, wanted: AppPermission) -> str:
    if wanted.kind == "application":
        body = {"principalId": principal.id, "resourceId": wanted.resource, "appRoleId": wanted.what}
        return graph.send("POST", f"/v1.0/servicePrincipals/{principal.id}/appRoleAssignments", body)
    whose = {"consentType": ONE, "principalId": wanted.whose} if wanted.whose else {"consentType": EVERYBODY}
    grant = {"clientId": principal.id, "resourceId": wanted.resource, "scope": wanted.what, **whose}
    return graph.send("POST", "/v1.0/oauth2PermissionGrants", grant)


def _gone(graph: Rest, place: str) -> str:
    try:
        return graph.send("DELETE", place)
    except Absent as absent:
        return absent.request_id


_READ_ROLES = Rights(graph=frozenset({"RoleManagement.Read.Directory"}))
_WRITE_ROLES = Rights(graph=frozenset({"RoleManagement.ReadWrite.Directory"}))
_READ_APP = Rights(graph=frozenset({"Application.Read.All"}))
_WRITE_APP = Rights(graph=frozenset({"AppRoleAssignment.ReadWrite.All", "DelegatedPermissionGrant.ReadWrite.All"}))
_BY_ROLE: FacetAdapter[DirectoryRole] = FacetAdapter(_read_roles, _write_role, _READ_ROLES, _WRITE_ROLES, lingers=TOKENS)

FACETS: FacetTable = {
    (Kind.USER, DirectoryRole): _BY_ROLE,
    (Kind.SERVICE_PRINCIPAL, DirectoryRole): _BY_ROLE,
    (Kind.SERVICE_PRINCIPAL, AppPermission): FacetAdapter(
        _read_permissions, _write_permission, _READ_APP, _WRITE_APP, lingers=TOKENS
    ),
}
