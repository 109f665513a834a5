"""Let a principal of the directory sign in no more."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation, blast_of
from shared.domain.facet import SignIn
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    if whole := situation.signing_in(target):
        yield action.change(target, SignIn(enabled=False), whole[0].why, blast=blast_of(whole))


ACTION = Action(
    name="disable-sign-in",
    title="Let the user or application sign in no more",
    wave=Wave.FENCE,
    targets=frozenset({Kind.USER, Kind.SERVICE_PRINCIPAL}),
    facets=(SignIn,),
    hurts="Everybody who works as this user or application.",
    undone="Sign-in is allowed as it was.",
    citation="45 CFR 164.308(a)(3)(ii)(C)",
    propose=_propose,
    aimed=True,
)
