"""Users and service principals: sign-in, sessions, credentials (Microsoft Graph v1.0), and their roles at every scope (ARM).

A principal is named by its object id. What is switched off here ends no access token: those live for about an hour, a managed
identity's for about a day.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from shared.adapters.azure import schedules
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.facets import FacetAdapter, FacetTable, Rights
from shared.adapters.azure.rest import ARM, GRAPH, Rest
from shared.domain.errors import Absent, Refused
from shared.domain.facet import AppCredential, RoleAssigned, SessionsRevoked, SignIn
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt

SINCE = "signInSessionsValidFromDateTime"
API = "api-version=2022-04-01"

PLACES = {Kind.USER: "/v1.0/users", Kind.SERVICE_PRINCIPAL: "/v1.0/servicePrincipals"}


TYPES = {Kind.USER: "User", Kind.SERVICE_PRINCIPAL: "ServicePrincipal", Kind.GROUP: "Group"}
"""How role assignments call them."""


def _graph(clients: Clients) -> Rest:
    return clients.rest(GRAPH)


def _place(principal: Ref) -> str:
    return f"{PLACES[principal.kind]}/{principal.id}"


def _read_sign_in(clients: Clients, principal: Ref) -> tuple[SignIn, ...]:
    found = _graph(clients).get(f"{_place(principal)}?$select=accountEnabled")
    return (SignIn(enabled=found["accountEnabled"] is True),)


def _write_sign_in(clients: Clients, principal: Ref, wanted: Sequence[SignIn]) -> Receipt:
    (sign_in,) = wanted
    try:
        return Receipt((_graph(clients).send("PATCH", _place(principal), {"accountEnabled": sign_in.enabled}),))
    except Refused as refused:
        if principal.kind is not Kind.USER or refused.code != "Authorization_RequestDenied":
            raise
        raise Refused(GUARDED, refused.code, refused.request_id) from None


def _read_sessions(clients: Clients, user: Ref) -> tuple[SessionsRevoked, ...]:
    found = _graph(clients).get(f"{_place(user)}?$select={SINCE}")
    return (SessionsRevoked(before=datetime.fromisoformat(found[SINCE])),) if found.get(SINCE) else ()


def _write_sessions(clients: Clients, user: Ref, wanted: Sequence[SessionsRevoked]) -> Receipt:
    """The service stamps its own present. A guest's sessions are the home tenant's, and the read-back says that they go on."""
    (sessions,) = wanted
    if sessions.before is None:
        raise Refused("sessions that were ended do not come back")
    return Receipt((_graph(clients).send("POST", f"{_place(user)}/revokeSignInSessions"),))


def _read_credentials(clients: Clients, principal: Ref) -> tuple[AppCredential, ...]:
    graph = _graph(clients)
    own = graph.get(f"{_place(principal)}?$select=appId,passwordCredentials,keyCredentials")
    found = [*_held(own, "principal")]
    for application in _applications(graph, own["appId"]):
        found += _held(application, "application")
        trusted = graph.every(f"/v1.0/applications/{application['id']}/federatedIdentityCredentials")
        found += (AppCredential(proof=one["id"], kind="federated", present=True) for one in trusted)
    return tuple(found)


def _applications(graph: Rest, app_id: str) -> Iterator[dict[str, Any]]:
    """The registration, where it is of this tenant; another tenant's is out of reach, and a managed identity has none."""
    return graph.every(f"/v1.0/applications?$filter=appId eq '{app_id}'")


def _held(holder: Mapping[str, Any], where: str) -> Iterator[AppCredential]:
    for kind, name in (("secret", "passwordCredentials"), ("certificate", "keyCredentials")):
        for one in holder.get(name) or ():
            yield AppCredential.model_validate({"proof": one["keyId"], "kind": kind, "holder": where, "present": True})


def _write_credentials(clients: Clients, principal: Ref, wanted: Sequence[AppCredential]) -> Receipt:
    if any(one.present for one in wanted):
        raise Refused("a credential that was taken away can not be put back")
    graph = _graph(clients)
    own = graph.get(f"{_place(principal)}?$select=appId")
    places = {"principal": _place(principal)}
    for application in _applications(graph, own["appId"]):
        places["application"] = f"/v1.0/applications/{application['id']}"
    return Receipt(tuple(_taken(graph, places[one.holder], one) for one in wanted))


def _taken(graph: Rest, holder: str, gone: AppCredential) -> str:
    if gone.kind == "secret":
        return graph.send("POST", f"{holder}/removePassword", {"keyId": gone.proof})
    if gone.kind == "federated":
        return graph.send("DELETE", f"{holder}/federatedIdentityCredentials/{gone.proof}")
    # removeKey wants a proof signed by the application itself: the list is written without the one that goes
    now = graph.get(f"{holder}?$select=keyCredentials")["keyCredentials"]
    return graph.send("PATCH", holder, {"keyCredentials": [one for one in now if one["keyId"] != gone.proof]})


def _read_roles(clients: Clients, principal: Ref) -> tuple[RoleAssigned, ...]:
    """At every scope of every subscription that we see, and over it: a listing shows what management groups hand down."""
    arm = clients.rest(ARM)
    found: dict[str, RoleAssigned] = {}
    for subscription in arm.every("/subscriptions?api-version=2022-12-01"):
        path = f"{subscription['id']}/providers/Microsoft.Authorization/roleAssignments"
        held = list(arm.every(f"{path}?{API}&$filter=principalId eq '{principal.id}'"))
        ends = schedules.ends(arm, subscription["id"], principal) if held else {}
        found |= {one["id"].lower(): _assigned(one, ends.get(one["id"].lower(), "")) for one in held}
    return tuple(found.values())


