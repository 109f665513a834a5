"""A cloud in dictionaries. It keeps the contract of the real ones, their refusals included.

Rules
1. A resource that is not there is `Absent`; one in an account that is not reachable is `Unreachable`.
2. A write is of one document and keeps everything in it that is not named. What equals `absent` is taken out.
3. What the services refuse is refused: scheduling a key's deletion, unsetting versioning, giving a password back.
4. What goes wrong is a state of the world (`poisoned`, `room`, `losing`, `contested`, `allowance`), never a branch for tests.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import replace
from datetime import timedelta
from itertools import count
from threading import RLock

from shared.domain.errors import Absent, DoesNotFit, Poisoned, Refused, Throttled, Unreachable
from shared.domain.facet import ConsoleLogin, DenyAll, Facet, KeyState, PolicyStatement, Rotated, Successor, Versioning
from shared.domain.resource import Ref
from shared.ports import Receipt, Relation, Traits

type Document = tuple[Ref, str]
"""A resource, and which of its documents (`Facet.document`)."""

type Part = tuple[str, str]
"""A facet's tag and part."""

REFUSALS: dict[type[Facet], tuple[Callable[[Facet], bool], str]] = {
    KeyState: (lambda f: isinstance(f, KeyState) and f.deletion_pending, "no deletion of a key is ever scheduled"),
    Versioning: (lambda f: f == f.absent, "a bucket that has had versions can only suspend them"),
    Rotated: (lambda f: f == f.absent, "a rotation can not be undone"),
    ConsoleLogin: (lambda f: f != f.absent, "a password can not be put back"),
}
"""Facet, what of it no service does, and why."""


