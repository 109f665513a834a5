"""Our mark on a user or role, a tag that service control policies read as `aws:ResourceTag` (IAM user guide, "Access by tags")."""

from collections.abc import Sequence

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call, request_id
from shared.adapters.aws.facets import FacetAdapter
from shared.adapters.aws.principal import Principal, actions
from shared.domain.facet import Sealed
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt

TAG = "codeblue:sealed"


def seal(kind: Kind) -> FacetAdapter[Sealed]:
    """The seal on this kind of principal."""
    return FacetAdapter(_read, _write, actions(kind, "List{}Tags"), actions(kind, "Tag{}", "Untag{}"))


def _read(clients: Clients, ref: Ref) -> tuple[Sealed, ...]:
    """IAM ListUserTags, ListRoleTags, which keep the case of a key that IAM ignores. Raises `Absent`: the principal is gone."""
    tags = Principal.of(clients, ref).listed("list_{}_tags", "Tags")
    return (Sealed(on=any(tag["Key"].lower() == TAG for tag in tags)),)


def _write(clients: Clients, ref: Ref, facets: Sequence[Sealed]) -> Receipt:
    """IAM TagUser, TagRole, and back. Raises `Refused` for roles that IAM lets nobody change."""
    (facet,) = facets
    principal = Principal.changeable(clients, ref)
    named = {f"{ref.kind.capitalize()}Name": ref.name}
    if facet.on:
        tag = getattr(principal.iam, f"tag_{ref.kind}")
        return Receipt((request_id(call(tag, **named, Tags=[{"Key": TAG, "Value": "yes"}])),))
    untag = getattr(principal.iam, f"untag_{ref.kind}")
    return Receipt((request_id(call(untag, **named, TagKeys=[TAG])),))
