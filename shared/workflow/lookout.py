"""Looking for what the actors make of themselves: principals, sessions, compute, doors into roles.

The log and the Regions take seconds to answer; in that time a thief makes a user that makes the next one. So whoever comes into
being while they are asked is fenced at once: such a newcomer can not be in the (late) log, and nothing could be learnt about it.
The Regions are asked beside the log and heard after it: what the log tells does not wait for them.
"""

from collections.abc import Iterable
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from copy import replace
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.containment.answers import Answer, ask
from shared.domain.actor import Actor
from shared.domain.case import Case
from shared.domain.plan import Wave
from shared.domain.resource import Ref

from . import waves
from .deps import Deps
from .discovering import TURNS, discovered, joined, nobodys, spared, unknown
from .waves import Proposal

LOOK_SECONDS = 0.2
"""Between two looks for newcomers. Each is two calls."""

CHASE = 5
"""Looks for newcomers, at most, before the log and the Regions are asked: those know of sessions that IAM does not."""

AT_ONCE = frozenset({"deny-all", "disable-sign-in"})
"""Actions, each of which stops all that a newcomer does. Every other one would only delay it."""

YOUNG = timedelta(seconds=60)
"""The log is minutes late: who came into being less than this ago is not asked about."""

COMPUTE_PAUSE = timedelta(seconds=5)
"""Between two looks for compute in every Region: it takes longer than this to start, and a look is two calls a Region."""

COMING = timedelta(seconds=10)
"""How long after the fence every sweep looks for compute: until IAM has propagated (about 4 s), it can still be started."""


def looked(case: Case, deps: Deps) -> tuple[Case, Proposal]:
    """The case with all that has come to light, and the fence it wants now. Newcomers in it can do nothing more already.

    Those met while the questions were out get the rest of their fence from the next look. Raises `NotDurable`.
    """
    case = _chased(case, deps)
    with ThreadPoolExecutor(max_workers=1) as pool:
        asked = pool.submit(_told, case, deps)
        watched = _watched(case, deps, asked)
    told, proposal = asked.result()
    if told.lineage is None:
        return told, proposal
    known = {s.actor for s in told.scope.standings}
    met = [s for s in watched.scope.standings if s.actor not in known]
    scope = told.scope.but(standings=(*told.scope.standings, *met))
    lineage = told.lineage.joined_by(*(s.actor for s in met))
    return watched.but(lineage=lineage, scope=scope), proposal


@dataclass(frozen=True, slots=True)
class Regions:
    """What compute was given a role, asked of every Region at this time: that takes longer than all the rest."""

    at: datetime
    asked: Future[Answer[tuple[Actor, ...]]]


def regions(case: Case, deps: Deps, pool: Executor) -> Regions | None:
    """The question, begun in this pool, where it is time for it."""
    now, lineage, since = deps.clock.now(), case.lineage, case.since
    if lineage is None or not _due(case, now):
        return None
    nobody: tuple[Actor, ...] = ()
    return Regions(now, pool.submit(ask, lambda: deps.directory.given_since(lineage, since), nobody, "new compute"))


def computed(case: Case, deps: Deps, compute: Regions | None) -> Case:
    """The case with the compute that was given a role meanwhile, fenced.

    Its role refuses it; stores and keys are told by the next look. Newcomers who come into being meanwhile are stopped as they are
    seen. Raises `NotDurable`.
    """
    if compute is None:
        return case
    case = _watched(case, deps, compute.asked)
    answer = compute.asked.result()
    case = case.but(regions_at=compute.at, left=tuple(dict.fromkeys((*case.left, *answer.left))))
    given = nobodys(case, deps, unknown(case, answer.value))
    if not given:
        return case
    met = joined(case, deps, given, case.scope)
    return _stopped(met, deps, waves.propose(met, deps, {Wave.FENCE}, _principals(given)))


def _due(case: Case, now: datetime) -> bool:
    """Whether the Regions are to be asked in this sweep: always in the last one before the fence is said to hold."""
    if case.regions_at is None or case.fenced_at is None or case.quiet_sweeps == TURNS - 1:
        return True
    return now - case.fenced_at < COMING or now - case.regions_at >= COMPUTE_PAUSE


def _told(case: Case, deps: Deps) -> tuple[Case, Proposal]:
    """What takes long: to ask the log, and to look at everything that the fence is about."""
    told = discovered(case, deps)
    proposal = waves.propose(told.value, deps, {Wave.FENCE, Wave.PRESERVE})
    return told.value, replace(proposal, left=(*told.left, *proposal.left))


def _chased(case: Case, deps: Deps) -> Case:
    """The case with newcomers, looked for until there are none: before hundreds of questions compete with stopping them."""
    for _ in range(CHASE):
        before, case = case, newcomers(case, deps)
        if case.scope == before.scope:
            break
    return case


def _watched[T](case: Case, deps: Deps, asked: Future[T]) -> Case:
    """The case with those who have just come into being, stopped as they are seen, until the question is answered."""
    while not wait([asked], timeout=LOOK_SECONDS).done:
        case = newcomers(case, deps)
    return case


def newcomers(case: Case, deps: Deps) -> Case:
    """The case with the youngest users and roles, to whom everything is refused; the rest of the fence is the sweep's.

    Raises `NotDurable`.
    """
    lineage, since = case.lineage, max(case.since, deps.clock.now() - YOUNG)
    if lineage is None:
        return case
    unmade: tuple[Actor, ...] = ()
    made = ask(lambda: deps.directory.made_since(lineage, since), unmade, "new principals").value
    fresh = [a for a in unknown(case, made) if a.unique_id not in case.met and not spared(a, case, deps)]
    if not fresh:
        return case
    met = joined(case, deps, fresh, case.scope)
    return _stopped(met, deps, waves.propose(met, deps, {Wave.FENCE}, _principals(fresh), AT_ONCE))


def _principals(actors: Iterable[Actor]) -> set[Ref]:
    return {actor.principal for actor in actors if actor.principal}


def _stopped(case: Case, deps: Deps, proposal: Proposal) -> Case:
    """The case after a wave about some of it: what the last look at all of it left open stays open. Raises `NotDurable`."""
    after = waves.run(case, deps, Wave.SWEEP, proposal, need=1)
    return after.but(
        left=tuple(dict.fromkeys((*case.left, *after.left))),
        failing=after.failing or case.failing,
        retrying=after.retrying or case.retrying,
        awaiting=after.awaiting or case.awaiting,
    )
