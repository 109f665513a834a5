"""A second opinion on the templates: what checkov finds is what has a reason here, and every reason is still found."""

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.conftest import ROOT
from tests.infra.conftest import STACKS, Assembly

PROGRAM = ROOT / ".venv-checkov" / "bin" / "checkov"


class Meant(NamedTuple):
    """A finding that is meant so: on which resources (a pattern of `<stack>/<kind>.<name>`), and why."""

    where: str
    why: str


CHANGES = r"CodeblueSpoke-\d+/AWS::IAM::ManagedPolicy\.Spoke({})"
UNKNOWN = (
    "what a breach touches is not known beforehand; the actions are those of the power's own waves, and a test takes each away"
)

MEANT: Mapping[str, Meant] = {
    "CKV_AWS_18": Meant(
        r".*/AWS::S3::Bucket\.(RecordAccessLog|CanaryBucket)\w+", "it is a log itself, or holds a byte of ours for a day"
    ),
    "CKV_AWS_27": Meant(
        r"CodeblueForwarding-.*/AWS::SQS::Queue\.ForwardingDead\w+", "it is encrypted, with keys of the queue service's own"
    ),
    "CKV_AWS_107": Meant(CHANGES.format("FenceChange") + r"\w+", "a fence switches access keys off; it makes and reads none"),
    "CKV_AWS_108": Meant(
        CHANGES.format("MigrateMove|JobsRoleTasks") + r"\w+", "to move data is to read it; keys open through S3 alone"
    ),
    "CKV_AWS_109": Meant(CHANGES.format("(Preserve|Fence|Rekey|Enforce|Retire)Change") + r"\w+", UNKNOWN),
    "CKV_AWS_110": Meant(
        CHANGES.format("(Fence|Rekey)Change") + r"\w+", "policies are what a fence is made of; guardrails keep ours to us"
    ),
    "CKV_AWS_111": Meant(CHANGES.format("((Preserve|Fence|Rekey|Retire)Change|MigrateMove|JobsRoleTasks)") + r"\w+", UNKNOWN),
    "CKV_AWS_117": Meant(
        r"CodeblueResponder/AWS::Lambda::Function\.\w+",
        "it talks to AWS alone, over TLS; a network of ours is one thing more to fail",
    ),
}
"""By the check's id."""


@pytest.fixture(scope="module")
def findings(assembly: Assembly) -> dict[str, set[str]]:
    """The resources by check. Nothing is asked of anybody's service."""
    if not PROGRAM.exists():
        pytest.skip("the environment of checkov is absent: `make soak` makes it")
    files = [word for name in STACKS for word in ("--file", str(assembly.folder / f"{name}.template.json"))]
    command = [str(PROGRAM), *files, "--framework", "cloudformation", "--skip-download", "--compact", "--output", "json"]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    report: dict[str, Any] = json.loads(said.stdout)
    assert report["summary"]["passed"] > 500
    assert report["summary"]["parsing_errors"] == 0
    found: dict[str, set[str]] = {}
    for each in report["results"]["failed_checks"]:
        stack = Path(each["file_path"]).name.partition(".")[0]
        found.setdefault(each["check_id"], set()).add(f"{stack}/{each['resource']}")
    return found


@pytest.mark.soak
def test_whatever_it_finds_is_meant_so(findings: dict[str, set[str]]) -> None:
    strange = [
        f"{check}: {where}"
        for check, places in findings.items()
        for where in places
        if check not in MEANT or not re.fullmatch(MEANT[check].where, where)
    ]
    assert strange == []


@pytest.mark.soak
def test_no_reason_is_given_for_what_is_not_found(findings: dict[str, set[str]]) -> None:
    assert findings.keys() == MEANT.keys()
