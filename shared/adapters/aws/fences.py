"""Denies of ours on a user or role: fences by statement, and the refusal of sessions issued before an instant."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import cast

from shared.adapters.aws import own_policies
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.facets import FacetAdapter
from shared.adapters.aws.policies import EMPTY, Document
from shared.adapters.aws.principal import Principal, actions
from shared.adapters.aws.single_statements import single_statements
from shared.domain.facet import Fence, SessionsRevoked
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt

FENCE = "CodeblueFence-"
REVOKE = "CodeblueRevokeSessions"


def fence(kind: Kind) -> FacetAdapter[Fence]:
    """Fences on this kind of principal."""
    return single_statements(kind, Fence, FENCE, "Deny")


def sessions(kind: Kind) -> FacetAdapter[SessionsRevoked]:
    """The refusal of old sessions on this kind of principal."""
    return FacetAdapter(
        _read_revocation, _write_revocation, actions(kind, *own_policies.READS), actions(kind, *own_policies.WRITES)
    )


def _read_revocation(clients: Clients, ref: Ref) -> tuple[SessionsRevoked, ...]:
    found = own_policies.found(Principal.of(clients, ref), REVOKE)
    return (SessionsRevoked(before=_stamp(found) if found else None),)


def _write_revocation(clients: Clients, ref: Ref, facets: Sequence[SessionsRevoked]) -> Receipt:
    """The stamp is rounded up to the whole second, which is how IAM tells when a session was issued."""
    (facet,) = facets
    principal = Principal.changeable(clients, ref)
    if facet.before is None:
        return own_policies.withdraw(principal, REVOKE, _is_revocation)
    return own_policies.place(principal, REVOKE, _revocation(_whole(facet.before)), _is_revocation)


def _revocation(before: datetime) -> Document:
    issued = {"DateLessThan": {"aws:TokenIssueTime": before.strftime("%Y-%m-%dT%H:%M:%SZ")}}
    return {**EMPTY, "Statement": [{"Sid": REVOKE, "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": issued}]}


def _is_revocation(document: Document) -> bool:
    return _stamp(document) is not None


def _stamp(document: Document) -> datetime | None:
    """The instant in a document of ours, None in any other."""
    try:
        (statement,) = cast("list[dict[str, dict[str, dict[str, str]]]]", document["Statement"])
        stamp = datetime.fromisoformat(statement["Condition"]["DateLessThan"]["aws:TokenIssueTime"])
    except (KeyError, TypeError, ValueError):
        return None
    return stamp if document == _revocation(stamp) else None


def _whole(instant: datetime) -> datetime:
    up = timedelta(seconds=1) if instant.microsecond else timedelta()
    return instant.astimezone(UTC).replace(microsecond=0) + up
