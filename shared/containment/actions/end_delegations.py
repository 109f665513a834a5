"""End what lets another tenant manage an account, where the actor set that up: who comes by it is in no directory of ours."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.facet import Delegation
from shared.domain.plan import Blast, Change, Origin, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    if not situation.blames(target, Delegation):
        return
    begun = situation.scope.begun or situation.since
    for delegation in situation.world.look(target, Delegation):
        if not delegation.present or (delegation.created and delegation.created < begun):
            continue
        theirs = delegation.created is not None
        why = "the actor let another tenant manage the account" if theirs else "the actor let one manage it, and nobody says which"
        blast = Blast() if theirs else Blast(others=(delegation.tenant or delegation.assignment,))
        origin = Origin.ATTACKER if theirs else Origin.UNKNOWN
        yield action.change(target, delegation.but(present=False), why, blast=blast, origin=origin)


ACTION = Action(
    name="end-delegations",
    title="End another tenant's management of an account",
    wave=Wave.FENCE,
    targets=frozenset({Kind.ACCOUNT}),
    facets=(Delegation,),
    hurts="A provider who was let in during the breach; nobody who was let in before.",
    undone="A person's decision is taken back: that tenant is let in again. What the actor set up is not.",
    citation="45 CFR 164.308(a)(4)(ii)(C)",
    propose=_propose,
)
