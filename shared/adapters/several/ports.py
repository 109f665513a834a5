"""The ports of one responder in several clouds. Each cloud's own are made when something of theirs is first asked about."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache

from shared.domain.actor import Actor, Lineage
from shared.domain.errors import Unreachable
from shared.domain.facet import Facet
from shared.domain.resource import Cloud, Ref
from shared.domain.signal import Confirmation, Signal
from shared.ports import Act, Directory, Edit, Evidence, Receipt, Relation, Request, Sources, Traffic, Traits, Uses, Watched, World

type Makers[Port] = Mapping[Cloud, Callable[[], Port]]
"""How each cloud's port is made."""


class _Several[Port]:
    """Each cloud's port, made once. Raises `Unreachable` for a cloud that this responder does not answer for."""

    def __init__(self, makers: Makers[Port]) -> None:
        self._made = {cloud: cache(make) for cloud, make in makers.items()}

    MISSING = "this responder does not answer for"

    def of(self, cloud: Cloud) -> Port:
        if cloud not in self._made:
            raise Unreachable(f"{self.MISSING} {cloud}", "NotOurs")
        return self._made[cloud]()

    def all(self) -> tuple[Port, ...]:
        return tuple(make() for make in self._made.values())


class SeveralWorlds(_Several[World]):
    """The resources of several clouds."""

    def traits(self, target: Ref, facet: type[Facet]) -> Traits | None:
        return self.of(target.cloud).traits(target, facet) if target.cloud in self._made else None

    def look[F: Facet](self, target: Ref, facet: type[F]) -> tuple[F, ...]:
        return self.of(target.cloud).look(target, facet)

    def related(self, target: Ref, relation: Relation) -> tuple[Ref, ...]:
        return self.of(target.cloud).related(target, relation)

    def write(self, target: Ref, facets: Sequence[Facet]) -> Receipt:
        return self.of(target.cloud).write(target, facets)


class SeveralLogs(_Several[Evidence]):
    """The audit logs of several clouds. A store's key is asked about where it has one; an actor without a name, nowhere."""

    def by(self, actor: Actor, since: datetime) -> tuple[Act, ...]:
        return tuple(act for log in self._asked(actor) for act in log.by(actor, since))

    def on(self, target: Ref, since: datetime) -> tuple[Act, ...]:
        return self.of(target.cloud).on(target, since)

    def edits(self, targets: Sequence[Ref], since: datetime) -> tuple[Edit, ...]:
        clouds = dict.fromkeys(target.cloud for target in targets)
        return tuple(e for c in clouds for e in self.of(c).edits([t for t in targets if t.cloud is c], since))

    def recorded(self, target: Ref) -> bool:
        return self.of(target.cloud).recorded(target)

    def _asked(self, actor: Actor) -> tuple[Evidence, ...]:
        return (self.of(actor.cloud),) if actor.cloud else self.all()


class SeveralDirectories(_Several[Directory]):
    """The identity services of several clouds."""

    def resolve(self, actor: Actor) -> Actor:
        return self.of(actor.cloud).resolve(actor) if actor.cloud else actor

    def made_since(self, lineage: Lineage, since: datetime) -> tuple[Actor, ...]:
        return tuple(a for cloud, part in _parts(lineage) for a in self.of(cloud).made_since(part, since))

    def given_since(self, lineage: Lineage, since: datetime) -> tuple[Actor, ...]:
        return tuple(a for cloud, part in _parts(lineage) for a in self.of(cloud).given_since(part, since))


def _parts(lineage: Lineage) -> Iterator[tuple[Cloud, Lineage]]:
    """The lineage by clouds: each identity service is told of its own only."""
    for cloud in dict.fromkeys(actor.cloud for actor in lineage.actors):
        if cloud:
            root, *members = (actor for actor in lineage.actors if actor.cloud is cloud)
            yield cloud, Lineage(root=root, members=tuple(members))


class SeveralSources(_Several[Sources]):
    """The services of several clouds that alerts come from."""

    def confirm(self, signal: Signal) -> Confirmation:
        return self.of(signal.cloud).confirm(signal) if signal.cloud in self._made else Confirmation.UNREACHABLE


class SeveralTraffics(_Several[Traffic]):
    """The records of single requests of several clouds."""

    MISSING = "single requests are not counted yet on"

    def watched(self, store: Ref, since: datetime, until: datetime) -> Watched:
        return self.of(store.cloud).watched(store, since, until)

    def requests(self, stores: Sequence[Ref], since: datetime, until: datetime) -> Iterator[Request]:
        for cloud in dict.fromkeys(store.cloud for store in stores):
            yield from self.of(cloud).requests([store for store in stores if store.cloud is cloud], since, until)

    def ways(self, stores: Sequence[Ref], since: datetime, until: datetime) -> Iterator[Request]:
        for cloud in dict.fromkeys(store.cloud for store in stores):
            yield from self.of(cloud).ways([store for store in stores if store.cloud is cloud], since, until)

    def uses(self, key: Ref, since: datetime) -> Uses:
        return self.of(key.cloud).uses(key, since)
