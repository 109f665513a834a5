"""What we may do ourselves: roles at a scope, permissions of Graph's, and the locks that bind us all the same.

Sources: `Microsoft.Authorization/permissions` (what the caller may do there, by roles of its groups and of scopes above too), "Lock
your resources", Microsoft Graph v1.0. What a deny assignment or a condition forbids is said by none of them.
"""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from shared.adapters.azure.clients import Clients
from shared.adapters.azure.facets import Rights
from shared.adapters.azure.rest import ARM, GRAPH
from shared.domain.errors import Absent

GRAPH_APP = "00000003-0000-0000-c000-000000000000"
"""Microsoft Graph's own application id, the same in every tenant."""


class May(NamedTuple):
    """What we may do at a scope, as role definitions say it, and which permissions of Graph's we have; None: nobody can tell."""

    roles: tuple[Mapping[str, Any], ...]
    graph: frozenset[str] | None = None

    def lacks(self, wanted: Rights) -> list[str]:
        """The rights of these that nothing gives us."""
        actions = {each for each in wanted.actions if not self._lets(each, "actions", "notActions")}
        data = {each for each in wanted.data if not self._lets(each, "dataActions", "notDataActions")}
        return sorted(actions | data | (wanted.graph - self.graph if self.graph is not None else frozenset()))

    def _lets(self, right: str, allowed: str, excepted: str) -> bool:
        """Whether one role gives it: what one excepts, another may give."""
        return any(_fits(right, role.get(allowed)) and not _fits(right, role.get(excepted)) for role in self.roles)


def _fits(right: str, patterns: Iterable[str] | None) -> bool:
    return any(fnmatchcase(right.lower(), pattern.lower()) for pattern in patterns or ())


def at(clients: Clients, scope: str) -> May:
    """What we may do at a scope (a resource id). Raises `CloudError`."""
    return May(tuple(clients.rest(ARM).every(f"{scope}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01")))


def of_graph(clients: Clients, me: str) -> frozenset[str]:
    """The application permissions of Graph's that we (an object id) were given, by name. Raises `Absent` for a person."""
    graph = clients.rest(GRAPH)
    try:
        given = tuple(graph.every(f"/v1.0/servicePrincipals/{me}/appRoleAssignments"))
    except Absent:
        raise Absent("you are no application: what a person may do in Graph is listed nowhere") from None
    itself = graph.get(f"/v1.0/servicePrincipals(appId='{GRAPH_APP}')?$select=id,appRoles")
    called = {role["id"]: str(role["value"]) for role in itself["appRoles"]}
    return frozenset(called[one["appRoleId"]] for one in given if one["resourceId"] == itself["id"] and one["appRoleId"] in called)


def locks(clients: Clients, subscription: str) -> list[str]:
    """Level and name of every lock in a subscription: they bind whoever may do everything too. Raises `CloudError`."""
    path = f"/subscriptions/{subscription}/providers/Microsoft.Authorization/locks?api-version=2016-09-01"
    return sorted(f"{lock['properties']['level']} {lock['name']}" for lock in clients.rest(ARM).every(path))


ASKING = Rights(frozenset({"Microsoft.Authorization/permissions/read"}))
"""To be told what we may do; at custody's own places too."""

RIGHTS = ASKING | Rights(frozenset({"Microsoft.Authorization/locks/read"}), graph=frozenset({"Application.Read.All"}))
