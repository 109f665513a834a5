"""The trust policy of a role: who may assume it (IAM UpdateAssumeRolePolicy; 2,048 characters, more by quota)."""

from collections.abc import Sequence

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.facets import FacetAdapter, FacetTable
from shared.adapters.aws.policies import Document, parse, text
from shared.adapters.aws.principal import Principal, actions
from shared.adapters.aws.rewrite import PolicyPlace, rewrite, statements
from shared.domain.facet import PolicyStatement
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt


def _place(principal: Principal) -> PolicyPlace:
    def read() -> Document:
        return parse(text(principal.ask("get_role")["Role"]["AssumeRolePolicyDocument"]))

    return PolicyPlace(read, lambda document: principal.ask("update_assume_role_policy", PolicyDocument=document))


def _read(clients: Clients, role: Ref) -> tuple[PolicyStatement, ...]:
    return statements(_place(Principal.of(clients, role)))


def _write(clients: Clients, role: Ref, changes: Sequence[PolicyStatement]) -> Receipt:
    return rewrite(_place(Principal.changeable(clients, role)), changes)


FACETS: FacetTable = {
    (Kind.ROLE, PolicyStatement): FacetAdapter(
        _read, _write, actions(Kind.ROLE, "GetRole"), actions(Kind.ROLE, "GetRole", "UpdateAssumeRolePolicy")
    ),
}
