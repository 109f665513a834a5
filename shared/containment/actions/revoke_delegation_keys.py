"""Revoke the keys that a store gave people to sign links with, where the actor comes by such a link and no log says whose."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation, blast_of
from shared.domain.actor import Credential
from shared.domain.facet import DelegationKeys
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    links = [s for s in situation.scope.standings if s.actor.credential is Credential.DELEGATED_LINK]
    holders = [s for s in links if s.actor.access_key.partition("/")[0] == target.name]
    if holders:
        why = "the link was signed with a key that the store gave somebody, and no log says to whom"
        since = max(situation.since, situation.scope.shown_at(target, "user-delegation") or situation.since)
        yield action.change(target, DelegationKeys(since=since), why, blast=blast_of(holders), reversible=False)


ACTION = Action(
    name="revoke-delegation-keys",
    title="Revoke the keys that links are signed with in people's names",
    wave=Wave.FENCE,
    targets=frozenset({Kind.BUCKET}),
    facets=(DelegationKeys,),
    hurts="Everybody who has such a link of this store; programs ask for a new key and sign again.",
    undone="One-way: what was signed is dead.",
    citation="45 CFR 164.308(a)(3)(ii)(C)",
    propose=_propose,
    aimed=True,
    burnt=True,
)
