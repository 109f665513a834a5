"""A later alert about a breach that has a case: it is put on record, and what it names is protected like the rest."""

import uuid
from collections.abc import Iterator
from contextlib import suppress

from shared.containment.deeds import told
from shared.containment.scope import NOBODY, at_stake, relisted, survey
from shared.domain.case import Case, LeftForPeople, Scope, Stage, Verdict
from shared.domain.errors import LeaseLost
from shared.domain.resource import Kind
from shared.domain.signal import Confirmation, Signal
from shared.ports import Journal

from .carrying import carried
from .deps import Deps
from .run import hold
from .step import over

AT_THE_FENCE = frozenset({Stage.OPEN, Stage.SCOPE, Stage.FENCE, Stage.PRESERVE, Stage.HOLD})
"""Stages that propose for the whole scope anyway; a case that is further on goes back to its sweeps."""

MOST_JOINED = 500
"""Ids of alerts that a case document carries; the record has all of them."""

POLL_SECONDS = 0.5
TRIES = 240
"""Polls until another worker of the case has ended its stage."""

TRIES_BESIDE = 4
"""The same, for an alert about somebody else: a case of its own fences its actor at once."""


def join(case_id: str, signal: Signal, confirmation: Confirmation, deps: Deps, raw: bytes) -> Case:
    """The case with this alert in it, saved under its lease. Raises `LeaseLost` where others work on it too long."""
    for _ in range(TRIES):
        with suppress(LeaseLost), hold(case_id, deps, uuid.uuid4().hex) as held:
            if held is not None and held.load().lineage is not None:
                return held.save(_taken_in(held.load(), signal, confirmation, deps, raw))
        deps.clock.sleep(POLL_SECONDS)
    raise LeaseLost(f"case {case_id} is being worked on, and the alert is not on its record yet; send it again")


def widen(case_id: str, new: Case, deps: Deps, raw: bytes) -> Case | None:
    """The case widened by the alert of another that is not opened: its actor, and what it names.

    None where it is over meanwhile, or another worker has it: the actor is not left at work until that one's stage has ended.
    """
    for _ in range(TRIES_BESIDE):
        with suppress(LeaseLost), hold(case_id, deps, uuid.uuid4().hex) as held:
            if held is not None:
                return None if over(held.load()) else held.save(_with_front(held.load(), new, deps, raw))
        deps.clock.sleep(POLL_SECONDS)
    return None


def _with_front(case: Case, new: Case, deps: Deps, raw: bytes) -> Case:
    signal = new.signal
    if signal.id in case.joined:
        return case
    _put("joined", signal, new.confirmation, deps.journal(case.id), raw)
    known = case.but(
        joined=(*case.joined, signal.id)[-MOST_JOINED:],
        fronts=(*case.fronts, signal),
        widened=(*case.widened, deps.clock.now()),
    )
    if case.lineage is None:
        return known
    found = survey(signal, signal.actor or NOBODY, deps.surveyor)
    scope = relisted(case.scope.joined_by(found.scope), known.signals, deps.surveyor)
    left = tuple(dict.fromkeys((*case.left, *found.left)))
    lineage = case.lineage.joined_by(*found.lineage.actors)
    wider = carried(known.but(scope=scope, lineage=lineage, left=left, quiet_sweeps=0, quiet_at=None))
    if found.lineage.root not in case.lineage.actors:
        wider = _unasked(wider)
    return wider if case.stage in AT_THE_FENCE else wider.but(stage=Stage.SWEEP, awaiting=None, verdict=Verdict.OPEN)


def _unasked(case: Case) -> Case:
    """The case without what a person has agreed to, or is asked: they were not shown the actor that has joined.

    What stands is kept up; what is still to be done is asked about anew, with all of them.
    """
    verdict = Verdict.OPEN if case.verdict is Verdict.AWAITING_APPROVAL else case.verdict
    return case.but(envelope=None, awaiting=None, verdict=verdict)


