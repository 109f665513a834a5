"""Deny everything to a user or role: the ladder of ways, for an attacker can use up the quota of each.

Rungs, the first that IAM takes
1. An inline policy of our own.
2. The AWS managed policy AWSDenyAll, attached. Whoever attached it: nobody can tell, so undoing detaches it.
3. AWSDenyAll as permissions boundary. IAM forgets the boundary that it replaces, so the facet keeps that one's ARN.
"""

from collections.abc import Callable, Sequence
from typing import Literal

from shared.adapters.aws import own_policies
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import request_id
from shared.adapters.aws.facets import FacetAdapter
from shared.adapters.aws.policies import EMPTY, Document
from shared.adapters.aws.principal import Principal, actions
from shared.containment.parallel import in_parallel
from shared.domain.errors import DoesNotFit
from shared.domain.facet import DenyAll
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt

NAME = "CodeblueDenyAll"
DOCUMENT: Document = {**EMPTY, "Statement": [{"Sid": NAME, "Effect": "Deny", "Action": "*", "Resource": "*"}]}

READS = ("Get{}", "Get{}Policy", "ListAttached{}Policies")

WRITES = (
    *("Put{}Policy", "Attach{}Policy", "Put{}PermissionsBoundary"),
    *("Delete{}Policy", "Detach{}Policy", "Delete{}PermissionsBoundary"),
)


def deny_all(kind: Kind) -> FacetAdapter[DenyAll]:
    """Deny-all on this kind of principal."""
    return FacetAdapter(_read, _write, actions(kind, *READS), actions(kind, *READS, *WRITES))


def _read(clients: Clients, ref: Ref) -> tuple[DenyAll, ...]:
    return (_now(Principal.of(clients, ref)),)


def _write(clients: Clients, ref: Ref, facets: Sequence[DenyAll]) -> Receipt:
    (facet,) = facets
    principal = Principal.changeable(clients, ref)
    return _deny(principal) if facet.on else _allow(principal, facet.boundary)


def _now(principal: Principal) -> DenyAll:
    looks: list[Callable[[], bool | str]] = [
        lambda: own_policies.inline(principal, NAME) == DOCUMENT,
        lambda: _managed(principal) in own_policies.attached_arns(principal),
        lambda: _boundary(principal),
    ]
    inline, attached, boundary = in_parallel(lambda look: look(), looks)
    bounded = boundary == _managed(principal)
    via: Literal["", "inline", "managed", "boundary"] = (
        "inline" if inline else "managed" if attached else "boundary" if bounded else ""
    )
    return DenyAll(on=bool(via), via=via, boundary="" if bounded else str(boundary))


def _deny(principal: Principal) -> Receipt:
    for rung in (_inline, _attach, _bound):
        try:
            return rung(principal)
        except DoesNotFit as error:
            full = error
    raise full


def _inline(principal: Principal) -> Receipt:
    done = own_policies.put(principal, NAME, DOCUMENT, lambda found: found == DOCUMENT)
    return Receipt(done.request_ids, (*done.notes, "everything is denied by an inline policy"))


def _attach(principal: Principal) -> Receipt:
    answer = principal.ask("attach_{}_policy", PolicyArn=_managed(principal))
    return Receipt((request_id(answer),), ("everything is denied by the managed policy AWSDenyAll: the inline policies are full",))


def _bound(principal: Principal) -> Receipt:
    was = _boundary(principal)
    answer = principal.ask("put_{}_permissions_boundary", PermissionsBoundary=_managed(principal))
    replaced = f" in place of {was}" if was and was != _managed(principal) else ""
    note = f"everything is denied by AWSDenyAll as permissions boundary{replaced}: no policy could be added"
    return Receipt((request_id(answer),), (note,))


def _allow(principal: Principal, boundary: str) -> Receipt:
    """Take away each rung that holds."""
    ids: tuple[str, ...] = ()
    if own_policies.inline(principal, NAME) == DOCUMENT:
        ids = own_policies.delete_inline(principal, NAME)
    if _managed(principal) in own_policies.attached_arns(principal):
        ids = (*ids, request_id(principal.ask("detach_{}_policy", PolicyArn=_managed(principal))))
    if _boundary(principal) == _managed(principal):
        ids = (*ids, _unbound(principal, boundary))
    return Receipt(ids)


def _unbound(principal: Principal, boundary: str) -> str:
    if boundary:
        return request_id(principal.ask("put_{}_permissions_boundary", PermissionsBoundary=boundary))
    return request_id(principal.ask("delete_{}_permissions_boundary"))


def _boundary(principal: Principal) -> str:
    """The ARN of the permissions boundary, empty where there is none. Raises `Absent`: the principal is gone."""
    found = principal.ask("get_{}")[principal.ref.kind.capitalize()]
    return str(found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""))


def _managed(principal: Principal) -> str:
    return f"arn:{principal.partition}:iam::aws:policy/AWSDenyAll"
