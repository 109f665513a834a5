"""Take the console password of a user that the attacker made."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.case import Mode
from shared.domain.facet import ConsoleLogin
from shared.domain.plan import Change, Origin, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    if situation.one_way is not Mode.AUTO or not any(s.made for s in situation.scope.standing(target)):
        return
    if any(login.present for login in situation.world.look(target, ConsoleLogin)):
        why = "the attacker made this user and its password"
        yield action.change(target, ConsoleLogin(present=False), why, reversible=False, origin=Origin.ATTACKER)


ACTION = Action(
    name="remove-console",
    title="Take a console password away",
    wave=Wave.FENCE,
    targets=frozenset({Kind.USER}),
    facets=(ConsoleLogin,),
    hurts="Nobody but the user, whose console sessions the deny-all refuses anyhow.",
    undone="One-way: a password can not be read, so it can not be put back.",
    citation="45 CFR 164.308(a)(3)(ii)(C)",
    propose=_propose,
    aimed=True,
)
