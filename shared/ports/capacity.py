"""The door to what a migration is planned from: what a store holds, as others have counted it, and what KMS can spare."""

from typing import Annotated, Protocol

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt

from shared.domain.resource import Ref
from shared.domain.value import Value

PREFIXES = 1_000
"""More prefixes than this are not counted: they are the names of one answer of a listing."""


class Held(Value):
    """What one part of a store holds in one storage class: versions, those of them that are snapshots, and bytes."""

    container: str
    tier: str
    versions: NonNegativeInt
    snapshots: NonNegativeInt
    bytes: NonNegativeInt


class Holding(Value):
    """What a store holds. `versions` is None where nobody has counted; delete markers may be among them.

    `classes` are bytes by storage class, `prefixes` the parts before a key's first `/`, at most `PREFIXES`. `locks`: Object Lock
    is on. `bucket_key`: new objects come under an S3 Bucket Key, which saves nearly all requests to KMS.

    `held`: the same by part of the store, where its service has parts. `deleted` are versions that are kept for a while and are
    among them. `at_least`: the counting was ended before all was counted.
    """

    versions: NonNegativeInt | None = None
    classes: tuple[tuple[str, NonNegativeInt], ...] = ()
    prefixes: PositiveInt = 1
    bucket_key: bool = False
    locks: bool = False
    held: tuple[Held, ...] = ()
    deleted: NonNegativeInt = 0
    at_least: bool = False

    @property
    def bytes(self) -> int:
        return sum(size for _, size in self.classes)


class Requests(Value):
    """Requests a second that KMS takes from an account in a Region: the quota, and the most of it that others had in use."""

    limit: NonNegativeFloat
    used: NonNegativeFloat

    def spare(self, percent: Annotated[int, Field(ge=0, le=100)]) -> float:
        """This share of what nobody uses."""
        return max(0.0, self.limit - self.used) * percent / 100


class Capacity(Protocol):
    """Asked before a migration is planned, and again before each run. Nothing here looks at an object."""

    def holding(self, store: Ref) -> Holding:
        """What the store holds. What can not be asked is left out; raises `CloudError` where nothing can be."""
        ...

    def requests(self, store: Ref) -> Requests | None:
        """What KMS takes where the store lies; None where nobody says."""
        ...
