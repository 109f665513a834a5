"""Who has agreed to a change: a person by an envelope, or the policy where nobody else can be hurt. And what people are asked."""

from datetime import datetime

from shared.containment.actions import ACTIONS
from shared.domain.actor import Lineage
from shared.domain.case import Awaiting, Case, Mode, Reach
from shared.domain.envelope import Envelope
from shared.domain.plan import Change, Wave
from shared.domain.resource import Ref

from .asking import asks_beforehand, takes_another
from .deps import Deps

PRINCIPALS_CAP = 50
"""Principals of one lineage that one approval covers, in steps: a breach that makes more is looked at by a person again."""

FENCING = frozenset({Wave.PRESERVE, Wave.FENCE})
"""What an envelope covers. Every later wave is approved by its exact digest."""


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


def rightful(case: Case) -> tuple[Ref, ...]:
    """Who works with the stores and keys by right, and is guarded."""
    return tuple(r.actor.principal for r in case.scope.rightful if r.actor.principal)


def envelope(case: Case, expires: datetime) -> Envelope:
    """What approving the fence of this case would cover: all that it asks now, and what the same actor makes of it meanwhile."""
    if case.lineage is None:
        raise ValueError(f"case {case.id} has no scope yet")
    return Envelope(
        case=case.id,
        lineage=Lineage(root=case.lineage.root),
        resources=frozenset((*case.scope.resources, *rightful(case))),
        actions=frozenset(a.name for a in ACTIONS.values() if a.wave in FENCING),
        cap=PRINCIPALS_CAP * (1 + len(case.lineage.principals) // PRINCIPALS_CAP),
        expires=expires,
    )


def declined(case: Case) -> bool:
    """Whether a person refused the part of the fence that was asked about."""
    return not {Wave.FENCE, Wave.SWEEP, Wave.PRESERVE}.isdisjoint(case.declined)


def why_waiting(case: Case, deps: Deps, change: Change, wave: Wave) -> str:
    """Why nobody has agreed to this change yet, in words."""
    if who_decides(case, deps, change, wave) is Mode.OBSERVE:
        return "the policy only observes"
    if declined(case):
        return "a person refused it"
    if not change.reversible and asks_beforehand(deps, change):
        return "it can not be undone, so a person decides"
    if change.blast.others:
        return f"it would also hurt {', '.join(change.blast.others)}"
    if not change.blast.known:
        return "the record does not show who else it would hurt"
    return case.why_ask or "the policy asks first"


def awaiting(case: Case, deps: Deps, wave: Wave, waiting: tuple[Change, ...]) -> Awaiting:
    """The question to people, who are paged when it is new. One that nobody answered in time is asked anew: time never consents."""
    now = deps.clock.now()
    still = case.awaiting if case.awaiting and case.awaiting.envelope and now < case.awaiting.expires else None
    asked = envelope(case, still.expires if still else now + deps.policy.approval.expires)
    why = "; ".join(dict.fromkeys(why_waiting(case, deps, c, wave) for c in waiting))
    if still is None:
        deps.notifier.page(case.id, "A decision is needed", f"{why}. `codeblue approve {case.id} --digest {asked.digest}`")
    by = still.by if still else deps.caller
    another = takes_another(deps, waiting)
    return Awaiting(wave=wave, digest=asked.digest, envelope=asked, why=why, expires=asked.expires, by=by, another=another)
