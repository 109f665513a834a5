"""The form of an adapter for one facet or one relation, and the permissions it lives by."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from shared.adapters.aws.clients import Clients
from shared.domain.facet import Facet
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt, Relation


class FacetAdapter[F: Facet](msgspec.Struct, frozen=True):
    """How one facet is read and written on one kind of resource.

    `read` gives every part as it is now and raises `Absent` where the target is gone; `write` makes the facets so, all of one
    document. `reads` and `writes` are the IAM actions that each of the two needs, exactly: taking one away makes it fail.
    """

    read: Callable[[Clients, Ref], tuple[F, ...]]
    write: Callable[[Clients, Ref, Sequence[F]], Receipt]
    reads: frozenset[str]
    writes: frozenset[str]


class RelationAdapter(msgspec.Struct, frozen=True):
    """How one relation is followed from one kind of resource, and the IAM actions that takes."""

    read: Callable[[Clients, Ref], tuple[Ref, ...]]
    reads: frozenset[str]


type FacetTable = Mapping[tuple[Kind, type[Facet]], FacetAdapter[Any]]
"""Any: each row's reader and writer are typed by its own facet."""

type RelationTable = Mapping[tuple[Kind, Relation], RelationAdapter]
