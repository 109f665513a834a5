"""`codeblue drill`: a whole breach of an imaginary hospital, from the first stolen file to the audited report."""

import multiprocessing
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from shared.domain.case import Case, WaveRecord
from shared.domain.plan import Wave

from . import output
from .options import Json

if TYPE_CHECKING:
    from shared.drill.drill import Shown, Wanted

Cloud = Annotated[
    Literal["aws", "azure", "both"],
    typer.Option("--cloud", help="Which cloud's hospital; both at once, each in a folder of its own."),
]
Hard = Annotated[
    bool, typer.Option("--hard", help="As the cloud is on a bad day: changes take seconds, logs are late, calls are throttled.")
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Fixes hospital, thief and order of moves.")]
Out = Annotated[Path, typer.Option("--out", help="The folder for report.html, case.json, ledger/ and public-key.pem.")]

FAILED = 1


def drill(out: Out, cloud: Cloud = "aws", hard: Hard = False, seed: Seed = 0, json: Json = False) -> None:
    """Rehearse a breach: a hospital, a thief, the response, the audit, the report. Needs no account and touches nobody's cloud."""
    from shared.drill.drill import Wanted

    wanted = Wanted(seed, hard, out)
    shown: dict[str, Shown] = _both(wanted, json) if cloud == "both" else {cloud: _played(cloud, wanted, "", json)}
    if json:
        output.emit(shown[cloud].content if cloud in shown else _together(shown))
    else:
        for each in shown.values():
            _conclude(each)
    worst = max(output.EXITS.get(case.verdict, FAILED) for each in shown.values() for case in each.cases)
    raise typer.Exit(FAILED if any(each.wrong for each in shown.values()) else worst)


def _played(cloud: str, wanted: "Wanted", name: str, quiet: bool) -> "Shown":
    """One cloud's drill, told as it goes."""
    from shared.drill.drill import play
    from shared.drill.drills import DRILLS

    teller = Teller(name, quiet=quiet)
    return play(DRILLS[cloud](), wanted, teller.say, output.each_wave(teller.wave))


def _both(wanted: "Wanted", quiet: bool) -> "dict[str, Shown]":
    """Every cloud's drill at once, in processes of their own: each has an environment that the other must not see."""
    from shared.drill.drills import DRILLS

    with ProcessPoolExecutor(len(DRILLS), multiprocessing.get_context("spawn")) as pool:
        asked = {cloud: pool.submit(_played, cloud, replace(wanted, out=wanted.out / cloud), cloud, quiet) for cloud in DRILLS}
        return {cloud: answer.result() for cloud, answer in asked.items()}


def _together(shown: "Mapping[str, Shown]") -> dict[str, object]:
    """What scripts get of both: each one's content by its cloud, and what is wrong in any."""
    wrong = [f"{cloud}: {sentence}" for cloud, each in shown.items() for sentence in each.wrong]
    return {"clouds": {cloud: each.content for cloud, each in shown.items()}, "wrong": wrong}


class Teller:
    """Says on stderr what happens, with the seconds since the beginning and where (`name`); `quiet`: nothing."""

    def __init__(self, name: str = "", *, quiet: bool) -> None:
        self._quiet = quiet
        self._name = f"{name:<7}" if name else ""
        self._began = time.monotonic()

    def say(self, words: str) -> None:
        if not self._quiet:
            output.err.print(f"{time.monotonic() - self._began:6.1f} s  {self._name}{words}")

    def wave(self, _case: Case, wave: WaveRecord, counts: str) -> None:
        """Each wave that brought something."""
        if wave.news or wave.wave not in (Wave.SWEEP, Wave.PRESERVE):
            self.say(f"{WAVES[wave.wave]}: {counts}, in {wave.seconds:.1f} s.")


WAVES: Mapping[Wave, str] = {
    Wave.PRESERVE: "Log and backups are protected",
    Wave.FENCE: "The fence stands: the thief's access is cut, the data fenced",
    Wave.SWEEP: "Looked again, and fenced what the thief had made meanwhile",
    Wave.REKEY: "New keys are in use, and everybody who works here can use them",
    Wave.MIGRATE: "What was stored is moved to them",
    Wave.ENFORCE: "Lasting denies, where they hurt nobody who was seen",
    Wave.RETIRE: "The old keys are retired",
    Wave.ROLLBACK: "Rolled back",
}
"""What a wave did, for a tired person."""


def _conclude(shown: "Shown") -> None:
    output.out.print()
    for case in shown.cases:
        output.out.print(f"{case.id}: {output.WORDS.get(case.verdict, case.verdict)}")
    for line in shown.facts:
        output.out.print(f"  {line}")
    for sentence in shown.wrong:
        output.out.print(f"WRONG {sentence}")
    verdict = "The drill FAILED." if shown.wrong else "The drill went well: the thief is out, and nobody who works there noticed."
    output.out.print(f"\n{verdict}\nreport, for any browser: {shown.report}\nverify the record: {shown.audit}")


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(drill)
