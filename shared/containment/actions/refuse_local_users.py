"""Let no users of a store's own in by SFTP, where the actor made itself one or nobody else was seen coming so."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.actor import Credential
from shared.domain.facet import LocalUsers
from shared.domain.plan import Blast, Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    used = situation.scope.use_of(target)
    blamed = situation.blames(target, LocalUsers)
    if used is None or not (blamed or situation.scope.unused(target, Credential.LOCAL_USER)):
        return
    if all(users.allowed for users in situation.world.look(target, LocalUsers)):
        others = tuple(sorted({use.place for use in used.uses if use.credential is Credential.LOCAL_USER}))
        why = "such a user is in no directory, and has a password of its own"
        blast = Blast(others=others, known=used.known)
        yield action.change(target, LocalUsers(allowed=False), why, blast=blast, origin=situation.origin(target, LocalUsers))


ACTION = Action(
    name="refuse-local-users",
    title="Refuse a store's own SFTP users",
    wave=Wave.FENCE,
    targets=frozenset({Kind.BUCKET}),
    facets=(LocalUsers,),
    hurts="A partner who comes by SFTP: the users stay, and nobody of them is let in.",
    undone="Its users are let in again, with what they log in with; not where the actor let them in.",
    citation="45 CFR 164.312(a)(2)(i)",
    propose=_propose,
)
