"""Who makes a request, as an access token says."""

from dataclasses import dataclass
from typing import Literal

type Kind = Literal["User", "ServicePrincipal", "ManagedIdentity"]


@dataclass(frozen=True, slots=True)
class Caller:
    """The bearer of one access token.

    `permissions` are the application permissions (Graph's `roles` claim) and `directory_roles` the role template ids (`wids`), both
    as they were when the token was issued: a token does not learn that they changed. Times are seconds since 1970.
    """

    object_id: str
    tenant: str
    kind: Kind
    app_id: str = ""
    name: str = ""
    permissions: frozenset[str] = frozenset()
    directory_roles: frozenset[str] = frozenset()
    issued: float = 0.0
    expires: float = 0.0
    watched: bool = False
    """the client handles claims challenges: services with continuous access evaluation may refuse the token before it ends"""
