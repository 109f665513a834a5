"""Graph's rights and rules: directory roles, application permissions, consents, Conditional Access, the audit log."""

import uuid
from typing import Any

from shared.sandbox.azure import graph_apps
from shared.sandbox.azure.clock import iso
from shared.sandbox.azure.directory import ADMIN_ROLES, Group, ServicePrincipal, Subject, missing
from shared.sandbox.azure.graph_ask import Ask, Route
from shared.sandbox.azure.wire import Answer, Problem

GRAPH_APP = "00000003-0000-0000-c000-000000000000"
"""Microsoft Graph's own application id, the same in every tenant"""

_ROLES = ("RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory", "Directory.Read.All", "Directory.ReadWrite.All")
_ASSIGN = ("RoleManagement.ReadWrite.Directory",)
_READ = ("Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All")
_CONSENTS = ("DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All")

PERMISSIONS = (
    "Application.ReadWrite.All",
    "AppRoleAssignment.ReadWrite.All",
    "AuditLog.Read.All",
    "Directory.Read.All",
    "Files.Read.All",
    "Mail.Read",
    "RoleManagement.ReadWrite.Directory",
    "User.Read.All",
    "User.ReadWrite.All",
)
"""Application permissions of Graph's that can be assigned here."""


def _role_assignments(ask: Ask) -> Answer:
    subjects = ask.cloud.entra.directory.subjects()
    return ask.many((assigned(one.id, role) for one in subjects for role in sorted(one.directory_roles)), "roleAssignments")


def assigned(principal: str, role: str) -> dict[str, Any]:
    """A role in all of the directory, as Graph shows it."""
    return {
        "id": str(uuid.uuid5(uuid.UUID(principal), role)),
        "principalId": principal,
        "roleDefinitionId": role,
        "directoryScopeId": "/",
    }


def _assign_role(ask: Ask) -> Answer:
    asked = ask.body()
    held = subject(ask, asked["principalId"])
    if asked["roleDefinitionId"] not in ADMIN_ROLES.values():
        raise missing(asked["roleDefinitionId"])
    if asked["roleDefinitionId"] in held.directory_roles:
        text = "A conflicting object with one or more of the specified property values is present in the directory."
        raise Problem(400, "Request_BadRequest", text)
    held.directory_roles.add(asked["roleDefinitionId"])
    _of_role("Add member to role", ask, held, asked["roleDefinitionId"])
    return Answer.of(201, assigned(asked["principalId"], asked["roleDefinitionId"]))


def _unassign_role(ask: Ask) -> Answer:
    for held in ask.cloud.entra.directory.subjects():
        for role in sorted(held.directory_roles):
            if assigned(held.id, role)["id"] == ask.ids[0]:
                held.directory_roles.remove(role)
                ask.cloud.entra.pim.active.pop((held.id, role), None)
                _of_role("Remove member from role", ask, held, role)
                return Answer(204)
    raise missing(ask.ids[0])


def _of_role(activity: str, ask: Ask, held: Subject, role: str) -> None:
    changed: tuple[object, object] = (None, role) if activity.startswith("Add") else (role, None)
    ask.audit(activity, held.id, type(held).__name__, (role, "Role"), Role_TemplateId=changed)


def subject(ask: Ask, object_id: str) -> Subject:
    """Whoever can have a role. A group has to be made for that (`isAssignableToRole`)."""
    directory = ask.cloud.entra.directory
    held = directory.users.get(object_id) or directory.principals.get(object_id) or directory.groups.get(object_id)
    if held is None:
        raise missing(object_id)
    if isinstance(held, Group) and not held.powerful:
        raise Problem(400, "Request_BadRequest", "The group is not assignable to a role.")
    return held


def _principal(ask: Ask) -> ServicePrincipal:
    held = ask.cloud.entra.directory.holder("servicePrincipals", ask.ids[0])
    if not isinstance(held, ServicePrincipal):
        raise missing(ask.ids[0])
    return held


