"""From symbols to keys: a plan names a successor before it exists, and its digest covers the symbol."""

from collections.abc import Iterable, Mapping

from shared.domain.case import Scope, Succession
from shared.domain.errors import CloudError
from shared.domain.facet import AnyFacet, Successor, SuccessorApart
from shared.domain.plan import Change
from shared.domain.resource import Kind, Ref
from shared.ports import World


def successions(case: str, scope: Scope, world: World) -> tuple[Succession, ...]:
    """Every key of the scope that has a successor in this case, with it. A key that can not be read has none yet."""
    found = ((key, _successor(case, key, world, apart=key in scope.apart)) for key in scope.keys)
    return tuple(Succession(old=old, new=old.but(id=new), rewraps=_rewraps(old, world)) for old, new in found if new)


def renewals(case: str, changes: Iterable[Change], world: World) -> tuple[Succession, ...]:
    """Every store or part of one that these changes make a successor for, where that exists, with it."""
    old = [c.target for c in changes if renews(c)]
    found = ((target, _successor(case, target, world)) for target in old)
    return tuple(Succession(old=each, new=each.but(kind=Kind.ENCRYPTION_SCOPE, id=new)) for each, new in found if new)


def renews(change: Change) -> bool:
    """Whether a change makes a successor of something that is no key itself."""
    return isinstance(change.after, Successor) and change.target.kind is not Kind.KEY


def _rewraps(key: Ref, world: World) -> bool:
    traits = world.traits(key, Successor)
    return traits is not None and traits.rewraps


def _successor(case: str, key: Ref, world: World, *, apart: bool = False) -> str:
    """`apart`: one in a vault of its own counts before one beside it."""
    facets = (SuccessorApart, Successor) if apart else (Successor,)
    try:
        return next((s.key for facet in facets for s in world.look(key, facet) if s.case == case), "")
    except CloudError:
        return ""


def bound(changes: Iterable[Change], known: Iterable[Succession]) -> tuple[Change, ...]:
    """The changes with every symbol replaced. One whose successor does not exist is left out: there is nothing to move to."""
    keys = {s.old.successor.id: s.new for s in known}
    ready = (c for c in changes if not {c.target.id, _key(c.after)} & ({*map(_symbol, changes)} - keys.keys() - {""}))
    return tuple(c.but(target=keys.get(c.target.id, c.target), after=_bound(c.after, keys)) for c in ready)


def _symbol(change: Change) -> str:
    return next((text for text in (change.target.id, _key(change.after)) if text.startswith("successor(")), "")


def _key(facet: AnyFacet) -> str:
    return str(getattr(facet, "key", ""))


def _bound(facet: AnyFacet, keys: Mapping[str, Ref]) -> AnyFacet:
    return facet.but(key=keys[_key(facet)].id) if _key(facet) in keys else facet
