"""From a signal to a case: who may wake us, and which case this belongs to."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from shared.domain.actor import Actor
from shared.domain.case import Case, LeftForPeople, Mode, Stage, Verdict
from shared.domain.signal import Confirmation, Signal
from shared.domain.value import digest
from shared.intake.relevance import doubt, refusal

from .deps import Deps
from .joining import join


@dataclass(frozen=True, slots=True)
class Turned:
    """An alert that opens no case, and why. `verdict`: `dropped`, `observed`, `refused`, or `partial` where people have to act.

    `about`: what is the same for records that end alike.
    """

    signal: Signal | None
    verdict: Verdict
    reason: str
    left: tuple[LeftForPeople, ...] = ()
    about: str = ""


OPEN = frozenset({Verdict.OPEN, Verdict.HELD, Verdict.AWAITING_APPROVAL, Verdict.PARTIAL, Verdict.CONTAINED})
"""Verdicts of cases that are still being worked on: a late alert about the same actor joins them, until their record is sealed."""


FORGED = "its source knows this alert otherwise: it is forged or altered; nothing was changed"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the caller wants of a new case.

    `mode`: where it is not what the policy and the alert's trust give. `asking`: why a person decides whatever these say. `by`: who
    wants it, where they are not who runs this.
    """

    mode: Mode | None = None
    asking: str = ""
    by: str = ""


WHATEVER = Wanted()


def admit(signal: Signal, deps: Deps, *, automatic: bool, wanted: Wanted = WHATEVER, raw: bytes = b"") -> Case | Turned:
    """The case this signal belongs to, new or not; or why it belongs to none. Writes the case and its evidence, nothing else.

    `raw`: the alert as it came, which the record keeps encrypted, for it can name patients.
    """
    if turned := _turned(signal, deps, automatic=automatic):
        return turned
    with ThreadPoolExecutor(max_workers=1) as pool:
        confirming = pool.submit(deps.sources.confirm, signal)
        cases = deps.cases.all()
    joined = _joined(signal, cases)
    if joined and signal.id in {joined.signal.id, *joined.joined}:
        return joined
    confirmation = confirming.result()
    if confirmation is Confirmation.DISAGREES:
        return Turned(signal, Verdict.REFUSED, FORGED)
    if joined:
        return join(joined.id, signal, confirmation, deps, raw)
    case = _new(signal, confirmation, deps, cases, wanted)
    if not deps.cases.create(case):
        return deps.cases.load(case.id)
    if raw:
        deps.journal(case.id).blob(raw)
    return case


def belongs(signal: Signal, deps: Deps, *, automatic: bool) -> bool:
    """Whether an open case is about this signal's actor: what is only watched joins that, and opens none."""
    return not refusal(signal, automatic=automatic) and _joined(signal, deps.cases.all()) is not None


def _turned(signal: Signal, deps: Deps, *, automatic: bool) -> Turned | None:
    actor = signal.actor
    if actor and actor.unique_id in deps.exempt:
        if signal.request_id and deps.cases.remembers(signal.request_id):
            return Turned(signal, Verdict.DROPPED, "this was our own call; its request id is on record")
        body = f"{actor} made a call that is not on record: {signal.event} (request {signal.request_id or 'unknown'})"
        deps.notifier.page("", "An act by a responder identity that we did not make", body)
        reason = "an act by a responder identity that is not on record: people were paged; cut it off from the security account"
        return Turned(signal, Verdict.REFUSED, reason)
    why = refusal(signal, automatic=automatic)
    return Turned(signal, Verdict.DROPPED, why) if why else None


def _joined(signal: Signal, cases: Iterable[Case]) -> Case | None:
    """An open case about the same actor or one of its creatures. A signal that the case knows already changes nothing.

    A case whose own alert nobody could confirm takes in no other: a forged alert must not make a true one wait for a person.
    """
    for case in cases:
        if case.confirmation is not Confirmation.AGREES and case.signal.id != signal.id:
            continue
        going_on = case.verdict in OPEN and case.stage is not Stage.CLOSE
        near = abs(case.signal.at - signal.at) < timedelta(days=1)
        if going_on and near and (_same(case.signal.actor, signal.actor) or _descends(signal.actor, case)):
            return case
    return None


def _same(one: Actor | None, other: Actor | None) -> bool:
    return one is not None and other is not None and _root(one) == _root(other)


def _descends(actor: Actor | None, case: Case) -> bool:
    """Whether the actor is something that the case's actor made: decoys burnt by one actor are one case."""
    return actor is not None and any(s.made and s.actor.unique_id == actor.unique_id for s in case.scope.standings)


def _root(actor: Actor) -> tuple[str, ...]:
    if actor.principal is None:
        return (actor.credential, actor.account, actor.access_key)
    return (actor.principal.id, actor.session)


def _new(signal: Signal, confirmation: Confirmation, deps: Deps, cases: Iterable[Case], wanted: Wanted) -> Case:
    actor = signal.actor
    about = _root(actor) if actor else ()
    now = deps.clock.now()
    mode, why = _chosen(wanted, *_mode(signal, confirmation, deps, cases))
    return Case(
        id=f"cb-{digest({'about': list(about), 'signal': signal.id})[:12]}",
        opened=now,
        signal=signal,
        confirmation=confirmation,
        stage=Stage.OPEN,
        mode=mode,
        why_ask=why,
        asked_by=wanted.by,
        policy=deps.policy.digest,
    )


def _chosen(wanted: Wanted, mode: Mode, why: str) -> tuple[Mode, str]:
    """The mode, and why it asks, when the caller has been heard as well."""
    if wanted.asking and mode is Mode.AUTO:
        mode, why = Mode.ASK, wanted.asking
    return (mode, why) if wanted.mode is None else (wanted.mode, why or "it was asked to plan only")


def _mode(signal: Signal, confirmation: Confirmation, deps: Deps, cases: Iterable[Case]) -> tuple[Mode, str]:
    """Whether this case may act by itself."""
    if confirmation is not Confirmation.AGREES:
        return Mode.ASK, "the alert could not be confirmed at its source"
    if reason := doubt(signal, deps.policy, deps.clock.now()):
        return Mode.ASK, reason
    limits = deps.policy.limits
    recent = [c for c in cases if deps.clock.now() - c.opened < limits.window]
    if len(recent) >= limits.lineages:
        return (
            Mode.ASK,
            f"{len(recent)} other actors were fenced within {limits.window}: a burst like this is looked at by a person",
        )
    return Mode.AUTO, ""
