"""Entra tokens: JSON web tokens, taken by the service they were issued for, and by that one only until they end."""

import uuid
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from shared.sandbox.azure.callers import Caller
from shared.sandbox.azure.directory import Directory, ServicePrincipal, User
from shared.sandbox.azure.directory_pim import DirectoryPim
from shared.sandbox.azure.graph_audits import Audits
from shared.sandbox.azure.wire import Problem, Request

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

TENANT = "5c2e1f90-7a41-4c7e-9b1e-c0deb10e0000"
KEY_ID = "codeblue-sandbox-signing-key"

AUDIENCES = {
    "https://management.azure.com": "arm",
    "https://management.core.windows.net": "arm",
    "https://graph.microsoft.com": "graph",
    "https://vault.azure.net": "keyvault",
    "https://storage.azure.com": "blob",
    "https://api.loganalytics.io": "logs",
    "https://api.loganalytics.azure.com": "logs",
}
"""Resources that tokens can be had for, and the plane that takes them."""

_CHALLENGED = ("graph",)
"""Planes with continuous access evaluation: they may refuse a token before it ends."""

type Reason = Literal["missing", "unknown", "expired", "audience", "revoked"]

_REFUSALS: dict[Reason, tuple[str, str]] = {
    "missing": ("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing."),
    "unknown": ("InvalidAuthenticationToken", "The access token is invalid."),
    "expired": ("ExpiredAuthenticationToken", "The access token expiry UTC time is earlier than current UTC time."),
    "audience": ("InvalidAuthenticationTokenAudience", "The access token has been obtained for wrong audience or resource."),
    "revoked": ("TokenCreatedWithOutdatedPolicies", "Continuous access evaluation resulted in claims challenge."),
}


class BadToken(Problem):
    """A bearer token that a service does not take, with the reason; code and text are ARM's, and a plane may say it in its own."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(401, *_REFUSALS[reason])
        self.reason: Reason = reason


@dataclass(frozen=True, slots=True)
class Token:
    """One issued access token."""

    text: str
    audience: str
    caller: Caller


class Entra:
    """The directory and the tokens that were issued about it."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud
        self.directory = Directory(TENANT)
        self.audits = Audits(cloud)
        self.grants: dict[str, dict[str, Any]] = {}
        """consents (`oauth2PermissionGrants`) by id"""
        self.policies: dict[str, dict[str, Any]] = {}
        """Conditional Access policies by id"""
        self.premium = True
        """whether the tenant has the licence that roles for a time take"""
        self.pim = DirectoryPim(self.directory)
        self._tokens: dict[str, Token] = {}

    def issue(
        self, subject: User | ServicePrincipal, audience: str, seconds: float, *, app_id: str = "", watched: bool = False
    ) -> Token:
        """A token for a resource (`https://management.azure.com`), good for some seconds, about the subject as it is now."""
        now = self._cloud.clock.now()
        self.pim.settle(now)
        caller = replace(_described(subject, app_id, self.directory), issued=now, expires=now + seconds, watched=watched)
        token = Token(self._signed(caller, audience), audience, caller)
        self._tokens[token.text] = token
        return token

    def caller(self, request: Request, plane: str) -> Caller:
        """Whose token the request bears, if this plane takes it; noted in the call log. Raises BadToken (401)."""
        scheme, _, text = request.header("authorization").partition(" ")
        if not text or scheme.lower() != "bearer":
            raise BadToken("missing")
        token = self._tokens.get(text)
        if token is None:
            raise BadToken("unknown")
        if AUDIENCES.get(token.audience) != plane and token.audience != f"https://{request.host}":
            raise BadToken("audience")
        if self._cloud.clock.now() >= token.caller.expires:
            raise BadToken("expired")
        if token.caller.watched and plane in _CHALLENGED and self._ended(token.caller):
            raise BadToken("revoked")
        self._cloud.calls.identify(request, token.caller.object_id)
        return token.caller

    def enabled(self, subject: User | ServicePrincipal) -> bool:
        """Whether sign-in takes the subject for enabled: it hears of a change late."""
        heard = self._cloud.clock.now() - self._cloud.delays.directory >= subject.switched
        return subject.enabled if heard else not subject.enabled

    def _ended(self, caller: Caller) -> bool:
        """Whether a critical event came after the token was issued: disabled, removed, revoked. Never for managed identities."""
        if caller.kind == "User":
            user = self.directory.users.get(caller.object_id)
            return user is None or not user.enabled or caller.issued < user.sessions_from
        principal = self.directory.principals.get(caller.object_id)
        return caller.kind == "ServicePrincipal" and (principal is None or not principal.enabled)

    def _signed(self, caller: Caller, audience: str) -> str:
        claims = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{caller.tenant}/",
            "iat": int(caller.issued),
            "nbf": int(caller.issued),
            "exp": int(caller.expires),
            "oid": caller.object_id,
            "sub": caller.object_id,
            "tid": caller.tenant,
            "appid": caller.app_id,
            "idtyp": "user" if caller.kind == "User" else "app",
            "roles": sorted(caller.permissions),
            "wids": sorted(caller.directory_roles),
            "uti": uuid.uuid4().hex,
            "ver": "1.0",
        }
        if caller.kind == "User":
            claims["upn"] = caller.name
        return jwt.encode(claims, signing_key(), algorithm="RS256", headers={"kid": KEY_ID})


@cache
def signing_key() -> rsa.RSAPrivateKey:
    """The key that this Entra signs its tokens with: one for the process."""
    return rsa.generate_private_key(65537, 2048)


def _described(subject: User | ServicePrincipal, app_id: str, directory: Directory) -> Caller:
    tenant, roles = directory.tenant, directory.roles_of(subject)
    if isinstance(subject, User):
        return Caller(subject.id, tenant, "User", app_id, subject.upn, directory_roles=roles)
    kind: Literal["ServicePrincipal", "ManagedIdentity"]
    kind = "ManagedIdentity" if subject.type == "ManagedIdentity" else "ServicePrincipal"
    return Caller(subject.id, tenant, kind, subject.app_id, subject.name, frozenset(subject.permissions), roles)
