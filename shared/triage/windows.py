"""How many of a counter's entries lie together: the same for every memory."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence


def fullest(entries: Sequence[tuple[float, str]], at: float, within: float, enough: int) -> int:
    """The most different items in any window of this length that holds `at`."""
    low, high = bisect_left(entries, (at - within, "")), bisect_right(entries, (at + within, "\U0010ffff"))
    if high - low < enough:
        return high - low
    if entries[high - 1][0] <= at:
        return len({item for _, item in entries[low:high]})
    most, start = 0, low
    for end in range(low, high):
        while entries[end][0] - entries[start][0] > within:
            start += 1
        if entries[start][0] <= at <= entries[end][0]:
            most = max(most, len({item for _, item in entries[start : end + 1]}))
    return most
