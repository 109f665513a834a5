"""How many of a counter's entries lie together: the same for every memory."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

LAST = "\U0010ffff"
"""Behind every other text."""


def fullest(entries: Sequence[tuple[float, str]], at: float, within: float, enough: int) -> int:
    """The most different items in any window of this length that holds `at`; counted no further than `enough`.

    Each entry comes into the window once and leaves it once: what arrives late must not cost more the more of it there is.
    """
    newest = entries[-1][0] <= at + within
    low, high = bisect_left(entries, (at - within, "")), len(entries) if newest else bisect_right(entries, (at + within, LAST))
    if high - low < enough:
        return high - low
    if entries[high - 1][0] <= at:
        return len({item for _, item in entries[low:high]})
    most, start = 0, low
    inside: dict[str, int] = {}
    for end in range(low, high):
        inside[entries[end][1]] = inside.get(entries[end][1], 0) + 1
        while entries[end][0] - entries[start][0] > within:
            _leave(inside, entries[start][1])
            start += 1
        if entries[start][0] <= at <= entries[end][0]:
            most = max(most, len(inside))
            if most >= enough:
                break
    return most


def _leave(inside: dict[str, int], item: str) -> None:
    """One of these less in the window."""
    inside[item] -= 1
    if not inside[item]:
        del inside[item]
