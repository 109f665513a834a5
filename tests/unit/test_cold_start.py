"""What a function waits for before it can answer: what its duty does not need is not imported."""

import subprocess
import sys
from functools import cache

import pytest

LOADED = "; import sys; print(*sys.modules)"
FENCE = (
    "import functions.stage, shared.bootstrap.clouds",
    *(f"import shared.adapters.aws.{name}" for name in ("cases", "custody_places", "directory", "identities", "keyring")),
    *(f"import shared.adapters.aws.{name}" for name in ("job_names", "notifier", "signer", "sinks", "world")),
    "from shared.workflow.stages import STEPS",
    "STEPS['fence'].load()",
)
"""The stage's function, and what it loads until its first fence is written."""

NOT_ITS_OWN = (
    "aws_lambda_powertools",
    "azure",
    "cryptography.hazmat.primitives.serialization",
    "jinja2",
    "moto",
    "pycurl",
    "rich",
    "shared.adapters.azure",
    "shared.adapters.paging",
    "shared.cli",
    "shared.custody.audit",
    "shared.intake",
    "shared.reencryption",
    "shared.report",
    "shared.triage",
    "shared.workflow.migrating",
    "shared.workflow.sweeping",
    "sqlite3",
    "typer",
)
"""What reads alerts, moves data, verifies, reports, or answers for the other cloud."""


@cache
def loaded(code: str) -> frozenset[str]:
    """The modules of a fresh interpreter that has run this."""
    return frozenset(subprocess.check_output([sys.executable, "-c", code + LOADED], text=True).split())


@pytest.mark.parametrize("module", NOT_ITS_OWN)
def test_a_fence_waits_for_nothing_that_it_does_not_need(module: str) -> None:
    assert module not in loaded("; ".join(FENCE))


@pytest.mark.parametrize("name", ["ask", "doctor", "move", "notify", "sweep"])
def test_a_function_that_only_answers_loads_no_powertools(name: str) -> None:
    assert "aws_lambda_powertools" not in loaded(f"import functions.{name}")


def test_the_question_can_fail() -> None:
    assert {"shared.reencryption", "sqlite3"} <= loaded("import functions.move")
