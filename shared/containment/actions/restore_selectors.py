"""Make a trail record management events again: an actor who edits its selectors leaves it on, and blind."""

import json
from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.facet import TrailSelectors
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref
from shared.domain.value import canonical

MANAGEMENT = {"ReadWriteType": "All", "IncludeManagementEvents": True}
"""A basic selector that records every management event (CloudTrail PutEventSelectors)."""


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    for now in situation.world.look(target, TrailSelectors):
        basic = json.loads(now.selectors).get("EventSelectors", ())
        if basic and not any(all(s.get(k) == v for k, v in MANAGEMENT.items()) for s in basic):
            seeing = [{**basic[0], **MANAGEMENT}, *basic[1:]]
            wanted = TrailSelectors(selectors=canonical({"EventSelectors": seeing}).decode())
            origin = situation.origin(target, TrailSelectors)
            yield action.change(target, wanted, "the trail is on and records no management events", origin=origin)


ACTION = Action(
    name="restore-selectors",
    title="Record management events again",
    wave=Wave.PRESERVE,
    targets=frozenset({Kind.TRAIL}),
    facets=(TrailSelectors,),
    hurts="Nobody; a trail that recorded less on purpose costs more while the case is open.",
    undone="The selectors are set as they were, unless the attacker set them.",
    citation="45 CFR 164.312(b)",
    propose=_propose,
)
