"""The form that every service's answer to "under which key?" takes here, for resources that have one key."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import request_id
from shared.adapters.aws.facets import FacetAdapter
from shared.adapters.aws.key_names import RESOLVE, resolved
from shared.containment.parallel import in_parallel
from shared.domain.errors import Absent, Refused
from shared.domain.facet import EncryptedWith
from shared.domain.resource import Ref
from shared.ports import Receipt

UNSEEN = "*"
"""The key of a resource that does not let us look: it may be any."""

type Named = tuple[Ref, str]
"""A resource, and the key it encrypts with as it names it: ARN, id, alias; empty for the service's own."""


class Lister(msgspec.Struct, frozen=True):
    """How one service's resources in a key's account and Region are found with their keys, and the IAM actions that takes."""

    read: Callable[[Clients, Ref], Iterable[Named]]
    reads: frozenset[str]


def under_one_key(
    key: Callable[[Clients, Ref], str],
    put: Callable[[Clients, Ref, str], Mapping[str, object]],
    reads: frozenset[str],
    writes: frozenset[str],
    *,
    aliases: bool = True,
) -> FacetAdapter[EncryptedWith]:
    """The facet of a resource with one key: `key` gives it by any name, `put` sets it; empty is the service's own in both.

    `aliases`: the service lets the resource name its key by an alias; others always give the key's ARN.
    """

    def read(clients: Clients, ref: Ref) -> tuple[EncryptedWith, ...]:
        return (EncryptedWith(key=resolved(clients, key(clients, ref), ref.account, ref.region)),)

    def write(clients: Clients, ref: Ref, wanted: Sequence[EncryptedWith]) -> Receipt:
        (encrypted,) = wanted
        return Receipt((request_id(put(clients, ref, encrypted.key)),))

    return FacetAdapter(read, write, reads | RESOLVE if aliases else reads, writes)


def each(key: Callable[[Clients, Ref], str], clients: Clients, refs: Iterable[Ref]) -> Iterator[Named]:
    """Every resource with its key, asked all at once. What is gone meanwhile is left out."""

    def ask(ref: Ref) -> str | None:
        try:
            return key(clients, ref)
        except Absent:
            return None
        except Refused:
            return UNSEEN

    asked = list(refs)
    return ((ref, name) for ref, name in zip(asked, in_parallel(ask, asked), strict=True) if name is not None)
