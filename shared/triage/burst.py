"""The circuit breaker: many new lineages within minutes are more likely a mistake or a diversion than as many breaches."""

from collections import OrderedDict

KEPT = 1024


class Burst:
    """Counts lineages, not records: decoys that one actor burns are one."""

    def __init__(self, lineages: int, window: float) -> None:
        self._lineages, self._window = lineages, window
        self._first: OrderedDict[str, float] = OrderedDict()

    def is_too_much(self, lineage: str, at: float) -> bool:
        """Whether this is a new lineage beyond the limit. A lineage that was let in stays in: open cases go on."""
        if lineage in self._first:
            return False
        near = sum(1 for each in self._first.values() if abs(each - at) <= self._window)
        if near >= self._lineages:
            return True
        self._first[lineage] = at
        while len(self._first) > KEPT:
            self._first.popitem(last=False)
        return False
