"""Switch the audit log on again."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.facet import TrailLogging
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    yield action.change(
        target,
        TrailLogging(on=True),
        "what is not recorded can not be excluded later",
        origin=situation.origin(target, TrailLogging),
    )


ACTION = Action(
    name="resume-trail",
    title="Switch the audit log on",
    wave=Wave.PRESERVE,
    targets=frozenset({Kind.TRAIL}),
    facets=(TrailLogging,),
    hurts="Nobody.",
    undone="Only where the trail was off before the attack began.",
    citation="45 CFR 164.312(b)",
    propose=_propose,
)
