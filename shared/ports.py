"""The only doors between the core and the outside, in the domain's words.

Adapters implement these; the core calls nothing else. Every method may raise `CloudError` (or, for custody, `CustodyError`)
and nothing else on purpose; what an adapter cannot do it refuses, it never pretends.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from .domain.actor import Actor, Lineage
from .domain.case import Case
from .domain.facet import Facet
from .domain.resource import Ref
from .domain.signal import Confirmation, Signal


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
    """account -> its backup vaults"""
    ASSIGNED = "assigned"
    """reserved role -> the permission set it comes from"""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the cloud answered to one document's write: its request ids, and what the adapter had to do besides (for people)."""

    request_ids: tuple[str, ...]
    notes: tuple[str, ...] = ()


class World(Protocol):
    """The resources of one cloud, seen facet by facet. Safe to call from several threads."""

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


@dataclass(frozen=True, slots=True)
class Act:
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


class Evidence(Protocol):
    """What the audit log knows. It lags by minutes and can be switched off: an empty answer proves nothing by itself."""

    def by(self, actor: Actor, since: datetime) -> tuple[Act, ...]:
        """Acts under this actor's principal (any of its credentials), oldest first."""
        ...

    def on(self, target: Ref, since: datetime) -> tuple[Act, ...]:
        """Acts on this resource by anyone, oldest first."""
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


class Sources(Protocol):
    """The services that alerts come from, asked again."""

    def confirm(self, signal: Signal) -> Confirmation:
        """Whether the source has this very fact, about this actor and these resources."""
        ...


class Sink(Protocol):
    """A place that keeps bytes under a path for ever. Paths are relative, with `/`."""

    name: str

    def put(self, path: str, content: bytes) -> None:
        """Keep it. Raises `AlreadyRecorded` where the path is taken, `NotDurable` where it could not be kept."""
        ...

    def get(self, path: str) -> bytes:
        """The bytes. Raises `Absent`."""
        ...

    def list(self, prefix: str) -> tuple[str, ...]:
        """Every path below the prefix, sorted."""
        ...


class Signer(Protocol):
    """An ECDSA P-256 key that never leaves its keeper."""

    def sign(self, message: bytes) -> bytes:
        """DER signature over SHA-256 of the message."""
        ...

    def public_key(self) -> bytes:
        """SubjectPublicKeyInfo, DER."""
        ...


class Witness(Protocol):
    """A place outside the writer's control that remembers how long the record was."""

    def remember(self, case: str, note: bytes) -> None:
        """Keep this signed checkpoint. Raises `NotDurable`."""
        ...

    def remembered(self, case: str) -> tuple[bytes, ...]:
        """Every checkpoint of the case, oldest first."""
        ...


class Keyring(Protocol):
    """Per-case secrets, kept where they can be deleted (crypto-shredding), unlike the record itself."""

    def data_key(self, case: str) -> bytes:
        """32 bytes for AES-256-GCM; made at first use, the same for every worker. Raises `Absent` once deleted."""
        ...

    def name_key(self, case: str) -> bytes:
        """32 bytes for the HMAC that stands for names in the record."""
        ...


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a case until `until`. `token` grows with every holder: a save with an older one is refused."""

    case: str
    owner: str
    token: int
    until: datetime


class Cases(Protocol):
    """Where cases live."""

    def create(self, case: Case) -> bool:
        """Keep a new case; False where one of that id exists (this delivery is not the first)."""
        ...

    def load(self, case_id: str) -> Case:
        """The case. Raises `Absent`."""
        ...

    def save(self, case: Case, lease: Lease) -> Case:
        """Keep it under the lease and return it with its new version. Raises `LeaseLost`."""
        ...

    def all(self) -> tuple[Case, ...]:
        """Every case, newest first."""
        ...

    def take(self, case_id: str, owner: str) -> Lease | None:
        """The lease, for 10 s; None where another holds it."""
        ...

    def renew(self, lease: Lease) -> Lease:
        """10 s more. Raises `LeaseLost`."""
        ...

    def give_back(self, lease: Lease) -> None:
        """End the lease now."""
        ...

    def remember(self, request_ids: Sequence[str]) -> None:
        """Know these calls as our own when the audit log brings them back as events."""
        ...

    def remembers(self, request_id: str) -> bool:
        """Whether this call was our own."""
        ...

    def paused(self) -> bool:
        """Whether a person has stopped all automatic action."""
        ...

    def pause(self, by: str) -> None:
        """Stop all automatic action."""
        ...

    def resume(self, by: str) -> None:
        """Allow it again."""
        ...


class Notifier(Protocol):
    """Wakes people."""

    def page(self, case_id: str, subject: str, body: str) -> None:
        """Tell the on-call person now. Carries no health data."""
        ...


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> datetime:
        """UTC, with its time zone."""
        ...

    def monotonic(self) -> float:
        """Seconds, for measuring."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class Recorded(Protocol):
    """One entry of a custody record, as it can be read back."""

    @property
    def seq(self) -> int: ...
    @property
    def at(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def body(self) -> Mapping[str, object]: ...


class Journal(Protocol):
    """One case's custody record, as the engine writes it."""

    def append(self, kind: str, body: Mapping[str, object], need: int = 2) -> object:
        """Make an entry durable on `need` sinks before returning (fewer where there are fewer). Raises `NotDurable`."""
        ...

    def blob(self, content: bytes) -> str:
        """Keep evidence encrypted; its digest is what entries carry."""
        ...

    def blobs(self, digest: str) -> bytes:
        """The evidence in clear. Raises `Absent`."""
        ...

    def name(self, text: str) -> str:
        """What stands in the record for a name that could be health data."""
        ...

    def checkpoint(self) -> object:
        """Sign the record as it is now and tell the witnesses."""
        ...

    def entries(self) -> Iterator[Recorded]:
        """Every entry, oldest first."""
        ...

    def close(self, body: Mapping[str, object]) -> None:
        """Seal the record: a final entry and a checkpoint that covers it."""
        ...
