"""Switch off long-term access keys: all of a quarantined user's, else the exposed one alone."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation, blast_of
from shared.domain.case import Reach, Standing
from shared.domain.facet import AccessKeyStatus
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref

SHARED_REACH = frozenset({Reach.SESSION, Reach.NETWORK})
"""Where the rightful user holds the same credentials, they stay on; those that the actor made are nobody else's."""


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    standings = situation.scope.standing(target)
    for key in situation.world.look(target, AccessKeyStatus):
        owner = next((s for s in standings if _ends(s, key.key_id)), None)
        if owner:
            blast = blast_of([owner])
            yield action.change(target, key.but(active=False), "a key in the actor's hands, or one it may have made", blast=blast)


def _ends(standing: Standing, key_id: str) -> bool:
    whole = standing.reach is Reach.PRINCIPAL
    spared = standing.reach in SHARED_REACH and not standing.made
    return whole or (not spared and standing.actor.access_key == key_id)


ACTION = Action(
    name="deactivate-keys",
    title="Switch off access keys",
    wave=Wave.FENCE,
    targets=frozenset({Kind.USER}),
    facets=(AccessKeyStatus,),
    hurts="Every program that uses one of these keys.",
    undone="Keys that were active before are activated again; those that were not stay off.",
    citation="45 CFR 164.308(a)(3)(ii)(C)",
    propose=_propose,
    aimed=True,
)
