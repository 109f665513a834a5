"""Make a store's own key anew that the actor has: whatever was signed with the old one is dead with it."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation, blast_of
from shared.domain.actor import Credential
from shared.domain.facet import StoreKey
from shared.domain.plan import Blast, Change, Wave
from shared.domain.resource import Kind, Ref
from shared.domain.uses import Used


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    listed = situation.blames(target, StoreKey)
    for key in situation.world.look(target, StoreKey):
        blast = _held(key, target, situation) or (_listed(key, target, situation) if listed else None)
        if blast is not None:
            why = "whoever has this key opens everything in the store, and is nobody in particular"
            since = max(situation.since, situation.scope.shown_at(target, key.name) or situation.since)
            yield action.change(target, key.but(since=since), why, blast=blast, reversible=False)


def _held(key: StoreKey, target: Ref, situation: Situation) -> Blast | None:
    """Who else is hurt, where the actor was seen with this key, or with one of the store's that nobody has named."""
    names = {target.name, f"{target.name}/{key.name}"}
    holders = [s for s in situation.scope.standings if s.actor.credential is Credential.STORE_KEY and s.actor.access_key in names]
    return blast_of(holders) if holders else None


def _listed(key: StoreKey, target: Ref, situation: Situation) -> Blast | None:
    """The same, where the actor had the store's keys shown to it. Nothing is said before it is known who uses them."""
    used = situation.scope.use_of(target)
    return of_key(used, target, key.name) if used else None


def of_key(used: Used, store: Ref, name: str) -> Blast:
    """Who uses this key by right."""
    return Blast(others=tuple(sorted({u.place for u in used.uses if u.holder == f"{store.name}/{name}"})), known=used.known)


ACTION = Action(
    name="regenerate-store-key",
    title="Make the exposed key of a store anew",
    wave=Wave.FENCE,
    targets=frozenset({Kind.BUCKET}),
    facets=(StoreKey,),
    hurts="Every program that uses this key, or a link that was signed with it; the store's other key goes on.",
    undone="One-way: the old value is gone, and the actor had it.",
    citation="45 CFR 164.308(a)(3)(ii)(C)",
    propose=_propose,
    aimed=True,
    burnt=True,
)
