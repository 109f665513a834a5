"""Groups that principals are in, and applications that they own (Microsoft Graph v1.0).

Groups that are filled by a rule, or from a directory elsewhere, are no memberships: nobody is taken out of them here. What
somebody has by them is in `group_roles`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.adapters.azure.clients import Clients
from shared.adapters.azure.facets import FacetAdapter, FacetTable, Rights
from shared.adapters.azure.principals import PLACES, PROPAGATION
from shared.adapters.azure.rest import GRAPH, Rest
from shared.domain.errors import Absent, Refused
from shared.domain.facet import Membership, Ownership
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt

SAID = "id,groupTypes,onPremisesSyncEnabled"
BY_RULE = "DynamicMembership"
THERE = frozenset({"Request_BadRequest"})
"""The code by which Graph says that an object is referred to already."""


@dataclass(frozen=True, slots=True)
class Place:
    """A group that somebody is in, by its `id`; whether its members are `ours` to change."""

    id: str
    ours: bool


def every(clients: Clients, principal: Ref) -> Iterator[Place]:
    """Groups that it is in itself, and not through another group."""
    path = f"{PLACES[principal.kind]}/{principal.id}/memberOf/microsoft.graph.group?$select={SAID}"
    for one in clients.rest(GRAPH).every(path):
        ours = not one.get("onPremisesSyncEnabled") and BY_RULE not in (one.get("groupTypes") or ())
        yield Place(str(one["id"]).lower(), ours)


def _read_groups(clients: Clients, principal: Ref) -> tuple[Membership, ...]:
    return tuple(Membership(group=place.id, present=True) for place in every(clients, principal) if place.ours)


def _write_group(clients: Clients, principal: Ref, wanted: Sequence[Membership]) -> Receipt:
    graph = clients.rest(GRAPH)
    return Receipt(tuple(_refer(graph, f"/v1.0/groups/{each.group}/members", principal, on=each.present) for each in wanted))


def _read_owned(clients: Clients, principal: Ref) -> tuple[Ownership, ...]:
    graph, own = clients.rest(GRAPH), f"{PLACES[principal.kind]}/{principal.id}/ownedObjects"
    return tuple(
        Ownership(of=str(one["id"]).lower(), registered=kind == "application", present=True)
        for kind in ("application", "servicePrincipal")
        for one in graph.every(f"{own}/microsoft.graph.{kind}?$select=id")
    )


def _write_owned(clients: Clients, principal: Ref, wanted: Sequence[Ownership]) -> Receipt:
    (owned,) = wanted
    place = f"/v1.0/{'applications' if owned.registered else 'servicePrincipals'}/{owned.of}/owners"
    return Receipt((_refer(clients.rest(GRAPH), place, principal, on=owned.present),))


def _refer(graph: Rest, collection: str, principal: Ref, *, on: bool) -> str:
    """Have a collection refer to a principal, or not."""
    try:
        if on:
            return graph.send("POST", f"{collection}/$ref", {"@odata.id": f"{GRAPH}/v1.0/directoryObjects/{principal.id}"})
        return graph.send("DELETE", f"{collection}/{principal.id}/$ref")
    except Absent as absent:
        if on:
            raise
        return absent.request_id
    except Refused as refused:
        if not on or refused.code not in THERE:
            raise
        return refused.request_id


_READ = Rights(graph=frozenset({"Directory.Read.All"}))
_GROUPS = Rights(graph=frozenset({"GroupMember.ReadWrite.All", "RoleManagement.ReadWrite.Directory"}))
"""The second for groups that have roles in the directory itself."""
_OWNERS = Rights(graph=frozenset({"Application.ReadWrite.All"}))
_MEMBER: FacetAdapter[Membership] = FacetAdapter(_read_groups, _write_group, _READ, _GROUPS, lingers=PROPAGATION)
_OWNER: FacetAdapter[Ownership] = FacetAdapter(_read_owned, _write_owned, _READ, _OWNERS)

FACETS: FacetTable = {
    (Kind.USER, Membership): _MEMBER,
    (Kind.SERVICE_PRINCIPAL, Membership): _MEMBER,
    (Kind.USER, Ownership): _OWNER,
    (Kind.SERVICE_PRINCIPAL, Ownership): _OWNER,
}
