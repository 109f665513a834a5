"""Have a rule about who signs in how say again what it said before the actor changed it."""

from collections.abc import Iterator
from datetime import datetime
from itertools import takewhile

from shared.containment.action import Action, Situation
from shared.domain.errors import Refused
from shared.domain.facet import SignInRule
from shared.domain.facet.handed import RuleChange
from shared.domain.plan import Blast, Change, Origin, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    """Raises `Refused` where nobody knows what it said: then people put it right. What somebody else changed since is theirs.

    An actor who changed it before the breach too was a rightful administrator then, and may be the one who changed it since.
    """
    begun = situation.scope.begun or situation.since
    for rule in situation.world.look(target, SignInRule) if situation.blames(target, SignInRule) else ():
        theirs = _theirs(rule, situation, begun)
        if theirs and not theirs[0].before:
            raise Refused("the actor changed it, and the log does not have what it said before")
        if theirs and theirs[0].before != rule.body:
            who = {each.by for each in theirs}
            owners = tuple(sorted({each.by for each in rule.changes if each.by in who and each.at < begun}))
            why = "the actor changed it, to come in by a way that it closed"
            origin = Origin.UNKNOWN if owners else Origin.ATTACKER
            after = rule.but(body=theirs[0].before, changes=())
            yield action.change(target, after, why, blast=Blast(others=owners), origin=origin)


def _theirs(rule: SignInRule, situation: Situation, begun: datetime) -> list[RuleChange]:
    """The last changes in a row that are the actors', since the breach began; oldest first."""
    actors = {s.actor.unique_id for s in situation.scope.standings} - {""}
    last = takewhile(lambda each: each.by in actors and each.at >= begun, reversed(rule.changes))
    return list(last)[::-1]


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
