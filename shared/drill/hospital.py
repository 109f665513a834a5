"""What drills do alike: a hospital in its own process, the thief, the workflow of `codeblue respond`; `House` has what differs."""

import gc
import json
import multiprocessing
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import replace
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, Protocol

from shared.adapters.local.notifier import LogNotifier
from shared.adapters.memory.windows import BoundedMemory
from shared.domain.case import Case
from shared.domain.case import Stage as CaseStage
from shared.domain.errors import BadInput, NotReady
from shared.sandbox.scene import BEGIN, OVER, Begun, Played, Ready
from shared.settings import Policy
from shared.workflow.deps import Deps
from shared.workflow.judging import Judge, arrived
from shared.workflow.local import drive
from shared.workflow.opening import Turned
from shared.workflow.question import Decide
from shared.workflow.run import Outcome
from shared.workflow.taking_in import take_in

from .drill import Drill, Progress, Say, Wanted
from .lapse import LapsedClock
from .verdict import Answered, Sight, verify

RARELY = (100_000, 50, 1000)
"""New objects, and collections of younger ones, after which the collector runs (`gc.set_threshold`): a drill lasts a minute."""

PATIENCE_SECONDS = 180
"""How long the hospital's process may take to answer."""

ALONE = (
    "AWS_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AZURE_CLIENT_CERTIFICATE_PATH",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_USERNAME",
    "CODEBLUE_AZURE_ENDPOINT",
    "CODEBLUE_TOPIC",
    "CODEBLUE_POLICY",
)
"""What of this machine's environment a drill must not see: it reaches nobody's cloud."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The hospital, as it is from outside. `terms` are its cloud's own."""

    wanted: Wanted
    house: "House"
    terms: Any
    line: "Line"
    ready: Ready[Any]
    policy: Policy


class Line(Protocol):
    """What is said to whoever plays the hospital, and what they say; a pipe's end, or several of them."""

    def send(self, obj: object, /) -> None: ...

    def recv(self) -> object: ...

    def poll(self, timeout: float | None = 0.0, /) -> bool: ...


type Work = Callable[[], Deps]
"""Everything that a worker has in hand, made anew: as one has who is woken."""


@dataclass(frozen=True, slots=True)
class Answering:
    """What works on the cases: the clock that lapses, fresh hands, who says yes, and who is told."""

    clock: LapsedClock
    work: Work
    asks: Callable[[Deps], Decide]
    watch: "Watch"


@dataclass(frozen=True, slots=True)
class House:
    """What is its cloud's own about a drill.

    `terms` are its scene's, and `scene` the module whose `play` plays it; `opened` says what is there, `breach` what the thief did,
    `alarm` who raises the alert. `clock`: the responder's; `answer`: work on the cases until nothing more is due at once; `hour`:
    then in time lapse for as long as anything is due, and what has worked last; `approve`: the person who is asked; `sight`: what
    the cloud shows afterwards.
    """

    cloud: str
    terms: Callable[[Wanted], Any]
    scene: str
    opened: Callable[[Ready[Any]], str]
    breach: Callable[[Begun], str]
    alarm: str
    clock: Callable[[Ready[Any]], LapsedClock]
    answer: Callable[[tuple[Case, ...], Answering, Deps], tuple[Case, ...]]
    hour: Callable[[tuple[Case, ...], Answering, Deps], tuple[tuple[Case, ...], Deps]]
    approve: Callable[[Stage, Deps, Say], Decide]
    sight: Callable[[Stage, Answered], Sight]


@contextmanager
def set_up(house: House, wanted: Wanted, say: Say) -> Iterator[Stage]:
    """The hospital at work, until the block ends. Raises `NotReady` where it does not open, `BadInput` as `cleared`."""
    cleared(wanted.out)
    terms = house.terms(wanted)
    with process(house, terms) as line:
        settled()
        ready = heard(line, Ready)
        say(house.opened(ready))
        with acting(ready.environments["responder"]):
            yield Stage(wanted, house, terms, line, ready, Policy.read(ready.policy))


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
def process(house: House, terms: object) -> Iterator[Connection]:
    """The line to a process that plays the hospital; it ends with the block."""
    spawning = multiprocessing.get_context("spawn")
    line, theirs = spawning.Pipe()
    process = spawning.Process(target=_played, args=(house.scene, theirs, terms), name="hospital", daemon=True)
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


