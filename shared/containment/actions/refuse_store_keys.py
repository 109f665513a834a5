"""Take requests with a store's own keys no more, where nobody else was seen making any."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.actor import Credential
from shared.domain.facet import SharedKeyAccess
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    if not situation.scope.unused(target, Credential.STORE_KEY):
        return
    if all(access.allowed for access in situation.world.look(target, SharedKeyAccess)):
        why = "a key names nobody, and nobody else was seen using one"
        yield action.change(target, SharedKeyAccess(allowed=False), why, origin=situation.origin(target, SharedKeyAccess))


ACTION = Action(
    name="refuse-store-keys",
    title="Refuse a store's own keys, and links signed with them",
    wave=Wave.FENCE,
    targets=frozenset({Kind.BUCKET}),
    facets=(SharedKeyAccess,),
    hurts="A program with a key or a link that was not seen in the evidence window.",
    undone="Keys are taken again as they were.",
    citation="45 CFR 164.312(a)(2)(i)",
    propose=_propose,
)
