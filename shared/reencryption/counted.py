"""What was counted of a store before its migration, in sentences for whoever approves it."""

from collections.abc import Iterator
from math import ceil

from shared.ports.capacity import Holding

GIB = 1024**3
MOST_HELD = 5
"""Parts of a store whose counts are told: the largest."""


def counted(held: Holding) -> Iterator[str]:
    """What was counted, the largest parts first."""
    parts = sorted(held.held, key=lambda part: (-part.bytes, part.container, part.tier))
    for part in parts[:MOST_HELD]:
        snapshots = f", {part.snapshots:,} of them snapshots" if part.snapshots else ""
        yield f"{part.container}: {part.versions:,} versions{snapshots}, {part.bytes / GIB:,.1f} GiB in {part.tier}"
    if more := parts[MOST_HELD:]:
        yield f"{len(more)} more: {sum(p.versions for p in more):,} versions, {sum(p.bytes for p in more) / GIB:,.1f} GiB"
    if held.deleted:
        yield f"{held.deleted:,} of all are deleted and kept for a while: they can not be moved"
    if held.at_least:
        yield f"there are more than {held.versions:,}: counting ended there, and time and price are of what was counted"


SPANS = ((86_400, "days"), (3_600, "hours"), (60, "minutes"))


def span(seconds: float) -> str:
    """A time in the largest unit of which there are two."""
    length, unit = next(((length, unit) for length, unit in SPANS if seconds >= 2 * length), (1, "seconds"))
    return f"{ceil(seconds / length):,} {unit}"
