"""Options that several commands have, written once."""

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, nothing else there; never prompts.")]
PolicyFile = Annotated[
    Path | None, typer.Option("--policy", envvar="CODEBLUE_POLICY", help="response.toml; without one, the defaults.")
]
CaseId = Annotated[str, typer.Argument(metavar="CASE", help="The case, as `codeblue cases` lists it.")]
Digest = Annotated[str, typer.Option("--digest", help="The digest that you read in the plan.")]
