"""How a person ends a case before an hour of quiet does, or has the lasting denies and the old keys thought of again."""

from collections import deque

from shared.domain.case import Case, Stage, Verdict
from shared.domain.errors import BadInput
from shared.domain.plan import Wave

from .deps import Deps
from .step import FINAL, Next, reached

ENDED = frozenset({Verdict.CONTAINED, Verdict.PARTIAL, Verdict.OBSERVED, Verdict.REFUSED, Verdict.ROLLED_BACK})
"""Verdicts with which a case can be closed by hand: nothing is under way, and nothing is asked."""

LASTING = frozenset({Wave.ENFORCE, Wave.RETIRE})


def seal(case: Case, deps: Deps) -> Next:
    """Seal the record: nothing has moved for an hour, or a person says that it is over. What is sealed is not sealed again."""
    return Next(sealed(case, deps), None)


def sealed(case: Case, deps: Deps) -> Case:
    """The case with its record sealed: a last entry, a signed checkpoint over it, the witness told. Once; raises `NotDurable`."""
    journal = deps.journal(case.id)
    verdict = case.verdict if case.verdict in FINAL else reached(case)
    if deque((entry.kind for entry in journal.entries()), maxlen=1) != deque(["closed"]):
        counts = {"left": len(case.people), "waves": len(case.waves), "retired": len(case.scope.retired)}
        journal.close({"verdict": verdict.value, **counts})
    return case.but(verdict=verdict)


def close(case: Case, deps: Deps, by: str) -> Case:
    """The case, sealed by a person: the sweeps end with it. Raises `BadInput` where something is open."""
    if case.stage is Stage.CLOSE:
        raise BadInput(f"case {case.id} is closed already")
    if case.awaiting:
        raise BadInput(f"case {case.id} asks about its {case.awaiting.wave}; decide that first: `codeblue approve`")
    if case.verdict not in ENDED:
        raise BadInput(f"case {case.id} is {case.verdict}: it can be closed when its fence holds")
    deps.journal(case.id).append("closing", {"by": by, "verdict": case.verdict.value, "left": len(case.people)})
    return sealed(case.but(stage=Stage.CLOSE), deps)


def reconsider(case: Case, deps: Deps, by: str) -> Case:
    """The case with its lasting denies and old keys to be thought of again, by what the record shows now.

    What was refused before is asked about again. Raises `BadInput` where no key was replaced, or another question is open.
    """
    if not case.scope.successors:
        raise BadInput(f"case {case.id} has replaced no key: there is nothing to deny for good, and no old key")
    if case.verdict is Verdict.ROLLED_BACK:
        raise BadInput(f"case {case.id} was rolled back")
    if case.awaiting and case.awaiting.wave not in LASTING:
        raise BadInput(f"case {case.id} asks about its {case.awaiting.wave}; decide that first: `codeblue approve`")
    deps.journal(case.id).append("reconsidered", {"by": by})
    plans = tuple(p for p in case.plans if p.wave not in LASTING)
    declined = tuple(wave for wave in case.declined if wave not in LASTING)
    # who agreed then agreed to what the record showed then
    approvals = tuple(a for a in case.approvals if a.wave not in LASTING)
    anew = case.but(plans=plans, declined=declined, approvals=approvals, awaiting=None)
    return anew.but(stage=Stage.ENFORCE, verdict=Verdict.OPEN, quiet_sweeps=0)
