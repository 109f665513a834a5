"""Take the roles in the directory that a principal may give itself: whoever may become its head, is it in a moment."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation, taken
from shared.domain.facet import DirectoryRoleEligible
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    held = ((role.part.lower(), role.but(present=False)) for role in situation.held(target, DirectoryRoleEligible))
    why = ("the actor made it eligible", "whoever is eligible makes the role active without asking anybody")
    yield from taken(action, target, situation, held, why, situation.quarantined(target))


ACTION = Action(
    name="remove-eligible-directory-roles",
    title="Take roles in the directory away that wait to be activated",
    wave=Wave.FENCE,
    targets=frozenset({Kind.USER, Kind.SERVICE_PRINCIPAL, Kind.GROUP}),
    facets=(DirectoryRoleEligible,),
    hurts="An administrator whose account was stolen; nobody, where the actor made it eligible.",
    undone="Each role can be activated again, for no longer than before; what the actor made eligible can not.",
    citation="45 CFR 164.308(a)(4)(ii)(C)",
    propose=_propose,
    aimed=True,
)
