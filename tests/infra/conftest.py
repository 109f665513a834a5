"""The whole app, synthesised once: every test reads the same templates."""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra_cdk.parameters import IRREVERSIBLE, Parameters
from tests.hospital import Hospital, built

type Resources = dict[str, dict[str, Any]]

HOME, WARD, MANAGEMENT = "111122223333", "444455556666", "777788889999"
APPROVER = f"arn:aws:iam::{HOME}:role/approver"
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
        "irreversible": IRREVERSIBLE,
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
    """Synthesised with a stub in the place of the functions' code."""
    if shutil.which("node") is None:
        pytest.skip("no Node.js here, by which the CDK runs: the stacks are not synthesised")
    os.environ["JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION"] = "1"
    from aws_cdk import App  # noqa: PLC0415  # four seconds, for those who need it

    from infra_cdk.app import FLAGS, compose  # noqa: PLC0415

    stub, out = tmp_path_factory.mktemp("stub"), tmp_path_factory.mktemp("assembly")
    (stub / "stub.py").write_text("")
    policy = tmp_path_factory.mktemp("policy") / "response.toml"
    policy.write_text(f'version = 1\n[tenants.st-brendan]\naccounts = ["{WARD}"]\n')
    app = App(outdir=str(out), analytics_reporting=False, context=FLAGS)
    compose(app, given(package=str(stub), policy=str(policy)))
    findings = ""
    try:
        app.synth()
    except RuntimeError as why:
        findings = str(why)
    templates = {name: _read(out / f"{name}.template.json") for name in STACKS}
    return Assembly(out, templates, findings)


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found
