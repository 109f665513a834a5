"""Give a key a successor in a vault of its own: whoever could administer the old vault may have left a way back into it."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.facet import SuccessorApart
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    if not situation.parts(target) or (situation.rotates and situation.scope.sound(target)):
        return
    if any(key.id.startswith(f"{target.id}/") for key in situation.scope.keys):
        return  # it stands for its versions, and those that are in use are here too
    if target == situation.scope.head(target):
        why = f"the actor could administer its vault; {situation.scope.judged(target).why}"
        yield action.change(target, SuccessorApart(case=situation.case), why, reversible=False)


ACTION = Action(
    name="replace-key-apart",
    title="Create a successor of the key in a vault of its own",
    wave=Wave.REKEY,
    targets=frozenset({Kind.KEY}),
    facets=(SuccessorApart,),
    hurts="Nobody: the old key goes on as it is. Programs that name the old vault's key themselves go on with that.",
    undone="One-way: the vault is protected from purging and stays. What was put under its key goes back under the old one.",
    citation="45 CFR 164.312(a)(2)(iv)",
    propose=_propose,
)
