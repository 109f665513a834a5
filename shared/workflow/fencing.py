"""The stages up to the fence: open, scope, fence, preserve.

Fencing only ratchets: nothing here takes back what was written. What failed and may go later is held and tried again.
"""

from shared.containment.scope import NOBODY, accounts_of, survey
from shared.containment.surroundings import surrounded
from shared.domain.case import Case, Mode, Stage, Verdict
from shared.domain.plan import Status, Wave

from . import waves
from .asking import remaining
from .carrying import carried
from .deps import Deps
from .step import Next

STANDS = frozenset({Status.APPLIED, Status.ALREADY})
"""What is fenced: by this worker, or by one that died before it could say so."""


def open_(case: Case, deps: Deps) -> Next:
    """Put the alert on record. A fence does not wait for a second sink. Raises `NotDurable`."""
    signal = case.signal
    body = {
        "source": signal.source.value,
        "event": signal.event,
        "happened": signal.at.isoformat(),
        "raw": signal.raw_digest,
        "confirmation": case.confirmation.value,
        "mode": case.mode.value,
        "policy": case.policy,
        "by": deps.caller,
        **({"asked_by": case.asked_by} if case.asked_by else {}),
    }
    deps.journal(case.id).append("opened", body, need=1)
    return Next(case.but(verdict=Verdict.OPEN), Stage.SCOPE)


def scope(case: Case, deps: Deps) -> Next:
    """Who is to be stopped and what is to be protected."""
    found = survey(case.signal, case.signal.actor or NOBODY, deps.surveyor, case.fronts)
    left = tuple(dict.fromkeys((*case.left, *found.left)))
    return Next(carried(case.but(lineage=found.lineage, scope=found.scope, left=left)), Stage.FENCE)


def fence(case: Case, deps: Deps) -> Next:
    """The first wave: cut the actors' access and close what they reach for. Raises `NotDurable`."""
    # whoever is asked is asked once, about everything; a fence that goes by itself does not wait for the rest of the survey
    asking = Mode.ASK in {case.mode, deps.policy.mode(Wave.FENCE)}
    seen = _surveyed(case, deps) if asking else case
    after = waves.run(seen, deps, Wave.FENCE, waves.propose(seen, deps, {Wave.FENCE}), need=1)
    last = after.waves[-1]
    if waves.observed(case, deps, Wave.FENCE):
        return Next(after.but(verdict=Verdict.OBSERVED), None)
    if STANDS & set(last.counts):
        return Next(after.but(verdict=Verdict.OPEN, fenced_at=last.at), Stage.PRESERVE)
    if after.awaiting:
        return Next(after.but(verdict=Verdict.AWAITING_APPROVAL), Stage.FENCE, ask_seconds=remaining(after, deps))
    return Next(after, Stage.PRESERVE)


def preserve(case: Case, deps: Deps) -> Next:
    """The audit log and the backups: beside the fence in time, after it in order, for the thief goes first.

    Raises `NotDurable`.
    """
    seen = _surveyed(case, deps)
    after = waves.run(seen, deps, Wave.PRESERVE, waves.propose(seen, deps, {Wave.PRESERVE}), need=1)
    waves.signed(case, deps)
    return Next(carried(after), Stage.HOLD if case.retrying or after.retrying else Stage.SWEEP)


def _surveyed(case: Case, deps: Deps) -> Case:
    """The case with the stores of the log, the backups and what is shared in its scope."""
    found = surrounded(case.scope, accounts_of(case.signals), deps.world)
    return case.but(scope=found.value, left=tuple(dict.fromkeys((*case.left, *found.left))))
