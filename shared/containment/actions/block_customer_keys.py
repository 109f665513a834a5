"""Refuse writes under a caller's own key (SSE-C): objects overwritten that way are held to ransom."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.facet import CustomerKeysBlocked
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    why = "objects written under the actor's own key would be lost to their owner"
    yield action.change(target, CustomerKeysBlocked(on=True), why, origin=situation.origin(target, CustomerKeysBlocked))


ACTION = Action(
    name="block-customer-keys",
    title="Refuse writes under callers' own keys (SSE-C)",
    wave=Wave.FENCE,
    targets=frozenset({Kind.BUCKET}),
    facets=(CustomerKeysBlocked,),
    hurts="Programs that write with SSE-C; what they wrote can still be read.",
    undone="The block is removed from the bucket's encryption settings.",
    citation="45 CFR 164.312(c)(1)",
    propose=_propose,
)
