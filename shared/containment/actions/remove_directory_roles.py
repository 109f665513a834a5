"""Take the roles that a principal has in the directory itself: whoever has one makes users, applications and roles of its own."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation, taken
from shared.domain.facet import DirectoryRole
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    held = ((each.part.lower(), each.but(present=False)) for each in situation.held(target, DirectoryRole))
    why = ("the actor assigned it", "with it the actor makes what the next sweep has to find")
    yield from taken(action, target, situation, held, why, situation.quarantined(target))


ACTION = Action(
    name="remove-directory-roles",
    title="Take roles in the directory away",
    wave=Wave.FENCE,
    targets=frozenset({Kind.USER, Kind.SERVICE_PRINCIPAL, Kind.GROUP}),
    facets=(DirectoryRole,),
    hurts="An administrator whose account was stolen; nobody, where the actor assigned the role.",
    undone="Each role is assigned again, for the same part of the directory and as long as before; what the actor assigned is not.",
    citation="45 CFR 164.308(a)(4)(ii)(C)",
    propose=_propose,
    aimed=True,
)
