"""Roles that somebody has by a group that nobody can take them out of, and who else is in a group.

Sources: Microsoft Graph v1.0, memberOf and transitiveMembers; Microsoft.Authorization, role assignments, `assignedTo`. Graph
refuses to change the members of a group that a rule fills, or that comes from a directory elsewhere (`onPremisesSyncEnabled`).
"""

from collections.abc import Iterator, Sequence

from shared.adapters.azure import memberships, principals
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.facets import FacetAdapter, FacetTable, RelationAdapter, RelationTable, Rights
from shared.adapters.azure.rest import ARM, GRAPH
from shared.domain.facet import RoleAssigned, RoleByGroup
from shared.domain.resource import Kind, Ref
from shared.intake.azure_names import principal as named
from shared.ports import Receipt, Relation

MEMBERS = {"#microsoft.graph.user": Kind.USER, "#microsoft.graph.serviceprincipal": Kind.SERVICE_PRINCIPAL}
"""Who works: devices and contacts in a group have no part in this."""


def _read(clients: Clients, principal: Ref) -> tuple[RoleByGroup, ...]:
    kept = [each.id for each in memberships.every(clients, principal) if not each.ours]
    if not kept:
        return ()
    wider = {each for group in kept for each in _holding(clients, group)}
    held = principals.assigned_to(clients.rest(ARM), principal, frozenset((*kept, *wider)))
    return tuple(_by_group(group, role) for group, role in held)


def _holding(clients: Clients, group: str) -> Iterator[str]:
    """The groups that a group is in."""
    found = clients.rest(GRAPH).every(f"/v1.0/groups/{group}/transitiveMemberOf/microsoft.graph.group?$select=id")
    return (str(one["id"]).lower() for one in found)


def _by_group(group: str, role: RoleAssigned) -> RoleByGroup:
    return RoleByGroup(
        group=group,
        assignment=role.assignment,
        role=role.role,
        scope=role.scope,
        condition=role.condition,
        until=role.until,
        present=True,
    )


def _write(clients: Clients, principal: Ref, wanted: Sequence[RoleByGroup]) -> Receipt:
    (one,) = wanted
    role = RoleAssigned.model_validate(one.model_dump(exclude={"facet", "group"}))
    return principals.write_roles(clients, principal.but(kind=Kind.GROUP, id=one.group), (role,))


def _members(clients: Clients, group: Ref) -> tuple[Ref, ...]:
    listed = clients.rest(GRAPH).every(f"/v1.0/groups/{group.id}/transitiveMembers?$select=id")
    kinds = ((MEMBERS.get(str(one.get("@odata.type")).lower()), str(one["id"])) for one in listed)
    return tuple(named(kind, name) for kind, name in kinds if kind)


_READ = Rights(graph=frozenset({"Directory.Read.All"})) | principals.READ_ROLES
_HELD: FacetAdapter[RoleByGroup] = FacetAdapter(_read, _write, _READ, principals.WRITE_ROLES, lingers=principals.PROPAGATION)

FACETS: FacetTable = {(kind, RoleByGroup): _HELD for kind in (Kind.USER, Kind.SERVICE_PRINCIPAL)}
RELATIONS: RelationTable = {
    (Kind.GROUP, Relation.MEMBERS): RelationAdapter(_members, Rights(graph=frozenset({"Directory.Read.All"})))
}
