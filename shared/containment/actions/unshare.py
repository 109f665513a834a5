"""Take snapshots and images back from the world, and from accounts that the actor shared them with."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.facet import SharedWith
from shared.domain.plan import Change, Origin, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    blamed = situation.blames(target, SharedWith)
    for share in situation.world.look(target, SharedWith):
        foreign = share.account not in situation.accounts
        if share.shared and foreign and (blamed or share.account == "all"):
            why = "whoever it is shared with can copy it whole"
            yield action.change(target, share.but(shared=False), why, origin=Origin.ATTACKER if blamed else Origin.UNKNOWN)


ACTION = Action(
    name="unshare",
    title="Stop sharing a snapshot or image",
    wave=Wave.FENCE,
    targets=frozenset({Kind.SNAPSHOT, Kind.IMAGE, Kind.DATABASE_SNAPSHOT}),
    facets=(SharedWith,),
    hurts="The account it was shared with; copies already made there are out of reach.",
    undone="It is shared again with those it was shared with, unless the attacker did it.",
    citation="45 CFR 164.312(a)(1)",
    propose=_propose,
)
