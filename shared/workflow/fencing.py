"""The stages up to the fence, and what keeps it: open, scope, fence, preserve, hold.

Fencing only ratchets: nothing here takes back what was written. What failed and may go later is held and tried again.
"""

from collections.abc import Mapping

from shared.containment.scope import survey
from shared.domain.actor import Actor, Credential
from shared.domain.case import Case, Stage, Verdict
from shared.domain.errors import NotDurable
from shared.domain.plan import Status, Wave

from . import waves
from .deps import Deps
from .step import Next

NOBODY = Actor(credential=Credential.ANONYMOUS, account="")
"""The actor of an alert that names none: strangers are kept out, nobody is fenced."""

HOLD_SECONDS = 3
PAUSED_SECONDS = 30


def open_(case: Case, deps: Deps) -> Next:
    """Put the alert on record. A fence does not wait for a second sink."""
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
    }
    try:
        deps.journal(case.id).append("opened", body, need=1)
    except NotDurable as error:
        return unrecorded(case, Stage.OPEN, deps, error)
    return Next(case, Stage.SCOPE)


def scope(case: Case, deps: Deps) -> Next:
    """Who is to be stopped and what is to be protected."""
    found = survey(case.signal, case.signal.actor or NOBODY, deps.surveyor)
    left = tuple(dict.fromkeys((*case.left, *found.left)))
    return Next(case.but(lineage=found.lineage, scope=found.scope, left=left), Stage.FENCE)


def fence(case: Case, deps: Deps) -> Next:
    """The first wave: cut the actors' access and close what they reach for."""
    if deps.cases.paused():
        return paused(case, Stage.FENCE)
    try:
        after = waves.run(case, deps, Wave.FENCE, waves.propose(case, deps, {Wave.FENCE}), need=1)
    except NotDurable as error:
        return unrecorded(case, Stage.FENCE, deps, error)
    if waves.observed(case, deps, Wave.FENCE):
        return Next(after.but(verdict=Verdict.OBSERVED), None)
    if waves.wrote(after.waves[-1]):
        return Next(after.but(fenced_at=after.waves[-1].at), Stage.PRESERVE)
    if after.awaiting:
        return Next(after.but(verdict=Verdict.AWAITING_APPROVAL), Stage.FENCE, ask_seconds=waves.remaining(after, deps))
    return Next(after, Stage.PRESERVE)


def preserve(case: Case, deps: Deps) -> Next:
    """The audit log and the backups: beside the fence in time, after it in order, for the thief goes first."""
    after = waves.run(case, deps, Wave.PRESERVE, waves.propose(case, deps, {Wave.PRESERVE}), need=1)
    deps.journal(case.id).checkpoint()
    return Next(after, Stage.HOLD if case.retrying or after.retrying else Stage.SWEEP)


def hold(case: Case, deps: Deps) -> Next:
    """Part of the fence could not be written: every write made stays, people know, and the rest is tried until it goes."""
    if case.verdict is not Verdict.HELD:
        failed = case.waves[-1].counts.get(Status.FAILED, 0) if case.waves else 0
        record: Mapping[str, object] = {"failed": failed}
        deps.journal(case.id).append("held", record, need=1)
        body = f"{failed} changes could not be written yet; those that were written stay. It goes on by itself."
        deps.notifier.page(case.id, "A fence is incomplete", body)
    proposal = waves.propose(case, deps, {Wave.FENCE, Wave.PRESERVE})
    after = waves.run(case, deps, Wave.SWEEP, proposal, need=1)
    if after.retrying:
        return Next(after.but(verdict=Verdict.HELD), Stage.HOLD, again_seconds=HOLD_SECONDS)
    fenced = after.fenced_at or deps.clock.now()
    return Next(after.but(verdict=Verdict.OPEN, fenced_at=fenced, quiet_sweeps=0), Stage.SWEEP)


def paused(case: Case, stage: Stage) -> Next:
    """A person has stopped everything: nothing is written until a person lets it go on."""
    return Next(case, stage, again_seconds=PAUSED_SECONDS)


def unrecorded(case: Case, stage: Stage, deps: Deps, error: NotDurable) -> Next:
    """No sink of the custody record can be written. Nothing was changed; people are paged once."""
    if case.verdict is not Verdict.HELD:
        body = f"{error} Nothing was changed. Restore one of the sinks, or act by hand."
        deps.notifier.page(case.id, "The custody record can not be written", body)
    return Next(case.but(verdict=Verdict.HELD), stage, again_seconds=HOLD_SECONDS)
