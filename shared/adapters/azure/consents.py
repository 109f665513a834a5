"""What applications may do at interfaces (Microsoft Graph v1.0).

Tokens that were issued before say what they said: what is taken here is gone from the next one.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.adapters.azure.clients import Clients
from shared.adapters.azure.facets import FacetAdapter, FacetTable, Rights
from shared.adapters.azure.principals import TOKENS
from shared.adapters.azure.rest import GRAPH, Rest
from shared.domain.errors import Absent
from shared.domain.facet import AppPermission
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt

EVERYBODY, ONE = "AllPrincipals", "Principal"


def _read_permissions(clients: Clients, principal: Ref) -> tuple[AppPermission, ...]:
    graph, own = clients.rest(GRAPH), f"/v1.0/servicePrincipals/{principal.id}"
    return (
        *(_alone(one) for one in graph.every(f"{own}/appRoleAssignments")),
        *(each for one in graph.every(f"{own}/oauth2PermissionGrants") for each in _consented(one)),
    )


def _alone(one: Mapping[str, Any]) -> AppPermission:
    return AppPermission(kind="application", resource=one["resourceId"], what=one["appRoleId"], present=True)


def _consented(one: Mapping[str, Any]) -> Iterator[AppPermission]:
    for scope in str(one.get("scope") or "").split():
        whose = one.get("principalId") or ""
        yield AppPermission(kind="delegated", resource=one["resourceId"], what=scope, whose=whose, present=True)


def _write_permission(clients: Clients, principal: Ref, wanted: Sequence[AppPermission]) -> Receipt:
    graph, (first, *_) = clients.rest(GRAPH), wanted
    if first.kind == "delegated":
        return Receipt(tuple(_consent(graph, principal, wanted)))
    own = f"/v1.0/servicePrincipals/{principal.id}/appRoleAssignments"
    there = [one["id"] for one in graph.every(own) if _alone(one).part == first.part]
    if not first.present:
        return Receipt(tuple(gone(graph, f"{own}/{name}") for name in there))
    body = {"principalId": principal.id, "resourceId": first.resource, "appRoleId": first.what}
    return Receipt(() if there else (graph.send("POST", own, body),))


def _consent(graph: Rest, principal: Ref, wanted: Sequence[AppPermission]) -> Iterator[str]:
    """One consent with these scopes in it, or without them; it goes when none is left. What else is in it stays."""
    first, out = wanted[0], {each.what for each in wanted if not each.present}
    grants = graph.every(f"/v1.0/servicePrincipals/{principal.id}/oauth2PermissionGrants")
    same = [one for one in grants if (one["resourceId"], one.get("principalId") or "") == (first.resource, first.whose)]
    for one in same:
        before = str(one.get("scope") or "").split()
        after = [*(s for s in before if s not in out), *(e.what for e in wanted if e.present and e.what not in before)]
        place = f"/v1.0/oauth2PermissionGrants/{one['id']}"
        if not after:
            yield gone(graph, place)
        elif after != before:
            yield graph.send("PATCH", place, {"scope": " ".join(after)})
    scopes = " ".join(each.what for each in wanted if each.present)
    if scopes and not same:
        whose = {"consentType": ONE, "principalId": first.whose} if first.whose else {"consentType": EVERYBODY}
        grant = {"clientId": principal.id, "resourceId": first.resource, "scope": scopes, **whose}
        yield graph.send("POST", "/v1.0/oauth2PermissionGrants", grant)


def gone(graph: Rest, place: str) -> str:
    """Delete what may be gone already; the call's id."""
    try:
        return graph.send("DELETE", place)
    except Absent as absent:
        return absent.request_id


_READ_APP = Rights(graph=frozenset({"Application.Read.All"}))
_WRITE_APP = Rights(graph=frozenset({"AppRoleAssignment.ReadWrite.All", "DelegatedPermissionGrant.ReadWrite.All"}))

FACETS: FacetTable = {
    (Kind.SERVICE_PRINCIPAL, AppPermission): FacetAdapter(
        _read_permissions, _write_permission, _READ_APP, _WRITE_APP, lingers=TOKENS
    ),
}