def _permission(principal: ServicePrincipal, name: str) -> dict[str, Any]:
    return {
        "id": uuid.uuid5(uuid.UUID(principal.id), name).hex,
        "appRoleId": app_role(name),
        "principalId": principal.id,
        "principalType": "ServicePrincipal",
        "principalDisplayName": principal.name,
        "resourceId": GRAPH_APP,
        "resourceDisplayName": "Microsoft Graph",
    }


def app_role(name: str) -> str:
    """The id of an application permission of Graph; here made from its name."""
    return str(uuid.uuid5(uuid.UUID(GRAPH_APP), name))


def _itself(ask: Ask) -> Answer:
    """An application's service principal by its application id; Graph's own has the permissions that it knows by name."""
    if ask.ids[0] != GRAPH_APP:
        found = ask.cloud.entra.directory.principal_of(ask.ids[0])
        if found is None:
            raise missing(ask.ids[0])
        return ask.one(graph_apps.shown(found), "servicePrincipals")
    given = (name for each in ask.cloud.entra.directory.principals.values() for name in each.permissions)
    common = {"allowedMemberTypes": ["Application"], "isEnabled": True}
    roles = [{"id": app_role(name), "value": name, **common} for name in sorted({*PERMISSIONS, *given})]
    itself = {"id": GRAPH_APP, "appId": GRAPH_APP, "displayName": "Microsoft Graph", "appRoles": roles}
    return ask.one(itself, "servicePrincipals")


def _permissions(ask: Ask) -> Answer:
    held = _principal(ask)
    return ask.many((_permission(held, name) for name in sorted(held.permissions)), "appRoleAssignments")


def _remove_permission(ask: Ask) -> Answer:
    held = _principal(ask)
    name = next((name for name in held.permissions if _permission(held, name)["id"] == ask.ids[1]), None)
    if name is None:
        raise missing(ask.ids[1])
    held.permissions.remove(name)
    ask.audit("Remove app role assignment from service principal", held.id, "ServicePrincipal")
    return Answer(204)


def _add_permission(ask: Ask) -> Answer:
    held, asked = _principal(ask), ask.body()
    name = next((name for name in PERMISSIONS if app_role(name) == asked["appRoleId"]), None)
    if name is None or asked["principalId"] != held.id:
        raise Problem(400, "Request_BadRequest", "Permission being assigned was not found on application.")
    if name in held.permissions:
        raise Problem(400, "Request_BadRequest", "Permission being assigned already exists on the object")
    held.permissions.add(name)
    changed: dict[str, tuple[object, object]] = {"AppRole_Id": (None, asked["appRoleId"]), "AppRole_Value": (None, name)}
    _consented("Add app role assignment to service principal", ask, held.id, changed)
    return Answer.of(201, _permission(held, name))


def _consented(activity: str, ask: Ask, client: str, changed: dict[str, tuple[object, object]]) -> None:
    """The log names the interface first, and whose permission it is among what changed."""
    whose = {"ServicePrincipal_ObjectID": (None, client)}
    ask.audit(activity, GRAPH_APP, "ServicePrincipal", (client, "ServicePrincipal"), **changed, **whose)


def _scopes(grant: dict[str, Any], before: str | None, after: str) -> dict[str, tuple[object, object]]:
    """The log says whether a consent is for one person, and not for whom."""
    for_whom = grant.get("consentType")
    return {
        "DelegatedPermissionGrant_Scope": (before, after),
        "DelegatedPermissionGrant_ConsentType": (for_whom if before else None, for_whom),
    }


def _grants(ask: Ask) -> Answer:
    return ask.many(ask.cloud.entra.grants.values(), "oauth2PermissionGrants")


def _grants_of(ask: Ask) -> Answer:
    held = _principal(ask)
    return ask.many((grant for grant in ask.cloud.entra.grants.values() if grant["clientId"] == held.id), "oauth2PermissionGrants")


