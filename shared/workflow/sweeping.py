"""The sweep: look again for what the actors made meanwhile, and whether our own work still stands, until all is quiet."""

from concurrent.futures import ThreadPoolExecutor
from copy import replace
from datetime import datetime

from shared.containment.answers import Answer
from shared.containment.scope import accounts_of, listed
from shared.containment.surroundings import reread
from shared.domain.case import Case, LeftForPeople, Stage, Verdict
from shared.domain.plan import Wave

from . import enforcing, exposing, mending, rekeying, waves
from .asking import asks_exactly, remaining
from .carrying import carried
from .deps import Deps
from .discovering import TURNS
from .lingering import living_on
from .lookout import computed, looked, regions
from .step import Next, reached
from .strange_jobs import jobs_stand
from .upholding import upheld

PAUSES = (0.5, 1, 1.5, 2, 15, 60, 300, 900, 3600)
"""Seconds to the next sweep, by how many in a row found nothing: at once while IAM still propagates, then for an hour."""

LIVING = 900
"""The same, at most, while tokens may go on that were out when their owner was fenced: what they make the log tells late."""

SETTLED = TURNS
"""Quiet sweeps after which the fence is said to hold: they span more than IAM takes to propagate (about 4 s)."""

ASKED_BEHIND = 2
"""Quiet sweeps before the log is asked whose edits we overwrote: it costs the fence nothing, and the log is minutes late anyway."""

WAITING = 6
"""Quiet sweeps that are counted while a person is waited for: five minutes apart, however long that takes."""

HOLD_SECONDS = 1

SLACK = 0.9
"""Of a pause has to be over before the next look counts: timers are not exact."""

UNLISTED = LeftForPeople(
    target="strangers",
    reason="the audit log does not say who works with the data by right: nobody is refused for not being known, no key is replaced",
    next="declare principals in response.toml, [tenants], or make the log readable; then `codeblue apply`",
    passing=True,
)


def sweep(case: Case, deps: Deps) -> Next:
    """One look. Whatever it finds is fenced in the same breath, under the approval that the fence has. Raises `NotDurable`."""
    after = _swept(case, deps)
    if after.retrying:
        return Next(after, Stage.HOLD)
    if after.scope != case.scope or waves.news(case, after):
        return _after(after.but(quiet_sweeps=0, quiet_at=None), deps)
    if _unanswered(after) - _unanswered(case) or not _due(case, deps):
        return _after(after, deps)
    counted = after.but(quiet_sweeps=case.quiet_sweeps + 1, quiet_at=deps.clock.now())
    if SETTLED <= counted.quiet_sweeps < len(PAUSES) and not counted.awaiting and jobs_stand(counted):
        return Next(counted, Stage.MIGRATE)  # who moves may look whether they still do, once in each pause
    return _after(counted, deps)


def pause(case: Case, now: datetime) -> float:
    """Seconds until this case is looked at again."""
    longest = PAUSES[min(case.quiet_sweeps, len(PAUSES) - 1)]
    return min(longest, LIVING) if case.living and now < case.living else longest


def _due(case: Case, deps: Deps) -> bool:
    """Whether the pause before this look is over: who is woken often, by whomever, has not watched for long."""
    if case.quiet_at is None or case.quiet_sweeps >= len(PAUSES):
        return True
    return (deps.clock.now() - case.quiet_at).total_seconds() >= SLACK * PAUSES[case.quiet_sweeps]


def _unanswered(case: Case) -> set[str]:
    """What could not be looked at: a sweep that is the first not to see something does not count as a quiet one."""
    return {left.target for left in case.left if left.passing}


