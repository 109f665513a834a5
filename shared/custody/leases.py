"""Who may work on a case, and whose save counts: the rules that every store of cases obeys.

Rules
1. A lease lasts 10 s and can be taken when there is none, when it has run out, or by its own holder again.
2. Each taking raises the token; a save, renewal or return with another token than the newest is refused.
3. A save states the version that it was made from; if the case was saved since, it is refused.
4. A lease that ran out and that nobody took is still good for a save: the token says that nobody was there in between.
"""

from datetime import datetime, timedelta

from pydantic import AwareDatetime

from shared.domain.case import MAX_BYTES, Case
from shared.domain.errors import DoesNotFit, LeaseLost
from shared.domain.value import Value
from shared.ports import Lease

LEASE = timedelta(seconds=10)


class Held(Value):
    """A case with the state of its lease; nobody holds it where `owner` is empty."""

    case: Case
    owner: str = ""
    token: int = 0
    until: AwareDatetime | None = None

    def take(self, owner: str, now: datetime) -> "tuple[Held, Lease] | None":
        """The lease for this owner; None where another has it."""
        if self.owner not in {"", owner} and self.until and now < self.until:
            return None
        lease = Lease(self.case.id, owner, self.token + 1, now + LEASE)
        return self.but(owner=owner, token=lease.token, until=lease.until), lease

    def renew(self, lease: Lease, now: datetime) -> "tuple[Held, Lease]":
        """10 s from now. Raises `LeaseLost`."""
        self._must_be(lease)
        renewed = Lease(lease.case, lease.owner, lease.token, now + LEASE)
        return self.but(until=renewed.until), renewed

    def give_back(self, lease: Lease) -> "Held":
        """Free for anybody; unchanged where somebody else has it."""
        return self.but(owner="", until=None) if (self.owner, self.token) == (lease.owner, lease.token) else self

    def save(self, case: Case, lease: Lease) -> "Held":
        """With the case as it is now, one version on. Raises `LeaseLost`, `DoesNotFit`."""
        self._must_be(lease)
        if self.case.version != case.version:
            raise LeaseLost(f"{case.id} was saved by somebody else")
        saved = case.but(version=case.version + 1)
        written(saved)
        return self.but(case=saved)

    def _must_be(self, lease: Lease) -> None:
        if (self.owner, self.token) != (lease.owner, lease.token):
            raise LeaseLost(f"another worker holds {lease.case}")


class Stop(Value):
    """The last word on whether automatic action is stopped: who said so, and when."""

    on: bool
    by: str
    at: AwareDatetime


def written(case: Case) -> str:
    """The case as JSON. Raises `DoesNotFit` where it is larger than a case may be."""
    document = case.model_dump_json()
    if len(document.encode()) > MAX_BYTES:
        raise DoesNotFit(f"{case.id} is larger than {MAX_BYTES} bytes: what belongs in custody blobs is in the case")
    return document
