"""The drill on Azure: two accounts of three tenants, and a thief with a program's secret, an account key, a link and a session.

The services' own delays are on: a role that was taken away is believed in for ten minutes, and the log is five minutes late.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.request import Request, urlopen

from shared.adapters.azure.environment import ENDPOINT
from shared.adapters.local.clock import SystemClock
from shared.domain.case import Case
from shared.domain.plan import Wave
from shared.sandbox.azure import hospital_scene as scene
from shared.sandbox.azure.delays import Delays
from shared.sandbox.azure.hospital_inventory import Held
from shared.sandbox.scene import Begun, Played, Ready, Success
from shared.workflow.deps import Deps
from shared.workflow.local import Patience, drive
from shared.workflow.question import Decide
from shared.workflow.step import over
from shared.workflow.sweeping import PAUSES, pause

from .claims import SLACK, claims, late
from .drill import Say, Wanted
from .hospital import Answering, House, Stage, lead, of
from .lapse import LapsedClock
from .verdict import GRACE, Answered, Sight

PACE: Final = 0.01
"""Seconds that a call takes on an idle machine."""

LOOKS: Final = 150
"""Times that timers wake cases in the lapsed hours, at most."""

HANDS: Final = timedelta(minutes=45)
"""How long one worker's tokens are used: they live for an hour."""

FIGHT_SECONDS: Final = 6.0
"""How long the fight goes on in real time, from the fence on: some moves of the thief's, and as many looks."""

BELIEVED: Final = timedelta(minutes=10)
"""How long a role goes on that was taken away: keys that others live on are not made anew while it lets somebody see them."""

NEW, OLD = "under a new version of its key", "under the old version of its key"


def _opened(ready: Ready[Any]) -> str:
    keys = len(set(ready.keys.values()))
    return f"A hospital of three tenants is open: {len(ready.stored)} stored versions under {keys} keys, in two accounts."


def _breach(begun: Begun) -> str:
    return f"A program's secret, an account's key, a link and a nurse's session have read {begun.stolen} blobs of health data."


def _terms(wanted: Wanted) -> scene.Terms:
    return scene.terms(wanted.seed, hard=wanted.hard)


def _clock(ready: Ready[Any]) -> LapsedClock:
    return LapsedClock(SystemClock(), ready.behind, advance)


def advance(seconds: float) -> None:
    """Let as much time go by in the cloud."""
    body = json.dumps({"seconds": seconds}).encode()
    with urlopen(Request(f"{os.environ[ENDPOINT]}/_sandbox/advance", body), timeout=60):  # noqa: S310 - the drill's own loopback
        pass


def _answer(cases: tuple[Case, ...], answering: Answering, working: Deps) -> tuple[Case, ...]:
    """All of them at once, as workers would, and again while the thief's tokens let it undo what they do."""
    begun = answering.clock.monotonic()
    while True:
        cases = _together(cases, answering, working)
        if answering.clock.monotonic() - begun > FIGHT_SECONDS:
            return cases
        answering.clock.sleep(PAUSES[0])


def _together(cases: tuple[Case, ...], answering: Answering, working: Deps) -> tuple[Case, ...]:
    with ThreadPoolExecutor(max_workers=len(cases)) as pool:
        return tuple(pool.map(lambda case: _looked(case, answering, working), cases))


AT_ONCE: Final = Patience(sweep_seconds=0.0, answer_seconds=0.0)
"""One look: whatever is due later is another worker's."""


def _looked(case: Case, answering: Answering, working: Deps) -> Case:
    return case if over(case) else drive(case.id, working, answering.asks(working), answering.watch, AT_ONCE)


def _hour(cases: tuple[Case, ...], answering: Answering, working: Deps) -> tuple[tuple[Case, ...], Deps]:
    """As timers would wake them, one after the other, each time by hands whose tokens are still good."""
    clock, made = answering.clock, answering.clock.now()
    known = {case.id: case for case in cases}
    due = {case.id: clock.now() + _pause(case, clock.now()) for case in cases}
    for _ in range(LOOKS):
        open_ones = [name for name, case in known.items() if not over(case)]
        if not open_ones:
            break
        name = min(open_ones, key=lambda each: due[each])
        clock.sleep((due[name] - clock.now()).total_seconds())
        if clock.now() - made > HANDS:
            working, made = answering.work(), clock.now()
        known[name] = _looked(known[name], answering, working)
        due[name] = clock.now() + _pause(known[name], clock.now())
    return tuple(known.values()), answering.work()


def _pause(case: Case, now: datetime) -> timedelta:
    return timedelta(seconds=pause(case, now))


