"""The Entra directory: users, applications, service principals, managed identities, and what each may prove itself with."""

import base64
import hashlib
import hmac
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from shared.sandbox.azure.wire import Problem

ADMIN_ROLES = {
    "Global Administrator": "62e90394-69f5-4237-9190-012177145e10",
    "Privileged Role Administrator": "e8611ab8-c189-46e8-94e1-60213ab1f814",
    "Privileged Authentication Administrator": "7be44c8a-adaf-4e2a-84d6-ab2649e08a13",
    "User Administrator": "fe930be7-5e62-47db-91af-98c3a49a38b1",
    "Application Administrator": "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
    "Conditional Access Administrator": "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9",
}
"""Directory roles by display name: their template ids, the same in every tenant."""


@dataclass(slots=True)
class Secret:
    """A client secret: kept as a digest, shown once. Times are seconds since 1970."""

    key_id: str
    digest: bytes
    hint: str
    start: float
    end: float
    name: str = ""

    @classmethod
    def of(cls, text: str, start: float, end: float, name: str = "", key_id: str = "") -> "Secret":
        return cls(key_id or str(uuid.uuid4()), _digest(text), text[:3], start, end, name)

    def opens(self, text: str, now: float) -> bool:
        return self.start <= now < self.end and hmac.compare_digest(self.digest, _digest(text))


@dataclass(slots=True)
class Certificate:
    """A certificate that an application signs its assertions with."""

    key_id: str
    thumbprint: str
    """SHA-1 of its DER form, base64url: the `x5t` of an assertion"""
    key: RSAPublicKey
    start: float
    end: float
    name: str = ""
    thumbprint256: str = ""
    """the same in SHA-256, `x5t#S256`"""
    der: bytes = b""

    @classmethod
    def of(cls, der: bytes, key: RSAPublicKey, start: float, end: float, name: str = "") -> "Certificate":
        """The certificate with these DER bytes."""
        old = _thumbprint(hashlib.sha1(der, usedforsecurity=False).digest())
        return cls(str(uuid.uuid4()), old, key, start, end, name, _thumbprint(hashlib.sha256(der).digest()), der)


@dataclass(slots=True)
class Federated:
    """Whose assertions, about which subject, are taken for the application's own."""

    id: str
    name: str
    issuer: str
    subject: str
    audiences: tuple[str, ...] = ("api://AzureADTokenExchange",)


@dataclass(slots=True)
class Credentials:
    """What an application or a service principal may prove itself with."""

    secrets: list[Secret] = field(default_factory=list)
    certificates: list[Certificate] = field(default_factory=list)
    federated: list[Federated] = field(default_factory=list)
    departed: list[tuple[float, Secret | Certificate | Federated]] = field(default_factory=list)
    """what was removed, and when (seconds since 1970)"""

    def known(self, since: float) -> Iterator[Secret | Certificate | Federated]:
        """What sign-in takes when it has heard of removals until `since` only."""
        yield from self.secrets
        yield from self.certificates
        yield from self.federated
        yield from (held for at, held in self.departed if at > since)

    def remove(self, gone: Secret | Certificate | Federated, at: float) -> None:
        """Take a credential away."""
        self.secrets = [held for held in self.secrets if held is not gone]
        self.certificates = [held for held in self.certificates if held is not gone]
        self.federated = [held for held in self.federated if held is not gone]
        self.departed.append((at, gone))


@dataclass(slots=True)
class User:
    """A person. Refresh tokens issued before `sessions_from` (seconds since 1970) are dead."""

    id: str
    upn: str
    name: str
    password: bytes
    enabled: bool = True
    guest: bool = False
    user_type: str = ""
    directory_roles: set[str] = field(default_factory=set)
    sessions_from: float = 0.0
    switched: float = 0.0
    """when `enabled` was last changed"""
    created: float = 0.0


@dataclass(slots=True)
class Application:
    """A registration: the credentials of an application, whose service principal does the work."""

    id: str
    app_id: str
    name: str
    credentials: Credentials = field(default_factory=Credentials)
    owners: set[str] = field(default_factory=set)
    created: float = 0.0


@dataclass(slots=True)
class ServicePrincipal:
    """An application at work in this tenant, or a managed identity (`resource_id` is then its ARM id)."""

    id: str
    app_id: str
    name: str
    type: Literal["Application", "ManagedIdentity"] = "Application"
    enabled: bool = True
    resource_id: str = ""
    permissions: set[str] = field(default_factory=set)
    directory_roles: set[str] = field(default_factory=set)
    credentials: Credentials = field(default_factory=Credentials)
    owners: set[str] = field(default_factory=set)
    switched: float = 0.0
    created: float = 0.0


