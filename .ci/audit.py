"""Ask the advisory source about every locked dependency; an audit that audited nothing is not green.

Usage: audit.py LOCK...  (`AUDIT=required` makes "not audited" a failure)
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NotRequired, TypedDict


class Advisory(TypedDict):
    """One known vulnerability, as pip-audit's JSON has it."""

    id: str


class Dependency(TypedDict):
    """One locked dependency: `vulns` where it was audited, `skip_reason` where it was not."""

    name: str
    version: NotRequired[str]
    vulns: NotRequired[list[Advisory]]
    skip_reason: NotRequired[str]


def ask(lock: Path) -> list[Dependency]:
    """Return pip-audit's answer for a lock; empty where the advisory source gave none."""
    command = ["pip-audit", "--requirement", str(lock), "--require-hashes", "--disable-pip"]
    tool = Path(sys.executable).with_name(command[0])
    options = ["--format", "json", "--progress-spinner", "off", "--timeout", "10"]
    answer = subprocess.run([tool, *command[1:], *options], capture_output=True, text=True, check=False)
    return json.loads(answer.stdout)["dependencies"] if answer.stdout.startswith("{") else []


def first_of(lock: Path) -> str:
    """Return the first requirement of a lock with its hashes: enough to see whether anyone answers."""
    lines = lock.read_text().splitlines()
    end = next(number for number, line in enumerate(lines) if not line.endswith("\\"))
    return "\n".join(lines[: end + 1]) + "\n"


def answers(lock: Path) -> bool:
    """Whether the advisory source knows the first requirement of a lock."""
    with tempfile.TemporaryDirectory() as folder:
        probe = Path(folder, "probe.txt")
        probe.write_text(first_of(lock))
        return any("vulns" in one for one in ask(probe))


def verdict(found: list[Dependency], *, required: bool) -> tuple[list[str], int]:
    """Return what to say and the exit status."""
    audited = [one for one in found if "vulns" in one]
    skipped = [one["name"] for one in found if "vulns" not in one]
    if not audited:
        return ["audit: not audited: advisory source unreachable"], int(required)
    weak = [f"{one['name']} {one.get('version', '')}: {bad['id']}" for one in audited for bad in one.get("vulns", [])]
    said = [f"audit: {len(audited)} of {len(found)} packages audited, {len(weak)} advisories"]
    if skipped:
        said.append(f"audit: not audited: {', '.join(skipped)}")
    return [*said, *weak], int(bool(weak) or (required and bool(skipped)))


def main(locks: list[Path]) -> int:
    """Audit the locks, or say that it could not be done."""
    found = [one for lock in locks for one in ask(lock)] if answers(locks[0]) else []
    said, status = verdict(found, required=os.environ.get("AUDIT") == "required")
    print("\n".join(said))
    return status


if __name__ == "__main__":
    sys.exit(main([Path(name) for name in sys.argv[1:]]))
