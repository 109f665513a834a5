"""What is to be migrated: one store, from old keys to their successor."""

from typing import Self

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from shared.domain.resource import Ref
from shared.domain.value import Value, digest

COPY_LIMIT = 5 * 1024**3
"""Bytes that one CopyObject, or one part of an UploadPartCopy, can hold (S3 API reference)."""

PARTS = 10_000
"""Parts that one upload can have (S3 user guide, "Amazon S3 multipart upload limits")."""


class Canary(Value):
    """Where UpdateObjectEncryption is tried before it touches data: a bucket of the responder's own, and a key of its account."""

    store: Ref
    key: str


class Migration(Value):
    """Every version of `store` under one of the `old` keys moves to `successor` (key ARNs).

    Without a `canary` nothing is updated in place. `first` are object keys that the actors read: they are moved before all others,
    and are kept nowhere. `foreign`: the successor is of another account than the store, and S3 then updates nothing in place.

    `copy_limit` and `part` are bytes: above the limit a copy is made in parts of at least `part`. `width` is calls in flight,
    `ceiling` calls a second at most, of the proof too; None: what each prefix takes.
    """

    store: Ref
    old: frozenset[str]
    successor: str
    canary: Canary | None = None
    foreign: bool = False
    first: frozenset[str] = Field(default=frozenset(), repr=False, exclude=True)
    copy_limit: PositiveInt = COPY_LIMIT
    part: PositiveInt = COPY_LIMIT // 5
    width: PositiveInt = 32
    ceiling: PositiveFloat | None = None

    @model_validator(mode="after")
    def _moves_away(self) -> Self:
        if self.successor in self.old:
            raise ValueError("the successor is one of the old keys")
        return self

    @property
    def id(self) -> str:
        """What the record knows this migration by: the same work, whoever goes on with it and however wide."""
        return digest({"store": self.store.model_dump(mode="json"), "old": sorted(self.old), "successor": self.successor})

    def part_of(self, size: int) -> int:
        """Bytes a part for an object of this size, so that the parts suffice."""
        return max(self.part, -(-size // PARTS))