@dataclass(slots=True)
class Group:
    """A security group. Members are object ids."""

    id: str
    name: str
    members: set[str] = field(default_factory=set)
    powerful: bool = False
    """it can have roles in the directory, and takes the right to those to change"""
    rule: str = ""
    """how its members are found, where nobody puts them there"""
    elsewhere: bool = False
    """its members are put there in another directory, which this one follows"""
    directory_roles: set[str] = field(default_factory=set)


class Directory:
    """One tenant's objects, each under its object id."""

    def __init__(self, tenant: str) -> None:
        self.tenant = tenant
        self.users: dict[str, User] = {}
        self.applications: dict[str, Application] = {}
        self.principals: dict[str, ServicePrincipal] = {}
        self.groups: dict[str, Group] = {}
        self.issuers: dict[str, RSAPublicKey] = {}
        """foreign issuers of assertions, by `iss`, with the key that they sign with"""

    def add_user(self, upn: str, password: str, *, roles: tuple[str, ...] = (), guest: bool = False, object_id: str = "") -> User:
        """A person; roles by display name."""
        templates = {ADMIN_ROLES[role] for role in roles}
        user = User(
            object_id or str(uuid.uuid4()), upn, upn.partition("@")[0], _digest(password), guest=guest, directory_roles=templates
        )
        self.users[user.id] = user
        return user

    def add_application(
        self, name: str, *, permissions: tuple[str, ...] = (), object_id: str = ""
    ) -> tuple[Application, ServicePrincipal]:
        """A registration with its service principal (`object_id`); permissions by name, such as `User.Read.All`."""
        application = Application(str(uuid.uuid4()), str(uuid.uuid4()), name)
        own = object_id or str(uuid.uuid4())
        principal = ServicePrincipal(own, application.app_id, name, permissions=set(permissions))
        self.applications[application.id] = application
        self.principals[principal.id] = principal
        return application, principal

    def add_managed_identity(self, resource_id: str) -> ServicePrincipal:
        """The service principal of a user-assigned identity, or of a resource that has its own."""
        name = resource_id.rpartition("/")[2]
        principal = ServicePrincipal(str(uuid.uuid4()), str(uuid.uuid4()), name, "ManagedIdentity", resource_id=resource_id)
        self.principals[principal.id] = principal
        return principal

    def principal_of(self, app_id: str) -> ServicePrincipal | None:
        """The service principal of an application (client) id."""
        return next((found for found in self.principals.values() if found.app_id == app_id), None)

    def application_of(self, app_id: str) -> Application | None:
        return next((found for found in self.applications.values() if found.app_id == app_id), None)

    def identity_of(self, resource_id: str) -> ServicePrincipal | None:
        """The managed identity with this ARM id."""
        low = resource_id.lower()
        return next((found for found in self.principals.values() if low and found.resource_id.lower() == low), None)

    def subjects(self) -> Iterator["Subject"]:
        """Everybody who can have a role in the directory."""
        yield from self.users.values()
        yield from self.principals.values()
        yield from (group for group in self.groups.values() if group.powerful)

    def roles_of(self, who: User | ServicePrincipal) -> frozenset[str]:
        """Roles in the directory, its own and those of its groups, by template ids."""
        groups = (self.groups[each] for each in self.memberships(who.id) if each in self.groups)
        return frozenset(who.directory_roles).union(*(group.directory_roles for group in groups))

    def user_of(self, upn: str) -> User | None:
        return next((found for found in self.users.values() if found.upn.lower() == upn.lower()), None)

    def memberships(self, object_id: str) -> frozenset[str]:
        """The object and every group it is in, directly or through another."""
        found = {object_id}
        while more := {group.id for group in self.groups.values() if group.id not in found and group.members & found}:
            found |= more
        return frozenset(found)

    def credentials_of(self, app_id: str) -> Iterator[Credentials]:
        """Every place where a credential of this application may hang: its registration and its service principal."""
        yield from (held.credentials for held in (self.application_of(app_id), self.principal_of(app_id)) if held)

    def holder(self, kind: str, object_id: str) -> Application | ServicePrincipal:
        """An application or service principal by object id; raises Problem 404."""
        held: Application | ServicePrincipal | None
        held = self.applications.get(object_id) if kind == "applications" else self.principals.get(object_id)
        if held is None:
            raise missing(object_id)
        return held


type Subject = User | ServicePrincipal | Group
"""Who can have a role in the directory."""


def missing(object_id: str) -> Problem:
    """How Graph says that there is no such object."""
    text = f"Resource '{object_id}' does not exist or one of its queried reference-property objects are not present."
    return Problem(404, "Request_ResourceNotFound", text)


def matches(digest: bytes, password: str) -> bool:
    """Whether this is the password of a digest."""
    return hmac.compare_digest(digest, _digest(password))


def _thumbprint(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
