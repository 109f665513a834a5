"""Questions to people: whom one may be answered by, and how long it stays open."""

from collections.abc import Iterable

from shared.containment.actions import ACTIONS
from shared.domain.case import Case
from shared.domain.plan import Change

from .deps import Deps


def takes_another(deps: Deps, changes: Iterable[Change]) -> bool:
    """Whether whoever asks about these changes may not approve them: an approval for good is nobody's alone."""
    return deps.policy.one_way.another and any(not c.reversible or ACTIONS[c.action].grave for c in changes)


def remaining(case: Case, deps: Deps) -> int:
    """Seconds until the question that the case asks expires; at least one."""
    return max(1, int((case.awaiting.expires - deps.clock.now()).total_seconds())) if case.awaiting else 1
