"""From a signal to a case: who may wake us, and which case this belongs to."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from shared.domain.actor import Actor
from shared.domain.case import Case, LeftForPeople, Mode, Stage, Verdict
from shared.domain.signal import Confirmation, Signal
from shared.domain.value import digest
from shared.intake.relevance import doubt, refusal
from shared.ports import Memory

from .beside import beside
from .deps import Deps
from .joining import join, take_over, widen
from .ourselves import tell
from .step import over


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


UNDONE = {Verdict.REFUSED: "refused", Verdict.ROLLED_BACK: "rolled back"}
"""What people have decided against: the same alert, renewed, is not answered by itself."""

FORGED = "its source knows this alert otherwise: it is forged or altered; nothing was changed"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the caller wants of a new case.

    `mode`: where it is not what the policy and the alert's trust give. `asking`: why a person decides whatever these say. `by`: who
    wants it, where they are not who runs this. `told`: what people were told already; None: nobody remembers, and all is told.
    """

    mode: Mode | None = None
    asking: str = ""
    by: str = ""
    told: Callable[[], Memory] | None = None


WHATEVER = Wanted()


def admit(
    signal: Signal, deps: Deps, *, automatic: bool, wanted: Wanted = WHATEVER, raw: bytes = b"", alone: bytes = b""
) -> Case | Turned:
    """The case this signal belongs to, new or not; or why it belongs to none. Writes the case and its evidence, nothing else.

    `raw`: the alert as it came, which the record keeps encrypted, for it can name patients. `alone`: what is kept of
    one that nobody bears out, where it came with others.
    """
    if turned := _turned(signal, deps, wanted.told, automatic=automatic):
        return turned
    with ThreadPoolExecutor(max_workers=1) as pool:
        confirming = pool.submit(deps.sources.confirm, signal)
        cases = deps.cases.all()
    joined = _joined(signal, cases)
    if joined and _knows(joined, signal):
        return joined
    confirmation = confirming.result()
    if confirmation is Confirmation.DISAGREES:
        return Turned(signal, Verdict.REFUSED, FORGED)
    kept = raw if confirmation is Confirmation.AGREES else alone or raw
    if joined and joined.signal.id != signal.id:
        return join(joined.id, signal, confirmation, deps, kept)
    told = (joined,) if joined else _told(signal, cases)
    case = _new(signal, confirmation, deps, cases, wanted, told)
    if not _anew(told, signal, confirmation):
        return _standing(told[0], case, deps, kept)
    other = beside(case, (c for c in cases if _going_on(c) and _borne_out(c)), deps)
    known = (widen(other.id, case, deps, kept) if other else None) or _created(case, cases, deps, kept)
    # another alert about the same actor was faster: now there is a case that it may belong to
    return known or admit(signal, deps, automatic=automatic, wanted=wanted, raw=raw, alone=alone)


def _created(case: Case, cases: Iterable[Case], deps: Deps, raw: bytes) -> Case | None:
    """The new case; that of the same alert where another delivery was faster; None where that of another alert is."""
    if about := _about(case.signal):
        known = sorted(c.id for c in cases if any(_about(s) == about for s in c.signals))
        name = digest({"about": list(about), "known": known})
        # its own id is another's where it died before, and somebody else opened what it had begun
        case = case.but(id=deps.cases.allot(name, f"cb-{name[:12]}" if case.id in known else case.id))
    if not deps.cases.create(case):
        first = deps.cases.load(case.id)
        return _standing(first, case, deps, raw) if any(_tells(s, case.signal) for s in first.signals) else None
    if raw:
        deps.journal(case.id).blob(raw)
    return case


def _standing(known: Case, case: Case, deps: Deps, raw: bytes) -> Case:
    """The case that is known, as it is; where only this alert (`case`, as it would be opened) is borne out, with its words."""
    if over(known) or _borne_out(known) or not _borne_out(case):
        return known
    return take_over(known.id, case, deps, raw)


def belongs(signal: Signal, deps: Deps, *, automatic: bool) -> bool:
    """Whether an open case is about this signal's actor: what is only watched joins that, and opens none."""
    return not refusal(signal, automatic=automatic) and _joined(signal, deps.cases.all()) is not None


