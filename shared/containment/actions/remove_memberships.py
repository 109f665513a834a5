"""Take a quarantined principal out of its groups: it has their roles as long as it is in them."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation, taken
from shared.domain.facet import Membership
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    held = ((each.group, each.but(present=False)) for each in situation.held(target, Membership))
    why = ("the actor put it there", "what the group may do is what its members do")
    yield from taken(action, target, situation, held, why, situation.quarantined(target))


ACTION = Action(
    name="remove-memberships",
    title="Take a principal out of groups",
    wave=Wave.FENCE,
    targets=frozenset({Kind.USER, Kind.SERVICE_PRINCIPAL}),
    facets=(Membership,),
    hurts="Everybody who works as this user; nobody, where the actor put it into the group.",
    undone="It is put into each group again; where the actor put it, it is not.",
    citation="45 CFR 164.308(a)(4)(ii)(C)",
    propose=_propose,
    aimed=True,
)
