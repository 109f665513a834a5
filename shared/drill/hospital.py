"""The drill on AWS: a hospital in a process of its own, the thief in it, and the same workflow that `codeblue respond` runs."""

import json
import multiprocessing
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from shared.adapters.local.clock import SystemClock
from shared.adapters.memory.windows import BoundedMemory
from shared.domain.case import Case
from shared.domain.case import Stage as CaseStage
from shared.domain.errors import BadInput, NotReady
from shared.sandbox.aws import hospital_scene as scene
from shared.settings import Policy
from shared.workflow.deps import Deps
from shared.workflow.judging import Judge, arrived
from shared.workflow.local import Decide, Patience, drive
from shared.workflow.opening import Turned
from shared.workflow.run import Outcome
from shared.workflow.taking_in import take_in

from .drill import Drill, Progress, Say, Wanted
from .lapse import LapsedClock
from .verdict import Answered, verify

PATIENCE_SECONDS = 60
"""How long the hospital's process may take to answer."""

ALONE = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "CODEBLUE_TOPIC", "CODEBLUE_POLICY")
"""What of this machine's environment a drill must not see: it reaches nobody's cloud."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The hospital, as it is from outside."""

    wanted: Wanted
    terms: scene.Terms
    line: Connection
    ready: scene.Ready
    policy: Policy


@contextmanager
def set_up(wanted: Wanted, say: Say) -> Iterator[Stage]:
    """The hospital at work, until the block ends. Raises `NotReady` where it does not open, `BadInput` as `cleared`."""
    cleared(wanted.out)
    terms = scene.terms(wanted.seed, hard=wanted.hard)
    with _process(terms) as line:
        ready = _heard(line, scene.Ready)
        stored = sum(not held.deleted for held in ready.stored)
        say(f"A hospital of three tenants is open: {stored} stored versions under {len(ready.keys)} keys, in three accounts.")
        with acting(ready.environments["responder"]):
            yield Stage(wanted, terms, line, ready, Policy.read(ready.policy))


def cleared(out: Path) -> None:
    """Take away what an earlier drill wrote there. Raises `BadInput` where a ledger lies there that no drill wrote."""
    ledger, told = out / "ledger", out / "case.json"
    if not ledger.exists():
        return
    try:
        rehearsed = "drill" in json.loads(told.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        rehearsed = False
    if not rehearsed:
        raise BadInput(f"{ledger} is there already, and no drill wrote it; choose another folder")
    shutil.rmtree(ledger)


@contextmanager
def _process(terms: scene.Terms) -> Iterator[Connection]:
    """The line to a process that plays the hospital; it ends with the block."""
    spawning = multiprocessing.get_context("spawn")
    line, theirs = spawning.Pipe()
    process = spawning.Process(target=scene.play, args=(theirs, terms), name="hospital", daemon=True)
    process.start()
    theirs.close()
    try:
        yield line
    finally:
        line.close()
        process.terminate()  # it keeps nothing
        process.join(PATIENCE_SECONDS)
        if process.is_alive():
            process.kill()
            process.join()
        process.close()


def _heard[T](line: Connection, kind: type[T]) -> T:
    """What the process says next. Raises `NotReady` where it says nothing in time, or has died."""
    try:
        said = line.recv() if line.poll(PATIENCE_SECONDS) else None
    except EOFError:
        said = None
    if not isinstance(said, kind):
        raise NotReady("the drill's hospital does not answer; run it again, with less else running on this machine")
    return said


@contextmanager
def acting(environment: dict[str, str]) -> Iterator[None]:
    """This process has these credentials and this endpoint, and no others, until the block ends."""
    before = dict(os.environ)
    for name in ALONE:
        os.environ.pop(name, None)
    os.environ.update(environment, AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def attack(stage: Stage, say: Say) -> scene.Begun:
    """Let the breach begin; the alert that comes of it."""
    stage.line.send(scene.BEGIN)
    begun = _heard(stage.line, scene.Begun)
    say(f"A stolen key has read {begun.stolen} objects of health data. The thief goes on; clinicians and programs go on working.")
    say("GuardDuty raises the alert.")
    return begun


def respond(stage: Stage, begun: scene.Begun, say: Say, progress: Progress) -> Answered:
    """The workflow as on a real night, up to where it would wait for an hour; then that hour in time lapse."""
    from shared.bootstrap import deps  # noqa: PLC0415  # its half a second belongs to the response

    alerted = datetime.now(UTC)
    clock = LapsedClock(SystemClock())
    working = replace(deps(stage.policy, clock), notifier=Pager(say))
    case = _admitted(begun.alert, working)
    for _ in range(stage.terms.deliveries - 1):
        _admitted(begun.alert, working)
    asks = _approver(stage.ready.approver, say)
    watch = Watch(progress)
    case = drive(case.id, working, asks, watch)
    settled = datetime.now(UTC)
    say("Nothing more is due at once. The hour after it follows in time lapse; the thief and everybody else go on.")
    clock.lapse()
    case = drive(case.id, working, asks, watch, Patience(sweep_seconds=timedelta(hours=2).total_seconds()))
    stage.line.send(scene.OVER)
    played = _heard(stage.line, scene.Played)
    say("The thief and everybody else are called off.")
    return Answered(case, working, played, begun, alerted, watch.held or settled, settled)


class Pager:
    """Tells what people would be paged about, where nobody is to be woken."""

    def __init__(self, say: Say) -> None:
        self._say = say

    def page(self, case_id: str, subject: str, body: str) -> None:  # noqa: ARG002  # a page's text repeats what is asked
        self._say(f"People are paged: {subject}.")


class Watch:
    """Passes on what is told after every stage, and notes when the response first said that the fence holds (`held`)."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.held: datetime | None = None

    def __call__(self, case: Case, at: Outcome) -> None:
        if self.held is None and at.stage not in FENCING:
            self.held = datetime.now(UTC)
        self._progress(case, at)


FENCING: Final = frozenset({CaseStage.OPEN, CaseStage.SCOPE, CaseStage.FENCE, CaseStage.PRESERVE, CaseStage.SWEEP, CaseStage.HOLD})
"""Stages before which nobody claims that the thief is out."""


def _admitted(alert: bytes, working: Deps) -> Case:
    """The case that the alert opens, taken in as any delivery is."""
    judge = Judge(working.policy, working.exempt, BoundedMemory, automatic=True)
    (admitted,) = take_in(arrived(alert), judge, working, automatic=True)
    if isinstance(admitted, Turned):
        raise NotReady(f"the drill's alert was turned away: {admitted.reason}")
    return admitted


def _approver(name: str, say: Say) -> Decide:
    """The person of the drill who says yes to what is asked, and is not the one who asks."""

    def decide(case: Case) -> tuple[str, bool] | None:
        if case.awaiting:
            say(f"Asked: {case.awaiting.why} (digest {case.awaiting.digest[:12]}). The incident lead approves.")
        return name, True

    return decide


DRILL: Final[Drill[Stage, scene.Begun, Answered]] = Drill("aws", set_up, attack, respond, verify)
