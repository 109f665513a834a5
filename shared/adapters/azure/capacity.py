"""The `Capacity` port on Azure: what an account holds, counted by going through its listing, as far as that takes minutes.

Monitor's own count of blobs has neither versions nor snapshots nor containers. A page of 5,000 takes about a second.
"""

import time
from collections import Counter, deque
from collections.abc import Iterator

from shared.adapters.azure.blob_lines import Line
from shared.adapters.azure.blob_proof import AzureProof
from shared.adapters.azure.clients import Clients
from shared.domain.errors import Absent
from shared.domain.resource import Ref
from shared.ports.capacity import Held, Holding, Requests

PAGES = 201
"""Pages that are counted: a little over a million lines. What is behind them makes "at least" of the count."""
SECONDS = 240.0
"""For how long pages are counted: a page may take longer than a second, or be asked for again and again."""


class AzureCapacity:
    """Counts of accounts that `clients` can reach. `page`: lines of a page, at most 5,000; `pages` and `seconds` at most."""

    def __init__(self, clients: Clients, page: int = 5000, pages: int = PAGES, seconds: float = SECONDS) -> None:
        self._proof, self._pages, self._seconds = AzureProof(clients, page), pages, seconds

    def holding(self, store: Ref) -> Holding:
        lines: Counter[tuple[str, str]] = Counter()
        snapshots, sizes, deleted, left = Counter[tuple[str, str]](), Counter[tuple[str, str]](), 0, self._pages
        until = time.monotonic() + self._seconds
        for container, page in self._in_turns(store):
            left = left - bool(page) if time.monotonic() < until else 0
            deleted += sum(line.deleted for line in page)
            for line in page:
                where = (container, _tier(line))
                lines[where] += 1
                snapshots[where] += line.snapshot
                sizes[where] += line.size
            if left <= 0:
                break
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

    def _in_turns(self, store: Ref) -> Iterator[tuple[str, list[Line]]]:
        """Pages with their containers, one of each in turn: no container keeps another from being counted."""
        waiting = deque((name, self._proof.pages(store, name)) for name in self._proof.containers(store))
        while waiting:
            container, pages = waiting.popleft()
            try:
                page = next(pages, None)
            except Absent:
                continue  # it was deleted meanwhile
            if page is not None:
                waiting.append((container, pages))
                yield container, page


def _tier(line: Line) -> str:
    """The tier that its requests are priced by."""
    return line.said.get("AccessTier", "") or "Hot"
