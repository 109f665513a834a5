"""The denies that stores and keys have in common: of the actors themselves, and of everyone who is not known to need them."""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from shared.domain.case import Reach, Scope, Standing
from shared.domain.facet import PolicyStatement
from shared.domain.plan import Change
from shared.domain.resource import Kind, Ref

from . import statements
from .action import Action, Situation
from .statements import Condition, Ordinal


def against_actors(action: Action, target: Ref, situation: Situation, calls: Sequence[str], on: Sequence[str]) -> Iterator[Change]:
    """Denies that name the actors alone, whatever their own policies say.

    Whom the deny of strangers refuses anyway is not named: the cloud replaces a policy as a whole, and each further name would be
    one more rewrite of it under the hands of whoever else keeps it.
    """
    scope = situation.scope
    others = [s for s in scope.standings if not (s.actor.principal and s.actor.principal.id in situation.exempt)]
    standings = [s for s in others if not (_closed(target, scope) and _stranger(s, scope.allowed(target)))]
    if actors := statements.the_actors(standings):
        yield _deny(
            action, target, situation, Ordinal.ACTORS, 0, (calls, on, actors), "the actors, whatever their own policies say"
        )
    for number, standing in enumerate(s for s in standings if s.reach is Reach.NETWORK):
        elsewhere = statements.elsewhere(standing)
        why = "the stolen credentials, except where their rightful user works"
        yield _deny(action, target, situation, Ordinal.NETWORK, number, (calls, on, elsewhere), why)


def against_strangers(
    action: Action, target: Ref, situation: Situation, calls: Sequence[str], on: Sequence[str]
) -> Iterator[Change]:
    """One deny of everyone who is not known to work with the target; of foreign accounts, where nobody is known."""
    scope = situation.scope
    if _closed(target, scope):
        rightful = (*scope.allowed(target), *(f"arn:aws:iam::{account}:root" for account in sorted(situation.accounts)))
        others = statements.all_but(rightful, situation.exempt)
        why = "strangers: whoever the actor makes or turns next is none of the rightful users"
        yield _deny(action, target, situation, Ordinal.RIGHTFUL, 0, (calls, on, others), why)
    else:
        others = statements.outsiders(situation.accounts)
        yield _deny(action, target, situation, Ordinal.OUTSIDERS, 0, (calls, on, others), "foreign accounts")


def _closed(target: Ref, scope: Scope) -> bool:
    """Whether strangers are refused: where the list of the rightful is whole. What is declared is whole by its own word.

    Reads of a bucket are seldom recorded, so who works with one is known only where it is declared.
    """
    return bool(scope.allowed(target)) and (scope.declares(target) or (scope.listed and target.kind is Kind.KEY))


def _stranger(standing: Standing, allowed: Sequence[str]) -> bool:
    """Whether a user or role that the actor made is none of the rightful users, who may be declared by patterns."""
    principal = standing.actor.principal
    if principal is None or not (standing.made and standing.reach is Reach.PRINCIPAL):
        return False
    return not any(fnmatchcase(principal.id, pattern) for pattern in allowed)


def _deny(
    action: Action,
    target: Ref,
    situation: Situation,
    ordinal: Ordinal,
    number: int,
    what: tuple[Sequence[str], Sequence[str], Condition],
    why: str,
) -> Change:
    sid = statements.sid(situation.case, ordinal, number)
    calls, on, who = what
    body = statements.deny(sid, calls, on, who, principal=True)
    return action.change(target, PolicyStatement(sid=sid, body=body), why)
