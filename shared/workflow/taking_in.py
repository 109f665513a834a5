"""A delivery taken in: each of its records opens a case, joins one, or ends with a sentence that says why it does neither."""

from collections.abc import Iterator

from shared.domain.case import Case, LeftForPeople, Mode, Verdict
from shared.domain.signal import Signal
from shared.ports import Notifier
from shared.triage.decision import Decision

from .deps import Deps
from .judging import Arrived, Judge, Judged
from .opening import Turned, Wanted, admit, belongs

MOST_WATCHED = 50
"""Watched records of one delivery that join a case: each is asked for at its source, and CloudTrail answers two in a second."""


def take_in(
    given: Arrived, judge: Judge, deps: Deps, *, automatic: bool, mode: Mode | None = None, by: str = ""
) -> Iterator[Case | Turned]:
    """What came of each record, in their order; who takes one works on its case before the next is asked for.

    `mode`: what the caller wants of new cases, where it is less than triage and the policy allow. `by`: who wants them, where they
    are not who runs this.
    """
    watched = 0
    for record, judged in zip(given.records, judge.judge(given), strict=True):
        watched += judged.decision is Decision.WATCH
        joins = judged.decision is Decision.WATCH and watched <= MOST_WATCHED and judged.signal is not None
        if judged.signal and judged.signal.cloud not in deps.clouds and judged.decision is Decision.ACT:
            yield _for_people(judged, _elsewhere(judged, judged.signal), deps, automatic=automatic)
        elif judged.left:
            yield _for_people(judged, judged.left, deps, automatic=automatic)
        elif judged.signal and (judged.decision is Decision.ACT or (joins and belongs(judged.signal, deps, automatic=automatic))):
            # one delivery of many records is kept whole for what its source bears out: else a forger chooses how much we store
            asking = f"a person decides about this: {judged.words}" if judged.mode is Mode.ASK else ""
            wanted = Wanted(mode, asking, by, lambda: judge.told)
            yield admit(judged.signal, deps, automatic=automatic, wanted=wanted, raw=given.raw, alone=given.alone(record))
        else:
            yield _ended(judged)
    judge.done()


def left_out(given: Arrived, most: int, place: str, people: Notifier) -> None:
    """Tell people what one delivery held beyond the records that are taken in of it, with the place where all of it lies."""
    if len(given.records) > most:
        words = f"it holds {len(given.records)} records, of which the first {most} were taken in"
        body = f"{place}: {words}. Read the others there, and hand them to `codeblue respond`."
        people.page("", "A delivery holds more records than are taken in", body)


def _elsewhere(judged: Judged, signal: Signal) -> LeftForPeople:
    """What lies in a cloud that this responder has no credentials for."""
    target = str(signal.resources[0] if signal.resources else signal.actor)
    reason = f"{judged.words}; this responder does not answer for {signal.cloud}"
    return LeftForPeople(target=target, reason=reason, next="name the cloud in response.toml, [responder] clouds, or act by hand")


def _for_people(judged: Judged, left: LeftForPeople, deps: Deps, *, automatic: bool) -> Turned:
    """Nobody looks at what came by itself, so people are paged."""
    if automatic:
        deps.notifier.page("", "An alert that no playbook of ours contains", f"{left.target}: {left.reason}. Next: {left.next}")
    return Turned(judged.signal, Verdict.PARTIAL, left.reason, (left,), judged.about)


def _ended(judged: Judged) -> Turned:
    if judged.decision is Decision.WATCH:
        return Turned(
            judged.signal, Verdict.OBSERVED, f"watched: {judged.words}; no case is about its actor, and nothing was changed"
        )
    why = f"dropped: {judged.words}; nothing was changed"
    return Turned(judged.signal, Verdict.DROPPED, why, about=judged.about)
