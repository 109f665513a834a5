"""The whole app, synthesised once: every test reads the same templates."""

import fcntl
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra_cdk.parameters import IRREVERSIBLE, Parameters
from tests.hospital import Hospital, built

FINDINGS = "assembly.findings"
"""The file that stands beside the assembly once it is whole."""

type Resources = dict[str, dict[str, Any]]

HOME, WARD, MANAGEMENT = "111122223333", "444455556666", "777788889999"
APPROVER = f"arn:aws:iam::{HOME}:role/approver"
CONSULTANTS = f"arn:aws:sns:us-east-1:{HOME}:consultants"
CALL_LIST = f"""[paging]
call_list = [{{to = "topic"}}, {{to = "{CONSULTANTS}"}}, {{to = "webhook", secret = "codeblue/tool"}}]
"""
SIGN_IN = {
    "sso_issuer": "https://login.st-brendan.example/v2.0",
    "sso_client": "codeblue",
    "sso_secret": "codeblue/sign-in",
    "sso_groups": ("7f1c1a52-0d3e-4a55-9a43-3f5a8e1d2c11",),
}
STACKS = (
    "CodeblueCustody",
    "CodeblueCustodySecond",
    "CodeblueResponder",
    f"CodeblueSpoke-{WARD}",
    f"CodeblueForwarding-{WARD}-us-east-1",
    "CodeblueGuardrails",
)


def given(**other: object) -> Parameters:
    """Parameters of a responder for one other account."""
    usual: dict[str, object] = {
        "account": HOME,
        "accounts": (WARD,),
        "external_id": "EXAMPLE-external-id",
        "approvers": (APPROVER,),
        "management": MANAGEMENT,
        "guarded": (HOME, WARD),
        "email": "on-call@st-brendan.example",
        "rehearse_account": WARD,
        "irreversible": IRREVERSIBLE,
        **SIGN_IN,
    }
    return Parameters.model_validate({**usual, **other})


@dataclass(frozen=True)
class Assembly:
    """What was synthesised; `findings` is what the rule packs say of it, and nothing where they have nothing to say."""

    folder: Path
    templates: dict[str, dict[str, Any]]
    findings: str

    def of(self, kind: str, *stacks: str) -> Resources:
        """The resources of this CloudFormation type, in all stacks or these."""
        return {
            f"{stack}/{name}": resource
            for stack in stacks or STACKS
            for name, resource in self.templates[stack]["Resources"].items()
            if resource["Type"] == kind
        }


@pytest.fixture
def hospital() -> Hospital:
    """What a response is about, in memory."""
    return built()


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """Synthesised once for all workers of a run, with a stub in the place of the functions' code."""
    if shutil.which("node") is None:
        pytest.skip("no Node.js here, by which the CDK runs: the stacks are not synthesised")
    own = tmp_path_factory.getbasetemp()
    folder = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    with (folder / "assembly.lock").open("w") as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        if not (folder / FINDINGS).exists():
            (folder / FINDINGS).write_text(_synthesised(folder))
    out = folder / "assembly"
    templates = {name: _read(out / f"{name}.template.json") for name in STACKS}
    return Assembly(out, templates, (folder / FINDINGS).read_text())


def _synthesised(folder: Path) -> str:
    """What the rule packs say of the stacks, which are in `folder` from now on."""
    os.environ["JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION"] = "1"
    from aws_cdk import App  # noqa: PLC0415  # four seconds, for those who need it

    from infra_cdk.app import FLAGS, compose  # noqa: PLC0415

    stub, policy = folder / "stub", folder / "response.toml"
    stub.mkdir()
    (stub / "stub.py").write_text("")
    policy.write_text(f'version = 1\n[tenants.st-brendan]\naccounts = ["{WARD}"]\n{CALL_LIST}')
    app = App(outdir=str(folder / "assembly"), analytics_reporting=False, context=FLAGS)
    compose(app, given(package=str(stub), policy=str(policy)))
    try:
        app.synth()
    except RuntimeError as why:
        return str(why)
    return ""


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found
