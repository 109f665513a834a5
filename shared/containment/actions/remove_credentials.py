"""Take away what a quarantined application proves itself with: a secret in the thief's hands is good until somebody does."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation, taken
from shared.domain.facet import AppCredential
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    # a credential that the actor added to an application of others is one thing, and everything that application has another
    whole = tuple(s for s in situation.signing_in(target) if not s.actor.access_key)
    held = ((each.proof, each.but(present=False)) for each in situation.held(target, AppCredential))
    why = ("the actor added it", "it is in the actor's hands, or the actor may have made it")
    yield from taken(action, target, situation, held, why, whole, reversible=False)


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
