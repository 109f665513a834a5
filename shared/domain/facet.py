"""Facets: the small, comparable parts of a resource that containment may change.

Rules
1. A facet never carries a secret: credentials are an id and whether they are active.
2. `part` tells apart several facets of one kind on one resource (one per access key, statement, rule).
3. `document` names what the cloud replaces as a whole when the facet is written; the facets of one document are written together.
4. `satisfied_by(now)` is all that the engine asks. Writing a facet makes it true; writing another facet keeps it true.
5. `absent` is the same facet where the resource has none of it; None where nothing can stand for that (a deleted access key).
"""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import AwareDatetime, Field

from .value import Value


class Facet(Value):
    """What all facets answer. `facet` is the tag under which custody keeps the value."""

    facet: str

    @property
    def part(self) -> str:
        """Which one, where a resource has several; empty where it has one."""
        return ""

    @property
    def document(self) -> str:
        """What is replaced as a whole by a write of this facet."""
        return f"{self.facet}:{self.part}"

    def satisfied_by(self, now: "Facet | None") -> bool:
        """Whether the cloud, being `now`, already does what this facet asks."""
        return now == self

    @property
    def absent(self) -> Self | None:
        """This facet as it is on a resource that has none of it."""
        return None


class PolicyStatement(Facet):
    """One statement of a resource's policy: bucket, key, access point, vault; for a role, its trust policy.

    `sid` is the statement's Sid, or `~` and the first 16 digits of its digest where it has none.
    `body` is the statement as canonical JSON, None where there is to be none.
    """

    facet: Literal["policy-statement"] = "policy-statement"
    sid: str
    body: str | None

    @property
    def part(self) -> str:
        return self.sid

    @property
    def document(self) -> str:
        return "resource-policy"

    @property
    def absent(self) -> Self:
        return self.but(body=None)


class Fence(Facet):
    """A deny of ours in an inline policy of our own on a principal (`body`: policy statement as canonical JSON)."""

    facet: Literal["fence"] = "fence"
    sid: str
    body: str | None

    @property
    def part(self) -> str:
        return self.sid

    @property
    def document(self) -> str:
        return "fence"

    @property
    def absent(self) -> Self:
        return self.but(body=None)


class SessionsRevoked(Facet):
    """Sessions issued before `before` are refused (`aws:TokenIssueTime`); None: none are refused by us."""

    facet: Literal["sessions-revoked"] = "sessions-revoked"
    before: AwareDatetime | None

    def satisfied_by(self, now: Facet | None) -> bool:
        if self.before is None or not isinstance(now, SessionsRevoked) or now.before is None:
            return now == self
        return now.before >= self.before

    @property
    def absent(self) -> Self:
        return self.but(before=None)


class DenyAll(Facet):
    """Everything is refused to the principal. `via`: how (`inline`, `managed`, `boundary`); `boundary`: the one ours replaced."""

    facet: Literal["deny-all"] = "deny-all"
    on: bool
    via: Literal["", "inline", "managed", "boundary"] = ""
    boundary: str = ""

    def satisfied_by(self, now: Facet | None) -> bool:
        return isinstance(now, DenyAll) and now.on == self.on

    @property
    def absent(self) -> Self:
        return type(self)(on=False)


class AccessKeyStatus(Facet):
    """Whether one long-term access key works (IAM UpdateAccessKey)."""

    facet: Literal["access-key-status"] = "access-key-status"
    key_id: str
    active: bool

    @property
    def part(self) -> str:
        return self.key_id


class ConsoleLogin(Facet):
    """Whether a user has a console password (IAM login profile). Its removal can not be undone: the password is not readable."""

    facet: Literal["console-login"] = "console-login"
    present: bool

    @property
    def absent(self) -> Self:
        return self.but(present=False)


class Assignment(Facet):
    """One Identity Center account assignment of a permission set (`principal_id`: user or group in the identity store)."""

    facet: Literal["assignment"] = "assignment"
    account: str
    principal_type: Literal["USER", "GROUP"]
    principal_id: str
    present: bool

    @property
    def part(self) -> str:
        return f"{self.account}/{self.principal_type}/{self.principal_id}"

    @property
    def absent(self) -> Self:
        return self.but(present=False)


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


class SharedWith(Facet):
    """Whether a snapshot or image is shared with an account (`all` = the world)."""

    facet: Literal["shared-with"] = "shared-with"
    account: str
    shared: bool

    @property
    def part(self) -> str:
        return self.account

    @property
    def document(self) -> str:
        return "sharing"

    @property
    def absent(self) -> Self:
        return self.but(shared=False)


class TrailLogging(Facet):
    """Whether the trail records (CloudTrail StartLogging)."""

    facet: Literal["trail-logging"] = "trail-logging"
    on: bool


class TrailSelectors(Facet):
    """What the trail records: its event selectors as canonical JSON (CloudTrail PutEventSelectors)."""

    facet: Literal["trail-selectors"] = "trail-selectors"
    selectors: str


AnyFacet = Annotated[
    PolicyStatement
    | Fence
    | SessionsRevoked
    | DenyAll
    | AccessKeyStatus
    | ConsoleLogin
    | Assignment
    | KeyState
    | Grant
    | Rotated
    | PublicAccessBlock
    | ObjectOwnership
    | Versioning
    | CustomerKeysBlocked
    | ReplicationRule
    | LifecycleRule
    | AccessGrant
    | SharedWith
    | TrailLogging
    | TrailSelectors,
    Field(discriminator="facet"),
]
"""Every facet, told apart by its tag."""
