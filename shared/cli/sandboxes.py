"""`codeblue sandbox`: the embedded clouds, with a clinic in them, for drills and for looking."""

from typing import Annotated

import typer

from .options import Json

Port = Annotated[int, typer.Option("--port", help="The loopback port; 0 takes a free one.")]
Empty = Annotated[bool, typer.Option("--empty", help="Only what `codeblue init` makes: no clinic.")]

sandbox = typer.Typer(help="Serve an embedded cloud until interrupted.", no_args_is_help=True)


@sandbox.command()
def aws(json: Json = False, port: Port = 0, empty: Empty = False) -> None:
    """AWS on loopback, over its real protocols. The first line says where it is and with which credentials."""
    from shared.sandbox.aws.scenario import serve

    serve(port=port, empty=empty, json=json)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(sandbox, name="sandbox")