def assigned_to(arm: Rest, principal: Ref, groups: frozenset[str]) -> Iterator[tuple[str, RoleAssigned]]:
    """Roles that a principal has by one of these groups, each with the group, at every scope of every subscription and over it."""
    found: dict[str, tuple[str, RoleAssigned]] = {}
    for subscription in arm.every("/subscriptions?api-version=2022-12-01"):
        path = f"{subscription['id']}/providers/Microsoft.Authorization/roleAssignments"
        for one in arm.every(f"{path}?{API}&$filter=assignedTo('{principal.id}')"):
            group = str(one["properties"]["principalId"]).lower()
            if group in groups and one["id"].lower() not in found:
                ends = schedules.ends(arm, subscription["id"], principal.but(kind=Kind.GROUP, id=group))
                found[one["id"].lower()] = (group, _assigned(one, ends.get(one["id"].lower(), "")))
    yield from found.values()


def _assigned(one: Mapping[str, Any], until: str) -> RoleAssigned:
    kept = one["properties"]
    return RoleAssigned(
        assignment="" if until else one["id"],
        role=kept["roleDefinitionId"],
        scope=kept["scope"],
        condition=kept.get("condition") or "",
        until=until,
        present=True,
        created=datetime.fromisoformat(kept["createdOn"]) if kept.get("createdOn") else None,
    )


def write_roles(clients: Clients, principal: Ref, wanted: Sequence[RoleAssigned]) -> Receipt:
    """Assign roles, or take them away."""
    arm = clients.rest(ARM)
    return Receipt(tuple(_written(arm, principal, one) for one in wanted))


def _written(arm: Rest, principal: Ref, one: RoleAssigned) -> str:
    if one.until:
        return schedules.asked(arm, schedules.ACTIVE, principal, one)
    return _assign(arm, principal, one) if one.present else _unassign(arm, one)


def assign(clients: Clients, principal: Ref, assignment: str, role: str) -> str:
    """Give a role, by the assignment's id; the id of the request."""
    scope = assignment.rpartition("/providers/")[0]
    return _assign(clients.rest(ARM), principal, RoleAssigned(assignment=assignment, role=role, scope=scope, present=True))


def _assign(arm: Rest, principal: Ref, wanted: RoleAssigned) -> str:
    kind = TYPES[principal.kind]
    body: dict[str, object] = {"roleDefinitionId": wanted.role, "principalId": principal.id, "principalType": kind}
    if wanted.condition:
        body |= {"condition": wanted.condition, "conditionVersion": "2.0"}
    try:
        return arm.send("PUT", f"{wanted.assignment}?{API}", {"properties": body})
    except Refused as refused:
        if refused.code != "RoleAssignmentExists":
            raise
        return refused.request_id


def _unassign(arm: Rest, gone: RoleAssigned) -> str:
    try:
        return arm.send("DELETE", f"{gone.assignment}?{API}")
    except Absent as absent:
        return absent.request_id
    except Refused as refused:
        if gone.scope.strip("/"):
            raise
        raise Refused(AT_ROOT, refused.code, refused.request_id) from None


GUARDED = (
    "Graph keeps an administrator from ordinary permissions: somebody with a role in the directory, with one that waits to be "
    "activated, or in a group made for such roles; once those are gone it can be done, else by a Privileged "
    "Authentication Administrator"
)
AT_ROOT = "it holds at the root of the tenant (elevated access): a Global Administrator takes it away there, over all subscriptions"

TOKENS = timedelta(minutes=90)
"""Access tokens live for 60 to 90 minutes (Microsoft identity platform, "Configurable token lifetimes", default)."""

PROPAGATION = timedelta(minutes=10)
"""What was assigned goes on for so long after its removal (Azure RBAC, "Troubleshoot", role assignment changes)."""

_READ_USER = Rights(graph=frozenset({"User.Read.All"}))
_READ_APP = Rights(graph=frozenset({"Application.Read.All"}))
_WRITE_APP = Rights(graph=frozenset({"Application.ReadWrite.All"}))
_ROLES = "Microsoft.Authorization/roleAssignments"
READ_ROLES = Rights(frozenset({f"{_ROLES}/read", "Microsoft.Resources/subscriptions/read"})) | schedules.ENDS
WRITE_ROLES = Rights(frozenset({f"{_ROLES}/write", f"{_ROLES}/delete"})) | schedules.ASKS
_BY_ROLE: FacetAdapter[RoleAssigned] = FacetAdapter(_read_roles, write_roles, READ_ROLES, WRITE_ROLES, lingers=PROPAGATION)

FACETS: FacetTable = {
    (Kind.USER, SignIn): FacetAdapter(
        _read_sign_in, _write_sign_in, _READ_USER, Rights(graph=frozenset({"User.EnableDisableAccount.All"})), lingers=TOKENS
    ),
    (Kind.USER, SessionsRevoked): FacetAdapter(
        _read_sessions,
        _write_sessions,
        _READ_USER,
        Rights(graph=frozenset({"User.RevokeSessions.All"})),
        one_way=True,
        lingers=TOKENS,
    ),
    (Kind.USER, RoleAssigned): _BY_ROLE,
    (Kind.SERVICE_PRINCIPAL, SignIn): FacetAdapter(_read_sign_in, _write_sign_in, _READ_APP, _WRITE_APP, lingers=TOKENS),
    (Kind.SERVICE_PRINCIPAL, AppCredential): FacetAdapter(
        _read_credentials, _write_credentials, _READ_APP, _WRITE_APP, one_way=True, lingers=TOKENS
    ),
    (Kind.SERVICE_PRINCIPAL, RoleAssigned): _BY_ROLE,
    (Kind.GROUP, RoleAssigned): _BY_ROLE,
}
