"""Facets of the ways into a store or a key vault as a whole, where the service has such ways."""

from typing import Literal, Self

from pydantic import AwareDatetime

from .base import Facet


class AnonymousAccess(Facet):
    """Whether anything in a store may be public at all (Azure `allowBlobPublicAccess`)."""

    facet: Literal["anonymous-access"] = "anonymous-access"
    allowed: bool

    @property
    def absent(self) -> Self:
        return self.but(allowed=False)


class SharedKeyAccess(Facet):
    """Whether a store takes requests signed with its own keys, and links made with them (Azure `allowSharedKeyAccess`)."""

    facet: Literal["shared-key-access"] = "shared-key-access"
    allowed: bool

    @property
    def absent(self) -> Self:
        return self.but(allowed=True)


class LocalUsers(Facet):
    """Whether a store takes users of its own, who come by SFTP (Azure `isLocalUserEnabled`)."""

    facet: Literal["local-users"] = "local-users"
    allowed: bool

    @property
    def absent(self) -> Self:
        return self.but(allowed=True)


class TlsFloor(Facet):
    """The lowest version of TLS that a store takes: `1.2` (Azure `minimumTlsVersion`); empty where it takes any."""

    facet: Literal["tls-floor"] = "tls-floor"
    version: Literal["", "1.0", "1.1", "1.2", "1.3"]

    def satisfied_by(self, now: Facet | None) -> bool:
        return isinstance(now, TlsFloor) and now.version >= self.version

    @property
    def absent(self) -> Self:
        return self.but(version="")


class NetworkRules(Facet):
    """From where a store or vault can be reached: everywhere, or from named addresses, subnets and services of the cloud alone.

    `endpoints_only` closes it to all but private endpoints, whatever else is said. The set is replaced whole (Azure `networkAcls`).
    """

    facet: Literal["network-rules"] = "network-rules"
    closed: bool
    addresses: tuple[str, ...] = ()
    subnets: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    """single resources of the cloud that are let in, as `TENANT RESOURCE-ID`"""
    services: bool = True
    endpoints_only: bool = False

    @property
    def absent(self) -> Self:
        return type(self)(closed=False)


class PrivateLink(Facet):
    """One connection of a private endpoint to a store or vault, past all of its network rules. What was rejected stays so."""

    facet: Literal["private-link"] = "private-link"
    connection: str
    endpoint: str
    approved: bool

    @property
    def part(self) -> str:
        return self.connection

    def satisfied_by(self, now: Facet | None) -> bool:
        return isinstance(now, PrivateLink) and now.connection == self.connection and now.approved == self.approved

    @property
    def absent(self) -> Self:
        return self.but(approved=False)


class StoredAccess(Facet):
    """One stored access policy of a container, by name: what signatures that name it may do, as JSON; None where there is none."""

    facet: Literal["stored-access"] = "stored-access"
    container: str
    name: str
    body: str | None

    @property
    def part(self) -> str:
        return f"{self.container}/{self.name}"

    @property
    def document(self) -> str:
        return f"{self.facet}:{self.container}"

    @property
    def absent(self) -> Self:
        return self.but(body=None)


class StoreKey(Facet):
    """One of the keys that a store has of its own, by name: made anew at or after `since`. The value before is gone for good."""

    facet: Literal["store-key"] = "store-key"
    name: str
    since: AwareDatetime | None

    @property
    def part(self) -> str:
        return self.name

    def satisfied_by(self, now: Facet | None) -> bool:
        if self.since is None or not isinstance(now, StoreKey) or now.since is None:
            return now == self
        return now.name == self.name and now.since >= self.since

    @property
    def absent(self) -> Self:
        return self.but(since=None)


class DelegationKeys(Facet):
    """The keys that a store gives people to sign links with in their own name: every one given before `since` opens nothing."""

    facet: Literal["delegation-keys"] = "delegation-keys"
    since: AwareDatetime | None

    def satisfied_by(self, now: Facet | None) -> bool:
        if self.since is None or not isinstance(now, DelegationKeys) or now.since is None:
            return now == self
        return now.since >= self.since

    @property
    def absent(self) -> Self:
        return self.but(since=None)


class SoftDelete(Facet):
    """For how many days what is deleted can be had back; nought where it can not.

    Blobs and whole containers each have their own time (Azure `deleteRetentionPolicy`, `containerDeleteRetentionPolicy`).
    `purgeable`: whoever may can destroy it before its time all the same (`allowPermanentDelete`; of blobs alone).
    """

    facet: Literal["soft-delete"] = "soft-delete"
    of: Literal["blobs", "containers"] = "blobs"
    days: int
    purgeable: bool = False

    @property
    def part(self) -> str:
        return self.of

    def satisfied_by(self, now: Facet | None) -> bool:
        if self.days == 0 or not isinstance(now, SoftDelete):
            return now == self
        return now.of == self.of and now.days >= self.days and now.purgeable <= self.purgeable

    @property
    def absent(self) -> Self:
        return self.but(days=0, purgeable=False)


class PurgeProtection(Facet):
    """Whether nobody can destroy what a key vault has deleted before its time. It can not be switched off again."""

    facet: Literal["purge-protection"] = "purge-protection"
    on: bool

    @property
    def absent(self) -> Self:
        return self.but(on=False)


class CrossTenantCopy(Facet):
    """Whether a store's content may be replicated to another tenant's (Azure `allowCrossTenantReplication`)."""

    facet: Literal["cross-tenant-copy"] = "cross-tenant-copy"
    allowed: bool

    @property
    def absent(self) -> Self:
        return self.but(allowed=True)


class HandedOut(Facet):
    """Whether a disk's or snapshot's whole content is handed out to whoever has a link (Azure `diskState`). No link comes back."""

    facet: Literal["handed-out"] = "handed-out"
    on: bool

    @property
    def absent(self) -> Self:
        return self.but(on=False)
