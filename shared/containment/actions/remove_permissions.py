"""Take away what an application was permitted to do at others' interfaces, for itself or for the people who use it."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation, taken
from shared.domain.facet import AppPermission
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    held = ((each.part.lower(), each.but(present=False)) for each in situation.held(target, AppPermission))
    why = ("the actor consented to it", "with it the actor reads mail and files, or makes what the next sweep has to find")
    yield from taken(action, target, situation, held, why, situation.quarantined(target))


ACTION = Action(
    name="remove-permissions",
    title="Take an application's permissions and consents away",
    wave=Wave.FENCE,
    targets=frozenset({Kind.SERVICE_PRINCIPAL}),
    facets=(AppPermission,),
    hurts="Everybody who works with this application; nobody, where the actor consented.",
    undone="Each permission is granted again, for the same interface and the same people; what the actor consented to is not.",
    citation="45 CFR 164.308(a)(4)(ii)(C)",
    propose=_propose,
    aimed=True,
)
