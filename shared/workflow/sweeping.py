"""The sweep: look again for what the actors made meanwhile, and whether our own work still stands, until all is quiet."""

from shared.containment.reach import found
from shared.containment.scope import ask, widened
from shared.domain.actor import Actor
from shared.domain.case import Case, Stage, Standing, Verdict
from shared.domain.plan import Wave
from shared.ports import Act

from . import fencing, waves
from .deps import Deps
from .step import Next

PAUSES = (0.5, 0.5, 0.5, 0.5, 1, 1, 1, 1, 15, 60, 300, 900, 3600)
"""Seconds to the next sweep, by how many in a row found nothing: at once while IAM still propagates, then for an hour."""

SETTLED = 8
"""Quiet sweeps after which the fence is said to hold: they span more than IAM takes to propagate (about 4 s)."""


def sweep(case: Case, deps: Deps) -> Next:
    """One look. Whatever it finds is fenced in the same breath, under the approval that the fence has."""
    if deps.cases.paused():
        return fencing.paused(case, Stage.SWEEP)
    known = discovered(case, deps)
    proposal = waves.propose(known, deps, {Wave.FENCE, Wave.PRESERVE})
    after = waves.run(known, deps, Wave.SWEEP, proposal, need=1)
    fresh = after.waves[len(case.waves) :]
    if after.retrying:
        return Next(after, Stage.HOLD)
    quiet = 0 if known.scope != case.scope or any(waves.wrote(w) for w in fresh) else case.quiet_sweeps + 1
    return _after(after.but(quiet_sweeps=quiet), deps)


def _after(case: Case, deps: Deps) -> Next:
    quiet = case.quiet_sweeps
    if quiet >= SETTLED and case.awaiting:
        return Next(case.but(verdict=Verdict.AWAITING_APPROVAL), Stage.SWEEP, ask_seconds=waves.remaining(case, deps))
    if quiet >= len(PAUSES):
        return Next(case, Stage.CLOSE)
    settled = case.but(verdict=verdict(case)) if quiet >= SETTLED else case
    return Next(settled, Stage.SWEEP, again_seconds=PAUSES[quiet])


def verdict(case: Case) -> Verdict:
    """`contained` only where nothing failed and nothing is out of reach; anything else is called partial."""
    return Verdict.PARTIAL if case.failing or any(left.blocks for left in case.left) else Verdict.CONTAINED


def discovered(case: Case, deps: Deps) -> Case:
    """The case with what has come to light: principals made, sessions opened, replicas and access points added."""
    if case.lineage is None:
        return case
    lineage, since = case.lineage, case.signal.at
    unseen: tuple[Act, ...] = ()
    unmade: tuple[Actor, ...] = ()
    acts = ask(lambda: deps.evidence.by(lineage.root, since), unseen, str(lineage.root)).value
    made = ask(lambda: deps.directory.made_since(lineage, since), unmade, "new principals").value
    known = {s.actor for s in case.scope.standings}
    handed = [a for act in acts if not act.failed for a in act.created]
    fresh = [a for a in dict.fromkeys((*made, *handed)) if a not in known and not _rightful(a, case, deps)]
    scope = widened(case.scope, deps.world)
    standings: tuple[Standing, ...] = (*scope.standings, *(found(a) for a in fresh))
    deeds = tuple(dict.fromkeys((*scope.deeds, *((r.id, act.name) for act in acts if not act.failed for r in act.resources))))
    return case.but(lineage=lineage.joined_by(*fresh), scope=scope.but(standings=standings, deeds=deeds))


def _rightful(actor: Actor, case: Case, deps: Deps) -> bool:
    """Whether the record shows that somebody outside the lineage made it. Until the (late) log says so, it is the actor's."""
    principal = actor.principal
    if principal is None or case.lineage is None:
        return True
    if principal in case.released or actor.unique_id in deps.exempt:
        return True
    none: tuple[Act, ...] = ()
    acts = ask(lambda: deps.evidence.on(principal, case.signal.at), none, str(principal)).value
    makers = [a.actor for a in acts if not a.failed and any(c.principal == principal for c in a.created)]
    return bool(makers) and not any(m.principal in case.scope.principals for m in makers)