def _turned(signal: Signal, deps: Deps, told: Callable[[], Memory] | None, *, automatic: bool) -> Turned | None:
    actor = signal.actor
    if actor and deps.exempt & {actor.unique_id, actor.principal.id if actor.principal else ""} - {""}:
        if signal.request_id and deps.cases.remembered([signal.request_id]):
            return Turned(signal, Verdict.DROPPED, "this was our own call; its request id is on record")
        tell(actor, signal, deps, told)
        reason = "an act by a responder identity that is not on record: people were paged; cut it off from the security account"
        return Turned(signal, Verdict.REFUSED, reason)
    why = refusal(signal, automatic=automatic)
    return Turned(signal, Verdict.DROPPED, why) if why else None


def _told(signal: Signal, cases: Iterable[Case]) -> tuple[Case, ...]:
    """The cases that alerts of this id about this actor have opened. Cases come newest first."""
    return tuple(c for c in cases if any(_tells(s, signal) for s in c.signals))


def _tells(known: Signal, signal: Signal) -> bool:
    return known.id == signal.id and _about(known) == _about(signal)


def _anew(told: Sequence[Case], signal: Signal, confirmation: Confirmation) -> bool:
    """Whether the alert tells more than cases did that are over: of a later time, or what only now its source bears out.

    A finding keeps its id when the same actor comes back. The very same alert, delivered again, tells nothing more.
    """
    if not told:
        return True

    def known(case: Case) -> Signal:
        return next((each for each in case.signals if _tells(each, signal)), case.signal)

    if not over(told[0]) or any(_borne_out(c) and known(c).at >= signal.at for c in told):
        return False
    before = known(told[0])
    now_borne_out = confirmation is Confirmation.AGREES and not _borne_out(told[0])
    return signal.at > before.at or (now_borne_out and signal.but(raw_digest=before.raw_digest) != before)


def _knows(case: Case, signal: Signal) -> bool:
    """Whether the alert is on the case already, and nothing that its source says now would change that."""
    return signal.id in case.joined or (case.signal.id == signal.id and _borne_out(case))


def _borne_out(case: Case) -> bool:
    return case.confirmation is Confirmation.AGREES


def _joined(signal: Signal, cases: Iterable[Case]) -> Case | None:
    """An open case about the same actor or one of its creatures. A signal that the case knows already changes nothing.

    A case whose own alert nobody could confirm takes in no other: a forged alert must not make a true one wait for a person.
    """
    for case in cases:
        if not _borne_out(case) and case.signal.id != signal.id:
            continue
        near = any(abs(told.at - signal.at) < timedelta(days=1) for told in case.signals)
        same = any(_same(told.actor, signal.actor) for told in case.signals)
        if _going_on(case) and near and (same or _descends(signal.actor, case)):
            return case
    return None


def _going_on(case: Case) -> bool:
    return case.verdict in OPEN and case.stage is not Stage.CLOSE


def _same(one: Actor | None, other: Actor | None) -> bool:
    return one is not None and other is not None and _root(one) == _root(other)


def _descends(actor: Actor | None, case: Case) -> bool:
    """Whether the actor is something that the case's actor made: decoys burnt by one actor are one case."""
    return actor is not None and any(s.made and s.actor.unique_id == actor.unique_id for s in case.scope.standings)


def _root(actor: Actor) -> tuple[str, ...]:
    if actor.principal is None:
        return (actor.credential, actor.account, actor.access_key)
    return (actor.principal.id, actor.session)


def _about(signal: Signal) -> tuple[str, ...]:
    return _root(signal.actor) if signal.actor else ()


def _new(
    signal: Signal, confirmation: Confirmation, deps: Deps, cases: Iterable[Case], wanted: Wanted, told: Sequence[Case]
) -> Case:
    """A case named by its alert's id and actor, and by the last of others that these have opened (`told`): one comes after one."""
    named = {"about": list(_about(signal)), "signal": signal.id} | ({"after": told[0].id} if told else {})
    mode, why = _mode(signal, confirmation, deps, cases)
    last = next((c for c in told if _borne_out(c)), None)
    if mode is Mode.AUTO and last and last.verdict in UNDONE:
        mode, why = Mode.ASK, f"case {last.id} about the same alert was {UNDONE[last.verdict]} by a person"
    mode, why = _chosen(wanted, mode, why)
    return Case(
        id=f"cb-{digest(named)[:12]}",
        opened=deps.clock.now(),
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
    # whoever can send us an alert could switch us off, if what nobody bore out counted
    fenced = sum(deps.clock.now() - at < limits.window for c in cases if _borne_out(c) for at in c.taken_in)
    if fenced >= limits.lineages:
        return Mode.ASK, f"{fenced} other actors were fenced within {limits.window}: a burst like this is looked at by a person"
    return Mode.AUTO, ""
