"""`codeblue drill`: a whole breach of an imaginary hospital, from the first stolen file to the audited report."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from shared.domain.case import Case, WaveRecord
from shared.domain.plan import Wave

from . import output
from .options import Json

if TYPE_CHECKING:
    from shared.drill.drill import Shown

Cloud = Annotated[
    Literal["aws", "azure", "both"],
    typer.Option("--cloud", help="Where the hospital is: in one cloud, or with a part in each, which is one breach and one case."),
]
Hard = Annotated[
    bool, typer.Option("--hard", help="As the cloud is on a bad day: changes take seconds, logs are late, calls are throttled.")
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Fixes hospital, thief and order of moves.")]
Out = Annotated[Path, typer.Option("--out", help="The folder for report.html, case.json, ledger/ and public-key.pem.")]

FAILED = 1


def drill(out: Out, cloud: Cloud = "both", hard: Hard = False, seed: Seed = 0, json: Json = False) -> None:
    """Rehearse a breach: a hospital, a thief, the response, the audit, the report. Needs no account and touches nobody's cloud."""
    from shared.drill.drill import Wanted, play
    from shared.drill.drills import DRILLS

    teller = Teller(quiet=json)
    shown = play(DRILLS[cloud](), Wanted(seed, hard, out), teller.say, output.each_wave(teller.wave))
    if json:
        output.emit(shown.content)
    else:
        _conclude(shown)
    worst = max(output.EXITS.get(case.verdict, FAILED) for case in shown.cases)
    raise typer.Exit(FAILED if shown.wrong else worst)


class Teller:
    """Says on stderr what happens, with the seconds since the beginning; `quiet`: nothing."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._began = time.monotonic()

    def say(self, words: str) -> None:
        if not self._quiet:
            output.err.print(f"{time.monotonic() - self._began:6.1f} s  {words}")

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
