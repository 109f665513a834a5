"""One wave: propose, sort out what is out of reach, ask where nobody has agreed, apply, and put it on the case."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.containment import engine
from shared.containment.action import Action, Situation
from shared.containment.actions import ACTIONS
from shared.containment.guard import sorted_out
from shared.containment.journal import Applied, outcomes
from shared.containment.parallel import in_parallel
from shared.domain.case import Awaiting, Case, LeftForPeople, Mode, Outcome, Reach, WaveRecord
from shared.domain.envelope import Envelope
from shared.domain.errors import CloudError
from shared.domain.plan import Change, Plan, Status, Wave
from shared.domain.resource import Ref
from shared.domain.value import digest

from .deps import Deps

PRINCIPALS_CAP = 50
"""Principals of one lineage that one approval covers; a breach that makes more is looked at by a person."""


FAILING = frozenset({Status.FAILED, Status.DRIFTED})


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a wave would do now, what it must not, and what could not be looked at."""

    changes: tuple[Change, ...]
    refused: dict[Change, str]
    left: tuple[LeftForPeople, ...]


def situation(case: Case, deps: Deps) -> Situation:
    """The case as actions see it. Whoever turned out to be the actor is no rightful user any more."""
    actors = {s.actor.principal.id for s in case.scope.standings if s.actor.principal and s.reach is Reach.PRINCIPAL}
    return Situation(
        case=case.id,
        scope=case.scope.but(allow=tuple(a for a in case.scope.allow if a not in actors)),
        world=deps.world,
        now=deps.clock.now(),
        since=case.signal.at,
        exempt=deps.exempt,
        accounts=deps.estate.accounts,
        one_way=deps.policy.one_way.mode,
    )


def propose(case: Case, deps: Deps, waves: Collection[Wave]) -> Proposal:
    """Every action of these waves on every target of the scope, all at once."""
    seen = situation(case, deps)
    rightful = (r.actor.principal for r in case.scope.rightful if r.actor.principal)
    targets = (*case.scope.principals, *rightful, *case.scope.resources)
    open_to = [t for t in dict.fromkeys(targets) if t not in case.released]
    pairs = [(a, t) for a in ACTIONS.values() if a.wave in waves for t in open_to if t.kind in a.targets]
    answers = in_parallel(lambda pair: _proposed(*pair, seen), pairs)
    changes = tuple({c.slot: c for changes, _ in answers for c in changes}.values())
    allowed, refused = sorted_out(changes, case.scope, deps.protected)
    return Proposal(allowed, refused, tuple(left for _, unread in answers for left in unread))


def _proposed(action: Action, target: Ref, seen: Situation) -> tuple[tuple[Change, ...], tuple[LeftForPeople, ...]]:
    try:
        return tuple(action.propose(action, target, seen)), ()
    except CloudError as error:
        reason = f"{action.title.lower()}: it could not be looked at: {error}"
        return (), (LeftForPeople(target=str(target), reason=reason, next="look at it by hand; it may be open"),)


def plan(case: Case, wave: Wave, changes: Iterable[Change]) -> Plan:
    """The plan of a wave. Raises ValueError before the scope is known."""
    if case.lineage is None:
        raise ValueError(f"case {case.id} has no scope yet")
    return Plan(wave=wave, lineage=case.lineage, policy=case.policy, changes=tuple(changes))


def envelope(case: Case, expires: datetime) -> Envelope:
    """What approving the fence of this case would cover."""
    if case.lineage is None:
        raise ValueError(f"case {case.id} has no scope yet")
    return Envelope(
        case=case.id,
        lineage=case.lineage,
        resources=frozenset(case.scope.resources),
        actions=frozenset(a.name for a in ACTIONS.values()),
        cap=PRINCIPALS_CAP,
        expires=expires,
    )


def consented(case: Case, deps: Deps, change: Change, wave: Wave) -> bool:
    """Whether somebody has agreed to this change: a person by an envelope, or the policy where nobody else can be hurt."""
    if case.envelope and case.lineage and case.envelope.covers(change, case.lineage, deps.clock.now()):
        return True
    if case.mode is not Mode.AUTO or deps.policy.mode(wave) is not Mode.AUTO:
        return False
    return change.blast.clear and (change.reversible or deps.policy.one_way.mode is Mode.AUTO)


