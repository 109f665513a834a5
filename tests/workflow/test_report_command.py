"""`codeblue report`, from custody in a folder to the files in another."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from shared.bootstrap import create_custody, custody
from shared.cli.app import app
from shared.domain.case import Case
from shared.report.facts import Pack
from shared.settings import load
from shared.workflow import concluding
from shared.workflow.deps import Deps
from shared.workflow.run import hold
from tests.hospital import Hospital
from tests.page import Page
from tests.workflow.driving import respond


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    file = tmp_path / "response.toml"
    file.write_text(f'version = 1\n[custody]\ndirectory = "{tmp_path / "custody"}"\n', encoding="utf-8")
    return file


@pytest.fixture
def worker(policy: Path, hospital: Hospital) -> Deps:
    rules = load(policy)
    create_custody(rules)
    kept = custody(rules, hospital.clock)
    return hospital.worker(cases=kept.cases, journal=kept.journal(hospital.clock), place=kept.place)


@pytest.fixture
def case(worker: Deps) -> Case:
    return respond(worker)


def reported(case: Case, policy: Path, out: Path) -> dict[str, Any]:
    """What the command says of the record."""
    ran = CliRunner().invoke(app, ["report", case.id, "--out", str(out), "--policy", str(policy), "--json"])
    assert ran.exit_code == 0, ran.output
    return dict(json.loads(ran.stdout)["evidence"]["record"])


def test_a_closed_case_is_audited_as_one_and_its_missing_end_is_seen(
    case: Case, worker: Deps, policy: Path, tmp_path: Path
) -> None:
    with hold(case.id, worker, "a person") as held:
        assert held
        closed = held.save(concluding.close(held.load(), worker, "dr-yes"))
    whole = reported(closed, policy, tmp_path / "out")
    assert (whole["intact"], "--open" in whole["verify"]) == (True, False)
    max((tmp_path / "custody").glob(f"**/{case.id}/checkpoints/*")).unlink()
    assert not reported(closed, policy, tmp_path / "out")["intact"]


def test_writes_the_page_and_the_same_facts_for_programs_which_json_prints(case: Case, policy: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ran = CliRunner().invoke(app, ["report", case.id, "--out", str(out), "--policy", str(policy), "--json"])
    assert ran.exit_code == 0, ran.output
    printed = json.loads(ran.stdout)
    assert printed == json.loads((out / "case.json").read_text(encoding="utf-8"))
    assert printed["report"] == str(out / "report.html")
    facts = Pack.model_validate_json(json.dumps(printed["evidence"]))
    text = Page((out / "report.html").read_text(encoding="utf-8")).text
    assert (facts.case, facts.record.intact) == (case.id, True)
    assert facts.record.entries > 2
    assert facts.record.head in text
    assert facts.record.verify in text
