"""Switch off access keys that were made for rightful users during the attack: an administrator's thief makes keys for others."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.facet import AccessKeyStatus
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    if target not in {r.actor.principal for r in situation.scope.rightful}:
        return
    for key in situation.world.look(target, AccessKeyStatus):
        if key.created and key.created >= situation.since:
            yield action.change(target, key.but(active=False), "the key was made during the attack, for a user of the data")


ACTION = Action(
    name="deactivate-new-keys",
    title="Switch off keys made for rightful users during the attack",
    wave=Wave.FENCE,
    targets=frozenset({Kind.USER}),
    facets=(AccessKeyStatus,),
    hurts="A program that was given a new key since the attack began.",
    undone="The key is activated again.",
    citation="45 CFR 164.308(a)(3)(ii)(C)",
    propose=_propose,
)
