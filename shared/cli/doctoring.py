"""`codeblue doctor`: whether a response would work tonight."""

import typer
from rich.table import Table

from shared.settings import load

from . import output
from .desk import Direct, Stack, at
from .options import Json, PolicyFile

NOT_WELL = 3


def doctor(json: Json = False, policy: PolicyFile = None, stack: Stack = "", direct: Direct = False) -> None:
    """Look whether a response would work: custody, every account and power, the logs, break-glass. Changes nothing."""
    from shared.bootstrap import examined

    rules = load(policy)
    found = [check.line for check in examined(rules, lambda: at(stack, direct=direct))]
    table = Table("", "check", "where", "what is wrong", "next", box=None, pad_edge=False)
    for line in found:
        if json:
            output.emit(line)
        table.add_row("well" if line["well"] else "NOT", *(str(line[name]) for name in ("what", "where", "words", "next")))
    if not json:
        output.out.print(table)
    raise typer.Exit(0 if all(line["well"] for line in found) else NOT_WELL)


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(doctor)
