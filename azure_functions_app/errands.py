"""What people ask of the responder besides deciding: to take a page, and to hand a shift over. Nothing but the record is changed.

Whoever may is whoever may decide: a page that anybody could take would be silenced by whoever sent the alert.
"""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from shared.domain.duration import Duration
from shared.domain.value import Value
from shared.report.handover import handover as handed_on
from shared.report.lines import of_taken
from shared.workflow.acknowledging import acknowledge as take
from shared.workflow.deps import Deps

PAGE, SHIFT = "{case}", "{since}, such as 12h"
"""What each body is like, for whoever sent another."""


class Page(Value):
    """The body of `acknowledge`, as JSON."""

    case: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,64}$")]


class Shift(Value):
    """The body of `handover`, as JSON: how long the shift was."""

    since: Duration = timedelta(hours=12)


def acknowledge(raw: bytes, who: str, deps: Deps) -> dict[str, object]:
    """Who has the page of this case, on record under their name.

    Raises `ValidationError`, `BadInput` where none is open, `Absent`, `NotDurable`, and `LeaseLost`.
    """
    return of_taken(take(Page.model_validate_json(raw).case, deps, who))


def handover(raw: bytes, deps: Deps) -> dict[str, object]:
    """What the next person on call has to know (`shared.report.handover`). Raises `ValidationError`, `CloudError`."""
    now = deps.clock.now()
    return handed_on(deps.cases, deps.afresh or deps.journal, deps.policy.paging, now - Shift.model_validate_json(raw).since, now)
