"""Suspend replication to accounts that are not the organisation's own."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.facet import ReplicationRule
from shared.domain.plan import Change, Origin, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    for rule in situation.world.look(target, ReplicationRule):
        foreign = rule.destination_account not in situation.accounts
        if foreign and (rule.enabled or situation.blames(target, ReplicationRule)):
            why = "it copies every new object to an account that is not ours"
            once = situation.final(target, ReplicationRule)
            yield action.change(target, rule.but(enabled=False), why, origin=Origin.ATTACKER, reversible=not once)


ACTION = Action(
    name="suspend-replication",
    title="Suspend replication to foreign accounts",
    wave=Wave.FENCE,
    targets=frozenset({Kind.BUCKET}),
    facets=(ReplicationRule,),
    hurts="A partner outside the declared accounts who receives copies; the organisation's own copies go on.",
    undone="Not by itself: a copy to a foreign account is switched on by a person. Declare the account if it is yours.",
    citation="45 CFR 164.312(e)(1)",
    propose=_propose,
)
