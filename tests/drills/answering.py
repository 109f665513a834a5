"""How a drill answers an alert: with the program as anybody runs it, in a process and with credentials of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from shared.sandbox.aws.clinic import Clinic, response_policy
from shared.sandbox.aws.scenario import environment
from shared.sandbox.aws.scenario_fight import Respond
from shared.sandbox.aws.server import Sandbox

ROOT = Path(__file__).parents[2]
EVENTS = ROOT / "events" / "aws"
PATIENCE = 240
PROGRAM = (sys.executable, "-c", "from shared.cli import main; main()")


def by_command_line(event: str, *options: str) -> Respond:
    """`codeblue respond` of an example event, under the clinic's own policy."""

    def respond(sandbox: Sandbox, clinic: Clinic) -> Mapping[str, Any]:
        with policy_file(clinic) as policy:
            return run(sandbox, clinic, ["respond", "--render", "--json", "--policy", policy, *options, str(EVENTS / event)])

    return respond


def by_one_approval(event: str) -> Respond:
    """The same where a person decides about the fence: one approval of an envelope, and everything after it follows from that."""

    def respond(sandbox: Sandbox, clinic: Clinic) -> Mapping[str, Any]:
        with policy_file(clinic, '[modes]\nfence = "ask"\nsweep = "ask"\n') as policy:
            asked = run(sandbox, clinic, ["respond", "--render", "--json", "--policy", policy, str(EVENTS / event)])
            case, digest = asked["case"], asked["awaiting"]["digest"]
            run(sandbox, clinic, ["approve", case, "--digest", digest, "--json", "--policy", policy])
            return {**run(sandbox, clinic, ["apply", case, "--json", "--policy", policy]), "asked": asked}

    return respond


@contextmanager
def policy_file(clinic: Clinic, *more: str) -> Iterator[str]:
    """The path of a `response.toml`: the clinic's own, and more."""
    with NamedTemporaryFile("w", suffix=".toml") as policy:
        policy.write("\n".join((response_policy(clinic), *more)))
        policy.flush()
        yield policy.name


def run(sandbox: Sandbox, clinic: Clinic, arguments: Sequence[str]) -> dict[str, Any]:
    """One run of the program as the responder: what it printed last, its exit code (`exit`), and what it told people (`said`)."""
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
