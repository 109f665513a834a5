"""Let nobody without a credential into a store, where nobody else was seen coming so."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.actor import Credential
from shared.domain.facet import AnonymousAccess
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    if not situation.scope.unused(target, Credential.ANONYMOUS):
        return
    if any(access.allowed for access in situation.world.look(target, AnonymousAccess)):
        why = "who needs no credential has to steal none, and nobody else was seen without one"
        yield action.change(target, AnonymousAccess(allowed=False), why, origin=situation.origin(target, AnonymousAccess))


ACTION = Action(
    name="close-anonymous",
    title="Let nobody in without a credential",
    wave=Wave.FENCE,
    targets=frozenset({Kind.BUCKET}),
    facets=(AnonymousAccess,),
    hurts="Readers without credentials who were not seen in the evidence window.",
    undone="Containers can be public as they were.",
    citation="45 CFR 164.312(a)(1)",
    propose=_propose,
)
