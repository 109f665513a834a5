"""Take applications away from a quarantined owner: an owner needs no role to give them new secrets."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation, taken
from shared.domain.facet import Ownership
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    held = ((each.of, each.but(present=False)) for each in situation.held(target, Ownership))
    why = ("the actor made it an owner", "an owner gives the application secrets of its own")
    yield from taken(action, target, situation, held, why, situation.quarantined(target))


ACTION = Action(
    name="remove-ownerships",
    title="Take the ownership of applications away",
    wave=Wave.FENCE,
    targets=frozenset({Kind.USER, Kind.SERVICE_PRINCIPAL}),
    facets=(Ownership,),
    hurts="An owner whose account was stolen; nobody, where the actor made it one.",
    undone="It owns each application again; where the actor made it an owner, it does not.",
    citation="45 CFR 164.308(a)(4)(ii)(C)",
    propose=_propose,
    aimed=True,
)
