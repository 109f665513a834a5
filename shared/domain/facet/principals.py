"""Facets of users, roles and permission sets."""

from typing import Literal, Self

from pydantic import AwareDatetime

from .base import Facet


class Fence(Facet):
    """A deny of ours on a principal, in a policy of its own (`body`: policy statement as canonical JSON, None: there is none)."""

    facet: Literal["fence"] = "fence"
    sid: str
    body: str | None

    @property
    def part(self) -> str:
        return self.sid

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


class Sealed(Facet):
    """Whether the user or role bears our mark, by which guardrails attached beforehand let nobody but us change it."""

    facet: Literal["sealed"] = "sealed"
    on: bool

    @property
    def absent(self) -> Self:
        return self.but(on=False)


class AccessKeyStatus(Facet):
    """Whether one long-term access key works (IAM UpdateAccessKey), and since when there is one."""

    facet: Literal["access-key-status"] = "access-key-status"
    key_id: str
    active: bool
    created: AwareDatetime | None = None

    @property
    def part(self) -> str:
        return self.key_id

    def satisfied_by(self, now: Facet | None) -> bool:
        return isinstance(now, AccessKeyStatus) and (now.key_id, now.active) == (self.key_id, self.active)


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
