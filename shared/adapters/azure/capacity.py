"""The `Capacity` port on Azure: what an account holds, counted by going through its listing, as far as that takes minutes.

Monitor's own count of blobs has neither versions nor snapshots nor containers. A page of 5,000 takes about a second.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

from shared.adapters.azure.blob_lines import Line
from shared.adapters.azure.blob_proof import AzureProof
from shared.adapters.azure.clients import Clients
from shared.domain.errors import Absent
from shared.domain.resource import Ref
from shared.ports.capacity import Held, Holding, Requests

PAGES = 201
"""Pages that are counted: a little over a million lines. What is behind them makes "at least" of the count."""


class AzureCapacity:
    """Counts of accounts that `clients` can reach. `page`: lines of a page, at most 5,000; `pages` at most."""

    def __init__(self, clients: Clients, page: int = 5000, pages: int = PAGES) -> None:
        self._proof, self._pages = AzureProof(clients, page), pages

    def holding(self, store: Ref) -> Holding:
        lines: Counter[tuple[str, str]] = Counter()
        snapshots, sizes, deleted, left = Counter[tuple[str, str]](), Counter[tuple[str, str]](), 0, self._pages
        for container in self._proof.containers(store):
            for page in self._counted(store, container, left):
                left -= 1
                deleted += sum(line.deleted for line in page)
                for line in page:
                    where = (container, _tier(line))
                    lines[where] += 1
                    snapshots[where] += line.snapshot
                    sizes[where] += line.size
        held = tuple(
            Held(container=where[0], tier=where[1], versions=lines[where], snapshots=snapshots[where], bytes=sizes[where])
            for where in sorted(lines)
        )
        classes: Counter[str] = Counter()
        for each in held:
            classes[each.tier] += each.bytes
        return Holding(
            versions=lines.total(), classes=tuple(sorted(classes.items())), held=held, deleted=deleted, at_least=left <= 0
        )

    def requests(self, store: Ref) -> Requests | None:  # noqa: ARG002 - the port's signature
        """None: no key service is asked for a blob."""
        return None

    def _counted(self, store: Ref, container: str, most: int) -> Iterator[list[Line]]:
        """The pages of a container that are counted; none of one that was deleted meanwhile."""
        with suppress(Absent):
            yield from islice(self._proof.pages(store, container), max(0, most))


def _tier(line: Line) -> str:
    """The tier that its requests are priced by."""
    return line.said.get("AccessTier", "") or "Hot"
