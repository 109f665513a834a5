"""Denies of ours on a user or role: fences by statement, and the refusal of sessions issued before an instant."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import cast

from shared.adapters.aws import own_policies
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.facets import FacetAdapter
from shared.adapters.aws.policies import EMPTY, Document, parse, statements
from shared.adapters.aws.principal import Principal, actions
from shared.containment.parallel import in_parallel
from shared.domain.facet import Fence, SessionsRevoked
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt

FENCE = "CodeblueFence-"
REVOKE = "CodeblueRevokeSessions"


def fence(kind: Kind) -> FacetAdapter[Fence]:
    """Fences on this kind of principal."""
    reads = actions(kind, "List{}Policies", *own_policies.READS)
    return FacetAdapter(_read_fences, _write_fences, reads, actions(kind, *own_policies.WRITES))


def sessions(kind: Kind) -> FacetAdapter[SessionsRevoked]:
    """The refusal of old sessions on this kind of principal."""
    return FacetAdapter(
        _read_revocation, _write_revocation, actions(kind, *own_policies.READS), actions(kind, *own_policies.WRITES)
    )


def _read_fences(clients: Clients, ref: Ref) -> tuple[Fence, ...]:
    principal = Principal.of(clients, ref)
    names = own_policies.listed(principal, FENCE)
    read = zip(names, in_parallel(lambda name: own_policies.found(principal, name), names), strict=True)
    named = ((name.removeprefix(FENCE), document) for name, document in read)
    return tuple(Fence(sid=sid, body=statements(found)[sid]) for sid, found in named if found and _is_fence(found, sid))


def _write_fences(clients: Clients, ref: Ref, facets: Sequence[Fence]) -> Receipt:
    """Each fence is a document of its own, so there is one."""
    (facet,) = facets
    principal, name = Principal.changeable(clients, ref), f"{FENCE}{facet.sid}"
    if facet.body is None:
        return own_policies.withdraw(principal, name, lambda found: _is_fence(found, facet.sid))
    wanted = {**EMPTY, "Statement": [parse(facet.body)]}
    return own_policies.place(principal, name, wanted, lambda found: found == wanted)


def _is_fence(document: Document, sid: str) -> bool:
    """One deny under this Sid and nothing else: anything more, or an allow, is not what we write."""
    found = statements(document)
    return list(found) == [sid] and parse(found[sid]).get("Effect") == "Deny"


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