def _add_grant(ask: Ask) -> Answer:
    asked = ask.body()
    made = {"id": uuid.uuid4().hex, "principalId": None, **asked}
    ask.cloud.entra.grants[made["id"]] = made
    changed = _scopes(made, None, made["scope"])
    _consented("Add delegated permission grant", ask, made["clientId"], changed)
    return Answer.of(201, made)


def _update_grant(ask: Ask) -> Answer:
    held, asked = ask.cloud.entra.grants.get(ask.ids[0]), ask.body()
    if held is None:
        raise missing(ask.ids[0])
    if unknown := set(asked) - {"scope"}:
        raise Problem(400, "Request_BadRequest", f"Property '{min(unknown)}' is read-only and cannot be set.")
    changed = _scopes(held, held["scope"], asked["scope"])
    held["scope"] = asked["scope"]
    _consented("Add delegated permission grant", ask, held["clientId"], changed)
    return Answer(204)


def _remove_grant(ask: Ask) -> Answer:
    gone = ask.cloud.entra.grants.pop(ask.ids[0], None)
    if gone is None:
        raise missing(ask.ids[0])
    ask.audit("Remove delegated permission grant", gone["clientId"], "ServicePrincipal")
    return Answer(204)


def _policies(ask: Ask) -> Answer:
    return ask.many(ask.cloud.entra.policies.values(), "identity/conditionalAccess/policies")


def _policy(ask: Ask) -> Answer:
    if ask.ids[0] not in ask.cloud.entra.policies:
        raise missing(ask.ids[0])
    return ask.one(ask.cloud.entra.policies[ask.ids[0]], "identity/conditionalAccess/policies")


def _update_policy(ask: Ask) -> Answer:
    held, asked = ask.cloud.entra.policies.get(ask.ids[0]), ask.body()
    if held is None:
        raise missing(ask.ids[0])
    if asked.get("state", "enabled") not in ("enabled", "disabled", "enabledForReportingButNotEnforced"):
        raise Problem(400, "BadRequest", "1037: The policy state is invalid.")
    before = dict(held)
    held.update(asked, modifiedDateTime=iso(ask.now))
    ask.audit("Update conditional access policy", ask.ids[0], "Policy", ConditionalAccessPolicy=(before, dict(held)))
    return Answer(204)


ROUTES = (
    Route("GET", "roleManagement/directory/roleAssignments", _ROLES, _role_assignments),
    Route("POST", "roleManagement/directory/roleAssignments", _ASSIGN, _assign_role),
    Route("DELETE", "roleManagement/directory/roleAssignments/{}", _ASSIGN, _unassign_role),
    Route("GET", "servicePrincipals(appId='{}')", _READ, _itself),
    Route("GET", "servicePrincipals/{}/appRoleAssignments", _READ, _permissions),
    Route("POST", "servicePrincipals/{}/appRoleAssignments", ("AppRoleAssignment.ReadWrite.All",), _add_permission),
    Route("DELETE", "servicePrincipals/{}/appRoleAssignments/{}", ("AppRoleAssignment.ReadWrite.All",), _remove_permission),
    Route("GET", "servicePrincipals/{}/oauth2PermissionGrants", (*_READ, *_CONSENTS), _grants_of),
    Route("GET", "oauth2PermissionGrants", ("Directory.Read.All", *_CONSENTS), _grants),
    Route("POST", "oauth2PermissionGrants", _CONSENTS, _add_grant),
    Route("PATCH", "oauth2PermissionGrants/{}", _CONSENTS, _update_grant),
    Route("DELETE", "oauth2PermissionGrants/{}", _CONSENTS, _remove_grant),
    Route("GET", "identity/conditionalAccess/policies", ("Policy.Read.All",), _policies),
    Route("GET", "identity/conditionalAccess/policies/{}", ("Policy.Read.All",), _policy),
    Route("PATCH", "identity/conditionalAccess/policies/{}", ("Policy.ReadWrite.ConditionalAccess",), _update_policy),
)
