"""One user or role, for which IAM has the same calls under two names."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call, pages
from shared.domain.errors import Refused
from shared.domain.resource import Kind, Ref

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient

SERVICE_LINKED = "/aws-service-role/"
RESERVED = "/aws-reserved/"

UNMODIFIABLE: Mapping[str, str] = {
    SERVICE_LINKED: "a service-linked role belongs to its AWS service: contain who makes the service act, or the resource",
    RESERVED: "a role of IAM Identity Center is changed through its permission set and its assignments only",
}
"""Paths of roles that IAM lets nobody change (UnmodifiableEntity), and what to do instead."""


class Principal(msgspec.Struct, frozen=True):
    """A user or role as the target of IAM calls; `{}` in the name of an operation stands for `user` or `role`."""

    iam: "IAMClient"
    ref: Ref

    @classmethod
    def of(cls, clients: Clients, ref: Ref) -> "Principal":
        return cls(clients.iam(ref.account), ref)

    @classmethod
    def changeable(cls, clients: Clients, ref: Ref) -> "Principal":
        """The same, to be written to. Raises `Refused` for service-linked and reserved roles, before IAM does."""
        for path, reason in UNMODIFIABLE.items():
            if f":role{path}" in ref.id:
                raise Refused(reason, "UnmodifiableEntity")
        return cls.of(clients, ref)

    @property
    def partition(self) -> str:
        return self.ref.id.split(":")[1]

    def ask(self, operation: str, **params: str) -> Mapping[str, Any]:
        """The answer of one call about this principal, e.g. `get_{}_policy`."""
        method = getattr(self.iam, operation.format(self.ref.kind))
        answer: Mapping[str, Any] = call(method, **self._named, **params)
        return answer

    def listed(self, operation: str, items: str) -> Iterator[Any]:
        """Everything under `items` in the answers of a paged call about this principal."""
        paginator: Any = self.iam.get_paginator(operation.format(self.ref.kind))  # type: ignore[call-overload]  # named at run time
        for page in pages(paginator, **self._named):
            yield from page[items]

    @property
    def _named(self) -> dict[str, str]:
        return {f"{self.ref.kind.capitalize()}Name": self.ref.name}


def actions(kind: Kind, *names: str) -> frozenset[str]:
    """IAM actions, `{}` standing for `User` or `Role`."""
    return frozenset(f"iam:{name.format(kind.capitalize())}" for name in names)
