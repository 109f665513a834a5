"""`codeblue sandbox`: the embedded clouds, with a clinic in them, for drills and for looking."""

import json as json_
import shlex
import time
from pathlib import Path
from typing import Annotated

import typer

from shared.domain.errors import BadInput

from . import output
from .options import Json

Port = Annotated[int, typer.Option("--port", help="The loopback port; 0 takes a free one.")]
Empty = Annotated[bool, typer.Option("--empty", help="Only what `codeblue init` makes: no clinic.")]
Printed = Annotated[Path, typer.Argument(metavar="FILE", help="What `codeblue sandbox aws --json` (or azure) printed.")]
Who = Annotated[str, typer.Argument(metavar="WHO", help="responder, administrator, clinician, thief …")]

PATIENCE = 60.0
"""Seconds in which a sandbox is up on the slowest machine."""

sandbox = typer.Typer(help="Serve an embedded cloud until interrupted.", no_args_is_help=True)


@sandbox.command()
def aws(json: Json = False, port: Port = 0, empty: Empty = False) -> None:
    """AWS on loopback, over its real protocols. The first line says where it is and with which credentials."""
    from shared.sandbox.aws.scenario import serve

    serve(port=port, empty=empty, json=json)


@sandbox.command()
def azure(json: Json = False, port: Port = 0, empty: Empty = False) -> None:
    """Azure on loopback, for the services' own clients. The first line says where it is and with which credentials."""
    from shared.sandbox.azure.scenario import serve

    serve(port=port, empty=empty, json=json)


@sandbox.command()
def enter(file: Printed, who: Who) -> None:
    """Print the environment of one of the sandbox's people, for `eval "$(codeblue sandbox enter FILE WHO)"`."""
    try:
        found = json_.loads(_printed(file))
        held = found["credentials"][who]
    except (OSError, ValueError, KeyError, TypeError):
        raise BadInput(f"{file} does not say how to enter the sandbox as {who}") from None
    if "tenant" in found:
        named = {**held, "CODEBLUE_AZURE_ENDPOINT": found["endpoint_url"]}
    else:
        named = {**held, "AWS_ENDPOINT_URL": found["endpoint_url"], "AWS_DEFAULT_REGION": found["region"]}
        if "aws_session_token" not in held:
            output.out.print("unset AWS_SESSION_TOKEN")
    for name, value in named.items():
        output.out.print(f"export {name.upper()}={shlex.quote(str(value))}")


def _printed(file: Path) -> str:
    """Its first line, for which a sandbox begun a moment ago is waited: nobody goes on into a real account meanwhile."""
    until = time.monotonic() + PATIENCE
    while not (text := file.read_text(encoding="utf-8")) and time.monotonic() < until:
        time.sleep(0.1)
    return text.partition("\n")[0]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(sandbox, name="sandbox")
