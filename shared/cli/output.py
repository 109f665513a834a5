"""What people and scripts get to see. Progress goes to stderr, results to stdout."""

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from rich.console import Console

from shared.containment.actions import ACTIONS
from shared.domain.case import Case, Verdict, WaveRecord
from shared.domain.plan import Status
from shared.domain.resource import Ref
from shared.reencryption.result import Progress
from shared.workflow.deciding import Undo
from shared.workflow.run import Outcome

EXITS: dict[str, int] = {
    Verdict.CONTAINED: 0,
    Verdict.OBSERVED: 0,
    Verdict.ROLLED_BACK: 0,
    Verdict.DROPPED: 0,
    Verdict.PARTIAL: 3,
    Verdict.HELD: 3,
    Verdict.REFUSED: 4,
    Verdict.AWAITING_APPROVAL: 5,
}
"""The exit code of each status."""

WORST = (1, 6, 3, 5, 4, 2, 0)
"""Exit codes, the worst first: several cases end with the worst."""

WORDS: dict[str, str] = {
    Verdict.CONTAINED: "contained: everything proposed holds, and the actor is refused",
    Verdict.PARTIAL: "PARTIAL: part of it holds; see what is left for people",
    Verdict.HELD: "HELD: part of the fence could not be written yet; what was written stays, `codeblue apply` goes on with it",
    Verdict.OBSERVED: "observed only: nothing was changed",
    Verdict.AWAITING_APPROVAL: "waiting for a person: nothing more is changed until somebody approves",
    Verdict.ROLLED_BACK: "rolled back; what names the actor alone stays",
    Verdict.REFUSED: "refused: nothing more will be done",
    Verdict.DROPPED: "dropped: no reason to act",
}

LINGERING = "contained: everything proposed holds, and nothing new is given to the actor"
"""The same as long as something lives on that was given before."""

NO_CASE: dict[str, str] = {
    Verdict.PARTIAL: "NOT CONTAINED: this is for people, nothing here can do it",
    Verdict.OBSERVED: "watched, and nothing was changed",
}
"""The same of an alert that opened no case, where it means something else."""

ARN_PARTS = 6
SUCCESSOR = re.compile(r"successor\((.+)\)")
"""How plans call a key that does not exist yet (`Ref.successor`)."""


UNFINISHED = "open: what was decided is on record, and `codeblue apply` goes on with it"

err = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
out = Console(highlight=False, markup=False, soft_wrap=True)


def emit(content: Mapping[str, object]) -> None:
    """One JSON object on one line."""
    sys.stdout.write(json.dumps(content, separators=(",", ":")) + "\n")
    sys.stdout.flush()


type Tell = Callable[[Case, WaveRecord, str], None]
"""Told of a wave: the case, the wave, and what came of it, counted in words."""


def each_wave(tell: Tell) -> Callable[[Case, Outcome], None]:
    """Tells of every wave once, after the stage that ended it."""
    told: set[str] = set()

    def after(case: Case, _at: Outcome) -> None:
        for wave in case.waves:
            if wave.blob not in told:
                tell(case, wave, ", ".join(f"{n} {Status(status).value}" for status, n in wave.counts.items()))
            told.add(wave.blob)

    return after


def progress() -> Callable[[Case, Outcome], None]:
    """Writes a line for every wave that did something."""
    return each_wave(lambda case, wave, counts: err.print(f"{case.id} {wave.wave:<8} {counts} ({wave.seconds:.2f} s)"))


def moving(store: Ref, progress: Progress) -> None:
    """How far the migration of a store is: versions, how many a second, and the time left where it is known."""
    of = f" of {progress.total}" if progress.total is not None else ""
    left = f", {timedelta(seconds=round(progress.seconds_left))} left" if progress.seconds_left is not None else ""
    look = "exposed first" if progress.sweep == 0 else f"look {progress.sweep}"
    err.print(f"{store.name}: {look}: {progress.done}{of} versions, {progress.moved} moved, {progress.rate:.0f} a second{left}")


def show(summary: Mapping[str, object], *, unfinished: bool = False) -> None:
    """The result for a person: what happened, to what, what is left, what to do next. `unfinished`: nobody works on it now."""
    status = str(summary["status"])
    if summary["case"] is None:
        _turned(summary, status)
        return
    lives = _lives(summary)
    words = LINGERING if lives and status == Verdict.CONTAINED else WORDS.get(status, status)
    out.print(f"\n{summary['case']}: {UNFINISHED if unfinished else words}")
    if lives:
        out.print(f"what the actor was given before the fence can work until {_until(lives)}")
    if summary["seconds_to_fence"] is not None:
        out.print(f"from the alert to the last write of the fence: {summary['seconds_to_fence']} s")
    _changes(summary)
    _left(summary)
    if isinstance(asked := summary.get("awaiting"), Mapping):
        out.print(f"\nasked: {asked['why']}\n  until {_until(asked['expires'])}; after that nothing is done and it is asked anew")
        _planned(asked["changes"])
        for sentence in asked["told"]:
            out.print(f"  {sentence}")
        if asked["another"]:
            out.print(f"  not all of it can be undone for everybody: somebody other than {asked['by']} approves it")
        out.print(f"  codeblue approve {summary['case']} --digest {asked['digest']}")
    if summary["ledger"]:
        out.print(f"record: {summary['ledger']}   verify: codeblue audit {summary['case']} --open")


