"""Facets that are one statement of ours on a user or role, each in a policy of its own: fences, and access to a successor."""

from collections.abc import Sequence
from typing import Literal

from shared.adapters.aws import own_policies
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.facets import FacetAdapter
from shared.adapters.aws.policies import EMPTY, Document, parse, statements
from shared.adapters.aws.principal import Principal, actions
from shared.containment.parallel import in_parallel
from shared.domain.facet import Fence, KeyAccess
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt


def single_statements[F: (Fence, KeyAccess)](
    kind: Kind, facet: type[F], prefix: str, effect: Literal["Allow", "Deny"]
) -> FacetAdapter[F]:
    """The facet on this kind of principal; its policies are named by this prefix and the Sid, its statements have this effect."""

    def read(clients: Clients, ref: Ref) -> tuple[F, ...]:
        principal = Principal.of(clients, ref)
        names = own_policies.listed(principal, prefix)
        found = zip(names, in_parallel(lambda name: own_policies.found(principal, name), names), strict=True)
        named = ((name.removeprefix(prefix), document) for name, document in found)
        return tuple(facet(sid=sid, body=statements(document)[sid]) for sid, document in named if document and ours(document, sid))

    def write(clients: Clients, ref: Ref, wanted: Sequence[F]) -> Receipt:
        """Each is a document of its own, so there is one."""
        (one,) = wanted
        principal, name = Principal.changeable(clients, ref), f"{prefix}{one.sid}"
        if one.body is None:
            return own_policies.withdraw(principal, name, lambda document: ours(document, one.sid))
        policy = {**EMPTY, "Statement": [parse(one.body)]}
        return own_policies.place(principal, name, policy, lambda document: document == policy)

    def ours(document: Document, sid: str) -> bool:
        """One statement under this Sid with this effect and nothing else: anything more is not what we write."""
        found = statements(document)
        return list(found) == [sid] and parse(found[sid]).get("Effect") == effect

    reads = actions(kind, "List{}Policies", *own_policies.READS)
    return FacetAdapter(read, write, reads, actions(kind, *own_policies.WRITES))
