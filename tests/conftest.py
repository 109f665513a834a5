"""What every test may count on: no test reaches anybody's cloud by accident."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parent.parent
FIRST = ("both", "drills", "infra", "workflow", "contract")
"""Folders whose files take longest, the longest first."""
CLOUD_PREFIXES = ("AWS_", "AZURE_", "IDENTITY_", "MSI_")

# until collection ends nearly all that is made stays: nothing to look for
gc.disable()

# a busy machine is slow, not wrong; the same examples everywhere, so that a red run can be repeated
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that no worker is left alone with it at the end."""
    items.sort(key=lambda item: _place(item.path.relative_to(ROOT / "tests").parts[0]))


def _place(folder: str) -> int:
    return FIRST.index(folder) if folder in FIRST else len(FIRST)


def pytest_collection_finish() -> None:
    """What is imported by now stays; to look through all of it for garbage again and again takes a tenth of the time."""
    gc.freeze()
    gc.enable()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def no_cloud_of_the_machine(request: pytest.FixtureRequest) -> Iterator[None]:
    """The environment names no account, profile or endpoint; `live` tests keep the person's own."""
    if request.config.option.markexpr == "live":
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        for name in (name for name in os.environ if name.startswith(CLOUD_PREFIXES)):
            patch.delenv(name)
        patch.setenv("AWS_CONFIG_FILE", os.devnull)
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield


@pytest.fixture(scope="session")
def ministack_python() -> Path:
    """The interpreter of the second emulator's own environment; `make test` makes it."""
    python = ROOT / ".venv-ministack" / "bin" / "python"
    if not python.exists():
        pytest.skip("the environment of ministack is absent: `make test` makes it")
    return python
