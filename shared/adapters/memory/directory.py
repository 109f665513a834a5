"""An identity service in a dictionary."""

from dataclasses import dataclass
from datetime import datetime

from shared.domain.actor import Actor, Credential, Lineage
from shared.domain.errors import Absent, Unreachable
from shared.domain.resource import Kind, Ref


@dataclass(frozen=True, slots=True)
class Entered:
    """A principal as the identity service has it."""

    unique_id: str
    at: datetime


class MemoryDirectory:
    """Users and roles, and compute that was given one. While `reachable` is False nobody answers."""

    def __init__(self) -> None:
        self.reachable = True
        self._principals: dict[Ref, Entered] = {}
        self._owners: dict[str, Ref] = {}
        self._compute: list[tuple[datetime, Actor]] = []

    def enter(self, principal: Ref, unique_id: str, at: datetime, *keys: str) -> None:
        """A user or role comes into being; a namesake takes the place of the one before. `keys` are ids of its access keys."""
        self._principals[principal] = Entered(unique_id, at)
        self._owners.update(dict.fromkeys(keys, principal))

    def leave(self, principal: Ref) -> None:
        """The principal is deleted."""
        del self._principals[principal]

    def give(self, role: Ref, compute: str, at: datetime) -> None:
        """Compute begins and is given a role: it calls under a session that is named like it."""
        instance = Actor(credential=Credential.INSTANCE_SESSION, account=role.account, principal=role, session=compute)
        self._compute.append((at, instance))

    def resolve(self, actor: Actor) -> Actor:
        self._answer()
        principal = actor.principal or self._owners.get(actor.access_key)
        if principal is None:
            return actor
        if principal not in self._principals:
            raise Absent(f"{principal} does not exist")
        return actor.but(principal=principal, unique_id=self._principals[principal].unique_id)

    def made_since(self, lineage: Lineage, since: datetime) -> tuple[Actor, ...]:
        self._answer()
        accounts = {principal.account for principal in lineage.principals}
        return tuple(
            Actor(credential=_first(principal), account=principal.account, principal=principal, unique_id=entered.unique_id)
            for principal, entered in self._principals.items()
            if entered.at >= since and principal.account in accounts
        )

    def given_since(self, lineage: Lineage, since: datetime) -> tuple[Actor, ...]:
        self._answer()
        accounts = {principal.account for principal in lineage.principals}
        given = [actor for at, actor in self._compute if at >= since and actor.account in accounts]
        return tuple(self.resolve(actor) for actor in given if actor.principal in self._principals)

    def _answer(self) -> None:
        if not self.reachable:
            raise Unreachable("the identity service does not answer")


def _first(principal: Ref) -> Credential:
    """What a new principal can be used by first."""
    return Credential.LONG_TERM_KEY if principal.kind is Kind.USER else Credential.ROLE_SESSION
