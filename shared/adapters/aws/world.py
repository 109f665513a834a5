"""The `World` port on AWS: one table of facets and one of relations, joined from the services' modules."""

from collections.abc import Iterable, Sequence
from typing import Any

from shared.adapters.aws import (
    access_points,
    bucket_keys,
    dependants,
    iam,
    identity_center,
    key_names,
    kms,
    lambda_functions,
    left_behind,
    log_groups,
    messages,
    s3,
    s3_rules,
    sharing,
    stored_secrets,
    successor,
    trail,
    trust,
    vault,
    volumes,
)
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.facets import FacetAdapter, FacetTable, RelationTable
from shared.adapters.aws.traits import PLAIN, TRAITS
from shared.domain.errors import Refused
from shared.domain.facet import Facet
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt, Relation, Traits

FACETS: FacetTable = {
    **iam.FACETS,
    **trust.FACETS,
    **identity_center.FACETS,
    **kms.FACETS,
    **s3.FACETS,
    **s3_rules.FACETS,
    **access_points.FACETS,
    **trail.FACETS,
    **sharing.FACETS,
    **vault.FACETS,
    **successor.FACETS,
    **key_names.FACETS,
    **bucket_keys.FACETS,
    **log_groups.FACETS,
    **stored_secrets.FACETS,
    **lambda_functions.FACETS,
    **messages.FACETS,
    **volumes.FACETS,
}

RELATIONS: RelationTable = {
    **identity_center.RELATIONS,
    **kms.RELATIONS,
    **s3.RELATIONS,
    **access_points.RELATIONS,
    **trail.RELATIONS,
    **sharing.RELATIONS,
    **vault.RELATIONS,
    **key_names.RELATIONS,
    **dependants.RELATIONS,
    **left_behind.RELATIONS,
}


class AwsWorld:
    """The resources of every account that `clients` can enter. Raises `Refused` for what AWS has no notion of."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def traits(self, target: Ref, facet: type[Facet]) -> Traits | None:
        return TRAITS.get(facet, PLAIN) if (target.kind, facet) in FACETS else None

    def look[F: Facet](self, target: Ref, facet: type[F]) -> tuple[F, ...]:
        found: tuple[F, ...] = _adapter(target, facet).read(self._clients, target)
        return found

    def related(self, target: Ref, relation: Relation) -> tuple[Ref, ...]:
        adapter = RELATIONS.get((target.kind, relation))
        if adapter is None:
            raise Refused(f"on AWS nothing hangs on a {target.kind} as its {relation}")
        return adapter.read(self._clients, target)

    def write(self, target: Ref, facets: Sequence[Facet]) -> Receipt:
        kinds = {type(facet) for facet in facets}
        if len(kinds) != 1:
            raise Refused("one write is of one document, and so of one kind of facet")
        return _adapter(target, kinds.pop()).write(self._clients, target, facets)

    @staticmethod
    def permissions(slots: Iterable[tuple[Kind, type[Facet]]]) -> tuple[frozenset[str], frozenset[str]]:
        """The IAM actions that reading, and that writing, these facets on these kinds of resource needs."""
        adapters = [FACETS[slot] for slot in slots]
        return _union(a.reads for a in adapters), _union(a.writes for a in adapters)


def _adapter(target: Ref, facet: type[Facet]) -> FacetAdapter[Any]:
    adapter = FACETS.get((target.kind, facet))
    if adapter is None:
        raise Refused(f"on AWS a {target.kind} has no {facet.model_fields['facet'].default}")
    return adapter


def _union(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*sets)
