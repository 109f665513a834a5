"""Have a rule about who signs in how say again what it said before the actor changed it."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.errors import Refused
from shared.domain.facet import SignInRule
from shared.domain.plan import Change, Origin, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    """Raises `Refused` where nobody knows what it said: then people put it right. What somebody else changed since is theirs."""
    actors = {s.actor.unique_id for s in situation.scope.standings} - {""}
    for rule in situation.world.look(target, SignInRule) if situation.blames(target, SignInRule) else ():
        if rule.by in actors and not rule.before:
            raise Refused("the actor changed it, and the log does not have what it said before")
        if rule.by in actors and rule.before != rule.body:
            why = "the actor changed it, to come in by a way that it closed"
            yield action.change(target, rule.but(body=rule.before), why, origin=Origin.ATTACKER)


ACTION = Action(
    name="return-sign-in-rule",
    title="Return a rule of signing in to what it said",
    wave=Wave.FENCE,
    targets=frozenset({Kind.SIGN_IN_RULE}),
    facets=(SignInRule,),
    hurts="Nobody who could sign in before the actor changed the rule.",
    undone="Not by itself: what it says was the owners' before, and the actor's meanwhile.",
    citation="45 CFR 164.312(d)",
    propose=_propose,
)
