"""The end of an old key: left to restores alone, and disabled where nothing at all needs it any more and a person agrees.

Nothing here is one-way: a disabled key is enabled again by a rollback, by `release`, or by EnableKey. No key is ever deleted.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from shared.containment.observed import Need, Observed
from shared.domain.case import Case, LeftForPeople, Stage
from shared.domain.errors import CloudError
from shared.domain.facet import KeyState, PolicyStatement
from shared.domain.plan import Wave
from shared.domain.resource import Ref

from . import lasting, observing
from .deps import Deps
from .proofs import proofs
from .step import Next, reached

NEEDED = "it goes on opening for restores, and for them; move what needs it, then `codeblue reconsider`"
UNKNOWN = "make the record of its uses readable, then `codeblue reconsider`"

AGAIN_SECONDS = 300.0
LONGEST_WAIT = timedelta(hours=1)
"""How long the log is waited for: it is 15 minutes late at most, as CloudTrail says of itself."""

MOST_SAID = 12
"""Needs of one key that are listed for people: the plan has the others."""


def retire(case: Case, deps: Deps) -> Next:
    """Fence the replaced keys, disable those that nothing needs. Raises `NotDurable`."""
    if not lasting.allowed(case, deps, Wave.RETIRE):
        return Next(case, Stage.SWEEP)
    if _late(case, deps):
        return Next(case.but(verdict=reached(case)), Stage.SWEEP, again_seconds=AGAIN_SECONDS)
    # whoever names a key in what it writes does so where a store's policy could judge it
    forms, _ = observing.stores(case, deps, [s for s in lasting.guarded(case, deps) if deps.world.traits(s, PolicyStatement)])
    needs, unknown = observing.keys(case, deps, forms)
    restore, lost = observing.restorers(case, deps)
    told = lasting.worded(case, NEEDED, _needed(needs, deps))
    told = lasting.worded(told, UNKNOWN, (*_unknown(unknown), *lost))
    old = [s.old for s in case.scope.successors]
    following = lasting.decided(told, deps, Wave.RETIRE, old, Observed(needs=needs, restore=restore))
    after = following.case.but(scope=following.case.scope.but(retired=_retired(following.case, deps, old)))
    return Next(after, following.stage or Stage.SWEEP, following.ask_seconds, following.again_seconds)


def _late(case: Case, deps: Deps) -> bool:
    """Whether the log has still to tell of the time since the move. Sweeps go on meanwhile, and it is not waited for for ever."""
    known = proofs(case, deps)
    proved = {s.old: at for s in case.scope.successors if (at := known.of(s))}
    young = {key: at for key, at in proved.items() if deps.clock.now() - at < LONGEST_WAIT}
    return observing.behind(young, deps)


def _needed(needs: Mapping[Ref, Sequence[Need]], deps: Deps) -> Iterable[LeftForPeople]:
    for key, found in needs.items():
        fenced = "fenced and not disabled" if deps.world.traits(key, PolicyStatement) else "not disabled"
        for need in found[:MOST_SAID]:
            reason = f"the old key is {fenced}: {need.reason}"
            yield LeftForPeople(target=str(key), reason=reason, next=NEEDED, blocks=False)


def _unknown(unknown: Mapping[Ref, str]) -> Iterable[LeftForPeople]:
    for key, why in unknown.items():
        reason = f"the old key stays as the fence left it: nobody can say who needs it: {why}"
        yield LeftForPeople(target=str(key), reason=reason, next=UNKNOWN, blocks=False)


def _retired(case: Case, deps: Deps, old: Sequence[Ref]) -> tuple[Ref, ...]:
    """The old keys that this stage has disabled: sweeps leave them so."""
    if not any(record.wave is Wave.RETIRE for record in case.waves):
        return case.scope.retired
    return tuple(key for key in old if _disabled(key, deps) or key in case.scope.retired)


def _disabled(key: Ref, deps: Deps) -> bool:
    try:
        return any(not state.enabled and not state.deletion_pending for state in deps.world.look(key, KeyState))
    except CloudError:
        return False
