"""Suspend lifecycle rules that expire objects or old versions while the case is open."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.facet import LifecycleRule
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    for rule in situation.world.look(target, LifecycleRule):
        if rule.destructive and rule.enabled:
            why = "expiry deletes evidence and records without a delete call"
            yield action.change(target, rule.but(enabled=False), why, origin=situation.origin(target, LifecycleRule))


ACTION = Action(
    name="suspend-lifecycle",
    title="Suspend rules that delete",
    wave=Wave.FENCE,
    targets=frozenset({Kind.BUCKET}),
    facets=(LifecycleRule,),
    hurts="Nobody; what should have expired is kept, and paid for, until the rule is switched on again.",
    undone="Rules that were on and were not the attacker's work are switched on again.",
    citation="45 CFR 164.316(b)(2)(i)",
    propose=_propose,
)
