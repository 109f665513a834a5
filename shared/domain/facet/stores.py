"""Facets of stores of objects."""

from typing import ClassVar, Literal, Self

from shared.domain.versions import Engine

from .base import Facet


class PublicAccessBlock(Facet):
    """The four switches of S3 Block Public Access."""

    facet: Literal["public-access-block"] = "public-access-block"
    block_acls: bool
    ignore_acls: bool
    block_policy: bool
    restrict_buckets: bool

    def satisfied_by(self, now: Facet | None) -> bool:
        return isinstance(now, PublicAccessBlock) and all(getattr(now, name) for name in self.SWITCHES if getattr(self, name))

    SWITCHES: ClassVar[tuple[str, ...]] = ("block_acls", "ignore_acls", "block_policy", "restrict_buckets")

    @property
    def absent(self) -> Self:
        return type(self)(block_acls=False, ignore_acls=False, block_policy=False, restrict_buckets=False)


class ObjectOwnership(Facet):
    """Who owns new objects; `BucketOwnerEnforced` switches ACLs off (S3 PutBucketOwnershipControls)."""

    facet: Literal["object-ownership"] = "object-ownership"
    rule: Literal["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter", ""]

    @property
    def absent(self) -> Self:
        return self.but(rule="")


class Versioning(Facet):
    """Whether overwritten and deleted objects are kept (S3 PutBucketVersioning)."""

    facet: Literal["versioning"] = "versioning"
    status: Literal["Enabled", "Suspended", ""]

    @property
    def absent(self) -> Self:
        return self.but(status="")


class CustomerKeysBlocked(Facet):
    """Whether writes under a caller's own key (SSE-C) are refused (S3 BlockedEncryptionTypes)."""

    facet: Literal["customer-keys-blocked"] = "customer-keys-blocked"
    on: bool

    @property
    def absent(self) -> Self:
        return self.but(on=False)


class ReplicationRule(Facet):
    """One replication rule of a bucket, and where it sends the data."""

    facet: Literal["replication-rule"] = "replication-rule"
    rule_id: str
    enabled: bool
    destination: str = ""
    destination_account: str = ""

    @property
    def part(self) -> str:
        return self.rule_id

    @property
    def document(self) -> str:
        return "replication"

    def satisfied_by(self, now: Facet | None) -> bool:
        return (now is None and not self.enabled) or (isinstance(now, ReplicationRule) and now.enabled == self.enabled)


class LifecycleRule(Facet):
    """One lifecycle rule; `destructive` when it expires objects or their old versions."""

    facet: Literal["lifecycle-rule"] = "lifecycle-rule"
    rule_id: str
    enabled: bool
    destructive: bool = False

    @property
    def part(self) -> str:
        return self.rule_id

    @property
    def document(self) -> str:
        return "lifecycle"

    def satisfied_by(self, now: Facet | None) -> bool:
        return (now is None and not self.enabled) or (isinstance(now, LifecycleRule) and now.enabled == self.enabled)


class AccessGrant(Facet):
    """One S3 Access Grant, which hands out credentials for a prefix without IAM. Deleting one can not be undone."""

    facet: Literal["access-grant"] = "access-grant"
    grant_id: str
    grantee: str
    present: bool

    @property
    def part(self) -> str:
        return self.grant_id

    @property
    def absent(self) -> Self:
        return self.but(present=False)


class ReplicaKey(Facet):
    """The key under which one replication rule writes its replicas (S3 `ReplicaKmsKeyID`; ARN, or the symbol of a successor)."""

    facet: Literal["replica-key"] = "replica-key"
    rule_id: str
    key: str

    @property
    def part(self) -> str:
        return self.rule_id

    @property
    def document(self) -> str:
        return "replication"


class Migrated(Facet):
    """How many stored versions could be moved from one key to another and are not yet. Asked for: none. It can not be undone.

    `engine` is what moves them: whoever approves this approves that as well.
    """

    facet: Literal["migrated"] = "migrated"
    old: str
    new: str
    eligible: int = 0
    engine: Engine = Engine.IN_PROCESS

    @property
    def part(self) -> str:
        return self.old

    def satisfied_by(self, now: Facet | None) -> bool:
        return isinstance(now, Migrated) and now.eligible == 0
