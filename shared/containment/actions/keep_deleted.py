"""Have what is deleted kept for a while, where the actor switched that off or made the while short."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.facet import SoftDelete
from shared.domain.plan import Change, Origin, Wave
from shared.domain.resource import Kind, Ref

DAYS = 14
"""What it was before no log says. It is twice what the portal proposes, and longer than a breach stays unnoticed over a holiday."""


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    if not situation.blames(target, SoftDelete):
        return
    for kept in situation.world.look(target, SoftDelete):
        if kept.days < DAYS or kept.purgeable:
            why = f"the actor changed the settings of the store's blobs, and {kept.of} that are deleted now would be gone"
            after = kept.but(days=max(DAYS, kept.days), purgeable=False)
            yield action.change(target, after, why, origin=Origin.ATTACKER)


ACTION = Action(
    name="keep-deleted",
    title="Have deleted objects kept again",
    wave=Wave.FENCE,
    targets=frozenset({Kind.BUCKET}),
    facets=(SoftDelete,),
    hurts="Nobody; what is deleted costs storage for a fortnight.",
    undone="It stays: what was there before was the actor's work. Shorten it by hand.",
    citation="45 CFR 164.312(c)(1)",
    propose=_propose,
)
