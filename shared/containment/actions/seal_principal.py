"""Seal a fenced principal: where guardrails are attached, nobody but us takes its fence off, whatever they may administer."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.facet import Sealed
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    if situation.seals and situation.scope.standing(target):
        yield action.change(target, Sealed(on=True), "whoever administers the account could take the fence off")


ACTION = Action(
    name="seal-principal",
    title="Let nobody but us change the user or role",
    wave=Wave.FENCE,
    targets=frozenset({Kind.USER, Kind.ROLE}),
    facets=(Sealed,),
    hurts="Whoever manages the user or role: until the seal is taken off, their changes to it are refused.",
    undone="Our tag is removed.",
    citation="45 CFR 164.308(a)(4)(ii)(C)",
    propose=_propose,
    aimed=True,
)
