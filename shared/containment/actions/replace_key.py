"""Give a compromised key a successor: rotation changes the material for new writes only; what was stolen stays good for use."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.facet import Successor
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    if situation.parts(target) or (situation.rotates and situation.scope.sound(target)):
        return
    if any(key.id.startswith(f"{target.id}/") for key in situation.scope.keys):
        return  # it stands for its versions, and those that are in use are here too
    if target in situation.scope.keys and target == situation.scope.head(target):
        stays = f"{STAYS}; " if target in situation.scope.apart else ""
        why = f"{stays}{situation.scope.judged(target).why}"
        yield action.change(target, Successor(case=situation.case), why, reversible=False)


STAYS = "it stays in the vault that the actor could administer, as the policy says"

ACTION = Action(
    name="replace-key",
    title="Create a successor of the key",
    wave=Wave.REKEY,
    targets=frozenset({Kind.KEY}),
    facets=(Successor,),
    hurts="Nobody: the old key goes on as it is.",
    undone="One-way: a key or version is never deleted by this program. On AWS one that is not used costs a dollar a month.",
    citation="45 CFR 164.312(a)(2)(iv)",
    propose=_propose,
)
