"""The call list in the templates: who hears every page, and who reads what is kept of webhooks."""

import json
from pathlib import Path

import pytest

from infra_cdk.duties import Home, duties
from infra_cdk.roster import POSTS
from shared.domain.call_list import Level, Paging
from shared.domain.errors import BadInput
from tests.infra.conftest import CONSULTANTS, HOME, Assembly, given
from tests.infra.policy_lint import findings
from tests.infra.test_stacks import statements

AT_HOME = Home("aws", HOME, "us-east-1", f"arn:aws:kms:us-east-1:{HOME}:key/EXAMPLE")
LIST = Paging(call_list=(Level(to="topic"), Level(to=CONSULTANTS), Level(to="webhook", secret="codeblue/tool")))


def test_every_page_comes_to_the_one_function_that_knows_the_call_list(assembly: Assembly) -> None:
    subscribed = [each["Properties"]["Protocol"] for each in assembly.of("AWS::SNS::Subscription").values()]
    assert sorted(subscribed) == ["email", "lambda"]
    functions = [each["Properties"] for each in assembly.of("AWS::Lambda::Function").values()]
    passing = {f["FunctionName"] for f in functions if "CODEBLUE_RELAYED" not in f["Environment"]["Variables"]}
    assert passing == {"codeblue-notify"}


def test_what_is_kept_of_webhooks_is_read_by_whoever_calls_them_and_by_no_stage(assembly: Assembly) -> None:
    reads = {
        policy["Properties"]["ManagedPolicyName"]: statement["Resource"]
        for policy in assembly.of("AWS::IAM::ManagedPolicy", "CodeblueResponder").values()
        for statement in statements(policy["Properties"])
        if "secretsmanager:GetSecretValue" in statement["Action"]
    }
    assert reads.keys() == {"codeblue-notify-run", "codeblue-doctor-run"}
    assert {json.dumps(each).count(":secret:codeblue/tool-??????") for each in reads.values()} == {1}


@pytest.mark.parametrize("name", POSTS)
def test_a_call_list_changes_the_duties_of_two_functions_alone(name: str) -> None:
    without, with_it = duties(name, AT_HOME, (HOME,)), duties(name, AT_HOME, (HOME,), LIST)
    assert (without == with_it) is (name not in {"notify", "doctor"})
    assert list(findings(json.loads(with_it["run"]))) == []


def test_a_secret_that_no_deployed_function_is_given_is_refused(tmp_path: Path) -> None:
    policy = tmp_path / "response.toml"
    policy.write_text('[paging]\ncall_list = [{to = "webhook", secret = "env:TOOL"}]')
    with pytest.raises(BadInput, match="env:TOOL: a deployed function reads secrets from Secrets Manager"):
        given(policy=str(policy)).paging  # noqa: B018  # what it says
