"""The function app's zip: what the worker finds in it, and nothing that no function needs."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from azure_functions_app.infra.package import contents, write
from shared.domain.errors import BadInput

INDEXED = """
import sys
sys.path.insert(0, sys.argv[1])
from azure_functions_runtime.loader import index_function_app
print(len(index_function_app("function_app.py")))
ours = {name: module.__file__ for name, module in sys.modules.items() if name.split(".")[0] in {"shared", "azure_functions_app"}}
print([name for name, path in ours.items() if not path.startswith(sys.argv[1])])
"""


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "ours.toml"
    path.write_text('[custody]\nazure = "/subscriptions/1c0deb1e-0000-4000-8000-00000000c11c/resourceGroups/custody"\n')
    return path


def test_the_worker_finds_every_function_in_the_unpacked_zip_and_needs_nothing_beside_it(policy: Path, tmp_path: Path) -> None:
    write(policy, tmp_path / "app.zip")
    with zipfile.ZipFile(tmp_path / "app.zip") as zipped:
        zipped.extractall(tmp_path / "app")
    ran = subprocess.run([sys.executable, "-I", "-c", INDEXED, str(tmp_path / "app")], capture_output=True, text=True, check=False)
    assert ran.stdout.splitlines() == ["12", "[]"], ran.stderr


def test_it_has_the_policy_and_no_emulator_no_terminal_and_nothing_that_deploys_it(policy: Path) -> None:
    names = {name for name, _ in contents(policy)}
    assert {"function_app.py", "host.json", "requirements.txt", "response.toml", "shared/bootstrap/__init__.py"} <= names
    assert not {
        n for n in names if "__pycache__" in n or n.startswith(("shared/sandbox/", "shared/cli/", "azure_functions_app/infra/"))
    }


def test_the_same_files_are_the_same_bytes(policy: Path, tmp_path: Path) -> None:
    zips = [tmp_path / "one.zip", tmp_path / "two.zip"]
    for zipped in zips:
        write(policy, zipped)
    assert zips[0].read_bytes() == zips[1].read_bytes()


def test_a_policy_that_is_not_understood_is_not_packed(policy: Path) -> None:
    policy.write_text("[custodian]\n")
    with pytest.raises(BadInput, match="custodian"):
        list(contents(policy))
