"""`codeblue drill --cloud azure`, as anybody runs it: the drill judges from the cloud itself, and what it wrote is read here."""

import json
from pathlib import Path

import pytest

from shared.sandbox.azure import clinic_names as names
from shared.sandbox.azure import hospital_names as hospital
from tests.drills.test_drill import PATIENCE, Drilled, codeblue, rehearsed

pytestmark = pytest.mark.timeout(2 * PATIENCE)


@pytest.fixture(scope="module")
def drilled(tmp_path_factory: pytest.TempPathFactory) -> Drilled:
    out = tmp_path_factory.mktemp("drill")
    code, content = rehearsed(out, "--cloud", "azure", "--seed", 7)
    return code, content, out


def test_the_three_alerts_are_one_case_which_is_contained_and_nothing_is_wrong(drilled: Drilled) -> None:
    code, content, _ = drilled
    assert (code, content["status"], content["drill"]["wrong"]) == (0, "contained", [])
    assert "others" not in content


def test_no_call_of_anybody_who_works_there_fails(drilled: Drilled) -> None:
    drill = drilled[1]["drill"]
    assert drill["failures_of_the_hospital"] == 0
    assert drill["calls_of_the_hospital"] > 100


def test_each_of_the_thiefs_credentials_is_dead_when_that_is_claimed(drilled: Drilled) -> None:
    drill = drilled[1]["drill"]
    found = {(each["name"], each["kind"]): each for each in drill["credentials"]}
    stolen = {("key1", "key"), ("link-1", "link"), (names.EXPORT, "role"), (names.EXPORT, "sign-in"), (names.NURSE, "role")}
    assert found.keys() >= stolen
    assert all(each["last_open"] <= each["claimed_dead_by"] + 2 for each in found.values())
    assert found["link-1", "link"]["last_open"] > 300  # nobody says before ten minutes that a role is gone everywhere
    assert (drill["stolen_before_the_alert"] > 0, drill["moves_of_the_thief"] > 0) == (True, True)


def test_everything_is_under_a_new_version_of_its_key(drilled: Drilled) -> None:
    moved = drilled[1]["drill"]["versions"]
    assert set(moved) == {*hospital.TENANTS, hospital.CONSENTS}
    assert all(set(found) == {"under a new version of its key"} for found in moved.values())


def test_the_old_versions_are_disabled(drilled: Drilled) -> None:
    assert list(drilled[1]["drill"]["old_keys"].values()) == ["Disabled"] * 4


def test_keys_were_replaced_once_and_by_somebody_elses_word(drilled: Drilled) -> None:
    _, content, out = drilled
    entries = [json.loads(file.read_text()) for file in sorted((out / "ledger" / content["case"]).rglob("entries/*.json"))]
    assert [entry["kind"] for entry in entries].count("joined") == 2
    approvals = [entry["body"] for entry in entries if entry["kind"] == "approved"]
    assert [approval["wave"] for approval in approvals].count("rekey") == 1
    assert all(approval["by"] != approval["asked_by"] for approval in approvals)


def test_the_record_is_verified_from_the_folder_alone(drilled: Drilled) -> None:
    _, content, out = drilled
    found = codeblue("audit", content["case"], "--ledger", out / "ledger", "--public-key", out / "public-key.pem", "--json")
    assert (found[0], json.loads(found[1])["ok"]) == (0, True)
    assert content["case"] in (out / "report.html").read_text(encoding="utf-8")


def test_no_blobs_name_and_no_key_is_written(drilled: Drilled) -> None:
    _, _, out = drilled
    written = [file.read_text() for file in (*out.glob("*.html"), out / "case.json", *(out / "ledger").rglob("entries/*.json"))]
    assert not [word for word in ("0000.dcm", "signed.pdf", "0000.hl7", "AccountKey=", "sig=") for text in written if word in text]


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10))
def test_hard_drills_of_one_seed_end_well_and_alike(tmp_path: Path, seed: int) -> None:
    first, second = (rehearsed(tmp_path / str(n), "--cloud", "azure", "--hard", "--seed", seed)[1] for n in range(2))
    assert (first["drill"]["wrong"], first["fingerprint"]) == ([], second["fingerprint"])


@pytest.mark.soak
def test_a_breach_in_both_clouds_is_one_case(tmp_path: Path) -> None:
    code, content = rehearsed(tmp_path)
    assert (code, content["status"], content["drill"]["wrong"]) == (0, "contained", [])
    assert "others" not in content
    assert {*hospital.TENANTS, hospital.CONSENTS, "st-brendan", "marys-hospice", "county-lab"} == set(content["drill"]["versions"])
