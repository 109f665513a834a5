"""The house itself: locks, Makefile, and the checks that guard them."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

import audit
import house

ROOT = Path(__file__).parents[2]
FUNCTION_APP = ROOT / "azure_functions_app" / "requirements.txt"
LOCKS = [*sorted((ROOT / "requirements").glob("*.txt")), FUNCTION_APP]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
MAKEFILE = "help: ## this\n\tx\ntest: ## tests\ncheck: ## checks\nsetup: ## sets up\n.PHONY: help test check setup\n"
README = "`make setup`, `make test`, `make check`\n"


def pins(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9][a-z0-9.-]*)==(\S+)", lock.read_text(), re.MULTILINE))


def repository(folder: Path, **files: str) -> Path:
    """Return a git repository with these files tracked, beside a sound README and Makefile."""
    texts = {"Makefile": MAKEFILE, "README.md": README, **{name.replace("_", "."): text for name, text in files.items()}}
    for name, text in texts.items():
        (folder / name).write_text(text)
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    subprocess.run(["git", "add", "."], cwd=folder, check=True)
    return folder


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: f"every requirement of {lock.stem} carries a hash")
def test_lock_is_pinned_by_hash(lock: Path) -> None:
    requirements = re.split(r"\n(?=\S)", lock.read_text().strip())
    assert requirements
    assert [one.split()[0] for one in requirements if not re.search(r"==\S+ .*--hash=sha256:[0-9a-f]{64}", one, re.DOTALL)] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: f"{lock.stem} carries no address")
def test_lock_names_no_host(lock: Path) -> None:
    assert not re.search(r"://|--(?:extra-)?index-url|--find-links", lock.read_text())


def test_what_is_deployed_is_what_was_tested() -> None:
    tested = pins(ROOT / "requirements" / "dev.txt")
    assert pins(ROOT / "requirements" / "runtime.txt").items() <= tested.items()
    assert pins(FUNCTION_APP).items() <= tested.items()


def test_the_function_app_has_what_runs_it() -> None:
    assert {"azure-functions", "azure-functions-durable", "azure-identity"} <= pins(FUNCTION_APP).keys()
    assert not {"azure-functions-runtime", "moto", "pytest", "aws-cdk-lib"} & pins(FUNCTION_APP).keys()


def test_the_emulator_is_pinned_exactly() -> None:
    assert "moto[server]==5.2.5" in PROJECT["project"]["optional-dependencies"]["sandbox"]
    assert pins(ROOT / "requirements" / "dev.txt")["moto"] == "5.2.5"


def test_one_python_everywhere() -> None:
    wanted = (ROOT / ".python-version").read_text().strip()
    assert PROJECT["project"]["requires-python"] == f"=={wanted}.*"
    assert PROJECT["tool"]["mypy"]["python_version"] == wanted


def test_every_target_is_explained() -> None:
    told = subprocess.run(["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    phony = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[0].split()
    assert {line.split()[0] for line in told.splitlines()} == set(phony)


def test_a_sound_repository_draws_no_complaint(tmp_path: Path) -> None:
    assert list(house.complaints(repository(tmp_path, a_py="one = 1\n"))) == []


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        pytest.param({"a_txt": "https://pypi" + ".org/simple\n"}, "names a registry's host", id="a registry's host is found"),
        pytest.param({"a_py": "# see /home" + "/ann/notes\n"}, "names a path of one machine", id="a path of one machine is found"),
        pytest.param({"a_py": "one = 1\n" * 301}, "301 lines", id="a file nobody likes to read is found"),
        pytest.param({"README_md": README + "`make tea`\n"}, "no `make tea`", id="a promise without a target is found"),
        pytest.param({"README_md": "`make test` `make check`\n"}, "does not mention `make setup`", id="an untold command is found"),
    ],
)
def test_house_rules(tmp_path: Path, files: dict[str, str], complaint: str) -> None:
    assert complaint in "\n".join(house.complaints(repository(tmp_path, **files)))


SOUND: audit.Dependency = {"name": "boto3", "version": "1", "vulns": []}
WEAK: audit.Dependency = {"name": "jinja2", "version": "2", "vulns": [{"id": "CVE-2099-1"}]}
SKIPPED: audit.Dependency = {"name": "rich", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("found", "required", "status", "word"),
    [
        pytest.param([], False, 0, "advisory source unreachable", id="no answer is said and let pass"),
        pytest.param([], True, 1, "advisory source unreachable", id="no answer fails where an audit is required"),
        pytest.param([SKIPPED], False, 0, "advisory source unreachable", id="nothing audited is not an audit"),
        pytest.param([SOUND], True, 0, "1 of 1 packages audited, 0 advisories", id="a clean audit counts what it audited"),
        pytest.param([SOUND, WEAK], False, 1, "jinja2 2: CVE-2099-1", id="a known weakness fails"),
        pytest.param([SOUND, SKIPPED], False, 0, "not audited: rich", id="what was skipped is named"),
        pytest.param([SOUND, SKIPPED], True, 1, "not audited: rich", id="what was skipped fails where an audit is required"),
    ],
)
def test_an_audit_that_audited_nothing_is_not_green(found: list[audit.Dependency], required: bool, status: int, word: str) -> None:
    said, code = audit.verdict(found, required=required)
    assert word in "\n".join(said)
    assert code == status


def test_no_rule_of_the_core_asks_which_cloud_it_is_in() -> None:
    core = [
        path
        for part in ("containment", "custody", "reencryption", "report", "workflow")
        for path in (ROOT / "shared" / part).rglob("*.py")
    ]
    assert core
    assert [path.name for path in core if re.search(r"\bCloud\.[A-Z]|\.cloud\s*(==|!=|is)\s", path.read_text())] == []