def observed(case: Case, deps: Deps, wave: Wave) -> bool:
    """Whether this wave only looks."""
    return Mode.OBSERVE in {case.mode, deps.policy.mode(wave)}


def run(case: Case, deps: Deps, wave: Wave, proposal: Proposal, *, need: int) -> Case:
    """Apply what is agreed to and return the case with what is awaited and what is left. Raises `NotDurable`."""
    started = deps.clock.monotonic()
    watching = observed(case, deps, wave)
    agreed = () if watching else tuple(c for c in proposal.changes if consented(case, deps, c, wave))
    waiting = tuple(c for c in proposal.changes if c not in set(agreed))
    journal = deps.journal(case.id)
    applied = engine.apply(plan(case, wave, agreed), deps.world, journal, need) if agreed else ()
    results = (
        *applied,
        *(_unmade(c, Status.PLANNED, _why_waiting(case, c, watching=watching)) for c in waiting),
        *(_unmade(c, Status.REFUSED, reason) for c, reason in proposal.refused.items()),
    )
    failing = tuple(sorted(digest(r.change.intent) for r in results if r.outcome.status in FAILING))
    retrying = any(r.outcome.retry for r in results)
    after = case.but(left=tuple(dict.fromkeys((*case.left, *proposal.left))), failing=failing, retrying=retrying)
    # most sweeps find everything as it should be: only what is new is worth an entry
    if wave is not Wave.SWEEP or failing != case.failing or any(r.outcome.status is Status.APPLIED for r in results):
        after = record(after, deps, plan(case, wave, proposal.changes), results, started)
    if watching:
        return after
    return after.but(awaiting=_awaiting(after, deps, wave, waiting) if waiting else None)


def record(case: Case, deps: Deps, planned: Plan, results: Sequence[Applied], started: float) -> Case:
    """Put what became of a wave into custody, and the wave on the case. Our calls are known again when they come back as events."""
    body = outcomes(planned, results, deps.journal(case.id))
    deps.journal(case.id).append("outcome", body, need=1)
    deps.cases.remember([i for r in results for i in r.outcome.request_ids])
    done = WaveRecord(
        wave=planned.wave,
        digest=planned.digest,
        at=deps.clock.now(),
        seconds=round(deps.clock.monotonic() - started, 3),
        counts=Counter(r.outcome.status for r in results),
        blob=str(body["blob"]),
    )
    return case.but(waves=(*case.waves, done))


def wrote(wave: WaveRecord) -> bool:
    """Whether the wave changed anything."""
    return bool(wave.counts.get(Status.APPLIED))


def remaining(case: Case, deps: Deps) -> int:
    """Seconds until the question that the case asks expires; at least one."""
    return max(1, int((case.awaiting.expires - deps.clock.now()).total_seconds())) if case.awaiting else 1


def _unmade(change: Change, status: Status, reason: str) -> Applied:
    after = change.after
    outcome = Outcome(target=change.target, facet=after.facet, part=after.part, action=change.action, status=status, reason=reason)
    return Applied(change=change, outcome=outcome)


def _why_waiting(case: Case, change: Change, *, watching: bool) -> str:
    if watching:
        return "the policy only observes"
    if not change.reversible:
        return "it can not be undone, so a person decides"
    if change.blast.others:
        return f"it would also hurt {', '.join(change.blast.others)}"
    if not change.blast.known:
        return "the record does not show who else it would hurt"
    return case.why_ask or "the policy asks first"


def _awaiting(case: Case, deps: Deps, wave: Wave, waiting: tuple[Change, ...]) -> Awaiting:
    expires = case.awaiting.expires if case.awaiting else deps.clock.now() + deps.policy.approval.expires
    asked = envelope(case, expires)
    why = "; ".join(dict.fromkeys(_why_waiting(case, c, watching=False) for c in waiting))
    return Awaiting(wave=wave, digest=asked.digest, envelope=asked, why=why, expires=expires)
