"""The form of an adapter for one facet or one relation, and the permissions it lives by."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from shared.adapters.azure.clients import Clients
from shared.domain.facet import Facet
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt, Relation, Traits


@dataclass(frozen=True, slots=True)
class Rights:
    """What somebody may do: `actions` of ARM and `data` actions of the services, as roles name them; permissions of `graph`."""

    actions: frozenset[str] = frozenset()
    data: frozenset[str] = frozenset()
    graph: frozenset[str] = frozenset()

    @property
    def all(self) -> frozenset[str]:
        """Every one of them by name."""
        return self.actions | self.data | self.graph

    def __or__(self, other: "Rights") -> "Rights":
        return Rights(self.actions | other.actions, self.data | other.data, self.graph | other.graph)

    def __sub__(self, other: "Rights") -> "Rights":
        return Rights(self.actions - other.actions, self.data - other.data, self.graph - other.graph)


@dataclass(frozen=True)
class FacetAdapter[F: Facet]:
    """How one facet is read and written on one kind of resource.

    `read` gives every part as it is now and raises `Absent` where the target is gone; `write` makes the facets so, all of one
    document. `reads` and `writes` are the rights that each of the two needs, exactly: taking one away makes it fail. `one_way` and
    `lingers` and `rewraps` are as in `Traits`; `shows` are calls that give it away to whoever makes them; `requests` are
    operations of the data plane that write it, as its log spells them.
    """

    read: Callable[[Clients, Ref], tuple[F, ...]]
    write: Callable[[Clients, Ref, Sequence[F]], Receipt]
    reads: Rights
    writes: Rights
    one_way: bool = False
    lingers: timedelta | None = None
    shows: frozenset[str] = frozenset()
    rewraps: bool = False
    requests: frozenset[str] = frozenset()

    @cached_property
    def traits(self) -> Traits:
        """The activity log names a call as the right that it takes, in lower case here: the log writes it in every mixture."""
        calls = frozenset(action.lower() for action in (self.writes.actions - self.reads.actions) | self.shows)
        return Traits(calls=calls | self.requests, one_way=self.one_way, lingers=self.lingers, rewraps=self.rewraps)


@dataclass(frozen=True, slots=True)
class RelationAdapter:
    """How one relation is followed from one kind of resource, and the rights that takes."""

    read: Callable[[Clients, Ref], tuple[Ref, ...]]
    reads: Rights


type FacetTable = Mapping[tuple[Kind, type[Facet]], FacetAdapter[Any]]
"""Any: each row's reader and writer are typed by its own facet."""

type RelationTable = Mapping[tuple[Kind, Relation], RelationAdapter]
