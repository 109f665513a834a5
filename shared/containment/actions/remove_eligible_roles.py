"""Take away the roles that a quarantined principal may give itself: what is active only, and taken away, comes back by them."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation, taken
from shared.domain.facet import RoleEligible
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    held = ((role.part, role.but(present=False)) for role in situation.held(target, RoleEligible))
    why = ("the actor made it eligible", "whoever is eligible makes the role active without asking anybody")
    yield from taken(action, target, situation, held, why, situation.quarantined(target))


ACTION = Action(
    name="remove-eligible-roles",
    title="Take roles away that wait to be activated",
    wave=Wave.FENCE,
    targets=frozenset({Kind.USER, Kind.SERVICE_PRINCIPAL, Kind.GROUP}),
    facets=(RoleEligible,),
    hurts="Everybody who works as this user; nobody, where the actor made it eligible.",
    undone="Each role can be activated again, at the same scope, for no longer than before; what the actor made eligible can not.",
    citation="45 CFR 164.308(a)(4)(ii)(C)",
    propose=_propose,
    aimed=True,
)
