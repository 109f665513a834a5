"""Switch suspended versioning on again, so that an overwritten or deleted object can be had back."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.facet import Versioning
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    if any(v.status == "Suspended" for v in situation.world.look(target, Versioning)):
        why = "what is overwritten while versioning is suspended is gone"
        yield action.change(target, Versioning(status="Enabled"), why, origin=situation.origin(target, Versioning))


ACTION = Action(
    name="keep-versions",
    title="Switch versioning on again",
    wave=Wave.FENCE,
    targets=frozenset({Kind.BUCKET}),
    facets=(Versioning,),
    hurts="Nobody; old versions cost storage.",
    undone="Versioning is suspended again.",
    citation="45 CFR 164.312(c)(1)",
    propose=_propose,
)
