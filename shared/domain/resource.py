"""How a thing in a cloud is named, without knowing how that cloud works."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Self

from .value import Value


class Cloud(StrEnum):
    """The clouds that hold health data."""

    AWS = "aws"
    AZURE = "azure"


class Kind(StrEnum):
    """What a resource is; actions choose their targets by kind, never by cloud."""

    ACCOUNT = "account"
    USER = "user"
    ROLE = "role"
    SERVICE_PRINCIPAL = "service-principal"
    """an application at work in a directory, or a machine's own identity there"""
    GROUP = "group"
    """principals of a directory who have their roles together"""
    PERMISSION_SET = "permission-set"
    KEY = "key"
    BUCKET = "bucket"
    ACCESS_POINT = "access-point"
    TRAIL = "trail"
    SNAPSHOT = "snapshot"
    IMAGE = "image"
    DATABASE_SNAPSHOT = "database-snapshot"
    BACKUP_VAULT = "backup-vault"
    ALIAS = "alias"
    LOG_GROUP = "log-group"
    SECRET = "secret"  # pragma: allowlist secret
    FUNCTION = "function"
    TOPIC = "topic"
    QUEUE = "queue"
    VOLUMES = "volumes"
    """the block storage of one account and Region as a whole: what new volumes are encrypted with"""
    VOLUME = "volume"
    DATABASE = "database"
    TABLE = "table"
    FILE_SYSTEM = "file-system"
    ENCRYPTION_SCOPE = "encryption-scope"
    """a part of a store with data keys of its own"""
    KEY_VAULT = "key-vault"
    SIGN_IN_RULE = "sign-in-rule"
    """a rule of a directory about who signs in how"""
    DISK_ENCRYPTION_SET = "disk-encryption-set"
    """the key of a group of disks and their snapshots"""


CALLED: Mapping[tuple[Cloud, Kind], str] = {(Cloud.AZURE, Kind.BUCKET): "storage account"}
"""Kinds that people call otherwise in a cloud than their name here."""

PRINCIPALS = frozenset({Kind.USER, Kind.ROLE, Kind.PERMISSION_SET, Kind.SERVICE_PRINCIPAL, Kind.GROUP})
"""Kinds that can hold credentials and permissions."""


class Ref(Value):
    """One resource: its cloud, kind, account, Region and the cloud's own identifier.

    `id` is the ARN on AWS (`arn:aws:s3:::charts`). `account` is the 12-digit account that owns the resource;
    `region` is empty for global resources. Two refs are the same resource exactly when they are equal.
    """

    cloud: Cloud
    kind: Kind
    account: str
    region: str = ""
    id: str

    def __str__(self) -> str:
        return f"{CALLED.get((self.cloud, self.kind), self.kind)} {self.id}"

    def __lt__(self, other: Self) -> bool:
        return self.sort_key < other.sort_key

    @property
    def sort_key(self) -> tuple[str, ...]:
        return (self.cloud, self.kind, self.account, self.region, self.id)

    @property
    def successor(self) -> Self:
        """The key that takes this one's place, before it exists: a symbol that plans name and digests cover."""
        return self.but(id=f"successor({self.id})")

    @property
    def name(self) -> str:
        """The last part of the identifier: what people call the resource."""
        return self.id.rsplit("/", 1)[-1].rsplit(":", 1)[-1]
