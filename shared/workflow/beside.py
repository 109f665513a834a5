"""One breach that several alerts tell of: an open case to which another alert belongs, though it names somebody else.

Rules
1. Whoever is one person or program under several names is one actor: by a name that only they have (a sign-in name, a source
   identity, the subject of a token), or because the customer declared it. In whichever clouds that is.
2. So are two who come from one address to the same tenant's data within an hour: a thief tries all that was stolen.
3. What is put together is answered together: an alert that would wait for a person never joins a case that acts by itself, nor the
   other way round, and one that its source does not bear out joins nobody's.
"""

from collections.abc import Iterable
from datetime import timedelta
from itertools import chain

from shared.containment.answers import ask
from shared.containment.estate import Estate
from shared.domain.actor import Actor
from shared.domain.case import Case
from shared.domain.signal import Confirmation, Signal

from .deps import Deps

NEAR = timedelta(days=1)
"""Between the first alerts of one breach under one name, at most."""

CLOSE = timedelta(hours=1)
"""The same, of one that is known by its address alone."""

MOST_FRONTS = 8
"""Alerts that a case is widened by: a breach of more is looked at by people, case by case."""


def beside(new: Case, going_on: Iterable[Case], deps: Deps) -> Case | None:
    """The one of these that the alert of a new case belongs to; None where it is a case of its own."""
    if new.confirmation is not Confirmation.AGREES:
        return None
    could = [case for case in going_on if case.mode is new.mode and len(case.fronts) < MOST_FRONTS]
    near = [case for case in could if any(abs(signal.at - new.signal.at) < NEAR for signal in case.signals)]
    if not near:
        return None
    actor = _resolved(new.signal.actor, deps)
    named = (case for case in near if _named(actor, case, deps.estate))
    placed = (case for case in near if _placed(new.signal, case, deps.estate))
    return next(chain(named, placed), None)


def _resolved(actor: Actor | None, deps: Deps) -> Actor | None:
    """The actor as its directory has it, sign-in name included; as the alert has it where that gives no answer."""
    return ask(lambda: deps.directory.resolve(actor), actor, str(actor)).value if actor else None


def _named(actor: Actor | None, case: Case, estate: Estate) -> bool:
    if actor is None:
        return False
    rooted = {signal.actor.unique_id for signal in case.signals if signal.actor} - {""}
    known = (s.actor for s in case.scope.standings if s.actor.unique_id in rooted)
    told = (signal.actor for signal in case.signals if signal.actor)
    return any(estate.same(actor, other) for other in (*told, *known))


def _placed(signal: Signal, case: Case, estate: Estate) -> bool:
    """Whether it tells of the same address at the same data within the hour."""
    return any(
        signal.source_address
        and signal.source_address == other.source_address
        and abs(signal.at - other.at) < CLOSE
        and not _data(signal, estate).isdisjoint(_data(other, estate))
        for other in case.signals
    )


def _data(signal: Signal, estate: Estate) -> set[str]:
    """What an alert is about: ids of resources, and names of the tenants whose they are."""
    owners = estate.owners(frozenset(signal.resources))
    return {resource.id for resource in signal.resources} | {f"tenant {owner.name}" for owner in owners}
