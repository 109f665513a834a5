"""Where a new key only wraps the old data keys: a place with data keys of its own, for what is stored to be moved to."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.facet import EncryptedWith, Successor
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    ours = any(target == store or target.id.startswith(f"{store.id}/") for store in situation.scope.stores)
    if not (situation.renews and ours):
        return
    keys = {key.id for key in situation.scope.keys}
    for now in situation.world.look(target, EncryptedWith):
        if now.key in keys:
            why = "a new key wraps the old data keys: what is stored is out of their reach only when it is written again"
            yield action.change(target, Successor(case=situation.case), why, reversible=False)


ACTION = Action(
    name="renew-data-keys",
    title="Make an encryption scope with data keys of its own, to move to",
    wave=Wave.REKEY,
    targets=frozenset({Kind.BUCKET, Kind.ENCRYPTION_SCOPE}),
    facets=(Successor,),
    hurts="Nobody: nothing is in it before what is stored is moved there, which is asked about by itself.",
    undone="One-way: an encryption scope can be switched off, and never deleted.",
    citation="45 CFR 164.312(a)(2)(iv)",
    propose=_propose,
)
