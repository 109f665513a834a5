"""What people decide: approve or refuse, release one target, roll back, add a note. All of it goes on record."""

from dataclasses import dataclass

from shared.containment import engine
from shared.containment.actions import ACTIONS
from shared.domain.case import Approval, Case, Mode, Reach, Scope, Stage, Verdict
from shared.domain.errors import BadInput, NotApproved
from shared.domain.plan import Change, Plan, Wave
from shared.domain.resource import PRINCIPALS

from . import history, waves
from .deps import Deps


def decide(case: Case, deps: Deps, digest: str, by: str, *, granted: bool) -> Case:
    """The case with this person's decision about what it asks. Raises `NotApproved` where the digest is not what is asked."""
    asked = case.awaiting
    if asked is None:
        raise NotApproved(f"case {case.id} asks nothing; it is {case.verdict}")
    if digest != asked.digest:
        raise NotApproved(f"case {case.id} asks about {asked.digest}, not about {digest}; read the plan again")
    if deps.clock.now() >= asked.expires:
        raise NotApproved(f"the question of case {case.id} expired at {asked.expires.isoformat()}; run `apply` to ask anew")
    approval = Approval(wave=asked.wave, digest=digest, by=by, at=deps.clock.now(), granted=granted)
    deps.journal(case.id).append("approved" if granted else "declined", {"wave": asked.wave.value, "digest": digest, "by": by})
    decided = case.but(approvals=(*case.approvals, approval), awaiting=None)
    if not granted:
        return decided.but(verdict=Verdict.REFUSED, mode=Mode.OBSERVE, why_ask=f"{by} refused")
    return decided.but(verdict=Verdict.OPEN, envelope=asked.envelope, scope=_decided(case.scope, by), quiet_sweeps=0)


def _decided(scope: Scope, by: str) -> Scope:
    """What the evidence left open is decided by the approval: the principal is fenced as a whole."""
    standings = tuple(
        s.but(reach=Reach.PRINCIPAL, known=True, others=(), why=f"{by} approved: {s.why}") if s.reach is Reach.UNDECIDED else s
        for s in scope.standings
    )
    return scope.but(standings=standings)


@dataclass(frozen=True, slots=True)
class Undo:
    """What an undo would take back (`plan`, as it was applied) and what it would leave, with the reason."""

    plan: Plan
    left: tuple[tuple[Change, str], ...]

    @property
    def digest(self) -> str:
        """What a person approves."""
        return self.plan.inverse().digest


def rollback_plan(case: Case, deps: Deps) -> Undo:
    """Everything that stands, but what names the actors alone: after a rollback the thief is still refused."""
    standing = history.made(deps.journal(case.id))
    kept = [c for c in standing if not ACTIONS[c.action].aimed]
    aimed = [c for c in standing if ACTIONS[c.action].aimed]
    reason = "it names the actor alone and stays; `release` takes it back"
    return Undo(waves.plan(case, Wave.ROLLBACK, kept), tuple((c, reason) for c in aimed))


def release_plan(case: Case, deps: Deps, target: str) -> Undo:
    """Everything that stands on one target (identifier, or name where only one has it). Raises `BadInput`."""
    standing = history.made(deps.journal(case.id))
    names = {c.target for c in standing if target in {c.target.id, c.target.name}}
    if len(names) != 1:
        known = ", ".join(sorted({c.target.id for c in standing}))
        raise BadInput(f"{target} is {'not one target' if names else 'no target'} of case {case.id}; its targets are: {known}")
    return Undo(waves.plan(case, Wave.ROLLBACK, [c for c in standing if c.target in names]), ())


def undo(case: Case, deps: Deps, wanted: Undo, digest: str, by: str, *, whole: bool) -> Case:
    """Take back what was approved. `whole`: a rollback of the case, after which it is not fenced again. Raises `NotApproved`."""
    if digest != wanted.digest:
        raise NotApproved(f"what would be undone now is {wanted.digest}, not {digest}: something changed; look again")
    started = deps.clock.monotonic()
    journal = deps.journal(case.id)
    journal.append("approved", {"wave": Wave.ROLLBACK.value, "digest": digest, "by": by})
    results = engine.undo(wanted.plan, deps.world, journal)
    after = waves.record(case, deps, wanted.plan, results, started)
    targets = tuple(dict.fromkeys(c.target for c in wanted.plan.changes))
    if whole:
        waves.signed(case, deps)
        return after.but(verdict=Verdict.ROLLED_BACK, stage=Stage.ROLLBACK, awaiting=None)
    people = tuple(s for s in after.scope.standings if s.actor.principal not in targets or s.actor.principal.kind not in PRINCIPALS)
    return after.but(released=(*after.released, *targets), scope=after.scope.but(standings=people))


def note(case: Case, deps: Deps, text: str, by: str) -> None:
    """Keep what a person says about the case, encrypted: it may name patients."""
    journal = deps.journal(case.id)
    journal.append("note", {"by": by, "blob": journal.blob(text.encode())})