def _played(scene: str, line: Connection, terms: object) -> None:
    """The breach, in the process that is made for it: this one never loads a whole cloud."""
    scenery = import_module(scene)
    settled()
    scenery.play(line, terms)


def settled() -> None:
    """What is loaded by now stays: to look through all of it for garbage again and again takes a tenth of the time."""
    gc.freeze()
    gc.set_threshold(*RARELY)


def heard[T](line: Line, kind: type[T]) -> T:
    """What the process says next. Raises `NotReady` where it says nothing in time, or has died."""
    try:
        said = line.recv() if line.poll(PATIENCE_SECONDS) else None
    except EOFError:
        said = None
    if not isinstance(said, kind):
        raise NotReady("the drill's hospital does not answer; run it again, with less else running on this machine")
    return said


@contextmanager
def acting(environment: Mapping[str, str]) -> Iterator[None]:
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


def attack(stage: Stage, say: Say) -> Begun:
    """Let the breach begin; the alerts that come of it."""
    stage.line.send(BEGIN)
    begun = heard(stage.line, Begun)
    say(f"{stage.house.breach(begun)} The thief goes on; clinicians and programs go on working.")
    say(stage.house.alarm)
    return begun


def respond(stage: Stage, begun: Begun, say: Say, progress: Progress) -> Answered:
    """The workflow as on a real night, up to where it would wait for an hour; then that hour in time lapse."""
    from shared.bootstrap import deps  # noqa: PLC0415  # its half a second belongs to the response

    clock = stage.house.clock(stage.ready)
    alerted = clock.now()

    def work() -> Deps:
        return replace(deps(stage.policy, clock), notifier=Pager(say))

    working, watch = work(), Watch(progress, clock)
    answering = Answering(clock, work, lambda deps: stage.house.approve(stage, deps, say), watch)
    admitted = [_admitted(alert, working) for alert in begun.alerts]
    cases = tuple({case.id: case for case in admitted}.values())
    for _ in range(stage.terms.deliveries - 1):
        for alert in begun.alerts:
            _admitted(alert, working)
    cases = stage.house.answer(cases, answering, working)
    settled = clock.now()
    say("Nothing more is due at once. The hour after it follows in time lapse; the thief and everybody else go on.")
    clock.lapse()
    cases, working = stage.house.hour(cases, answering, working)
    stage.line.send(OVER)
    played = heard(stage.line, Played)
    say("The thief and everybody else are called off.")
    return Answered(cases, working, played, begun, alerted, watch.all_held or settled, settled)


class Pager(LogNotifier):
    """Tells what people would be paged about, where nobody is to be woken."""

    def __init__(self, say: Say) -> None:
        self._say = say

    def page(self, case_id: str, subject: str, body: str, level: int = 0) -> None:  # noqa: ARG002  # a page's text repeats what is asked
        self._say(f"People are paged: {subject}.")


class Watch:
    """Passes on what is told after every stage, and notes when the response first said that every fence holds (`all_held`)."""

    def __init__(self, progress: Progress, clock: LapsedClock) -> None:
        self._progress, self._clock = progress, clock
        self._held: dict[str, datetime] = {}

    @property
    def all_held(self) -> datetime | None:
        return max(self._held.values(), default=None)

    def __call__(self, case: Case, at: Outcome) -> None:
        if at.stage not in FENCING:
            self._held.setdefault(case.id, self._clock.now().astimezone(UTC))
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


def each(cases: tuple[Case, ...], answering: Answering, working: Deps) -> tuple[Case, ...]:
    """Work on one case after the other, until nothing more is due at once."""
    return tuple(drive(case.id, working, answering.asks(working), answering.watch) for case in cases)


def lead(stage: Stage, _: Deps, say: Say) -> Decide:
    """The person of the drill who says yes to what is asked, and is not the one who asks."""

    def decide(case: Case) -> tuple[str, bool] | None:
        if case.awaiting:
            say(f"Asked: {case.awaiting.why} (digest {case.awaiting.digest[:12]}). The incident lead approves.")
        return stage.ready.approver, True

    return decide


def of(house: House) -> Drill[Stage, Begun, Answered]:
    """The drill in this house."""
    return Drill(house.cloud, partial(set_up, house), attack, respond, verify)