class MemoryWorld:
    """Resources with their facets. Safe to use from several threads; every public dictionary and set may be changed at any time."""

    def __init__(self, traits: Mapping[type[Facet], Traits] | None = None, lacks: frozenset[type[Facet]] = frozenset()) -> None:
        self._traits, self._lacks = traits or {}, lacks
        self.endings: dict[type[Facet], timedelta] = {}
        """how long what such a facet takes away still works"""
        self.allowance: int | None = None
        """calls that are answered before everything is throttled; None: all of them"""
        self.unreachable: set[str] = set()
        """accounts that let us in no more"""
        self.refused: set[Document] = set()
        """documents that we may not write"""
        self.poisoned: set[Document] = set()
        """documents that can not be written back as they are"""
        self.shut: set[Document] = set()
        """documents that can not be written while a statement of them lets everybody in"""
        self.room: dict[Document, int] = {}
        """characters that a document can hold"""
        self.losing: dict[Document, int] = {}
        """how many of the next writes are answered and take no effect"""
        self.contested: dict[Document, tuple[Facet, ...]] = {}
        """what somebody else makes so again after each write of ours"""
        self.writes: list[tuple[Ref, tuple[Facet, ...]]] = []
        """every write that was answered, oldest first"""
        self._parts: dict[Ref, dict[Part, Facet]] = {}
        self._related: dict[tuple[Ref, Relation], tuple[Ref, ...]] = {}
        self._numbers = count(1)
        self._lock = RLock()

    def put(self, target: Ref, *facets: Facet) -> None:
        """Somebody else makes the resource, or changes it."""
        with self._lock:
            parts = self._parts.setdefault(target, {})
            for facet in facets:
                _keep(parts, facet)

    def remove(self, target: Ref) -> None:
        """Somebody deletes the resource."""
        with self._lock:
            del self._parts[target]

    def relate(self, target: Ref, relation: Relation, *others: Ref) -> None:
        """Hang these resources on the target."""
        self._related[target, relation] = others

    def state(self) -> dict[Ref, frozenset[Facet]]:
        """Everything as it is now."""
        with self._lock:
            return {target: frozenset(parts.values()) for target, parts in self._parts.items()}

    def traits(self, target: Ref, facet: type[Facet]) -> Traits | None:  # noqa: ARG002  the same for every kind of resource
        found = self._traits.get(facet, Traits())
        return None if facet in self._lacks else replace(found, lingers=self.endings.get(facet, found.lingers))

    def look[F: Facet](self, target: Ref, facet: type[F]) -> tuple[F, ...]:
        with self._lock:
            return tuple(f for f in self._of(target).values() if isinstance(f, facet))

    def related(self, target: Ref, relation: Relation) -> tuple[Ref, ...]:
        with self._lock:
            self._answer(target)
            return self._related.get((target, relation), ())

    def write(self, target: Ref, facets: Sequence[Facet]) -> Receipt:
        with self._lock:
            parts = self._of(target)
            document = (target, _document(facets))
            merged = dict(parts)
            for facet in facets:
                _write(merged, self._created(target, facet))
            self._check(document, merged)
            self.writes.append((target, tuple(facets)))
            if self.losing.get(document, 0):
                self.losing[document] -= 1
            else:
                self._parts[target] = merged
            self.put(target, *self.contested.get(document, ()))
            return Receipt((f"request-{next(self._numbers)}",))

    def _created(self, target: Ref, facet: Facet) -> Facet:
        """A successor comes into being with the policy of the key that it succeeds."""
        if not isinstance(facet, Successor) or facet.key:
            return facet
        made = facet.but(key=f"{target.id}-of-{facet.case}")
        policy = [f for f in self._parts[target].values() if isinstance(f, PolicyStatement)]
        self.put(target.but(id=made.key), KeyState(enabled=True, deletion_pending=False), *policy)
        return made

    def _of(self, target: Ref) -> dict[Part, Facet]:
        self._answer(target)
        if target not in self._parts:
            raise Absent(f"{target} does not exist", "NoSuchEntity")
        return self._parts[target]

    def _answer(self, target: Ref) -> None:
        if target.account in self.unreachable:
            raise Unreachable(f"no role of ours in account {target.account}", "AccessDenied")
        if self.allowance is not None:
            if self.allowance <= 0:
                raise Throttled("too many requests", "Throttling")
            self.allowance -= 1

    def _check(self, document: Document, merged: dict[Part, Facet]) -> None:
        if document in self.refused:
            raise Refused("a policy denies it", "AccessDenied")
        if document in self.poisoned:
            raise Poisoned("it names a principal that does not exist", "MalformedPolicy")
        bodies = (str(f.body) for f in merged.values() if isinstance(f, PolicyStatement))
        if document in self.shut and any('"Allow"' in body and '"Principal":"*"' in body for body in bodies):
            raise Refused("public policies are blocked", "AccessDenied")
        size = sum(len(f.model_dump_json()) for f in merged.values() if f.document == document[1])
        if size > self.room.get(document, size):
            raise DoesNotFit("the document would be too large", "LimitExceeded")


def _document(facets: Sequence[Facet]) -> str:
    documents = {facet.document for facet in facets}
    if len(documents) != 1:
        raise Refused("one write is of one document")
    return documents.pop()


def _write(parts: dict[Part, Facet], facet: Facet) -> None:
    """One facet as the service takes it. Raises `Refused`; `Absent` where nothing can be made of what is not there."""
    refused, why = REFUSALS.get(type(facet), (None, ""))
    if refused and refused(facet):
        raise Refused(why)
    if facet.absent is None and (facet.facet, facet.part) not in parts and not isinstance(facet, Successor):
        if facet.satisfied_by(None):
            return
        raise Absent(f"there is no {facet.facet} of that name", "NoSuchEntity")
    _keep(parts, facet)


def _keep(parts: dict[Part, Facet], facet: Facet) -> None:
    if facet == facet.absent:
        parts.pop((facet.facet, facet.part), None)
        return
    # the service says by which means it refuses everything
    shown = facet.but(via=facet.via or "inline") if isinstance(facet, DenyAll) else facet
    parts[facet.facet, facet.part] = shown
