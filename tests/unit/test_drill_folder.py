"""The folder of a drill: what an earlier one wrote goes, and nothing else."""

from pathlib import Path

import pytest

from shared.domain.errors import BadInput
from shared.drill.hospital import cleared


def test_an_earlier_drills_ledger_goes(tmp_path: Path) -> None:
    (tmp_path / "ledger").mkdir()
    (tmp_path / "case.json").write_text('{"drill": {}}')
    cleared(tmp_path)
    assert not (tmp_path / "ledger").exists()


@pytest.mark.parametrize("told", ["", '{"case": "cb-1"}', "not json"])
def test_a_ledger_that_no_drill_wrote_stays(tmp_path: Path, told: str) -> None:
    (tmp_path / "ledger").mkdir()
    (tmp_path / "case.json").write_text(told)
    with pytest.raises(BadInput, match="no drill wrote it"):
        cleared(tmp_path)
    assert (tmp_path / "ledger").exists()


def test_a_new_folder_needs_nothing(tmp_path: Path) -> None:
    cleared(tmp_path / "new")
