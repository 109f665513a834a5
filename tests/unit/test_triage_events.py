"""The examples: events/README.md says what triage says of each."""

import io
import re
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from shared.intake.render import render
from shared.triage.running import Input, Line
from tests.unit.triage_desk import NOW, desk

EVENTS = Path(__file__).parents[2] / "events"

ROW = re.compile(r"\| `(?P<file>[^`]+)` \| (?P<source>[\w-]+) \| .+ \| (?P<decision>\w+) \| (?:`(?P<rule>[\w-]+)`)? ?\|")

ROWS = [found for line in (EVENTS / "README.md").read_text().splitlines() if (found := ROW.match(line))]

FILES = sorted(path.relative_to(EVENTS).as_posix() for path in EVENTS.glob("*/*.json"))


def lines(name: str) -> list[Line]:
    raw = render((EVENTS / name).read_bytes(), datetime.fromtimestamp(NOW, UTC))
    return list(desk().lines([Input(name, partial(io.BytesIO, raw))]))


def test_every_example_is_documented() -> None:
    assert [row["file"] for row in ROWS] == FILES


@pytest.mark.parametrize("row", ROWS, ids=[row["file"] for row in ROWS])
def test_an_example_is_decided_on_as_documented(row: re.Match[str]) -> None:
    line = lines(row["file"])[-1]
    assert (line.source, line.decision) == (row["source"], row["decision"]), line.reason
    assert row["rule"] in {line.rule, None}


@pytest.mark.parametrize("name", FILES)
def test_no_line_names_a_patient(name: str) -> None:
    assert "jane" not in str([line.shown for line in lines(name)]).lower()
