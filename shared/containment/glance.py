"""One look at the world for one wave: what several actions ask of the same facet of the same resource is asked once."""

from collections.abc import Sequence
from concurrent.futures import Future
from threading import Lock

from shared.domain.facet import Facet
from shared.domain.resource import Ref
from shared.ports import Receipt, Relation, Traits, World


class Glance:
    """A world as it was a moment ago: the first answer to a look is that of all who ask the same. Everything else goes through.

    Safe to use from several threads: who asks the same at the same time shares one call. It is one wave's, and dropped with it.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._looks: dict[tuple[Ref, type[Facet]], Future[tuple[Facet, ...]]] = {}
        self._lock = Lock()

    def traits(self, target: Ref, facet: type[Facet]) -> Traits | None:
        return self._world.traits(target, facet)

    def look[F: Facet](self, target: Ref, facet: type[F]) -> tuple[F, ...]:
        """As `World.look`, once for each facet of each target; what the first call raises is raised to all."""
        with self._lock:
            known = self._looks.get((target, facet))
            looking: Future[tuple[Facet, ...]] = known or self._looks.setdefault((target, facet), Future())
        if known is None:
            try:
                looking.set_result(self._world.look(target, facet))
            except BaseException as error:  # noqa: BLE001  # handed on to whoever waits
                looking.set_exception(error)
        return looking.result()  # type: ignore[return-value]  # a look gives facets of the type asked

    def seen[F: Facet](self, target: Ref, facet: type[F]) -> tuple[F, ...] | None:
        """What was looked at; None where nobody looked, or the look failed."""
        looked = self._looks.get((target, facet))
        if looked is None or not looked.done() or looked.exception():
            return None
        return looked.result()  # type: ignore[return-value]  # a look gives facets of the type asked

    def related(self, target: Ref, relation: Relation) -> tuple[Ref, ...]:
        return self._world.related(target, relation)

    def write(self, target: Ref, facets: Sequence[Facet]) -> Receipt:
        return self._world.write(target, facets)
