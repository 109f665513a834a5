"""Doors to the work itself: cases and who may work on them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from shared.domain.case import Case


class Lease(msgspec.Struct, frozen=True):
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

    def allot(self, name: str, case_id: str) -> str:
        """The id of the case by this name (hexadecimal): the one given first, this or another's."""
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

    def remembered(self, request_ids: Collection[str]) -> frozenset[str]:
        """Those of these calls that were our own."""
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
