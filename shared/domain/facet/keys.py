"""Facets of encryption keys."""

from typing import Literal, Self

from pydantic import AwareDatetime

from .base import Facet


class KeyState(Facet):
    """Whether a key can be used, and whether its deletion is scheduled (KMS KeyState)."""

    facet: Literal["key-state"] = "key-state"
    enabled: bool
    deletion_pending: bool


class Grant(Facet):
    """One KMS grant, known by its specification and not by its id, which a re-created grant does not keep.

    `spec` is canonical JSON of grantee, operations, constraints, retiring principal and name.
    """

    facet: Literal["grant"] = "grant"
    spec: str
    present: bool

    @property
    def part(self) -> str:
        return self.spec

    @property
    def absent(self) -> Self:
        return self.but(present=False)


class Rotated(Facet):
    """The key material has been rotated on demand at or after `since` (KMS RotateKeyOnDemand; at most 25 a key)."""

    facet: Literal["rotated"] = "rotated"
    since: AwareDatetime | None

    def satisfied_by(self, now: Facet | None) -> bool:
        if self.since is None or not isinstance(now, Rotated) or now.since is None:
            return now == self
        return now.since >= self.since

    @property
    def absent(self) -> Self:
        return self.but(since=None)


class RotationPolicy(Facet):
    """When a key gets a new version by itself: so long after the last, or so long before its end (ISO 8601 periods; empty: not).

    `life` is how long a version lasts, empty for ever. What a service adds of its own (Key Vault's notifications) is no part of it.
    """

    facet: Literal["rotation-policy"] = "rotation-policy"
    after: str = ""
    before_end: str = ""
    life: str = ""

    @property
    def absent(self) -> Self:
        return type(self)()


class Successor(Facet):
    """The key that takes this one's place in a case. `key` is its identifier (ARN), empty for "one is to exist".

    It is created under a deterministic alias, which is the lock: the worker whose alias is second has made an orphan and says so.
    """

    facet: Literal["successor"] = "successor"
    case: str
    key: str = ""

    @property
    def part(self) -> str:
        return self.case

    def satisfied_by(self, now: Facet | None) -> bool:
        return isinstance(now, Successor) and bool(now.key) and self.key in {"", now.key}


class SuccessorApart(Successor):
    """A successor in a vault of its own: the actors could administer the one in which the old key lies."""

    facet: Literal["successor-apart"] = "successor-apart"  # type: ignore[assignment]  # each facet has a tag of its own


class AliasTarget(Facet):
    """The key that an alias names (`key`: ARN, or the symbol of a successor)."""

    facet: Literal["alias-target"] = "alias-target"
    key: str


class EncryptedWith(Facet):
    """The key under which a resource encrypts from now on (`key`: ARN, or the symbol of a successor; empty: the service's own).

    Buckets: default encryption, `bucket_key` as S3 Bucket Keys. Trails, log groups, secrets, function environments, topics, queues.
    Volumes: the default of one account and Region. What is encrypted already stays under its old key.

    Where keys have versions it is the version in use, as the service shows it, and `follows` says whether each later one is taken.
    """

    facet: Literal["encrypted-with"] = "encrypted-with"
    key: str
    bucket_key: bool = False
    follows: bool = False

    @property
    def document(self) -> str:
        return "encryption"


class KeyAccess(Facet):
    """A permission of ours, in an inline policy of our own on a user or role, to use a successor (`body`: statement as JSON)."""

    facet: Literal["key-access"] = "key-access"
    sid: str
    body: str | None

    @property
    def part(self) -> str:
        return self.sid

    @property
    def absent(self) -> Self:
        return self.but(body=None)
