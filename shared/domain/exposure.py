"""What the actor read: counts for each store and tenant, and the times of which nobody can say so.

Facts only: whether they make a breach that has to be notified is for people to judge (45 CFR 164.402). An object key can itself be
health data, so what was read is known here by a digest of an encrypted list of HMACs, and never by name.
"""

from collections.abc import Iterable
from enum import StrEnum

from pydantic import AwareDatetime

from .resource import Ref
from .value import Value


class Told(StrEnum):
    """Which record says so."""

    DATA_EVENTS = "data-events"
    """CloudTrail data events of a trail"""
    ACCESS_LOGS = "access-logs"
    """S3 server access logs, which are delivered on a best-effort basis"""
    STORAGE_LOGS = "storage-logs"
    """resource logs of Azure Storage in a workspace (StorageBlobLogs)"""


class Blind(Value):
    """A time of which the record says nothing: what the actor did in it can not be excluded."""

    since: AwareDatetime
    until: AwareDatetime
    why: str

    @property
    def seconds(self) -> float:
        return (self.until - self.since).total_seconds()


class Exposure(Value):
    """What the record shows the actors reading in one store. `bytes` is content that was sent to them.

    `objects` and `versions` are counted once each; `listings` are calls that showed them names. `first` and `last` are the times of
    the first and the last of these calls. `cut`: the names were too many to keep, so the counts are the least that was read.
    `blob` is the custody digest of what was read, by HMAC; empty where nothing was. `failed` counts reads and listings that did not
    work since the case was opened, the first of them at `failed_first`: what shows the fence from outside.
    """

    store: Ref
    tenant: str = ""
    objects: int = 0
    versions: int = 0
    bytes: int = 0
    listings: int = 0
    first: AwareDatetime | None = None
    last: AwareDatetime | None = None
    told: tuple[Told, ...] = ()
    blind: tuple[Blind, ...] = ()
    cut: bool = False
    blob: str = ""
    failed: int = 0
    failed_first: AwareDatetime | None = None

    @property
    def excluded(self) -> bool:
        """Whether the record is whole, so that nothing more than this was read."""
        return bool(self.told) and not self.blind and not self.cut


class TenantExposure(Value):
    """The same, of all stores of one tenant (`tenant` empty: of stores that nobody declares)."""

    tenant: str
    stores: int
    objects: int
    versions: int
    bytes: int
    first: AwareDatetime | None
    last: AwareDatetime | None
    excluded: bool


def by_tenant(exposures: Iterable[Exposure]) -> tuple[TenantExposure, ...]:
    """The exposures added up for each tenant, by name."""
    listed = list(exposures)
    return tuple(_of(tenant, [e for e in listed if e.tenant == tenant]) for tenant in sorted({e.tenant for e in listed}))


def _of(tenant: str, exposures: list[Exposure]) -> TenantExposure:
    return TenantExposure(
        tenant=tenant,
        stores=len(exposures),
        objects=sum(e.objects for e in exposures),
        versions=sum(e.versions for e in exposures),
        bytes=sum(e.bytes for e in exposures),
        first=min((e.first for e in exposures if e.first), default=None),
        last=max((e.last for e in exposures if e.last), default=None),
        excluded=all(e.excluded for e in exposures),
    )
