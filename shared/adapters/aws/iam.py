"""Facets of IAM users and roles: the table, and the credentials of users."""

from collections.abc import Sequence

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.deny_all import deny_all
from shared.adapters.aws.errors import request_id
from shared.adapters.aws.facets import FacetAdapter, FacetTable
from shared.adapters.aws.fences import fence, sessions
from shared.adapters.aws.principal import Principal, actions
from shared.adapters.aws.seals import seal
from shared.adapters.aws.single_statements import single_statements
from shared.domain.errors import Absent, Refused
from shared.domain.facet import AccessKeyStatus, ConsoleLogin, DenyAll, Fence, KeyAccess, Sealed, SessionsRevoked
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt

KEY_ACCESS = "CodeblueAccess-"
"""How the policies are named that let a principal use a successor."""


def _read_access_keys(clients: Clients, ref: Ref) -> tuple[AccessKeyStatus, ...]:
    listed = Principal.of(clients, ref).listed("list_access_keys", "AccessKeyMetadata")
    return tuple(
        AccessKeyStatus(key_id=key["AccessKeyId"], active=key["Status"] == "Active", created=key["CreateDate"]) for key in listed
    )


def _write_access_key(clients: Clients, ref: Ref, facets: Sequence[AccessKeyStatus]) -> Receipt:
    """IAM UpdateAccessKey. Raises `Absent`: the key has been deleted."""
    (facet,) = facets
    status = "Active" if facet.active else "Inactive"
    return Receipt((request_id(Principal.of(clients, ref).ask("update_access_key", AccessKeyId=facet.key_id, Status=status)),))


def _read_console(clients: Clients, ref: Ref) -> tuple[ConsoleLogin, ...]:
    user = Principal.of(clients, ref)
    try:
        user.ask("get_login_profile")
    except Absent:
        user.ask("get_user")  # no password, or no user: both answer NoSuchEntity
        return (ConsoleLogin(present=False),)
    return (ConsoleLogin(present=True),)


def _write_console(clients: Clients, ref: Ref, facets: Sequence[ConsoleLogin]) -> Receipt:
    """IAM DeleteLoginProfile. Raises `Refused` where the password is to come back."""
    (facet,) = facets
    if facet.present:
        raise Refused("a removed password can not come back: its user gets a new one from an administrator")
    try:
        return Receipt((request_id(Principal.of(clients, ref).ask("delete_login_profile")),))
    except Absent as error:
        return Receipt((error.request_id,), ("there was no console password any more",))


FACETS: FacetTable = {
    (Kind.USER, Fence): fence(Kind.USER),
    (Kind.USER, SessionsRevoked): sessions(Kind.USER),
    (Kind.USER, DenyAll): deny_all(Kind.USER),
    (Kind.USER, Sealed): seal(Kind.USER),
    (Kind.USER, AccessKeyStatus): FacetAdapter(
        _read_access_keys, _write_access_key, actions(Kind.USER, "ListAccessKeys"), actions(Kind.USER, "UpdateAccessKey")
    ),
    (Kind.USER, ConsoleLogin): FacetAdapter(
        _read_console, _write_console, actions(Kind.USER, "GetLoginProfile", "GetUser"), actions(Kind.USER, "DeleteLoginProfile")
    ),
    (Kind.USER, KeyAccess): single_statements(Kind.USER, KeyAccess, KEY_ACCESS, "Allow"),
    (Kind.ROLE, Fence): fence(Kind.ROLE),
    (Kind.ROLE, SessionsRevoked): sessions(Kind.ROLE),
    (Kind.ROLE, DenyAll): deny_all(Kind.ROLE),
    (Kind.ROLE, Sealed): seal(Kind.ROLE),
    (Kind.ROLE, KeyAccess): single_statements(Kind.ROLE, KeyAccess, KEY_ACCESS, "Allow"),
}
