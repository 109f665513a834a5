"""Where a command is carried out: by the functions of a deployed stack, or here, with the caller's own credentials."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from shared.adapters.aws.desk import Desk

Stack = Annotated[
    str,
    typer.Option(
        "--stack", envvar="CODEBLUE_STACK", help="The deployed responder, by the name of its stack; without one, it is done here."
    ),
]
Direct = Annotated[bool, typer.Option("--direct", help="Do it here, even where a stack is named: it may be down.")]


def at(stack: str, *, direct: bool) -> "Desk | None":
    """The responder that is asked, None: nobody is, and the command works by itself. Raises `Absent`, `NotReady`."""
    if direct or not stack:
        return None
    from shared.bootstrap import desk

    return desk(stack)
