"""What lives on after its end was written: a token that was issued before, a role that is still believed in."""

from shared.containment.journal import Applied
from shared.domain.plan import Status

from .deps import Deps


def lasting_until(result: Applied, deps: Deps) -> Applied:
    """The result with the time at which what it took away is dead at the latest, where the cloud says how long that takes."""
    change = result.change
    traits = deps.world.traits(change.target, type(change.after))
    if result.outcome.status is not Status.APPLIED or traits is None or traits.lingers is None:
        return result
    return result.but(outcome=result.outcome.but(until=deps.clock.now() + traits.lingers))
