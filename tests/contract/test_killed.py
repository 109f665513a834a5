"""A worker that is killed again and again while others write and delete: `bench/reencryption/soak.py`, as small as it goes."""

import subprocess
import sys
from pathlib import Path

SOAK = Path(__file__).parents[2] / "bench" / "reencryption" / "soak.py"


def test_a_worker_that_is_killed_again_and_again_misses_nothing_and_does_nothing_twice() -> None:
    run = subprocess.run(
        [sys.executable, str(SOAK), "--versions", "600", "--kills", "2"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.endswith("nothing missed, nothing done twice\n")
