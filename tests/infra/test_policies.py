"""Every policy that is made, held against AWS's own lists of what there is to be allowed and refused."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from infra_cdk.duties import Home, duties
from infra_cdk.roster import POSTS
from shared.adapters.aws.permissions import document, responder_policies, tasks
from shared.adapters.aws.powers import policies
from shared.workflow.stages import Power
from tests.infra.conftest import HOME, WARD, Assembly
from tests.infra.policy_lint import findings, meet
from tests.infra.test_guardrails import RCP, SCP

AT_HOME = Home("aws", HOME, "us-east-1", f"arn:aws:kms:us-east-1:{HOME}:key/EXAMPLE")
GENERATED = {
    **{f"the power to {power}, {word}": text for power in Power for word, text in policies(power).items()},
    **{f"{name} at home, {word}": text for name in POSTS for word, text in duties(name, AT_HOME, (HOME, WARD)).items()},
    **responder_policies(),
    "the jobs of S3": document(*tasks(HOME)),
    "the service control policy": json.dumps(SCP),
    "the resource control policy": json.dumps(RCP),
}

POLICY_KEYS = ("AssumeRolePolicyDocument", "PolicyDocument", "KeyPolicy", "Content", "ResourcePolicy")


@pytest.mark.parametrize("text", GENERATED.values(), ids=GENERATED)
def test_nothing_is_wrong_with(text: str) -> None:
    assert list(findings(json.loads(text))) == []


def deployed(assembly: Assembly) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every policy document of every template: of roles, and of what keeps people away from a thing."""
    for stack, template in assembly.templates.items():
        for name, resource in template["Resources"].items():
            for key in POLICY_KEYS:
                if isinstance(document := resource.get("Properties", {}).get(key), dict) and "Statement" in document:
                    yield f"{stack}/{name}", document


def test_nothing_is_wrong_with_what_is_deployed(assembly: Assembly) -> None:
    documents = list(deployed(assembly))
    wrong = [f"{where}: {finding}" for where, document in documents for finding in findings(document)]
    assert wrong == []
    assert len(documents) > 60


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        pytest.param({"Action": "s3:GetObjekt", "Resource": "*"}, "no action", id="a misspelt action"),
        pytest.param({"Action": "s4:GetObject", "Resource": "*"}, "no action", id="a service that there is not"),
        pytest.param({"Action": "iam:Forget*", "Resource": "*"}, "no action", id="a pattern that means nothing"),
        pytest.param(
            {"Action": "s3:GetObject", "Resource": "arn:aws:iam::1:role/x"}, "works on", id="a resource that the action has not"
        ),
        pytest.param(
            {"Action": ["kms:Decrypt", "s3:GetObject"], "Resource": "arn:aws:s3:::b/*"},
            "kms:Decrypt",
            id="an action with nothing to act on",
        ),
        pytest.param(
            {"Action": "s3:GetObject", "Resource": "*", "Condition": {"Bool": {"kms:ViaService": "x"}}},
            "condition key",
            id="a key that its requests do not carry",
        ),
        pytest.param({"Action": "s3:GetObject", "Resource": "*", "Actions": []}, "element", id="an element that there is not"),
    ],
)
def test_it_is_found(statement: dict[str, Any], said: str) -> None:
    wrong = list(findings({"Statement": [{"Effect": "Allow", **statement}]}))
    assert wrong
    assert said in " ".join(wrong)


@pytest.mark.parametrize(("one", "other", "both"), [("a*", "*b", True), ("a*c", "ab", False), ("", "*", True), ("a", "a*b", False)])
def test_patterns_meet(one: str, other: str, *, both: bool) -> None:
    assert meet(one, other) is both
