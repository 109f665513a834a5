"""How others than the actors use the stores of a case, and the vaults of its keys: by which credential, and from where.

What closes a door is judged by it.

Rules
1. What the record shows from an address of the breach is the actor's, whatever credential it came with.
2. A credential that an actor holds is its rightful user's only in places that were in use before the breach began.
3. Ourselves and the last resort are nobody's users of a store. A vault they have to reach, so there they count.
4. A service that comes for a resource comes by the cloud's own way in.
5. A record that can not be read, or is too long to carry, knows nothing; nor does one in which nobody else is seen at all.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from shared.domain.case import Scope
from shared.domain.errors import CloudError
from shared.domain.facet import NetworkRules
from shared.domain.resource import Kind, Ref
from shared.domain.uses import Use, Used
from shared.ports import Act, Evidence, World

from .parallel import in_parallel
from .rightful import Breach

MOST_USES = 100
"""Ways of using one store that a case carries; a store with more of them is looked at by people."""


def used_by_others(
    scope: Scope, breach: Breach, world: World, evidence: Evidence, since: datetime, exempt: Collection[str]
) -> tuple[Used, ...]:
    """The use of each store and vault that has network rules of its own."""
    doors = [each for each in (*scope.stores, *scope.vaults) if world.traits(each, NetworkRules)]
    return tuple(in_parallel(lambda store: _used(store, scope, breach, evidence, since, exempt), doors))


def _used(store: Ref, scope: Scope, breach: Breach, evidence: Evidence, since: datetime, exempt: Collection[str]) -> Used:
    try:
        acts = [a for a in evidence.on(store, since) if _counts(a, store, exempt)]
    except CloudError:
        return Used(store=store, known=False)
    held = {s.actor.unique_id for s in scope.standings} - {""}
    theirs = [a for a in acts if breach.has(a)]
    before = {_place(a) for a in acts if a.at < min((t.at for t in theirs), default=breach.at or a.at)}
    others = [a for a in acts if not breach.has(a) and (a.actor.unique_id not in held or _place(a) in before)]
    uses = dict.fromkeys(Use(credential=a.actor.credential, holder=a.actor.unique_id, place=_place(a)) for a in others)
    against = {a.source_address for a in acts if a not in others} | breach.addresses
    alone = sorted(against - {a.source_address for a in others} - {""})
    known, visited = 0 < len(uses) <= MOST_USES, len(others) < len(acts)
    return Used(store=store, known=known, uses=tuple(uses)[:MOST_USES], against=_few(alone), visited=visited)


def _counts(act: Act, store: Ref, exempt: Collection[str]) -> bool:
    """Whether it is a use by somebody: rules 3 and 4."""
    if act.failed:
        return False
    return not act.by_service if store.kind is Kind.KEY_VAULT else act.actor.unique_id not in exempt


def _few(addresses: Sequence[str]) -> tuple[str, ...]:
    return tuple(addresses[:MOST_USES])


def _place(act: Act) -> str:
    return act.source_network or act.source_address