def _lives(summary: Mapping[str, object]) -> str:
    """When the last of what was taken away is dead, if that is still to come."""
    waves = summary["waves"]
    ends = (
        [str(c["dead_by"]) for wave in waves if isinstance(wave, Mapping) for c in wave["changes"] if "dead_by" in c]
        if isinstance(waves, list)
        else []
    )
    last = max(ends, default="")
    return last if last and datetime.fromisoformat(last) > datetime.now(UTC) else ""


def _turned(summary: Mapping[str, object], status: str) -> None:
    """An alert that opened no case: the sentence that says why, and what a person does about it where there is anything."""
    out.print(f"\nno case: {NO_CASE.get(status, WORDS.get(status, status))}")
    people = summary["left_for_people"]
    for left in people if isinstance(people, list) else []:
        out.print(f"  {left['target']}: {left['reason']}\n  next: {left['next']}" if left["target"] else f"  {left['reason']}")


def _changes(summary: Mapping[str, object]) -> None:
    """What came of each wave, by outcome: what is as it should be already, or was planned and then done, is not worth a line."""
    waves = summary["waves"] if isinstance(summary["waves"], list) else []
    for number, wave in enumerate(waves):
        later = {_slot(c) for after in waves[number + 1 :] for c in after["changes"]}
        superseded = [c for c in wave["changes"] if c["status"] == Status.PLANNED and _slot(c) in later]
        rows = [c for c in wave["changes"] if c["status"] != Status.ALREADY and c not in superseded]
        for status, reason in dict.fromkeys((c["status"], c["reason"]) for c in rows):
            alike = Counter(_slot(c) for c in rows if (c["status"], c["reason"]) == (status, reason))
            out.print(f"{wave['name']}: {alike.total()} {status}{': ' if reason else ''}{reason}")
            for (action, target, part), times in alike.items():
                of = f", {part}" if part else ""
                out.print(f"  {ACTIONS[action].title}{f' (x{times})' if times > 1 else ''}: {short(target)}{of}")


def _slot(change: Mapping[str, str]) -> tuple[str, str, str]:
    """What people tell changes apart by: the action, its target, and which part of that where it has several."""
    return (change["action"], change["target"], change.get("part", ""))


def short(target: str) -> str:
    """A resource as people call it: of an ARN the resource, and its Region where it has one (AWS, "Amazon Resource Names").

    Of a resource id of Azure the last type and name.
    """
    if symbol := SUCCESSOR.fullmatch(target):
        return f"the successor of {short(symbol[1])}"
    if target.startswith("/subscriptions/"):
        return "/".join(target.split("/")[-2:])
    partition = target.split(":", 5)
    if len(partition) < ARN_PARTS or partition[0] != "arn":
        return target
    _, _, service, region, _, name = partition
    return f"{name if '/' in name or ':' in name else f'{service} {name}'}{f' in {region}' if region else ''}"


def _until(expires: object) -> str:
    """When a question ends, for people: to the minute, in UTC."""
    return f"{datetime.fromisoformat(str(expires)).astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _planned(changes: Sequence[Mapping[str, object]]) -> None:
    """What would be done if it is approved, change by change."""
    for change in changes:
        hurts = change["hurts"]
        others = ", ".join(map(str, hurts)) if isinstance(hurts, list) else ""
        out.print(f"  would {'(one-way) ' if change['one_way'] else ''}{ACTIONS[str(change['action'])].title.lower()}:", end=" ")
        out.print(f"{short(str(change['target']))}: {change['after']}{f'; it would hurt {others}' if others else ''}")


def _left(summary: Mapping[str, object]) -> None:
    people = summary["left_for_people"]
    for left in people if isinstance(people, list) else []:
        out.print(f"left for people: {left['target']}: {left['reason']}\n  next: {left['next']}")


def show_undo(undo: Undo) -> None:
    """The plan of an undo: what is taken back, what stays, and the digest that approves it."""
    for name in dict.fromkeys(change.action for change in undo.back):
        out.print(f"take back: {ACTIONS[name].title}\n  it hurts: {ACTIONS[name].hurts}")
        for target, times in Counter(c.target for c in undo.back if c.action == name).items():
            out.print(f"  on {short(target.id)}{f' (x{times})' if times > 1 else ''}")
    for name, reason in dict.fromkeys((change.action, reason) for change, reason in undo.stays):
        out.print(f"stays: {ACTIONS[name].title}: {reason}")
        for target in dict.fromkeys(c.target for c, why in undo.stays if (c.action, why) == (name, reason)):
            out.print(f"  on {short(target.id)}")
    out.print(f"digest {undo.digest}")
