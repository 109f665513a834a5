"""`codeblue`: the command line. Every command has `--json`; nothing destructive runs without a plan shown and a digest approved.

Exit codes
    0 contained, observed, rolled back, dropped · 1 anything else · 2 bad input · 3 partial or held
    4 refused (nothing left to do) · 5 awaiting approval · 6 audit: tampered or incomplete
"""

import sys

import typer

from shared.domain.errors import BadInput, CodeblueError, NotApproved, Tampered

from . import (
    acting,
    auditing,
    concluding,
    deciding,
    doctoring,
    drilling,
    handing_over,
    output,
    rehearsing,
    reporting,
    sandboxes,
    showing,
    triaging,
)

app = typer.Typer(
    name="codeblue",
    help="Contain a breach of health data: cut the access, fence the data, keep a record that nobody can alter.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

for commands in (
    acting,
    deciding,
    concluding,
    showing,
    handing_over,
    auditing,
    reporting,
    doctoring,
    drilling,
    rehearsing,
    sandboxes,
    triaging,
):
    commands.add_to(app)

EXIT: tuple[tuple[type[CodeblueError], int], ...] = ((BadInput, 2), (NotApproved, 4), (Tampered, 6), (CodeblueError, 1))
"""Errors that reach the person, and the exit code each has. First match counts."""


def run() -> None:
    """Run the command that was typed, and leave with its exit code."""
    try:
        sys.exit(app(standalone_mode=False))
    except typer.Abort:
        output.err.print("stopped; what was written stays, and the case can be taken up again with `codeblue apply`")
        sys.exit(1)
    except CodeblueError as error:
        output.err.print(f"codeblue: {error}", markup=False)
        sys.exit(next(code for kind, code in EXIT if isinstance(error, kind)))
