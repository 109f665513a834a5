"""Take away what a quarantined application proves itself with: a secret in the thief's hands is good until somebody does."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation, blast_of
from shared.domain.facet import AppCredential
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    whole = situation.signing_in(target)
    for held in situation.world.look(target, AppCredential) if whole else ():
        if held.present:
            why = "it is in the actor's hands, or the actor may have made it"
            yield action.change(target, held.but(present=False), why, blast=blast_of(whole), reversible=False)


ACTION = Action(
    name="remove-credentials",
    title="Take an application's credentials away",
    wave=Wave.FENCE,
    targets=frozenset({Kind.SERVICE_PRINCIPAL}),
    facets=(AppCredential,),
    hurts="Every program that signs in with one of them; nobody else was seen doing so, or a person has agreed.",
    undone="One-way: a secret can not be read. The application gets a new one from its owner.",
    citation="45 CFR 164.308(a)(3)(ii)(C)",
    propose=_propose,
    aimed=True,
    burnt=True,
)
