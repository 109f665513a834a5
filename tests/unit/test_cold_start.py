"""What a function waits for before it can answer: what its duty does not need is not imported."""

import os
import subprocess
import sys
from functools import cache

import pytest

LOADED = "; import sys; print(*sys.modules)"
FENCE = ("import functions.stage", "from shared.workflow.stages import STEPS", "STEPS['fence'].load()")
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
    "shared.ports.objects",
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
def loaded(code: str, power: str = "") -> frozenset[str]:
    """The modules of a fresh interpreter that has run this."""
    return printed(code + LOADED, power)


def printed(code: str, power: str = "") -> frozenset[str]:
    """The words that a fresh interpreter has printed."""
    environment = {**os.environ, "CODEBLUE_POWER": power}
    return frozenset(subprocess.check_output([sys.executable, "-c", code], env=environment, text=True).split())


@pytest.mark.parametrize("module", NOT_ITS_OWN)
def test_a_fence_waits_for_nothing_that_it_does_not_need(module: str) -> None:
    assert module not in loaded("; ".join(FENCE))


DATACLASSES = (
    "import dataclasses, sys",
    "known = [each for module in [*sys.modules.values()] for each in vars(module).values() if dataclasses.is_dataclass(each)]",
    "print(*{f'{each.__module__}.{each.__name__}' for each in known if each.__module__.startswith('shared.')})",
)


def test_a_fence_defines_no_dataclass_but_what_must_not_print_the_key_of_an_object() -> None:
    assert printed("; ".join((*FENCE, *DATACLASSES))) == {"shared.ports.traffic.Request"}


@pytest.mark.parametrize(("power", "first"), [("fence", "fencing"), ("enforce", "enforcing")])
def test_what_a_power_is_first_asked_for_lies_in_the_functions_snapshot(power: str, first: str) -> None:
    assert f"shared.workflow.{first}" in loaded("import functions.stage", power)


SNAPSHOT = (
    "boto3",
    "botocore.client",
    *(f"shared.adapters.aws.{name}" for name in ("cases", "clients", "directory", "identities")),
)


@pytest.mark.parametrize("module", [*SNAPSHOT, "shared.adapters.aws.sinks", "shared.adapters.aws.world", "shared.bootstrap.clouds"])
@pytest.mark.parametrize("function", ["ingest", "stage"])
def test_what_the_first_call_needs_lies_in_the_snapshot_of_who_stands_between_an_alert_and_its_fence(
    function: str, module: str
) -> None:
    assert module in loaded(f"import functions.{function}", "fence")


READ = (
    "import functions.stage",
    "from shared.adapters.aws import clients, sessions",
    "open_before = sessions.models().file_loader.load_file",
    "sessions.models().file_loader.load_file = lambda path, *_: print(path) or open_before(path)",
    "made = sessions.session('eu-west-1')",
    "[made.client(name) for name in ('sts', *clients.NEEDED)]",
)
"""Prints every description of a service that is read after the function was imported."""


def test_what_the_sdk_knows_of_the_services_of_a_fence_was_read_before_the_first_call() -> None:
    assert printed("; ".join(READ), "fence") == frozenset()


CALLS = "; ".join(
    f"import shared.{name}" for name in ("adapters.aws.wire.network", "adapters.aws.wire.answers", "reencryption.asking")
)
"""What signs a migration's calls, sends them, paces them and reads their answers."""


@pytest.mark.parametrize(
    "module", ["boto3", "pydantic", "shared.domain.resource", "shared.ports.work", "shared.reencryption.migrate"]
)
def test_calls_know_neither_the_domains_models_nor_the_record(module: str) -> None:
    assert module not in loaded(CALLS)


def test_a_name_that_is_no_port_is_nobodys() -> None:
    with pytest.raises(ImportError, match="cannot import name 'Nobody'"):
        from shared.ports import Nobody  # type: ignore[attr-defined]  # noqa: F401, PLC0415


OTHERS = "from functions import ask, doctor, move, notify, sweep"


def test_functions_that_read_no_batch_and_no_address_load_no_powertools() -> None:
    assert "aws_lambda_powertools" not in loaded(OTHERS)


def test_what_moves_data_has_what_a_fence_does_without() -> None:
    assert {"shared.reencryption", "shared.workflow.migrating", "sqlite3"} <= loaded(OTHERS)