def take_over(case_id: str, true: Case, deps: Deps, raw: bytes) -> Case:
    """The case of an alert that nobody had borne out, for one that its source does: what is forged may come before what is true.

    `true`: the case as that one would be opened. Saved under the lease of the first; raises `LeaseLost` as `join`.
    """
    for _ in range(TRIES):
        with suppress(LeaseLost), hold(case_id, deps, uuid.uuid4().hex) as held:
            if held is not None:
                return held.save(_taken_over(held.load(), true, deps, raw))
        deps.clock.sleep(POLL_SECONDS)
    raise LeaseLost(f"case {case_id} is being worked on, and its alert is not confirmed there yet; send it again")


def _taken_over(case: Case, true: Case, deps: Deps, raw: bytes) -> Case:
    """Where nothing was done yet it begins anew. A fence that a person has approved stands, under that approval, and is widened."""
    if case.confirmation is Confirmation.AGREES or over(case):
        return case
    _put("confirmed", true.signal, true.confirmation, deps.journal(case.id), raw)
    known = case.but(signal=true.signal, confirmation=true.confirmation, asked_by=case.asked_by or true.asked_by)
    if case.fenced_at:
        return _widened_by(known, true.signal, deps)
    stage = Stage.OPEN if case.stage is Stage.OPEN else Stage.SCOPE
    clean = known.but(lineage=None, scope=Scope(), left=(), awaiting=None, envelope=None, plans=(), declined=())
    return clean.but(mode=true.mode, why_ask=true.why_ask, stage=stage, verdict=Verdict.OPEN)


def _put(kind: str, signal: Signal, confirmation: Confirmation, journal: Journal, raw: bytes) -> None:
    body = {"source": signal.source.value, "event": signal.event, "raw": signal.raw_digest, "confirmation": confirmation.value}
    journal.append(kind, {**body, **({"blob": journal.blob(raw)} if raw else {})}, need=1)


def _taken_in(case: Case, signal: Signal, confirmation: Confirmation, deps: Deps, raw: bytes) -> Case:
    if signal.id in case.joined:
        return case
    _put("joined", signal, confirmation, deps.journal(case.id), raw)
    known = case.but(joined=(*case.joined, signal.id)[-MOST_JOINED:])
    if confirmation is not Confirmation.AGREES:
        return known.but(left=tuple(dict.fromkeys((*case.left, *_unconfirmed(signal, case)))))
    return _widened_by(known, signal, deps)


def _widened_by(case: Case, signal: Signal, deps: Deps) -> Case:
    scope = _widened(case.scope, signal, deps)
    wider = case.but(scope=scope, quiet_sweeps=0)
    if scope == case.scope or case.stage in AT_THE_FENCE:
        return wider
    # a plan for the keys was made for less than this: it is made anew when all is quiet again
    return wider.but(stage=Stage.SWEEP, awaiting=None, verdict=Verdict.OPEN)


def _unconfirmed(signal: Signal, case: Case) -> Iterator[LeftForPeople]:
    """What an alert names that may be forged: nothing is done to it on that word alone."""
    for resource in signal.resources:
        if resource not in case.scope.resources and resource.kind in {Kind.BUCKET, Kind.KEY}:
            reason = "a later alert names it, and its source could not confirm that"
            yield LeftForPeople(target=str(resource), reason=reason, next="look who uses it; it is not covered", blocks=False)


def _widened(scope: Scope, signal: Signal, deps: Deps) -> Scope:
    """The scope with what the alert names, and the rest of the same tenants'. What hangs on it is read by the next sweep."""
    named = any(r.kind in {Kind.BUCKET, Kind.KEY} for r in signal.resources)
    stores, keys = at_stake(signal, deps.estate) if named else ((), ())
    wider = scope.but(
        stores=tuple(dict.fromkeys((*scope.stores, *stores))),
        keys=tuple(dict.fromkeys((*scope.keys, *keys))),
        deeds=tuple(dict.fromkeys((*scope.deeds, *told(signal)))),
    )
    new = (wider.stores, wider.keys) != (scope.stores, scope.keys)
    return wider.but(unread=True, listed=False) if new else wider
