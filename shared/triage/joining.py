"""One case per breach: connected components of facts that share a lineage or a resource within a window of event time.

Each lineage and each resource keeps the spans of time in which it was seen, as disjoint intervals; two facts that share one and lie
no further apart than the window are in one component, directly or by others between them. So neither the order of arrival nor
repetition can change the partition: it is single-linkage clustering, and intervals only grow together.

Facts that are watched connect by who acted and whom they handed a session or key, but never by a resource, and they open no case:
a component is one only if some fact in it is acted on.
"""

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Iterable
from hashlib import blake2b

from shared.intake.fact import Fact

from .named import resources_of

KEPT = 200_000
"""Lineages and resources that are remembered; the one that was longest not seen is forgotten first."""


class Spans:
    """The spans of one key: start, end, component."""

    __slots__ = ("spans",)

    def __init__(self) -> None:
        self.spans: list[tuple[float, float, int]] = []

    def near(self, at: float, window: float) -> list[tuple[float, float, int]]:
        """The spans that a fact at this time belongs to: at most two, for they are disjoint."""
        place = bisect_left(self.spans, (at, at, -1))
        return [span for span in self.spans[max(0, place - 1) : place + 2] if span[0] - window <= at <= span[1] + window]

    def add(self, at: float, window: float, component: int) -> None:
        """Widen or merge the spans around this time."""
        low = high = at
        for span in self.near(at, window):
            low, high = min(low, span[0]), max(high, span[1])
            self.spans.remove(span)
        insort(self.spans, (low, high, component))


class Joiner:
    """Components as they grow. `window` in seconds."""

    def __init__(self, window: float, kept: int = KEPT) -> None:
        self._window, self._kept = window, kept
        self._keys: OrderedDict[str, Spans] = OrderedDict()
        self._parent: dict[int, int] = {}
        self._cases: dict[int, str] = {}
        self._born: dict[str, int] = {}
        self._next = 0
        self.merged: dict[str, str] = {}

    def join(self, keys: Iterable[str], at: float, seed: str, *, acts: bool) -> str | None:
        """The case of a fact with these keys, None where it belongs to none (yet). `seed` names a new case."""
        wanted = tuple(dict.fromkeys(keys))
        roots = dict.fromkeys(
            self._root(span[2]) for key in wanted if key in self._keys for span in self._keys[key].near(at, self._window)
        )
        component = self._one(tuple(roots))
        for key in wanted:
            self._keys.setdefault(key, Spans()).add(at, self._window, component)
            self._keys.move_to_end(key)
        self._forget()
        if acts and component not in self._cases:
            self._open(component, seed)
        return self._cases.get(component)

    def _forget(self) -> None:
        while len(self._keys) > self._kept:
            self._keys.popitem(last=False)
        if len(self._parent) > 4 * self._kept:
            live = {self._root(span[2]) for spans in self._keys.values() for span in spans.spans}
            for spans in self._keys.values():
                spans.spans = [(low, high, self._root(component)) for low, high, component in spans.spans]
            self._parent = {root: root for root in live}
            self._cases = {root: name for root, name in self._cases.items() if root in live}

    def _open(self, component: int, seed: str) -> None:
        name = f"cb-{blake2b(seed.encode(errors='replace'), digest_size=6).hexdigest()}"
        while name in self._born:
            name = f"cb-{blake2b(name.encode(), digest_size=6).hexdigest()}"
        self._cases[component] = name
        self._born[name] = len(self._born)

    def _one(self, roots: tuple[int, ...]) -> int:
        """One component of all these; cases in them are merged into the one that was opened first."""
        if not roots:
            self._next += 1
            self._parent[self._next] = self._next
            return self._next
        kept, *others = roots
        for other in others:
            self._parent[other] = kept
        names = sorted((name for root in roots if (name := self._cases.pop(root, None))), key=self._born.__getitem__)
        if names:
            self._cases[kept] = names[0]
            self.merged |= dict.fromkeys(names[1:], names[0])
        return kept

    def _root(self, component: int) -> int:
        path = []
        while self._parent[component] != component:
            path.append(component)
            component = self._parent[component]
        for each in path:
            self._parent[each] = component
        return component

    def resolved(self) -> dict[str, str]:
        """`{younger: older}`, each straight to the oldest that it ended up in."""
        return {young: self._oldest(old) for young, old in self.merged.items()}

    def _oldest(self, name: str) -> str:
        while name in self.merged:
            name = self.merged[name]
        return name


def keys_of(fact: Fact, *, acts: bool) -> tuple[str, ...]:
    """By what a fact is joined: its actor's lineage, the identities that it made, and (where it is acted on) its resources."""
    lineage = (*fact.actor.keys, *fact.opens)
    if not acts:
        return lineage
    return (*lineage, *(_key(name) for name in resources_of(fact)))


def _key(name: str) -> str:
    """A resource; a user or role is the same key as its lineage."""
    if name.startswith("arn:aws") and ":iam::" in name:
        account, _, rest = name.partition(":iam::")[2].partition(":")
        kind, _, path = rest.partition("/")
        if kind in {"user", "role"}:
            return f"{kind}:{account}:{path.rpartition('/')[2]}"
    return f"resource:{name.lower()}"
