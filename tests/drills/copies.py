"""Clinics by the dozen: one is built, and every line on standard input gets a copy of it, served by a process of its own.

A program of its own, for a fork is safe only where no thread runs. What it prints for each copy is the first line of `codeblue
sandbox aws --json`, with `pid`. Copies end with SIGTERM, or when this program does.
"""

import json
import os
import signal
import sys
import time

from shared.sandbox.aws.clinic import Clinic, before, build
from shared.sandbox.aws.scenario import custody, description
from shared.sandbox.aws.server import Sandbox


def main() -> None:
    """Serve copies until standard input ends. `--empty`: without the clinic, as the sandbox's own option has it."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with before() as sandbox:
        clinic = build(sandbox, empty="--empty" in sys.argv)
        places = custody(sandbox, clinic)
    for _ in sys.stdin:
        if os.fork() == 0:
            serve(sandbox, clinic, places)


def serve(sandbox: Sandbox, clinic: Clinic, places: dict[str, str]) -> None:
    """Serve this copy for as long as it is wanted."""
    maker = os.getppid()
    sandbox.reopen()
    described = description(sandbox, clinic, places)
    sys.stdout.write(f"{json.dumps({**described, 'pid': os.getpid()})}\n")
    sys.stdout.flush()
    while os.getppid() == maker:
        time.sleep(1)
    os._exit(0)


if __name__ == "__main__":
    main()
