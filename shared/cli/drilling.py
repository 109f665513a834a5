"""`codeblue drill`: a whole breach of an imaginary hospital, from the first stolen file to the audited report."""

import time
from pathlib import Path
from typing import Annotated, Literal

import typer

from shared.domain.case import Case
from shared.workflow.run import Outcome

from . import output
from .options import Json

Cloud = Annotated[Literal["aws"], typer.Option("--cloud", help="Which cloud's hospital.")]
Hard = Annotated[
    bool, typer.Option("--hard", help="As the cloud is on a bad day: changes take seconds, logs are late, calls are throttled.")
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Fixes hospital, thief and order of moves.")]
Out = Annotated[Path, typer.Option("--out", help="The folder for report.html, case.json, ledger/ and public-key.pem.")]

FAILED = 1


def drill(out: Out, cloud: Cloud = "aws", hard: Hard = False, seed: Seed = 0, json: Json = False) -> None:
    """Rehearse a breach: a hospital, a thief, the response, the audit, the report. Needs no account and touches nobody's cloud."""
    from shared.drill.drill import Wanted, play
    from shared.drill.hospital import DRILL

    teller = Teller(quiet=json)
    drills = {DRILL.cloud: DRILL}
    shown = play(drills[cloud], Wanted(seed, hard, out), teller.say, teller.progress)
    if json:
        output.emit(shown.content)
    else:
        output.show(shown.content)
        _conclude(shown.wrong, shown.report, shown.audit)
    raise typer.Exit(FAILED if shown.wrong else output.EXITS.get(shown.case.verdict, FAILED))


class Teller:
    """Says on stderr what happens, with the seconds since the beginning; `quiet`: nothing."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._began = time.monotonic()

    def say(self, words: str) -> None:
        if not self._quiet:
            output.err.print(f"{time.monotonic() - self._began:6.1f} s  {words}")

    def progress(self, case: Case, at: Outcome) -> None:
        if not self._quiet:
            output.progress(case, at)


def _conclude(wrong: tuple[str, ...], report: Path, audit: str) -> None:
    for sentence in wrong:
        output.out.print(f"WRONG {sentence}")
    verdict = "The drill FAILED." if wrong else "The drill went well: the thief is out, and nobody who works there noticed."
    output.out.print(f"\n{verdict}\nreport: {report}\nverify the record: {audit}")


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(drill)
