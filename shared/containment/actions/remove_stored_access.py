"""Take stored access policies away where the actor wrote some: links that name one are dead with it."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.actor import Credential
from shared.domain.facet import StoredAccess
from shared.domain.plan import Blast, Change, Origin, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    used = situation.scope.use_of(target)
    if used is None or not situation.blames(target, StoredAccess):
        return
    others = tuple(sorted({use.place for use in used.uses if use.credential is Credential.STORE_KEY}))
    blast = Blast(others=others, known=used.known)
    for policy in situation.world.look(target, StoredAccess):
        if policy.body is not None:
            why = "the actor wrote policies there, and the log does not say which: links that name one live by it"
            origin = Origin.ATTACKER if blast.clear else Origin.UNKNOWN
            yield action.change(target, policy.but(body=None), why, blast=blast, origin=origin)


ACTION = Action(
    name="remove-stored-access",
    title="Remove stored access policies",
    wave=Wave.FENCE,
    targets=frozenset({Kind.BUCKET}),
    facets=(StoredAccess,),
    hurts="Whoever has a link that names such a policy.",
    undone="Each policy is written again as it was; where nobody but the actor uses links, none is.",
    citation="45 CFR 164.312(a)(1)",
    propose=_propose,
)
