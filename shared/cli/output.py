"""What people and scripts get to see. Progress goes to stderr, results to stdout."""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta

from rich.console import Console
from rich.table import Table

from shared.containment.actions import ACTIONS
from shared.domain.case import Case, Verdict
from shared.domain.plan import Status
from shared.domain.resource import Ref
from shared.reencryption import Progress
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

err = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
out = Console(highlight=False, markup=False, soft_wrap=True)


def emit(content: Mapping[str, object]) -> None:
    """One JSON object on one line."""
    sys.stdout.write(json.dumps(content, separators=(",", ":")) + "\n")
    sys.stdout.flush()


def progress(case: Case, at: Outcome) -> None:
    """A line after every stage that did something."""
    if case.waves and (at.again_seconds is None or case.quiet_sweeps == 0):
        wave = case.waves[-1]
        counts = ", ".join(f"{n} {Status(status).value}" for status, n in wave.counts.items())
        err.print(f"{case.id} {wave.wave:<8} {counts} ({wave.seconds:.2f} s)")


def moving(store: Ref, progress: Progress) -> None:
    """How far the migration of a store is: versions, how many a second, and the time left where it is known."""
    of = f" of {progress.total}" if progress.total is not None else ""
    left = f", {timedelta(seconds=round(progress.seconds_left))} left" if progress.seconds_left is not None else ""
    look = "exposed first" if progress.sweep == 0 else f"look {progress.sweep}"
    err.print(f"{store.name}: {look}: {progress.done}{of} versions, {progress.moved} moved, {progress.rate:.0f} a second{left}")


def show(summary: Mapping[str, object]) -> None:
    """The result for a person: what happened, to what, what is left, what to do next."""
    status = str(summary["status"])
    out.print(f"\n{summary['case'] or 'no case'}: {WORDS.get(status, status)}")
    if summary["seconds_to_fence"] is not None:
        out.print(f"from the alert to the last write of the fence: {summary['seconds_to_fence']} s")
    _changes(summary)
    _left(summary)
    if isinstance(asked := summary.get("awaiting"), Mapping):
        out.print(f"\nasked: {asked['why']}\n  until {asked['expires']}")
        _planned(asked["changes"])
        out.print(f"  codeblue approve {summary['case']} --digest {asked['digest']}")
    if summary["ledger"]:
        out.print(f"record: {summary['ledger']}   verify: codeblue audit {summary['case']} --open")


def _changes(summary: Mapping[str, object]) -> None:
    table = Table("wave", "what", "on", "status", "why", box=None, pad_edge=False)
    waves = summary["waves"]
    for wave in waves if isinstance(waves, list) else []:
        for change in wave["changes"]:
            if change["status"] != Status.ALREADY:
                table.add_row(wave["name"], change["facet"], change["target"], change["status"], change["reason"])
    if table.row_count:
        out.print(table)


def _planned(changes: Sequence[Mapping[str, object]]) -> None:
    """What would be done if it is approved, change by change."""
    if not changes:
        return
    table = Table("would", "on", "to", "can not be undone", "would hurt", box=None, pad_edge=False)
    for change in changes:
        hurts, final = change["hurts"], "one-way" if change["one_way"] else ""
        others = ", ".join(map(str, hurts)) if isinstance(hurts, list) else ""
        table.add_row(ACTIONS[str(change["action"])].title, str(change["target"]), str(change["after"]), final, others)
    out.print(table)


def _left(summary: Mapping[str, object]) -> None:
    people = summary["left_for_people"]
    for left in people if isinstance(people, list) else []:
        out.print(f"left for people: {left['target']}: {left['reason']}\n  next: {left['next']}")


def show_undo(undo: Undo) -> None:
    """The plan of an undo: what is taken back, what stays, and the digest that approves it."""
    table = Table("take back", "on", "who it hurt", box=None, pad_edge=False)
    for change in undo.plan.changes:
        table.add_row(ACTIONS[change.action].title, change.target.id, ACTIONS[change.action].hurts)
    out.print(table)
    for change, reason in undo.left:
        out.print(f"stays: {ACTIONS[change.action].title} on {change.target.id}: {reason}")
    out.print(f"digest {undo.digest}")
