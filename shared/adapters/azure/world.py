"""The `World` port on Azure: one table of facets and one of relations, joined from the services' modules."""

from collections.abc import Iterable, Sequence
from typing import Any

from shared.adapters.azure import (
    consents,
    delegation_keys,
    delegations,
    diagnostics,
    directory_roles,
    disks,
    group_roles,
    kept_copies,
    key_versions,
    links,
    memberships,
    own_vaults,
    principals,
    schedules,
    scope_successors,
    sign_in_rules,
    store_keys,
    stored_access,
    stores,
    vault_entries,
    vaults,
)
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.facets import FacetAdapter, FacetTable, RelationAdapter, RelationTable, Rights
from shared.domain.errors import Refused
from shared.domain.facet import Facet
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt, Relation, Traits

FACETS: FacetTable = {
    **stores.FACETS,
    **stored_access.FACETS,
    **store_keys.FACETS,
    **delegation_keys.FACETS,
    **vaults.FACETS,
    **key_versions.FACETS,
    **own_vaults.FACETS,
    **scope_successors.FACETS,
    **disks.FACETS,
    **links.FACETS,
    **principals.FACETS,
    **consents.FACETS,
    **directory_roles.FACETS,
    **vault_entries.FACETS,
    **delegations.FACETS,
    **sign_in_rules.FACETS,
    **memberships.FACETS,
    **group_roles.FACETS,
    **schedules.FACETS,
    **diagnostics.FACETS,
}

NOTHING = RelationAdapter(lambda _clients, _target: (), Rights())

HERE_NONE: RelationTable = {
    (Kind.BUCKET, Relation.ACCESS_POINTS): NOTHING,
    (Kind.KEY, Relation.REPLICAS): NOTHING,
    (Kind.KEY, Relation.ALIASES): NOTHING,
    (Kind.ACCOUNT, Relation.TRAILS): NOTHING,
    (Kind.ACCOUNT, Relation.VAULTS): NOTHING,
    (Kind.ACCOUNT, Relation.SHARED): NOTHING,
}
"""Keys have one place and one name, whatever is under one follows it, and the activity log can not be switched off.
Vaults of backups are asked about the keys that they name, and not protected yet."""

RELATIONS: RelationTable = {
    **HERE_NONE,
    **group_roles.RELATIONS,
    **kept_copies.RELATIONS,
    **store_keys.RELATIONS,
    **vaults.RELATIONS,
}


class AzureWorld:
    """The resources of every subscription that `clients` can enter. Raises `Refused` for what Azure has no notion of."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def traits(self, target: Ref, facet: type[Facet]) -> Traits | None:
        adapter = FACETS.get((target.kind, facet))
        return adapter.traits if adapter else None

    def look[F: Facet](self, target: Ref, facet: type[F]) -> tuple[F, ...]:
        found: tuple[F, ...] = _adapter(target, facet).read(self._clients, target)
        return found

    def related(self, target: Ref, relation: Relation) -> tuple[Ref, ...]:
        adapter = RELATIONS.get((target.kind, relation))
        if adapter is None:
            raise Refused(f"on Azure nothing hangs on a {target.kind} as its {relation}")
        return adapter.read(self._clients, target)

    def write(self, target: Ref, facets: Sequence[Facet]) -> Receipt:
        kinds = {type(facet) for facet in facets}
        if len(kinds) != 1:
            raise Refused("one write is of one document, and so of one kind of facet")
        return _adapter(target, kinds.pop()).write(self._clients, target, facets)

    @staticmethod
    def permissions(slots: Iterable[tuple[Kind, type[Facet]]]) -> tuple[Rights, Rights]:
        """The rights that reading, and that writing, these facets on these kinds of resource needs."""
        reads, writes = Rights(), Rights()
        for slot in slots:
            reads, writes = reads | FACETS[slot].reads, writes | FACETS[slot].writes
        return reads, writes


def _adapter(target: Ref, facet: type[Facet]) -> FacetAdapter[Any]:
    adapter = FACETS.get((target.kind, facet))
    if adapter is None:
        raise Refused(f"on Azure a {target.kind} has no {facet.model_fields['facet'].default}")
    return adapter