def hold(case: Case, deps: Deps) -> Next:
    """Part of the fence could not be written: every write made stays, people know, and the rest is tried until it goes.

    The actor works on meanwhile, so what it makes is looked for as in any sweep. Where it is not even known yet who is to be
    stopped, that is found out first. Raises `NotDurable`.
    """
    if case.verdict is not Verdict.HELD:
        deps.journal(case.id).append("held", {"open": len(case.left)}, need=1)
        body = "The cloud does not take every change yet; those that were written stay. It goes on by itself."
        deps.notifier.page(case.id, "A fence is incomplete", body)
    if case.lineage is None:
        opened = any(entry.kind == "opened" for entry in deps.journal(case.id).entries())
        return Next(case.but(verdict=Verdict.HELD), Stage.SCOPE if opened else Stage.OPEN, again_seconds=HOLD_SECONDS)
    after = _swept(case, deps)
    if after.retrying:
        return Next(after.but(verdict=Verdict.HELD), Stage.HOLD, again_seconds=HOLD_SECONDS)
    fenced = after.fenced_at or deps.clock.now()
    return Next(after.but(verdict=Verdict.OPEN, fenced_at=fenced, quiet_sweeps=0), Stage.SWEEP)


def _swept(case: Case, deps: Deps) -> Case:
    """The case with what has come to light, after the wave that follows from it. What was just refused stays so meanwhile.

    Raises `NotDurable`.
    """
    return upheld(case, deps, lambda upholding: _looked_again(case, upholding))


def _looked_again(case: Case, deps: Deps) -> Case:
    again = reread(case.scope, accounts_of(case.signals), deps.world) if case.scope.unread else Answer(case.scope)
    scope = again.value if again.value.whole else listed(again.value, case.signals, deps.surveyor)
    unlisted = () if scope.whole else (UNLISTED,)
    with ThreadPoolExecutor(max_workers=1) as pool:
        compute = regions(case, deps, pool)
        seen, proposal = looked(case.but(scope=scope), deps)
        fenced = waves.run(seen, deps, Wave.SWEEP, replace(proposal, left=(*again.left, *unlisted, *proposal.left)), need=1)
        after = computed(fenced, deps, compute)
    return carried((mending.mended(after, deps) if _still(seen, after) else after).but(looks=case.looks + 1))


def _still(case: Case, after: Case) -> bool:
    """Whether this sweep found all as it should be, and the log is worth asking again."""
    quiet = case.quiet_sweeps >= ASKED_BEHIND and not waves.news(case, after)
    asks = after.awaiting is not None and not asks_exactly(after)
    return quiet and not (after.failing or after.retrying or asks)


def _after(case: Case, deps: Deps) -> Next:
    quiet = case.quiet_sweeps
    if case.awaiting and (quiet >= SETTLED or asks_exactly(case)):
        return _waiting(case.but(quiet_sweeps=min(quiet, WAITING)), deps)
    if quiet >= len(PAUSES) and not (case.fenced_at and any(living_on(case, deps))):
        return Next(case, Stage.CLOSE)
    settled = _settled(case, deps) if quiet >= SETTLED else case
    if quiet >= SETTLED and exposing.wanted(settled, deps):
        return Next(settled.but(verdict=Verdict.OPEN), Stage.EXPOSE)
    if quiet >= SETTLED and rekeying.wanted(settled, deps):
        return Next(settled.but(verdict=Verdict.OPEN), Stage.REKEY)
    if quiet >= SETTLED and enforcing.wanted(settled, deps):
        return Next(settled.but(verdict=Verdict.OPEN), Stage.ENFORCE)
    return Next(settled, Stage.SWEEP, again_seconds=pause(case, deps.clock.now()))


def _waiting(case: Case, deps: Deps) -> Next:
    """A question is open. One about an exact plan that nobody answered in time is asked anew by the stage that made it."""
    asked = case.awaiting
    if asked and asks_exactly(case) and deps.clock.now() >= asked.expires:
        return Next(case.but(awaiting=None, verdict=Verdict.OPEN), Stage(asked.wave.value))
    waiting = case.but(verdict=Verdict.AWAITING_APPROVAL)
    return Next(waiting, Stage.SWEEP, ask_seconds=remaining(case, deps), again_seconds=pause(case, deps.clock.now()))


def _settled(case: Case, deps: Deps) -> Case:
    """The case with its verdict. People are told once where something stays open."""
    waves.signed(case, deps)
    now = reached(case)
    if now is Verdict.PARTIAL and case.verdict is not Verdict.PARTIAL:
        open_ends = sum(left.blocks for left in case.left)
        deps.notifier.page(case.id, "A fence has gaps", f"{open_ends} things are left for people; `codeblue status` lists them.")
    return case.but(verdict=now)
