"""Graph's users: looked up, disabled, their sessions revoked."""

from typing import Any

from shared.sandbox.azure.clock import iso
from shared.sandbox.azure.directory import ADMIN_ROLES, User, missing
from shared.sandbox.azure.graph_ask import Ask, Route
from shared.sandbox.azure.wire import Answer, Problem

READ = ("User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All")
SWITCH = ("User.EnableDisableAccount.All", "User.ReadWrite.All", "Directory.ReadWrite.All")
REVOKE = ("User.RevokeSessions.All", "User.ReadWrite.All", "Directory.ReadWrite.All")

_UNASKED = ("displayName", "givenName", "surname", "mail", "userPrincipalName", "jobTitle", "mobilePhone", "officeLocation")
"""`accountEnabled` and others come only where `$select` names them."""

_STRONGER = {ADMIN_ROLES["Global Administrator"], ADMIN_ROLES["Privileged Authentication Administrator"]}


def shown(user: User) -> dict[str, Any]:
    """A user as Graph shows it."""
    return {
        "id": user.id,
        "displayName": user.name,
        "userPrincipalName": user.upn,
        "mail": user.upn,
        "accountEnabled": user.enabled,
        "userType": user.user_type or ("Guest" if user.guest else "Member"),
        "createdDateTime": iso(user.created),
        "signInSessionsValidFromDateTime": iso(user.sessions_from),
        "externalUserState": "Accepted" if user.guest else None,
    }


def _user(ask: Ask) -> User:
    held = ask.cloud.entra.directory.users.get(ask.ids[0]) or ask.cloud.entra.directory.user_of(ask.ids[0])
    if held is None:
        raise missing(ask.ids[0])
    return held


def _get(ask: Ask) -> Answer:
    return ask.one(shown(_user(ask)), "users", _UNASKED)


def _list(ask: Ask) -> Answer:
    return ask.many((shown(user) for user in ask.cloud.entra.directory.users.values()), "users", _UNASKED)


def _guarded(ask: Ask, user: User) -> bool:
    """Whether it takes an administrator of administrators to disable them: roles, those that wait, and groups made for roles."""
    entra = ask.cloud.entra
    holders = entra.directory.memberships(user.id)
    powerful = any(entra.directory.groups[each].powerful for each in holders if each in entra.directory.groups)
    return bool(entra.directory.roles_of(user)) or powerful or any(each.principal_id in holders for each in entra.pim.eligible())


def _update(ask: Ask) -> Answer:
    """Whoever has an administrator's role is out of reach of an ordinary permission."""
    user, asked = _user(ask), ask.body()
    if unknown := set(asked) - {"accountEnabled", "displayName", "userType"}:
        raise Problem(400, "Request_BadRequest", f"Invalid property '{min(unknown)}'.")
    if "accountEnabled" in asked:
        if _guarded(ask, user) and not ask.caller.directory_roles & _STRONGER:
            raise Problem(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
        if user.enabled != asked["accountEnabled"]:
            user.enabled, user.switched = asked["accountEnabled"], ask.now
    user.name = asked.get("displayName", user.name)
    user.user_type = asked.get("userType", user.user_type)
    ask.audit("Update user" if user.enabled else "Disable account", user.id, "User")
    return Answer(204)


def _revoke(ask: Ask) -> Answer:
    """Ends refresh tokens; a guest's belong to the home tenant and stay."""
    user = _user(ask)
    if not user.guest:
        user.sessions_from = ask.now
    ask.audit("Update StsRefreshTokenValidFrom Timestamp", user.id, "User")
    return Answer.of(200, {"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#Edm.Boolean", "value": True})


def _roles_of(ask: Ask) -> Answer:
    user = _user(ask)
    held = (
        {"id": role, "roleTemplateId": role, "displayName": name}
        for name, role in ADMIN_ROLES.items()
        if role in ask.cloud.entra.directory.roles_of(user)
    )
    return ask.many(held, "directoryRoles")


ROUTES = (
    Route("GET", "users", READ, _list),
    Route("GET", "users/{}", READ, _get),
    Route("PATCH", "users/{}", SWITCH, _update),
    Route("POST", "users/{}/revokeSignInSessions", REVOKE, _revoke),
    Route("GET", "users/{}/transitiveMemberOf/microsoft.graph.directoryRole", READ, _roles_of),
)
