"""Waves that a person approves by their exact digest: what was shown is what runs, however long the decision took.

The plan stands in the record, encrypted; the case knows its digest. A plan that nobody approved in time is made anew.
"""

from collections.abc import Callable, Iterable

from shared.containment.journal import CHANGES
from shared.domain.case import Awaiting, Case, Mode, Planned
from shared.domain.plan import Change, Plan, Wave

from . import waves
from .asking import takes_another
from .deps import Deps


def current(
    case: Case,
    deps: Deps,
    wave: Wave,
    propose: Callable[[], Iterable[Change]],
    covers: Callable[[Plan], bool] = lambda _: True,
) -> tuple[Case, Plan]:
    """The plan of this wave: the one that was approved or is being asked about, else a new one. Raises `NotDurable`.

    `covers`: whether such a plan has all that is to be done by now; where more has joined, about which nobody was asked, a new one
    is made.
    """
    journal = deps.journal(case.id)
    kept = next((p for p in case.plans if p.wave is wave), None)
    if kept and (_granted(case, wave, kept.digest) or _open(case, deps, kept.digest)):
        known = waves.plan(case, wave, CHANGES.validate_json(journal.blobs(kept.blob)))
        if covers(known):
            return case, known
    made = waves.plan(case, wave, propose())
    blob = journal.blob(CHANGES.dump_json(made.changes))
    journal.append("planned", {"wave": wave.value, "digest": made.digest, "changes": len(made.changes)})
    others = tuple(p for p in case.plans if p.wave is not wave)
    return case.but(plans=(*others, Planned(wave=wave, digest=made.digest, blob=blob))), made


def agreed(case: Case, deps: Deps, made: Plan) -> bool:
    """Whether somebody agreed to exactly this: a person by its digest, or the policy where nobody can be hurt."""
    if _granted(case, made.wave, made.digest):
        return True
    by_itself = {case.mode, deps.policy.mode(made.wave)} == {Mode.AUTO}
    final = deps.policy.one_way.mode is Mode.AUTO
    return by_itself and all(c.blast.clear and (c.reversible or final) for c in made.changes)


def asked(case: Case, deps: Deps, made: Plan, told: tuple[str, ...] = ()) -> Case:
    """The case with the question; people are paged when it is new, or when nobody answered it in time. `told` is said beside it."""
    if _open(case, deps, made.digest):
        return case
    expires = deps.clock.now() + deps.policy.approval.expires
    why = f"{made.wave.value}: {len(made.changes)} changes, to be approved as they are shown"
    deps.notifier.page(case.id, "A decision is needed", f"{why}. `codeblue approve {case.id} --digest {made.digest}`")
    another = takes_another(deps, made.changes)
    awaiting = Awaiting(
        wave=made.wave, digest=made.digest, envelope=None, why=why, expires=expires, by=deps.caller, another=another, told=told
    )
    return case.but(awaiting=awaiting)


def _granted(case: Case, wave: Wave, digest: str) -> bool:
    return any(a.granted and a.wave is wave and a.digest == digest for a in case.approvals)


def _open(case: Case, deps: Deps, digest: str) -> bool:
    return case.awaiting is not None and case.awaiting.digest == digest and deps.clock.now() < case.awaiting.expires
