"""What the actor did before anybody noticed, from the alert and the record of its calls: its deeds, and what it made of itself."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from shared.domain.actor import Actor, Credential
from shared.domain.case import Reach, Standing
from shared.domain.facet import Delegation, Facet, Fence, HandedOut, SignInRule, StoreKey
from shared.domain.resource import Kind, Ref
from shared.domain.scope import Scope
from shared.domain.signal import Signal
from shared.domain.uses import KeyShown
from shared.ports import Act, World

from . import reach


def deeds_of(signal: Signal, acts: Iterable[Act]) -> tuple[tuple[str, str], ...]:
    """The thief's calls that worked: what the alert says, and what the record shows from the address that the thief calls from."""
    return tuple(dict.fromkeys((*told(signal), *((r.id, a.name) for a in theirs(signal, acts) for r in a.resources))))


def theirs(signal: Signal, acts: Iterable[Act]) -> list[Act]:
    """The actor's acts that worked, from the address that the thief calls from."""
    return [a for a in acts if signal.source_address and a.source_address == signal.source_address and not a.failed]


def begun_by(signal: Signal, acts: Iterable[Act]) -> datetime:
    """When the breach began, as far as the record tells: an alert tells of the last act, and comes minutes after it."""
    first = _first(signal, acts)
    return signal.at if familiar(signal, acts) else min(first, signal.at)


def familiar(signal: Signal, acts: Iterable[Act]) -> bool:
    """Whether the address that the alert names was in use long before it: then it is not the thief's alone."""
    return _first(signal, acts) < signal.at - reach.UNNOTICED


def _first(signal: Signal, acts: Iterable[Act]) -> datetime:
    return min((act.at for act in theirs(signal, acts)), default=signal.at)


def descendants(root: Standing, signal: Signal, acts: Sequence[Act], exempt: frozenset[str]) -> tuple[Standing, ...]:
    """What the actor made of itself before anybody noticed: users, roles and sessions. A key for a user is not the user.

    `exempt`: unique ids of responder and break-glass identities.
    """
    begun = begun_by(signal, acts)
    since = [act for act in theirs(signal, acts) if act.at >= begun]
    made = dict.fromkeys(actor for act in since for actor in act.created if actor.session or actor.unique_id)
    others = (actor for actor in made if actor.principal and not _same(actor, root.actor))
    return tuple(reach.found(actor) for actor in others if actor.unique_id not in exempt)


def _same(actor: Actor, root: Actor) -> bool:
    """Whether the fence of the root covers this one too."""
    return (actor.principal, actor.session) == (root.principal, root.session) or (
        actor.principal == root.principal and root.principal is not None and root.principal.kind is Kind.USER
    )


def besides(fresh: Sequence[Actor], standings: Iterable[Standing], world: World) -> list[Actor]:
    """Those of the actors who are not covered: a credential of somebody who is fenced as a whole goes with the rest of it."""
    whole = {s.actor.principal for s in standings if s.reach is Reach.PRINCIPAL}
    whole |= {actor.principal for actor in fresh if not (actor.session or actor.access_key)}
    return [a for a in fresh if not (a.access_key and a.principal in whole and _undivided(a.principal, world))]


def _undivided(principal: Ref | None, world: World) -> bool:
    """Whether nothing narrower than the whole of it can be fenced."""
    return principal is not None and world.traits(principal, Fence) is None


def identified(actor: Actor, signal: Signal, acts: Iterable[Act]) -> tuple[Actor, ...]:
    """The actor, or the store's keys that the log shows in its hands where the alert does not say which one it was."""
    if actor.credential is not Credential.STORE_KEY or "/" in actor.access_key:
        return (actor,)
    held = (act.actor.but(session="") for act in theirs(signal, acts) if act.actor.access_key.startswith(f"{actor.access_key}/"))
    return tuple(dict.fromkeys(held)) or (actor,)


def keys_shown(acts: Iterable[Act], world: World) -> tuple[KeyShown, ...]:
    """When the lineage last had which keys of stores, by acts of its own that worked: a newer key than that it does not have."""
    last: dict[tuple[Ref, str], datetime] = {}
    for act in acts:
        for store in act.resources:
            traits = world.traits(store, StoreKey)
            if traits is None or not (act.actor.access_key or act.name in traits.calls):
                continue
            slot = (store, act.actor.access_key.rpartition("/")[2])
            last[slot] = max(act.at, last.get(slot, act.at))
    return tuple(KeyShown(store=store, key=key, at=at) for (store, key), at in last.items())


def handed_on(act: Act, scope: Scope) -> bool:
    """Whether a store's key was used from where its rightful users are: whoever was handed the new one works there."""
    place = act.source_network or act.source_address
    used = (scope.use_of(store) for store in act.resources)
    return bool(act.actor.access_key) and any(use.place == place for each in used if each for use in each.uses)


TOUCHED: Mapping[Kind, type[Facet]] = {
    Kind.ACCOUNT: Delegation,
    Kind.SIGN_IN_RULE: SignInRule,
    Kind.SNAPSHOT: HandedOut,
    Kind.VOLUME: HandedOut,
}
"""What a case becomes about by the lineage's deeds alone, and what of it there is to put right."""


def touched(refs: Iterable[Ref], world: World) -> tuple[Ref, ...]:
    """Those of these resources that the case becomes about because the lineage did something to them, each once."""
    return tuple(dict.fromkeys(ref for ref in refs if ref.kind in TOUCHED and world.traits(ref, TOUCHED[ref.kind])))


def newest(*shown: KeyShown) -> tuple[KeyShown, ...]:
    """Each key once, when it was last shown."""
    return tuple({(each.store, each.key): each for each in sorted(shown, key=lambda each: each.at)}.values())


def told(signal: Signal) -> tuple[tuple[str, str], ...]:
    """The call that an alert is about, by each resource that it worked on."""
    return () if signal.failed else tuple((r.id, signal.event) for r in signal.resources)
