"""What could not be done now and does not stop the sweeps: tried again after a while, or at once by `codeblue apply`."""

from shared.domain.case import Case, Stage, Verdict

from .deps import Deps
from .step import Next, reached

AGAIN_SECONDS = 600


def put_off(before: Case, case: Case, deps: Deps, what: str) -> Next:
    """Sweep on, and come back. The sweep that comes back counts for none: a case with work undone is not closed.

    People are paged when it is new.
    """
    tell(before, case, deps, what)
    quiet = max(0, case.quiet_sweeps - 1)
    return Next(case.but(verdict=reached(case), quiet_sweeps=quiet), Stage.SWEEP, again_seconds=AGAIN_SECONDS)


def tell(before: Case, case: Case, deps: Deps, what: str) -> None:
    """Page people about work undone, where there was none before."""
    if reached(case) is Verdict.PARTIAL and not any(left.blocks for left in before.unmoved):
        deps.notifier.page(case.id, f"Not done yet: {what}", "`codeblue status` lists why; it is tried again every ten minutes.")
