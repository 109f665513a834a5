"""Facets of what is shared, and of the audit log."""

from typing import Literal, Self

from .base import Facet


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


class LogSent(Facet):
    """One setting by which a resource's log is sent somewhere (`name`): which categories, and to where, as `kind=resource id`.

    One that is not there any more is known as long as the activity log has its last form.
    """

    facet: Literal["log-sent"] = "log-sent"
    name: str
    categories: tuple[str, ...]
    to: tuple[str, ...]
    on: bool

    @property
    def part(self) -> str:
        return self.name
