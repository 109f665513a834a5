"""How the tests of the workflow drive it: the local driver, with nobody or somebody at the terminal."""

from shared.domain.case import Approval, Case, Verdict
from shared.domain.signal import Signal
from shared.workflow.deps import Deps
from shared.workflow.local import Patience, drive
from shared.workflow.opening import Turned, admit
from shared.workflow.question import Decide
from shared.workflow.run import Outcome
from tests.hospital import signal

NOBODY: Decide = lambda _: None  # noqa: E731  # a name for it
YES: Decide = lambda _: ("dr-no", True)  # noqa: E731  # the same
REFUSE: Decide = lambda _: ("dr-no", False)  # noqa: E731  # the same

FOR_EVER = Patience(sweep_seconds=4000, hold_seconds=4000)


def respond(deps: Deps, alert: Signal | None = None, asks: Decide = NOBODY, patience: Patience | None = None) -> Case:
    """Admit an alert and work on its case. The alert must open one."""
    admitted = admit(alert or signal(), deps, automatic=True)
    assert not isinstance(admitted, Turned), admitted.reason
    return go_on(admitted, deps, asks, patience)


def go_on(case: Case, deps: Deps, asks: Decide = NOBODY, patience: Patience | None = None) -> Case:
    """Work on the case as `codeblue apply` does."""
    return drive(case.id, deps, asks, ignore, patience)


def ignore(_case: Case, _at: Outcome) -> None:
    """No progress is shown."""


def verdicts(case: Case) -> tuple[Verdict, list[str], tuple[Approval, ...]]:
    """What a case comes to, without its times."""
    return case.verdict, [left.target for left in case.left], case.approvals
