"""Cancel a key's deletion, and enable it again where the actor disabled it: destroying the key destroys the records."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.facet import KeyState
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    for state in situation.world.look(target, KeyState):
        retired = target in situation.scope.retired
        if state.deletion_pending or (not state.enabled and not retired and situation.blames(target, KeyState)):
            why = "a key on its way to deletion takes every record under it along"
            # deleting a key takes a week at least: whoever wanted it can ask again, so nothing rightful is lost
            yield action.change(
                target, KeyState(enabled=True, deletion_pending=False), why, origin=situation.origin(target, KeyState)
            )


ACTION = Action(
    name="restore-key",
    title="Cancel the key's deletion and enable it",
    wave=Wave.FENCE,
    targets=frozenset({Kind.KEY}),
    facets=(KeyState,),
    hurts="Nobody: records that could not be read can be read again by those who may.",
    undone="Never by itself: this program schedules no key for deletion.",
    citation="45 CFR 164.308(a)(7)(ii)(A)",
    propose=_propose,
)
