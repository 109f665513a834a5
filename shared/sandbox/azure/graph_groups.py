"""Graph's groups and owners: who is in which, and who owns which application."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from shared.sandbox.azure import graph_apps
from shared.sandbox.azure.directory import ADMIN_ROLES, Group, ServicePrincipal, User, missing
from shared.sandbox.azure.graph_ask import Ask, Route
from shared.sandbox.azure.wire import Answer, Problem

READ = ("Directory.Read.All", "Directory.ReadWrite.All", "GroupMember.ReadWrite.All")
WRITE = ("GroupMember.ReadWrite.All", "Group.ReadWrite.All", "Directory.ReadWrite.All")
OF_ROLES = "RoleManagement.ReadWrite.Directory"


def shown(group: Group) -> dict[str, Any]:
    """A group as Graph shows it."""
    return {
        "@odata.type": "#microsoft.graph.group",
        "id": group.id,
        "displayName": group.name,
        "groupTypes": ["DynamicMembership"] if group.rule else [],
        "membershipRule": group.rule or None,
        "isAssignableToRole": group.powerful or None,
        "securityEnabled": True,
        "onPremisesSyncEnabled": group.elsewhere or None,
    }


def _subject(ask: Ask, object_id: str) -> User | ServicePrincipal:
    directory = ask.cloud.entra.directory
    held = directory.users.get(object_id) or directory.user_of(object_id) or directory.principals.get(object_id)
    if held is None:
        raise missing(object_id)
    return held


def _groups(ask: Ask, *, through: bool) -> Iterator[dict[str, Any]]:
    directory, who = ask.cloud.entra.directory, _subject(ask, ask.ids[0])
    for group in directory.groups.values():
        if group.id in directory.memberships(who.id) if through else who.id in group.members:
            yield shown(group)


def _groups_of(ask: Ask) -> Answer:
    return ask.many(_groups(ask, through=False), "groups")


def _member_of(ask: Ask, *, through: bool = False) -> Answer:
    """Roles of the directory are told like groups."""
    kind, held = "#microsoft.graph.directoryRole", _subject(ask, ask.ids[0]).directory_roles
    named = ((name, role) for name, role in ADMIN_ROLES.items() if role in held)
    roles = ({"@odata.type": kind, "id": role, "roleTemplateId": role, "displayName": name} for name, role in named)
    return ask.many([*roles, *_groups(ask, through=through)], "directoryObjects")


def _group(ask: Ask, *, to_change: bool = False) -> Group:
    held = ask.cloud.entra.directory.groups.get(ask.ids[0])
    if held is None:
        raise missing(ask.ids[0])
    if to_change and (held.rule or held.elsewhere):
        raise Problem(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
    if to_change and held.powerful and OF_ROLES not in ask.caller.permissions:
        raise Problem(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
    return held


def _get(ask: Ask) -> Answer:
    return ask.one(shown(_group(ask)), "groups")


def _parents(ask: Ask) -> Answer:
    directory, own = ask.cloud.entra.directory, _group(ask)
    wider = directory.memberships(own.id) - {own.id}
    return ask.many((shown(directory.groups[each]) for each in sorted(wider)), "groups")


def _members(ask: Ask) -> Answer:
    """Everybody in a group, directly or through another."""
    directory, own = ask.cloud.entra.directory, _group(ask)
    people = (("user", directory.users), ("servicePrincipal", directory.principals))
    found = ((kind, name) for kind, all_of in people for name in all_of if own.id in directory.memberships(name))
    return ask.many(({"@odata.type": f"#microsoft.graph.{kind}", "id": name} for kind, name in found), "directoryObjects")


def _add(ask: Ask) -> Answer:
    group, who = _group(ask, to_change=True), _referred(ask)
    if who.id in group.members:
        raise _known("members")
    group.members.add(who.id)
    _told(ask, "Add member to group", who, (group.id, "Group"), Group_ObjectID=(None, group.id))
    return Answer(204)


def _remove(ask: Ask) -> Answer:
    group = _group(ask, to_change=True)
    if ask.ids[1] not in group.members:
        raise missing(ask.ids[1])
    group.members.remove(ask.ids[1])
    _told(ask, "Remove member from group", _subject(ask, ask.ids[1]), (group.id, "Group"), Group_ObjectID=(group.id, None))
    return Answer(204)


def _referred(ask: Ask) -> User | ServicePrincipal:
    return _subject(ask, str(ask.body().get("@odata.id", "")).rpartition("/")[2])


def _known(collection: str) -> Problem:
    text = f"One or more added object references already exist for the following modified properties: '{collection}'."
    return Problem(400, "Request_BadRequest", text)


def _told(ask: Ask, activity: str, who: User | ServicePrincipal, of: tuple[str, str], **changed: tuple[object, object]) -> None:
    """The log names whom it was done to first, and what it was about among what changed."""
    ask.audit(activity, who.id, "User" if isinstance(who, User) else "ServicePrincipal", of, **changed)


NAMES = {"applications": ("application", "Application"), "servicePrincipals": ("service principal", "ServicePrincipal")}


def _own(kind: str, ask: Ask) -> Answer:
    held, who, (word, label) = ask.cloud.entra.directory.holder(kind, ask.ids[0]), _referred(ask), NAMES[kind]
    if who.id in held.owners:
        raise _known("owners")
    held.owners.add(who.id)
    _told(ask, f"Add owner to {word}", who, (held.id, label), **{f"{label}_ObjectID": (None, held.id)})
    return Answer(204)


def _disown(kind: str, ask: Ask) -> Answer:
    held, (word, label) = ask.cloud.entra.directory.holder(kind, ask.ids[0]), NAMES[kind]
    if ask.ids[1] not in held.owners:
        raise missing(ask.ids[1])
    held.owners.remove(ask.ids[1])
    _told(ask, f"Remove owner from {word}", _subject(ask, ask.ids[1]), (held.id, label), **{f"{label}_ObjectID": (held.id, None)})
    return Answer(204)


def _owned(kind: str, ask: Ask) -> Answer:
    directory, who = ask.cloud.entra.directory, _subject(ask, ask.ids[0])
    every = directory.applications.values() if kind == "applications" else directory.principals.values()
    return ask.many((graph_apps.shown(held) for held in every if who.id in held.owners), kind)


def _of(kind: str) -> tuple[Route, ...]:
    return (
        Route("GET", f"{kind}/{{}}/memberOf", (*READ, "User.Read.All"), _member_of),
        Route("GET", f"{kind}/{{}}/transitiveMemberOf", READ, partial(_member_of, through=True)),
        Route("GET", f"{kind}/{{}}/memberOf/microsoft.graph.group", READ, _groups_of),
        Route("GET", f"{kind}/{{}}/ownedObjects/microsoft.graph.application", READ, partial(_owned, "applications")),
        Route("GET", f"{kind}/{{}}/ownedObjects/microsoft.graph.servicePrincipal", READ, partial(_owned, "servicePrincipals")),
    )


ROUTES = (
    *_of("users"),
    *_of("servicePrincipals"),
    Route("GET", "groups/{}", READ, _get),
    Route("GET", "groups/{}/transitiveMemberOf/microsoft.graph.group", READ, _parents),
    Route("GET", "groups/{}/transitiveMembers", READ, _members),
    Route("POST", "groups/{}/members/$ref", WRITE, _add),
    Route("DELETE", "groups/{}/members/{}/$ref", WRITE, _remove),
    *(Route("POST", f"{kind}/{{}}/owners/$ref", graph_apps.WRITE, partial(_own, kind)) for kind in NAMES),
    *(Route("DELETE", f"{kind}/{{}}/owners/{{}}/$ref", graph_apps.WRITE, partial(_disown, kind)) for kind in NAMES),
)
