"""End every session of a principal that was issued before now."""

from collections.abc import Iterator
from datetime import timedelta

from shared.containment.action import Action, Situation, blast_of
from shared.domain.actor import Credential
from shared.domain.facet import SessionsRevoked, SignIn
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    # a guest's sessions are the home tenant's: the call would answer that it is done, and nothing would be
    whole = tuple(s for s in situation.quarantined(target) if s.actor.credential is not Credential.ENTRA_GUEST)
    if not whole:
        return
    now = next(iter(situation.world.look(target, SessionsRevoked)), None)
    traits = situation.world.traits(target, SessionsRevoked)
    stamp = now.before if now else None
    stands = stamp is not None and (stamp >= situation.now or (stamp >= situation.since and _shut(target, situation)))
    before = stamp if stands else situation.now + (traits.ahead if traits else timedelta())
    blast = blast_of(whole)
    why, final = "sessions already open outlive the key they came from", situation.final(target, SessionsRevoked)
    yield action.change(target, SessionsRevoked(before=before), why, blast=blast, reversible=not final)


def _shut(target: Ref, situation: Situation) -> bool:
    """Whether nobody can open a new session anyway: then one stamp is enough."""
    if situation.world.traits(target, SignIn) is None:
        return False
    return any(not sign_in.enabled for sign_in in situation.world.look(target, SignIn))


ACTION = Action(
    name="revoke-sessions",
    title="End every session issued until now",
    wave=Wave.FENCE,
    targets=frozenset({Kind.USER, Kind.ROLE}),
    facets=(SessionsRevoked,),
    hurts="Every workload that still uses a session of this principal until it obtains a new one.",
    undone="AWS: the inline policy with our name is removed; old sessions work until they expire. Azure: one-way.",
    burnt=True,
    citation="45 CFR 164.308(a)(3)(ii)(C)",
    propose=_propose,
    aimed=True,
)
