"""How a drill answers an alert: with the program as anybody runs it, in a process and with credentials of its own."""

import json
import signal
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
PATIENCE = 300
PROGRAM = (sys.executable, "-X", "faulthandler", "-c", "from shared.cli import main; main()")


def by_command_line(event: str, *options: str) -> Respond:
    """`codeblue respond` of an example event, under the clinic's own policy."""

    def respond(sandbox: Sandbox, clinic: Clinic) -> Mapping[str, Any]:
        with policy_file(clinic) as policy:
            return run(sandbox, clinic, ["respond", "--render", "--json", "--policy", policy, *options, str(EVENTS / event)])

    return respond


def by_one_approval(event: str) -> Respond:
    """The same where a person decides about the fence: one approval of an envelope, and everything after it follows from that."""

    def respond(sandbox: Sandbox, clinic: Clinic) -> Mapping[str, Any]:
        with policy_file(clinic, 'fence = "ask"', 'sweep = "ask"') as policy:
            asked = run(sandbox, clinic, ["respond", "--render", "--json", "--policy", policy, str(EVENTS / event)])
            case, digest = asked["case"], asked["awaiting"]["digest"]
            run(sandbox, clinic, ["approve", case, "--digest", digest, "--json", "--policy", policy])
            return {**run(sandbox, clinic, ["apply", case, "--json", "--policy", policy]), "asked": asked}

    return respond


@contextmanager
def policy_file(clinic: Clinic, *modes: str) -> Iterator[str]:
    """The path of a `response.toml`: the clinic's own, which only fences unless these modes say otherwise."""
    with NamedTemporaryFile("w", suffix=".toml") as policy:
        observed = () if any(mode.startswith("rekey") for mode in modes) else ('rekey = "observe"',)
        policy.write("\n".join((response_policy(clinic), "[modes]", *observed, *modes)))
        policy.flush()
        yield policy.name


def run(sandbox: Sandbox, clinic: Clinic, arguments: Sequence[str]) -> dict[str, Any]:
    """One run of the program as the responder: what it printed last, its exit code (`exit`), and what it told people (`said`).

    Raises AssertionError, with where its threads were, if it does not end in time.
    """
    program = subprocess.Popen(
        [*PROGRAM, *arguments],
        env=environment(sandbox, clinic.credentials["responder"]),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        out, said = program.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired as late:
        program.send_signal(signal.SIGABRT)
        raise AssertionError(f"no answer after {PATIENCE} s: {program.communicate()[1]}") from late
    last = out.strip().splitlines()[-1:] or ["{}"]
    return {**json.loads(last[0]), "exit": program.returncode, "said": said}
