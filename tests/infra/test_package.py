"""The functions' code as a zip: the same bytes from the same files, and nothing in it that no function needs."""

import os
import zipfile
from pathlib import Path

import pytest

from infra_cdk.package import contents, write
from infra_cdk.roster import POSTS


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder as the installer leaves it."""
    for name in (
        "boto3/__init__.py",
        "boto3/__pycache__/x.pyc",
        "bin/tool",
        "boto3-1.dist-info/RECORD",
        "rich/__init__.py",
        ".lock",
    ):
        path = tmp_path / "installed" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("# here\n")
    return tmp_path / "installed"


def names(installed: Path) -> set[str]:
    return {name for name, _ in contents(installed)}


def test_the_same_files_are_the_same_bytes_whenever_they_were_made(installed: Path, tmp_path: Path) -> None:
    zips = [tmp_path / "one.zip", tmp_path / "two.zip"]
    for number, zipped in enumerate(zips):
        for path in installed.rglob("*"):
            os.utime(path, (number * 10**9, number * 10**9))
            path.chmod(0o700 if path.is_dir() or number else 0o644)
        write(zipped, ((name, path) for name, path in contents(installed) if name.startswith("boto3")))
    assert zips[0].read_bytes() == zips[1].read_bytes()
    assert zipfile.ZipFile(zips[0]).namelist() == ["boto3/__init__.py"]


def test_every_entry_point_is_in_it(installed: Path) -> None:
    entries = {post.entry.rpartition(".")[0].replace(".", "/") + ".py" for post in POSTS.values()}
    assert entries <= names(installed)
    assert "shared/triage/rules/keys.toml" in names(installed)


def test_what_no_function_needs_is_not(installed: Path) -> None:
    left_out = (
        "shared/sandbox/",
        "shared/drill/",
        "shared/cli/",
        "shared/adapters/azure/",
        "rich/",
        "bin/",
        "boto3-1.dist-info/RECORD",
    )
    assert [name for name in names(installed) if name.startswith(left_out) or "__pycache__" in name or name == ".lock"] == []
