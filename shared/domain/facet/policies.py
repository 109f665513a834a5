"""The facet of whatever has a resource policy."""

from typing import Literal, Self

from .base import Facet


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
