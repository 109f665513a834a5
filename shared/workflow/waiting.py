"""What makes any stage wait: a person who stopped everything, and a record that can not be written."""

from shared.domain.case import Case, Stage, Verdict
from shared.domain.errors import NotDurable

from .deps import Deps
from .step import Next

PAUSED_SECONDS = 30
UNRECORDED_SECONDS = 3


def paused(case: Case, stage: Stage) -> Next:
    """A person has stopped everything: nothing is written until a person lets it go on."""
    return Next(case, stage, again_seconds=PAUSED_SECONDS)


def unrecorded(case: Case, stage: Stage, deps: Deps, error: NotDurable) -> Next:
    """No sink of the custody record can be written. Nothing was changed; people are paged once."""
    if case.verdict is not Verdict.HELD:
        body = f"{error}. Nothing was changed. Restore one of the sinks, or act by hand."
        deps.notifier.page(case.id, "The custody record can not be written", body)
    return Next(case.but(verdict=Verdict.HELD), stage, again_seconds=UNRECORDED_SECONDS)
