"""End every session of a principal that was issued before now."""

from collections.abc import Iterator
from datetime import timedelta

from shared.containment.action import Action, Situation, blast_of
from shared.domain.facet import SessionsRevoked
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    whole = situation.quarantined(target)
    if not whole:
        return
    now = next(iter(situation.world.look(target, SessionsRevoked)), None)
    traits = situation.world.traits(target, SessionsRevoked)
    stamped = now is not None and now.before is not None and now.before >= situation.now
    before = now.before if stamped and now else situation.now + (traits.ahead if traits else timedelta())
    blast = blast_of(whole)
    yield action.change(target, SessionsRevoked(before=before), "sessions already open outlive the key they came from", blast=blast)


ACTION = Action(
    name="revoke-sessions",
    title="End every session issued until now",
    wave=Wave.FENCE,
    targets=frozenset({Kind.USER, Kind.ROLE}),
    facets=(SessionsRevoked,),
    hurts="Every workload that still uses a session of this principal until it obtains a new one.",
    undone="The inline policy with our name is removed; old sessions work again until they expire.",
    citation="45 CFR 164.308(a)(3)(ii)(C)",
    propose=_propose,
    aimed=True,
)
