"""`codeblue`, run hundreds of times: each run is a process of its own, forked from one that has imported the program already.

Nothing else is shared: arguments, environment, folder, standard streams and exit code are those of a program that was started from
a shell. Half of what a short command computes is its imports, and the drills run many.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from shutil import rmtree
from subprocess import TimeoutExpired
from tempfile import mkdtemp
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext

PRELOADED = (
    "boto3",
    "botocore.session",
    "shared.cli.app",
    "shared.adapters.aws.world",
    "shared.bootstrap",
    "tests.drills.preloaded",
    __name__,
)
"""Modules that are imported once. None of them starts a thread, which would not survive a fork."""

MORE: list[str] = []
"""More of them, for runs that need another cloud's; heard of until the first run begins."""

STREAMS = ("out", "err")


class Running:
    """One run of `codeblue`, begun. What it writes is kept in files; `pid` is its process."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        self._arguments = tuple(arguments)
        self._wrote = Path(mkdtemp(prefix="codeblue-run-"))
        reads, self._given = get_context().Pipe(duplex=False)
        self._process = _server().Process(
            target=_program, args=(self._arguments, dict(environment), str(folder), reads, str(self._wrote))
        )
        self._process.start()
        reads.close()

    @property
    def pid(self) -> int:
        pid = self._process.pid
        assert pid is not None
        return pid

    def poll(self) -> int | None:
        """Its exit code; None while it runs; minus the number of the signal that ended it."""
        return self._process.exitcode

    def give(self, text: str) -> None:
        """Its whole standard input."""
        with suppress(BrokenPipeError, OSError):
            os.write(self._given.fileno(), text.encode())
        with suppress(OSError):
            self._given.close()

    def wait(self, seconds: float) -> tuple[int, str, str]:
        """Its exit code and all it wrote, once it has ended. Raises TimeoutExpired."""
        self._process.join(seconds)
        code = self._process.exitcode
        if code is None:
            raise TimeoutExpired(self._arguments, seconds)
        out, err = ((self._wrote / name).read_text(encoding="utf-8") for name in STREAMS)
        rmtree(self._wrote)
        return code, out, err

    def kill(self) -> None:
        """End it here and now."""
        self._process.kill()
        self._process.join()
        rmtree(self._wrote)


@cache
def _server() -> "ForkServerContext":
    context = get_context("forkserver")
    context.set_forkserver_preload([*PRELOADED, *MORE])
    return context


def _program(arguments: tuple[str, ...], environment: dict[str, str], folder: str, reads: Connection, wrote: str) -> None:
    """What a shell and an interpreter do before `main` is called."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    os.dup2(reads.fileno(), 0)
    for number, name in enumerate(STREAMS, start=1):
        written = os.open(Path(wrote) / name, os.O_WRONLY | os.O_CREAT)
        os.dup2(written, number)
    sys.stdin, sys.stdout, sys.stderr = open(0, encoding="utf-8"), open(1, "w", encoding="utf-8"), open(2, "w", encoding="utf-8")  # noqa: SIM115
    sys.argv = ["codeblue", *arguments]
    from shared.cli import main  # noqa: PLC0415  # preloaded: the console writes to the streams that it has by now

    try:
        main()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
