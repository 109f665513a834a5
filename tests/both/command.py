"""`codeblue` in this process, as a shell would start it: environment, standard input, what it wrote, its exit code."""

import json
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path

import pytest

from shared.cli import main
from tests.both.under_test import Ran, Tables


class Pages(logging.Handler):
    """Subjects of the pages that went to the log, as on a machine where no service wakes people."""

    def __init__(self) -> None:
        super().__init__()
        self.subjects: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        said = record.getMessage()
        if said.startswith("PAGE "):
            self.subjects.append(said.split(": ")[1])


def codeblue(words: Sequence[object], environment: Mapping[str, str], given: str = "") -> Ran:
    """One run, to its end."""
    out, err = StringIO(), StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["codeblue", *map(str, words)])
        patch.setattr(sys, "stdin", TextIOWrapper(BytesIO(given.encode()), encoding="utf-8"))
        with pytest.raises(SystemExit) as ended:
            main()
    return Ran(int(ended.value.code or 0), out.getvalue(), err.getvalue())


def written(folder: Path, *all_tables: Tables) -> Path:
    """A `response.toml` of these tables; where several say something of one, all of it counts."""
    merged: dict[str, dict[str, object]] = {}
    for tables in all_tables:
        for name, table in tables.items():
            merged.setdefault(name, {}).update(table)
    lines = ["version = 1"]
    for name, table in merged.items():
        lines += [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in table.items())]
    path = folder / f"response-{len(os.listdir(folder))}.toml"  # noqa: PTH208  # a number for a name
    path.write_text("\n".join(lines))
    return path
