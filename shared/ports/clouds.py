"""Doors to a cloud: its resources, its audit log, its identities, the sources of its alerts."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

import msgspec

from shared.domain.actor import Actor, Lineage
from shared.domain.facet import Facet, PolicyStatement
from shared.domain.resource import Ref
from shared.domain.signal import Confirmation, Signal


class Relation(StrEnum):
    """How one resource hangs on another, as `World.related` follows it."""

    KEYS = "keys"
    """store -> the keys its objects are encrypted with by default"""
    REPLICAS = "replicas"
    """key -> the other keys of its multi-Region family, in every enabled Region"""
    ACCESS_POINTS = "access-points"
    """store -> its access points"""
    TRAILS = "trails"
    """account -> the trails that record it; trail -> the stores that hold its log"""
    STORES = "stores"
    """key -> stores of the same account whose default encryption names it; trail -> the bucket of its log"""
    SHARED = "shared"
    """account -> its snapshots and images that some other account can use"""
    VAULTS = "vaults"
    """account -> its backup vaults; key -> the vault that keeps it, where the cloud has such"""
    ASSIGNED = "assigned"
    """reserved role -> the permission set it comes from"""
    DEPENDANTS = "dependants"
    """key -> whatever of its account and Region encrypts with it by configuration, and can be told to use another key"""
    ALIASES = "aliases"
    """key -> its aliases"""
    MEMBERS = "members"
    """group -> everybody in it, directly or through another"""
    LISTED = "listed"
    """key -> what is stored under it and only people can move: disks, databases, tables, file systems, their copies"""


class Receipt(msgspec.Struct, frozen=True):
    """What the cloud answered to one document's write: its request ids, and what the adapter had to do besides (for people)."""

    request_ids: tuple[str, ...]
    notes: tuple[str, ...] = ()


class Traits(msgspec.Struct, frozen=True):
    """What a cloud has of its own about one facet of one kind of resource.

    `calls` are the calls that make it what it is, as the audit log names them. `ahead`: how far beyond the present a stamp must
    lie, so that what is issued while it spreads is older. `one_way`: what was there before can not be put back. `lingers`: for how
    long after the write, at most, what it takes away still works; None where the cloud does not say. `rewraps`: of a successor,
    that whatever is told to use it wraps its data keys anew, and nothing that is stored has to be moved.
    """

    calls: frozenset[str] = frozenset()
    ahead: timedelta = timedelta()
    one_way: bool = False
    lingers: timedelta | None = None
    rewraps: bool = False


class World(Protocol):
    """The resources of one cloud, seen facet by facet. Safe to call from several threads."""

    def traits(self, target: Ref, facet: type[Facet]) -> Traits | None:
        """What is particular to this facet on such a target; None where the cloud has no notion of it. Asks nobody."""
        ...

    def look[F: Facet](self, target: Ref, facet: type[F]) -> tuple[F, ...]:
        """Every part of this facet on the target as it is now, `()` where it has none. Raises `Absent`: the target is gone."""
        ...

    def related(self, target: Ref, relation: Relation) -> tuple[Ref, ...]:
        """The resources that hang on the target in this way."""
        ...

    def write(self, target: Ref, facets: Sequence[Facet]) -> Receipt:
        """Make these facets so, all of one `document`, in one read-merge-write that keeps everything not named.

        Raises `Poisoned` or `DoesNotFit` where the merged document can not be written.
        """
        ...


class Act(msgspec.Struct, frozen=True):
    """One recorded call: who, what, on which resources (never an object key), from where, and whether it worked."""

    id: str
    at: datetime
    actor: Actor
    name: str
    resources: tuple[Ref, ...]
    created: tuple[Actor, ...]
    """principals and credentials that this call made or handed out, already read from its answer"""
    source_address: str
    source_network: str
    """the VPC (AWS `vpcEndpointId` or VPC id) that the call came through, empty for the public path"""
    request_id: str
    failed: bool
    by_service: bool
    """an AWS service acted on the principal's behalf, or the caller is a service"""
    gave: tuple[tuple[Ref, str], ...] = ()
    """principals that this call gave a credential or a right, and the id of what it was, as the principal's facets name it"""


class Edit(msgspec.Struct, frozen=True):
    """One recorded write of a resource's whole policy: who and when (`act`), and every statement as it was written.

    `statements` is empty where the policy was deleted, None where the log does not hold what was written.
    """

    act: Act
    target: Ref
    statements: tuple[PolicyStatement, ...] | None


class Evidence(Protocol):
    """What the audit log knows. It lags by minutes and can be switched off: an empty answer proves nothing by itself."""

    def by(self, actor: Actor, since: datetime) -> tuple[Act, ...]:
        """Acts under this actor's principal (any of its credentials), oldest first."""
        ...

    def on(self, target: Ref, since: datetime) -> tuple[Act, ...]:
        """Acts on this resource by anyone, oldest first."""
        ...

    def edits(self, targets: Sequence[Ref], since: datetime) -> tuple[Edit, ...]:
        """Writes of these stores' and keys' policies that worked, by anyone, oldest first; other kinds are not asked about.

        A log's times can be whole seconds: the order within one is a hint at best.
        """
        ...

    def recorded(self, target: Ref) -> bool:
        """Whether reads and writes of this resource are recorded at all (data events); False: "cannot be excluded"."""
        ...


class Directory(Protocol):
    """Who exists, and what they descend from, read from the identity service itself and not from its (late) log."""

    def resolve(self, actor: Actor) -> Actor:
        """The actor with principal and unique id as the identity service has them now. Raises `Absent`."""
        ...

    def made_since(self, lineage: Lineage, since: datetime) -> tuple[Actor, ...]:
        """Users and roles, in the lineage's accounts, that came into being at or after `since`."""
        ...

    def given_since(self, lineage: Lineage, since: datetime) -> tuple[Actor, ...]:
        """Compute in the lineage's accounts that began at or after `since` and was given a role: that role's sessions there.

        Asked apart from `made_since`: compute is looked for in every Region, and one that fails must hide no new identity.
        """
        ...


class Access(Protocol):
    """What a principal may do with a key, asked before anything moves from one key to another."""

    def names_key(self, actor: Actor, key: Ref) -> bool:
        """Whether a policy of the principal's own names this very key: such a principal has no access to a successor."""
        ...

    def can_use(self, actor: Actor, key: Ref) -> bool | None:
        """Whether the principal may encrypt and decrypt with the key; None where the cloud can not say so beforehand."""
        ...


class Sources(Protocol):
    """The services that alerts come from, asked again."""

    def confirm(self, signal: Signal) -> Confirmation:
        """Whether the source has this very fact, about this actor and these resources."""
        ...
