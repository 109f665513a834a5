"""What lives on after its end was written: a token that was issued before, a role that is still believed in."""

from collections.abc import Iterator
from datetime import timedelta

from shared.containment.journal import Applied
from shared.domain.actor import Credential
from shared.domain.case import Case, LeftForPeople
from shared.domain.facet import SignIn
from shared.domain.plan import Status

from .deps import Deps


def lasting_until(result: Applied, deps: Deps) -> Applied:
    """The result with the time at which what it took away is dead at the latest, where the cloud says how long that takes."""
    change = result.change
    traits = deps.world.traits(change.target, type(change.after))
    if result.outcome.status is not Status.APPLIED or traits is None or traits.lingers is None:
        return result
    return result.but(outcome=result.outcome.but(until=deps.clock.now() + traits.lingers))


def living_on(case: Case, deps: Deps) -> Iterator[LeftForPeople]:
    """Guests, until what they were issued before is dead: their home tenant alone ends it sooner."""
    for actor in (s.actor for s in case.scope.standings if s.actor.credential is Credential.ENTRA_GUEST):
        traits = deps.world.traits(actor.principal, SignIn) if actor.principal else None
        lingers = (traits and traits.lingers) or timedelta()
        until = case.living or (case.fenced_at and case.fenced_at + lingers)
        if until is None or deps.clock.now() < until:
            reason = "what this guest was issued before it was kept from signing in still works"
            yield LeftForPeople(target=str(actor), reason=reason, next="its home tenant can end it sooner", passing=True)