def _lead(stage: Stage, working: Deps, say: Say) -> Decide:
    """As on AWS, with two rules of a careful person.

    Keys of the vault are replaced when the fight is over, by one case after the other. A key that programs live on is made anew
    when nobody is shown it any more, and they have the other one.
    """
    grants = lead(stage, working, say)

    def decide(case: Case) -> tuple[str, bool] | None:
        if case.awaiting is None or case.awaiting.wave not in (Wave.FENCE, Wave.SWEEP):
            fighting = isinstance(working.clock, LapsedClock) and not working.clock.lapsing
            return None if fighting else grants(case)
        if case.fenced_at is None or working.clock.now() - case.fenced_at < BELIEVED:
            return None
        say("Programs that live on the account's key are given the other one.")
        stage.line.send(scene.HAND_OVER)
        stage.line.recv()
        return grants(case)

    return decide


def _sight(stage: Stage, answered: Answered) -> Sight:
    counts, wrong = _compared(stage.ready.stored, answered.played.stored)
    claimed = claims(answered)
    told = {(each.life.name, each.life.kind): each.dead_by or 0.0 for each in claimed}
    fenced = answered.held.timestamp() - answered.begun.at
    grace = GRACE * max(1.0, answered.played.pace / PACE)

    def limit(success: Success) -> float:
        """What is claimed of these credentials where they are used in this way; the fence, where nothing is."""
        ends = (told.get((success.credential, kind), 0.0) for kind in _kinds(success))
        return max(fenced + grace, max(ends) + SLACK)

    wrong += [
        *_unmoved(stage.ready.keys, answered.played.keys),
        *_undone(answered.played),
        *late(claimed, _stood(answered) + grace, fenced + grace, Delays.documented().log),
    ]
    return Sight(counts, tuple(dict.fromkeys(wrong)), tuple(_facts(counts, answered.played.states)), limit)


def _stood(answered: Answered) -> float:
    """When the last fence stood, seconds after the alert. That all of them hold is said hours later, where a question waits."""
    return max((case.fenced_at.timestamp() - answered.begun.at for case in answered.cases if case.fenced_at), default=0.0)


def _kinds(success: Success) -> tuple[str, ...]:
    """What such a call lives on: sign-in on a proof, Graph on a token, all else on a role or a key."""
    if success.call == "sign-in":
        return ("sign-in",)
    return ("sign-in", "token") if "graph" in success.call else ("role", "link", "key")


def _compared(before: tuple[Held, ...], after: tuple[Held, ...]) -> tuple[dict[str, dict[str, int]], list[str]]:
    """What became of every version and snapshot that was there before."""
    now = {held.place: held for held in after}
    counts: dict[str, Counter[str]] = {held.tenant: Counter() for held in before}
    wrong = []
    for held in before:
        found = now.get(held.place)
        if found is None or found.lasting != held.lasting:
            wrong.append(f"a blob of {held.tenant} is {'gone' if found is None else 'not what it was'}")
        counts[held.tenant]["gone" if found is None else NEW if found.under != held.under else OLD] += 1
    return {tenant: dict(sorted(found.items())) for tenant, found in sorted(counts.items())}, wrong


def _unmoved(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    """Accounts and encryption scopes that still use what they used before, or of which nobody knows what they use."""
    for place, key in before.items():
        if place not in after:
            yield f"{place} is gone, or under no key of its own any more"
        elif after[place] == key:
            yield f"{place} is still under the old version of its key"


def _undone(played: Played[Any]) -> Iterator[str]:
    """Old versions that can be used still, and what nobody can read because one of them can not."""
    for key, state in played.states.items():
        if state != "Disabled":
            yield f"the old version {key} is {state.lower()}"
    unread = Counter(held.tenant for held in played.stored if played.states.get(held.under) == "Disabled")
    yield from (f"{count} blobs of {tenant} are under a version that is disabled" for tenant, count in unread.items())


def _facts(counts: dict[str, dict[str, int]], states: Mapping[str, str]) -> Iterator[str]:
    for tenant, found in counts.items():
        yield f"{tenant}: {', '.join(f'{count} {word}' for word, count in found.items())}."
    disabled = Counter(state.lower() for state in states.values())
    yield f"Old versions: {', '.join(f'{count} {word}' for word, count in sorted(disabled.items()))}."


HOUSE: Final = House(
    cloud="azure",
    terms=_terms,
    scene="shared.sandbox.azure.hospital_scene",
    opened=_opened,
    breach=_breach,
    alarm="Defender raises an alert about each kind of credential.",
    clock=_clock,
    answer=_answer,
    hour=_hour,
    approve=_lead,
    sight=_sight,
)

DRILL: Final = of(HOUSE)
