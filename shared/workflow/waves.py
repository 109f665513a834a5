"""One wave: propose, sort out what is out of reach, ask where nobody has agreed, apply, and put it on the case."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from copy import replace

import msgspec

from shared.containment import engine
from shared.containment.action import Action, Situation
from shared.containment.actions import ACTIONS
from shared.containment.glance import Glance
from shared.containment.guard import sorted_out
from shared.containment.journal import Applied, outcomes, unmade
from shared.containment.ladder import climb, locked
from shared.containment.parallel import in_parallel
from shared.domain.case import Case, LeftForPeople, Mode, Reach, WaveRecord
from shared.domain.errors import Absent, CloudError, Spared, Throttled
from shared.domain.facet import SessionsRevoked
from shared.domain.plan import Change, Plan, Status, Wave
from shared.domain.resource import PRINCIPALS, Ref
from shared.domain.value import digest

from .asking import asks_exactly, displaced
from .consent import awaiting, consented, declined, rightful, who_decides, why_waiting
from .deps import Deps
from .lingering import lasting_until, living_on
from .young import unsettled

FAILING = frozenset({Status.FAILED, Status.DRIFTED})
"""What a person has to know of, until a later wave finds it right."""

LONGEST_LIST = 40
"""Lines of what is left for people from one wave, and waves that a case carries: the record has the others."""


class Proposal(msgspec.Struct, frozen=True):
    """What a wave would do now, what it must not, and what could not be looked at (`throttled`: for now)."""

    changes: tuple[Change, ...]
    refused: dict[Change, str]
    left: tuple[LeftForPeople, ...]
    throttled: bool
    glance: Glance | None = None
    """the look that it was made from"""


def situation(case: Case, deps: Deps) -> Situation:
    """The case as actions see it. Whoever turned out to be the actor is no rightful user any more; who is protected is no actor."""
    actors = {s.actor.principal.id for s in case.scope.standings if s.actor.principal and s.reach is Reach.PRINCIPAL}
    standings = tuple(s for s in case.scope.standings if s.actor.unique_id not in deps.protected.ids)
    return Situation(
        case=case.id,
        scope=case.scope.but(standings=standings, allow=tuple(a for a in case.scope.allow if a not in actors)),
        world=deps.world,
        now=deps.clock.now(),
        since=case.since,
        exempt=deps.exempt,
        accounts=deps.estate.accounts,
        one_way=deps.policy.one_way.mode,
        rotates=deps.policy.keys.sound == "rotate",
        places=tuple(place.lower() for place in deps.policy.responder.places),
        renews=deps.policy.migration.data_keys == "new" and deps.recovery is not None,
        own_vaults=deps.policy.keys.vault == "own",
        seals=deps.policy.responder.guardrails,
    )


def propose(
    case: Case, deps: Deps, waves: Collection[Wave], among: Collection[Ref] | None = None, names: Collection[str] | None = None
) -> Proposal:
    """Every action of these waves on every target of the scope, all at once; `among`, `names`: on these, by these only."""
    glance = Glance(deps.world)
    seen = replace(situation(case, deps), world=glance)
    more = (*case.scope.dependants, *case.scope.aliases) if Wave.REKEY in waves else ()
    targets = (*case.scope.principals, *rightful(case), *case.scope.resources, *more)
    open_to = [t for t in dict.fromkeys(targets) if t not in case.released and (among is None or t in among)]
    actions = [a for a in ACTIONS.values() if a.wave in waves and (names is None or a.name in names)]
    pairs = [(a, t) for a in actions for t in open_to if a.applies(t, deps.world)]
    answers = in_parallel(lambda pair: _proposed(*pair, seen), pairs)
    changes = tuple({c.slot: c for changes, _ in answers for c in changes}.values())
    allowed, refused = sorted_out(changes, case.scope, deps.protected)
    errors = [(action, target, e) for (action, target), (_, e) in zip(pairs, answers, strict=True) if e is not None]
    unseen = (_unseen(*one) for one in errors if not (isinstance(one[2], Absent) and one[1].kind in PRINCIPALS))
    guarded = dict.fromkeys((*((str(c.target), reason) for c, reason in refused.items()), *_protected(case, deps).items()))
    spared = (LeftForPeople(target=t, reason=why, next="a person decides about it", passing=True) for t, why in guarded)
    return Proposal(
        allowed, refused, (*unseen, *spared, *living_on(case, deps)), any(isinstance(e, Throttled) for _, _, e in errors), glance
    )


def _protected(case: Case, deps: Deps) -> dict[str, str]:
    """Actors whom nothing of ours may touch, and why: neither they nor their way to the data is changed."""
    spared = (s.actor for s in case.scope.standings if s.actor.unique_id in deps.protected.ids)
    return {str(a): "a responder, break-glass or protected identity; nothing was done against it" for a in spared}


def _proposed(action: Action, target: Ref, seen: Situation) -> tuple[tuple[Change, ...], CloudError | None]:
    found: list[Change] = []
    try:
        found.extend(action.propose(action, target, seen.about(target)))  # what came before an error is in it
    except Spared as error:
        return tuple(found), error
    except CloudError as error:
        return (), error
    return tuple(found), None


def _unseen(action: Action, target: Ref, error: CloudError) -> LeftForPeople:
    reason = f"{action.title.lower()}: it could not be looked at: {error}"
    return LeftForPeople(target=str(target), reason=reason, next="look at it by hand; it may be open", passing=True)


def plan(case: Case, wave: Wave, changes: Iterable[Change]) -> Plan:
    """The plan of a wave. Raises ValueError before the scope is known."""
    if case.lineage is None:
        raise ValueError(f"case {case.id} has no scope yet")
    return Plan(wave=wave, lineage=case.lineage, policy=case.policy, changes=tuple(changes))


def observed(case: Case, deps: Deps, wave: Wave) -> bool:
    """Whether this wave only looks."""
    return Mode.OBSERVE in {case.mode, deps.policy.mode(wave)}


def run(case: Case, deps: Deps, wave: Wave, proposal: Proposal, *, need: int) -> Case:
    """Apply what is agreed to and return the case with what is awaited and what is left. Raises `NotDurable`."""
    started = deps.clock.monotonic()
    agreed = {c: None for c in proposal.changes if consented(case, deps, c, wave)}
    rest = [c for c in proposal.changes if c not in agreed]
    there = engine.holding(rest, proposal.glance or deps.world)
    waiting = tuple(c for c in rest if c not in there)
    applied = apply(case, deps, plan(case, wave, agreed), proposal.glance, need)
    results = (
        *applied,
        *(unmade(c, Status.PLANNED, why_waiting(case, deps, c, wave)) for c in waiting),
        *(unmade(c, Status.REFUSED, reason) for c, reason in proposal.refused.items()),
    )
    after = case.but(
        left=_left(case, wave, (*proposal.left, *_open_ends(applied))),
        failing=_failing(applied),
        retrying=proposal.throttled or any(r.outcome.retry for r in applied),
    )
    # most sweeps find everything as it should be: only what is new is worth an entry
    if wave is not Wave.SWEEP or after.failing != case.failing or any(r.outcome.status is Status.APPLIED for r in applied):
        after = record(after, deps, plan(case, wave, [r.change for r in results]), results, started)
    asked = tuple(c for c in waiting if who_decides(case, deps, c, wave) is not Mode.OBSERVE and not declined(case))
    if asked:
        return displaced(after).but(awaiting=awaiting(after, deps, wave, asked))
    return after.but(awaiting=case.awaiting if wave is Wave.PRESERVE or asks_exactly(case) else None)


def apply(
    case: Case, deps: Deps, agreed: Plan, glance: Glance | None, need: int, weapon: Callable[[Applied], bool] = bool
) -> tuple[Applied, ...]:
    """What became of this plan; where a policy was made into a weapon, also of the changes that disarm it, if they are agreed to.

    `weapon`: of which failures that is taken to be so; of all, if nothing else is said. Raises `NotDurable`.
    """
    if not agreed.changes:
        return ()
    journal = deps.journal(case.id)
    first = _made(deps, agreed.changes, lambda: engine.apply(agreed, deps.world, journal, need, glance))
    rung = climb([r for r in first if weapon(r)], situation(case, deps).scope, deps.estate.accounts, deps.world)
    known = {c.slot for c in agreed.changes}
    if not all(c.slot in known or consented(case, deps, c, Wave.FENCE) for c in rung):
        return first
    again = engine.apply(agreed.but(changes=rung), deps.world, journal, need) if rung else ()
    newest = {r.change.slot: r for r in (*first, *again)}
    return tuple(newest.values())


def _made(deps: Deps, changes: Iterable[Change], make: Callable[[], tuple[Applied, ...]]) -> tuple[Applied, ...]:
    """What became of these changes; what is upheld beside is left alone meanwhile, and what was refused now is upheld from here."""
    if deps.young is None:
        return make()
    with deps.young.aside(changes):
        results = make()
        deps.young.take(results, deps.clock.now())
    return results


def _failing(results: Iterable[Applied]) -> str:
    slots = sorted([str(part) for part in r.change.slot] for r in results if r.outcome.status in FAILING)
    return digest({"slots": slots}) if slots else ""


def _left(case: Case, wave: Wave, found: Sequence[LeftForPeople]) -> tuple[LeftForPeople, ...]:
    """The list for people with what this wave found. A sweep looks at everything: what it does not find any more is right.

    Cut where it gets too long to read.
    """
    lasting = [left for left in case.left if not left.passing]
    before = () if wave is Wave.SWEEP else (left for left in case.left if left.passing)
    passing = list(dict.fromkeys((*before, *found)))
    more = len(passing) - LONGEST_LIST
    rest = (
        [LeftForPeople(target=f"{more} more", reason="the list is long", next="see the record", passing=True)] if more > 0 else []
    )
    return (*lasting, *passing[:LONGEST_LIST], *rest)


def _open_ends(results: Sequence[Applied]) -> tuple[LeftForPeople, ...]:
    """What failed, and what is gone: a principal that no longer exists needs no fence, anything else is missed by somebody."""
    failed = [r.outcome for r in results if r.outcome.status in FAILING]
    gone = [r.outcome for r in results if r.outcome.status is Status.LEFT and r.outcome.target.kind not in PRINCIPALS]
    return (
        *locked(results),
        *(LeftForPeople(target=str(o.target), reason=o.reason, next="do it by hand; it may be open", passing=True) for o in failed),
        *(LeftForPeople(target=str(o.target), reason=o.reason, next="find out who deleted it", passing=True) for o in gone),
    )


def record(case: Case, deps: Deps, planned: Plan, results: Sequence[Applied], started: float) -> Case:
    """Put what became of a wave into custody, and the wave on the case. Our calls are known again when they come back as events."""
    results = [lasting_until(r, deps) for r in results]
    body = outcomes(planned, results, deps.journal(case.id))
    deps.journal(case.id).append("outcome", body, need=1)
    deps.cases.remember([i for r in results for i in r.outcome.request_ids])
    now = deps.clock.now()
    done = WaveRecord(
        wave=planned.wave,
        digest=planned.digest,
        at=now,
        seconds=round(deps.clock.monotonic() - started, 3),
        counts=Counter(r.outcome.status for r in results),
        news=any(r.outcome.status is Status.APPLIED and not _upkeep(r.change) for r in results),
        blob=str(body["blob"]),
    )
    first, rest = case.waves[:2], (*case.waves[2:], done)
    living = max((until for until in (case.living, *(r.outcome.until for r in results)) if until), default=None)
    return unsettled(case.but(waves=(*first, *rest[-LONGEST_LIST:]), living=living), results, now)


def _upkeep(change: Change) -> bool:
    """A later stamp on sessions that were refused before: time passed, and nobody undid anything."""
    return isinstance(change.before, SessionsRevoked) and change.before.before is not None


def signed(case: Case, deps: Deps) -> None:
    """Sign the record as it is now. A signing key that is throttled or out of reach stops nothing: a later checkpoint covers it.

    Raises `NotDurable`.
    """
    with suppress(CloudError):
        deps.journal(case.id).checkpoint()


def news(before: Case, after: Case) -> bool:
    """Whether something was not as it should be, and was changed, in a wave that was put on the case in between."""
    return any(wave.news for wave in after.waves if wave not in before.waves)
