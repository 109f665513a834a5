"""What people decide: approve or refuse, release one target, roll back, add a note. All of it goes on record."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from shared.containment import engine
from shared.containment.actions import ACTIONS
from shared.domain.case import Approval, Case, LeftForPeople, Mode, Reach, Scope, Stage, Standing, Verdict
from shared.domain.errors import BadInput, NotApproved, OwnRequest
from shared.domain.person import UNVOUCHED, Vouched
from shared.domain.plan import Change, Plan, Wave
from shared.domain.resource import PRINCIPALS, Ref

from . import history, waves
from .asking import barred
from .deps import Deps


def decide(case: Case, deps: Deps, digest: str, by: str, *, granted: bool, vouched: Vouched = UNVOUCHED) -> Case:
    """The case with this person's decision about what it asks; `vouched` is what an identity provider says of them.

    Raises `NotApproved` where the digest is not what is asked, `OwnRequest` where it takes somebody else. Anybody may refuse.
    """
    asked = case.awaiting
    if asked is None:
        raise NotApproved(f"case {case.id} asks nothing; it is {case.verdict}")
    if digest != asked.digest:
        raise NotApproved(f"case {case.id} asks about {asked.digest}, not about {digest}; read the plan again")
    if deps.clock.now() >= asked.expires:
        raise NotApproved(f"the question of case {case.id} expired at {asked.expires.isoformat()}; run `apply` to ask anew")
    if granted and (why := barred(case, deps, by, vouched)):
        raise OwnRequest(why)
    approval = Approval(wave=asked.wave, digest=digest, by=by, at=deps.clock.now(), granted=granted)
    body: dict[str, object] = {"wave": asked.wave.value, "digest": digest, "by": by}
    body |= {"asked_by": asked.by, "beforehand": deps.beforehand}
    body |= {"opened_by": case.asked_by} if case.asked_by else {}
    body |= {"claims": dict(vouched.claims)} if vouched.claims else {}
    deps.journal(case.id).append("approved" if granted else "declined", body)
    # an exact plan is run by the stage that asked about it; the sweeps went on meanwhile
    back = case.stage if asked.envelope else Stage(asked.wave.value)
    decided = case.but(approvals=(*case.approvals, approval), awaiting=None, stage=back)
    if not granted:
        return _refused(decided, asked.wave, by)
    if asked.envelope is None:
        return decided.but(verdict=Verdict.OPEN)
    return decided.but(verdict=Verdict.OPEN, envelope=asked.envelope, scope=_decided(case.scope, by), quiet_sweeps=0)


def _refused(case: Case, wave: Wave, by: str) -> Case:
    """Nothing is done where nothing was done yet. A fence that stands goes on being swept; its refused part is left for people."""
    if case.fenced_at is None:
        return case.but(verdict=Verdict.REFUSED, mode=Mode.OBSERVE, why_ask=f"{by} refused")
    words = LeftForPeople(target=f"the rest of the {wave}", reason=f"{by} refused it", next="`codeblue status` shows what it is")
    return case.but(verdict=Verdict.OPEN, declined=(*case.declined, wave), left=(*case.left, words), quiet_sweeps=0)


def _decided(scope: Scope, by: str) -> Scope:
    """What the evidence left open is decided by the approval: the principal is fenced as a whole."""
    return scope.but(standings=tuple(_fenced_whole(s, by) for s in scope.standings))


def _fenced_whole(standing: Standing, by: str) -> Standing:
    if standing.late or standing.reach is not Reach.UNDECIDED:
        return standing.but(late=False)
    return standing.but(reach=Reach.PRINCIPAL, known=True, others=(), why=f"{by} approved: {standing.why}")


@dataclass(frozen=True, slots=True)
class Undo:
    """What an undo would try to take back (`plan`, as it was applied) and what it would leave alone, with the reason."""

    plan: Plan
    left: tuple[tuple[Change, str], ...]

    @property
    def back(self) -> tuple[Change, ...]:
        """What is as it was, afterwards, unless somebody changed it since."""
        return tuple(change for change in self.plan.changes if not engine.unrestored(change))

    @property
    def stays(self) -> tuple[tuple[Change, str], ...]:
        """What is not, and why."""
        return (*self.left, *((change, why[1]) for change in self.plan.changes if (why := engine.unrestored(change))))

    @property
    def digest(self) -> str:
        """What a person approves."""
        return self.plan.inverse().digest


def rollback_plan(case: Case, deps: Deps) -> Undo:
    """Everything that stands, but what names the actors alone: after a rollback the thief is still refused.

    What no undo restores is said to be so, whomever it names: `release` takes it back as little.
    """
    standing = history.made(deps.journal(case.id))
    stays = {c.slot: reason for c in standing if not engine.unrestored(c) and (reason := remains(c, case))}
    kept = [c for c in standing if c.slot not in stays]
    return Undo(waves.plan(case, Wave.ROLLBACK, kept), tuple((c, stays[c.slot]) for c in standing if c.slot in stays))


def remains(change: Change, case: Case) -> str:
    """Why a rollback leaves this change, empty where it takes it back."""
    if ACTIONS[change.action].aimed:
        return "it names the actor alone and stays; `release` takes it back"
    if change.action == "return-edit":
        return "it is its owners' own work, which we had overwritten, and stays; `release` takes it out again"
    if change.action == "admit-to-successor" and any(v.updated or v.copied or v.multipart for v in case.versions):
        return "what was moved is under the successor, and its rightful users need it"
    return ""


def release_plan(case: Case, deps: Deps, target: str) -> Undo:
    """Everything that stands on one target (identifier, or name where only one has it). Raises `BadInput`.

    With the last actor of a case goes what names it elsewhere.
    """
    standing = history.made(deps.journal(case.id))
    names = {c.target for c in standing if target in {c.target.id, c.target.name}}
    if len(names) != 1:
        known = ", ".join(sorted({c.target.id for c in standing}))
        raise BadInput(f"{target} is {'not one target' if names else 'no target'} of case {case.id}; its targets are: {known}")
    theirs = [c for c in standing if c.target in names or _names(c, case.scope, names)]
    return Undo(waves.plan(case, Wave.ROLLBACK, theirs), ())


def _names(change: Change, scope: Scope, released: Collection[Ref]) -> bool:
    """Whether this is a deny of the released actor, and of nobody else: sweeps write it anew where others remain."""
    if any(s.actor.principal not in released for s in scope.standings):
        return False
    body = getattr(change.after, "body", None) or ""
    return ACTIONS[change.action].aimed and any(s.actor.unique_id in body for s in scope.standings if s.actor.unique_id)


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
    return _released(after, [t for t in targets if t.kind in PRINCIPALS] or targets)


def _released(case: Case, targets: Sequence[Ref]) -> Case:
    """The case without these targets: a principal is no actor any more, and a rightful user again."""
    people = tuple(s for s in case.scope.standings if s.actor.principal not in targets)
    back = {t.id for t in targets if t.kind in PRINCIPALS} if case.scope.allow else set()
    scope = case.scope.but(standings=people, allow=tuple(sorted({*case.scope.allow, *back})))
    return case.but(released=(*case.released, *targets), scope=scope)


def note(case: Case, deps: Deps, text: str, by: str) -> None:
    """Keep what a person says about the case, encrypted: it may name patients."""
    journal = deps.journal(case.id)
    journal.append("note", {"by": by, "blob": journal.blob(text.encode())})
