"""Who has agreed to a change: a person by an envelope, or the policy where nobody else can be hurt."""

from shared.containment.actions import ACTIONS
from shared.domain.case import Case, Mode, Reach
from shared.domain.plan import Change, Wave

from .asking import asks_beforehand
from .deps import Deps


def who_decides(case: Case, deps: Deps, change: Change, wave: Wave) -> Mode:
    """The strictest of the case's mode, the wave's, and that of the wave the action belongs to: a sweep does the work of all."""
    modes = {case.mode, deps.policy.mode(wave), deps.policy.mode(ACTIONS[change.action].wave)}
    return next(mode for mode in Mode if mode in modes)


def consented(case: Case, deps: Deps, change: Change, wave: Wave) -> bool:
    """Whether somebody has agreed to this change: a person by an envelope, or the policy where nobody else can be hurt."""
    mode = who_decides(case, deps, change, wave)
    if mode is Mode.OBSERVE:
        return False
    entered = {r.actor.principal for r in case.scope.rightful if r.entered and r.actor.principal}
    # whom an approval has not decided about came after it: others who live on that principal were not shown
    shown = change.blast.clear or all(s.reach is not Reach.UNDECIDED for s in case.scope.standing(change.target))
    if shown and case.envelope and case.lineage and case.envelope.covers(change, case.lineage, deps.clock.now(), entered):
        return True
    return mode is Mode.AUTO and change.blast.clear and (change.reversible or not asks_beforehand(deps, change))
