"""`codeblue drill --cloud aws`, as anybody runs it: a breach of the hospital, from the first stolen file to the audited report.

What came of it is judged by the drill from the cloud itself; here it is read from what it wrote.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shared.sandbox.aws import hospital_names as hospital
from shared.sandbox.aws import scenario_names as names
from tests.conftest import ROOT

PATIENCE = 600
CODEBLUE = str(Path(sys.executable).with_name("codeblue"))
OLD = f"arn:aws:kms:{names.REGION}:{names.ACCOUNT}:key/{names.KEY_ID}"
RETAINED = f"arn:aws:kms:{names.REGION}:{names.ACCOUNT}:key/{hospital.HOSPICE_KEY_ID}"
PATIENTS = (*names.PATIENTS, "departed", "will.pdf")

type Json = dict[str, Any]


def codeblue(*arguments: object) -> tuple[int, str]:
    """The exit code and the last line of a run."""
    ran = subprocess.run([CODEBLUE, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert "Traceback" not in ran.stderr, ran.stderr
    return ran.returncode, (ran.stdout.strip().splitlines() or [ran.stderr])[-1]


def rehearsed(out: Path, *options: object) -> tuple[int, Json]:
    code, said = codeblue("drill", "--out", out, "--json", *options)
    content: Json = json.loads(said)
    return code, content


def covered(out: Path) -> Json:
    """What the fingerprint of a drill is made of."""
    content: Json = json.loads((out / "fingerprint.json").read_text())
    return content


@pytest.fixture(scope="module")
def drilled(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, Json, Path]:
    out = tmp_path_factory.mktemp("drill")
    code, content = rehearsed(out, "--cloud", "aws", "--seed", 7)
    return code, content, out


type Drilled = tuple[int, Json, Path]

pytestmark = pytest.mark.timeout(2 * PATIENCE)


def test_a_breach_is_contained_and_nothing_is_wrong(drilled: Drilled) -> None:
    code, content, _ = drilled
    assert (code, content["status"], content["drill"]["wrong"]) == (0, "contained", [])


def test_no_call_of_anybody_who_works_there_fails(drilled: Drilled) -> None:
    drill = drilled[1]["drill"]
    assert drill["failures_of_the_hospital"] == 0
    assert drill["calls_of_the_hospital"] > 100


def test_the_thief_reads_before_the_alert_and_nothing_after_the_fence(drilled: Drilled) -> None:
    drill = drilled[1]["drill"]
    assert drill["stolen_before_the_alert"] > 0
    assert drill["moves_of_the_thief"] > 0


def test_every_version_that_could_be_moved_is_under_a_successor_and_the_others_say_why(drilled: Drilled) -> None:
    assert drilled[1]["drill"]["versions"] == {
        "st-brendan": {"never under a replaced key": 4, "under the successor": 38},
        "marys-hospice": {"retained in compliance mode": 1, "under its writer's own key": 1, "under the successor": 14},
        "county-lab": {"under the successor": 9},
    }
    reasons = " ".join(left["reason"] for left in drilled[1]["left_for_people"] if hospital.RECORDS in left["target"])
    assert "compliance mode" in reasons
    assert "SSE-C" in reasons


def test_the_first_tenants_key_is_disabled_and_the_seconds_is_fenced_for_a_reason(drilled: Drilled) -> None:
    content = drilled[1]
    assert content["drill"]["old_keys"][OLD] == "Disabled"
    assert content["drill"]["old_keys"][RETAINED] == "Enabled"
    why = [left["reason"] for left in content["left_for_people"] if left["target"].endswith(RETAINED)]
    assert any("fenced and not disabled" in reason and "compliance mode" in reason for reason in why)


def test_each_later_wave_was_approved_by_somebody_else_than_who_asked(drilled: Drilled) -> None:
    entries = [json.loads(file.read_text()) for file in sorted((drilled[2] / "ledger").rglob("entries/*.json"))]
    approvals = [entry["body"] for entry in entries if entry["kind"] == "approved"]
    assert [approval["wave"] for approval in approvals] == ["rekey", "migrate", "enforce", "retire"]
    assert all(hospital.LEAD in approval["by"] for approval in approvals)


def test_the_record_is_verified_from_the_folder_alone(drilled: Drilled) -> None:
    _, content, out = drilled
    found = codeblue("audit", content["case"], "--ledger", out / "ledger", "--public-key", out / "public-key.pem", "--json")
    assert (found[0], json.loads(found[1])["ok"]) == (0, True)


def test_one_flipped_byte_of_the_record_is_found(drilled: Drilled) -> None:
    _, content, out = drilled
    entry = sorted((out / "ledger").rglob("entries/*.json"))[3]
    whole = entry.read_bytes()
    entry.chmod(0o600)
    try:
        entry.write_bytes(whole.replace(b"cb-", b"cc-", 1))
        assert codeblue("audit", content["case"], "--ledger", out / "ledger", "--public-key", out / "public-key.pem")[0] == 6
    finally:
        entry.write_bytes(whole)


def test_the_report_names_the_case_and_no_patient(drilled: Drilled) -> None:
    _, content, out = drilled
    page = (out / "report.html").read_text(encoding="utf-8")
    assert content["case"] in page
    written = [page, (out / "case.json").read_text(), *(f.read_text() for f in (out / "ledger").rglob("entries/*.json"))]
    assert not [patient for patient in PATIENTS for text in written if patient in text]


def test_the_same_seed_has_the_same_fingerprint(drilled: Drilled, tmp_path: Path) -> None:
    again = rehearsed(tmp_path, "--cloud", "aws", "--seed", 7)[1]
    assert covered(tmp_path) == covered(drilled[2])
    assert again["fingerprint"] == drilled[1]["fingerprint"]


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(20))
def test_twenty_hard_drills_end_well(tmp_path: Path, seed: int) -> None:
    _, content = rehearsed(tmp_path, "--cloud", "aws", "--hard", "--seed", seed)
    assert (content["status"] in {"contained", "partial"}, content["drill"]["wrong"]) == (True, [])
