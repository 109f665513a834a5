"""How a drill answers an alert: with the program as anybody runs it, in a process and with credentials of its own."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from shared.sandbox.aws.clinic import Clinic
from shared.sandbox.aws.scenario import environment
from shared.sandbox.aws.scenario_fight import Respond
from shared.sandbox.aws.server import Sandbox

ROOT = Path(__file__).parents[2]
EVENTS = ROOT / "events" / "aws"
PATIENCE = 110
PROGRAM = (sys.executable, "-c", "from shared.cli import main; main()")


def by_command_line(event: str, *options: str) -> Respond:
    """`codeblue respond` of an example event; besides what it prints, `exit` is its exit code and `said` what people were told."""

    def respond(sandbox: Sandbox, clinic: Clinic) -> Mapping[str, Any]:
        return run(sandbox, clinic, ["respond", "--render", "--json", *options, str(EVENTS / event)])

    return respond


def run(sandbox: Sandbox, clinic: Clinic, arguments: Sequence[str]) -> dict[str, Any]:
    """One run of the program as the responder, and what it printed last."""
    done = subprocess.run(
        [*PROGRAM, *arguments],
        env=environment(sandbox, clinic.credentials["responder"]),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    last = done.stdout.strip().splitlines()[-1:] or ["{}"]
    return {**json.loads(last[0]), "exit": done.returncode, "said": done.stderr}
