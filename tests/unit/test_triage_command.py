"""`codeblue triage`, as people and scripts call it."""

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from shared.cli.app import app
from tests.unit.triage_desk import ANN, NOW, call

KEYS = ["file", "index", "source", "event", "actor", "resources", "decision", "rule", "reason", "techniques", "case"]

DISABLED = call("DisableKey", "kms", {"keyId": "k"})
OLD = call("DisableKey", "kms", {"keyId": "old"}, at=NOW - 3 * 86_400)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.json").write_text(json.dumps(OLD))
    (tmp_path / "b.json.gz").write_bytes(gzip.compress(json.dumps({"Records": [DISABLED]}).encode()))
    (tmp_path / "c.txt").write_text("patient Jane Doe was here")
    (tmp_path / ".hidden").write_text("not looked at")
    return tmp_path


def run(*arguments: str, stdin: bytes = b"") -> tuple[int, str]:
    result = CliRunner().invoke(app, ["triage", *arguments], input=stdin)
    return result.exit_code, result.stdout if not result.exception or isinstance(result.exception, SystemExit) else repr(
        result.exception
    )


def objects(*arguments: str, stdin: bytes = b"") -> list[dict[str, Any]]:
    code, text = run(*arguments, "--json", stdin=stdin)
    assert code == 0, text
    return [json.loads(line) for line in text.splitlines()]


def test_every_record_is_a_line_and_the_last_object_says_what_merged(folder: Path) -> None:
    *lines, last = objects(str(folder))
    assert [list(line) for line in lines] == [KEYS] * 3
    assert [Path(line["file"]).name for line in lines] == ["a.json", "b.json.gz", "c.txt"]
    assert [line["decision"] for line in lines] == ["watch", "act", "unreadable"]
    assert last == {"merged": {}}
    assert "Jane" not in json.dumps(lines)


def test_now_is_the_newest_event_unless_it_is_said(folder: Path) -> None:
    *lines, _ = objects(str(folder / "a.json"))
    assert lines[0]["decision"] == "act"
    *lines, _ = objects(str(folder / "a.json"), "--now", "2026-11-21T12:00:00Z")
    assert lines[0]["decision"] == "watch"


def test_stdin_is_read() -> None:
    *lines, _ = objects("-", stdin=json.dumps([DISABLED]).encode())
    assert [(line["file"], line["decision"]) for line in lines] == [("-", "act")]


def test_a_long_stdin_is_judged_by_the_newest_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.cli.triaging.IN_MEMORY", 100)
    *lines, _ = objects("-", stdin=b"\n".join(json.dumps(record).encode() for record in (OLD, DISABLED, OLD | {"eventID": "x"})))
    assert [line["decision"] for line in lines] == ["act", "act", "watch"]


def test_people_get_a_table_and_the_cases(folder: Path) -> None:
    code, text = run(str(folder))
    assert code == 0
    assert "cloudtrail" in text
    assert "key-disabled" in text
    assert "cb-" in text
    assert ANN["arn"] in text


def test_a_policy_is_obeyed(folder: Path, tmp_path: Path) -> None:
    policy = tmp_path / ".response.toml"
    policy.write_text('version = 1\n[triage]\noff = ["key-disabled"]\n')
    *lines, _ = objects(str(folder / "b.json.gz"), "--policy", str(policy))
    assert lines[0]["decision"] == "drop"


@pytest.mark.parametrize(("arguments", "sentence"), [(["nowhere.json"], "no such file"), (["-", "--now", "later"], "no time")])
def test_a_mistake_is_named(arguments: list[str], sentence: str) -> None:
    result = CliRunner().invoke(app, ["triage", *arguments], input=b"{}")
    assert sentence in str(result.exception)


def test_a_file_that_cannot_be_opened_is_a_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> io.BytesIO:
        raise PermissionError

    monkeypatch.setattr(Path, "open", refuse)
    *lines, _ = objects(str(folder / "a.json"))
    assert lines[0]["decision"] == "unreadable"
    assert "PermissionError" in lines[0]["reason"]
