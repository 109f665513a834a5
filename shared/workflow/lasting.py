"""Waves that change something for good, after the proof: planned from what was observed, approved by exact digest, looked at again.

What was approved and would hurt somebody who was seen meanwhile is not done: it is planned anew, and asked about anew.
"""

from collections.abc import Collection, Iterable, Sequence
from copy import replace

from shared.containment.action import Situation
from shared.containment.actions import ACTIONS
from shared.containment.guard import sorted_out
from shared.containment.journal import Applied, unmade
from shared.containment.observed import Observed
from shared.containment.parallel import in_parallel
from shared.domain.case import Case, LeftForPeople, Mode, Planned, Stage, Verdict
from shared.domain.errors import CloudError
from shared.domain.plan import Change, Plan, Status, Wave
from shared.domain.resource import Ref

from . import exact, waves
from .asking import put
from .deps import Deps
from .step import Next

AGAIN_SECONDS = 5

MEANWHILE = "it was approved, and somebody was seen meanwhile whom it would hurt: it is asked about anew"


def allowed(case: Case, deps: Deps, wave: Wave) -> bool:
    """Whether this wave may run at all: keys were replaced, nobody refused it, and the policy does more than look."""
    if not case.scope.successors or wave in case.declined:
        return False
    return Mode.OBSERVE not in {case.mode, deps.policy.mode(wave)}


def guarded(case: Case, deps: Deps) -> list[Ref]:
    """The stores of the case that lasting denies can be put on, in the cloud that they lie in."""
    actions = [action for action in ACTIONS.values() if action.wave is Wave.ENFORCE]
    return [store for store in case.scope.stores if any(action.applies(store, deps.world) for action in actions)]


def planned(case: Case, wave: Wave) -> bool:
    """Whether this wave was thought of already."""
    return any(p.wave is wave for p in case.plans)


def decided(case: Case, deps: Deps, wave: Wave, targets: Sequence[Ref], observed: Observed) -> Next:
    """Plan, ask, apply. Answers with the wave's own stage while something is to be waited for, else with none.

    Raises `NotDurable`.
    """
    changes, left = _proposed(case, deps, wave, targets, observed)
    noted = case.but(left=tuple(dict.fromkeys((*case.left, *left))))
    if not _open(changes, deps):
        return Next(_thought_of(noted, wave), None)
    known, made = exact.current(noted, deps, wave, lambda: changes)
    if not exact.agreed(known, deps, made):
        return put(exact.asked(known, deps, made), deps)
    return _done(known.but(awaiting=None, verdict=Verdict.OPEN), deps, made, changes)


def _thought_of(case: Case, wave: Wave) -> Case:
    """The case where there is nothing to do: it is not thought of again before a person asks."""
    nothing = () if planned(case, wave) else (Planned(wave=wave, digest="", blob=""),)
    return case.but(awaiting=None, plans=(*case.plans, *nothing))


def _proposed(
    case: Case, deps: Deps, wave: Wave, targets: Sequence[Ref], observed: Observed
) -> tuple[tuple[Change, ...], tuple[LeftForPeople, ...]]:
    """What the wave's actions propose on these targets, and what could not be looked at."""
    seen = replace(waves.situation(case, deps), observed=observed)
    found = in_parallel(lambda target: _on(target, wave, seen), [t for t in targets if t not in case.released])
    changes, _ = sorted_out(
        tuple(c for each in found if not isinstance(each, LeftForPeople) for c in each), case.scope, deps.protected
    )
    return changes, tuple(each for each in found if isinstance(each, LeftForPeople))


def _on(target: Ref, wave: Wave, seen: Situation) -> tuple[Change, ...] | LeftForPeople:
    fitting = [a for a in ACTIONS.values() if a.wave is wave and a.applies(target, seen.world)]
    try:
        return tuple(change for action in fitting for change in action.propose(action, target, seen.about(target)))
    except CloudError as error:
        reason = f"{wave.value}: it could not be looked at: {error}"
        return LeftForPeople(target=str(target), reason=reason, next="look at it by hand", passing=True)


def _open(changes: Iterable[Change], deps: Deps) -> list[Change]:
    """The changes that do not hold yet. What can not be read now counts as such: the engine says why it fails."""
    return [c for c in changes if not _holds(c, deps)]


def _holds(change: Change, deps: Deps) -> bool:
    try:
        now = {f.part: f for f in deps.world.look(change.target, type(change.after))}
    except CloudError:
        return False
    return change.holds(now.get(change.after.part, change.after.absent))


def _done(case: Case, deps: Deps, made: Plan, still: Collection[Change]) -> Next:
    """Apply what was approved, as far as it is still right."""
    started = deps.clock.monotonic()
    right = {(c.slot, c.after) for c in still}
    todo = tuple(c for c in made.changes if (c.slot, c.after) in right)
    dropped = [c for c in made.changes if c not in todo]
    seen = waves.situation(case, deps)
    results = waves.apply(case, deps, made.but(changes=todo), None, need=2, weapon=lambda failed: _theirs(failed, seen))
    results = (*results, *(unmade(c, Status.PLANNED, MEANWHILE) for c in dropped))
    failed = (r.outcome for r in results if r.outcome.status in waves.FAILING and not r.outcome.retry)
    people = (LeftForPeople(target=str(o.target), reason=o.reason, next="do it by hand", blocks=False) for o in failed)
    after = waves.record(case, deps, made, results, started)
    after = after.but(left=tuple(dict.fromkeys((*after.left, *people))))
    if any(r.outcome.retry for r in results):
        return Next(after, Stage(made.wave.value), again_seconds=AGAIN_SECONDS)
    if dropped:
        others = tuple(p for p in after.plans if p.wave is not made.wave)
        return Next(after.but(plans=others), Stage(made.wave.value))
    waves.signed(after, deps)
    return Next(after, None)


def _theirs(failed: Applied, seen: Situation) -> bool:
    """Whether the lineage wrote the policy that keeps a rule out. Nothing presses: for room alone nothing of anybody's is taken."""
    return failed.outcome.error != "DoesNotFit" and seen.blames(failed.change.target, type(failed.change.after))


def worded(case: Case, following: str, words: Iterable[LeftForPeople]) -> Case:
    """The case with these words for people in place of those that an earlier look left; `following` is what tells them."""
    others = (left for left in case.left if left.next != following)
    return case.but(left=tuple(dict.fromkeys((*others, *words))))
