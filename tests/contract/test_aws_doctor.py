"""`codeblue doctor`: each thing that would spoil a response is found beforehand, by looks alone."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from shared.cli.app import app
from shared.domain.errors import BadInput
from shared.sandbox.aws.server import ACCOUNT, Sandbox
from tests.contract.aws_custody import Custody
from tests.contract.sandbox_scenes import ALLOW_ALL, document, statement

GLASS = f"arn:aws:iam::{ACCOUNT}:user/glass"
POLICY = f"""version = 1
[responder]
break_glass = ["{GLASS}"]
[tenants.st-brendan]
accounts = ["{ACCOUNT}"]
buckets = ["charts"]
"""


@pytest.fixture
def told(custody: Custody, sandbox: Sandbox, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401  # a function of it all
    """What the doctor says of an account whose responder may do everything: what is not well, by check, and the exit code."""
    root = sandbox.root()
    root.client("iam").create_user(UserName="glass")
    root.client("s3").create_bucket(Bucket="charts")
    everything = document(statement("Allow", "*"))
    root.client("iam").put_user_policy(UserName="responder", PolicyName="everything", PolicyDocument=everything)
    path = tmp_path / "response.toml"
    path.write_text(POLICY)

    def ask(text: str = POLICY) -> tuple[int, dict[str, str]]:
        path.write_text(text)
        ran = CliRunner().invoke(app, ["doctor", "--json", "--policy", str(path)])
        lines = [json.loads(line) for line in ran.stdout.splitlines()]
        return ran.exit_code, {line["what"]: line["words"] for line in lines if not line["well"]}

    return ask


def recording(sandbox: Sandbox) -> None:
    trails = sandbox.root().client("cloudtrail")
    trails.create_trail(Name="audit", S3BucketName="charts")
    objects = {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}
    selector: Any = {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": [objects]}
    trails.put_event_selectors(TrailName="audit", EventSelectors=[selector])
    trails.start_logging(Name="audit")


def test_an_account_in_which_everything_is_well(told: Any, sandbox: Sandbox) -> None:  # noqa: ANN401
    recording(sandbox)
    assert told() == (0, {})


def test_what_is_read_without_a_trace_is_told(told: Any) -> None:  # noqa: ANN401
    code, wrong = told()
    assert (code, list(wrong)) == (3, ["reads and writes are recorded"])


def test_a_power_without_one_of_its_actions_is_told_by_the_action(told: Any, sandbox: Sandbox) -> None:  # noqa: ANN401
    recording(sandbox)
    deny = document(statement("Deny", "iam:UpdateAccessKey"))
    sandbox.root().client("iam").put_user_policy(UserName="responder", PolicyName="no", PolicyDocument=deny)
    assert told() == (3, {"the power to fence works": "not allowed: iam:UpdateAccessKey"})


def test_a_guardrail_that_binds_us_too_is_told_as_one(told: Any, sandbox: Sandbox) -> None:  # noqa: ANN401
    recording(sandbox)
    no_tags = json.loads(document(statement("Deny", ["kms:TagResource", "kms:CreateKey"])))
    sandbox.guard(ACCOUNT, scps={"everything": ALLOW_ALL, "frozen": no_tags})
    assert told() == (3, {"the power to rekey works": "a service control policy refuses: kms:CreateKey, kms:TagResource"})


def test_nobody_for_the_last_resort_is_told_and_one_who_does_not_exist(told: Any, sandbox: Sandbox) -> None:  # noqa: ANN401
    recording(sandbox)
    assert told(POLICY.replace(f'"{GLASS}"', ""))[1] == {"break-glass is named and exists": "nobody of AWS is named"}
    entra = POLICY.replace(GLASS, "0b1ec701-0000-4000-8000-00000000b1a5")
    assert told(entra)[1] == {"break-glass is named and exists": "nobody of AWS is named"}
    assert "does not exist" in told(POLICY.replace("user/glass", "user/gone"))[1]["break-glass is named and exists"]


def test_custody_that_is_gone_is_told_and_the_rest_still_looked_at(told: Any, sandbox: Sandbox) -> None:  # noqa: ANN401
    recording(sandbox)
    code, wrong = told(POLICY + '[custody]\ntable = "gone"\n')
    assert (code, list(wrong)) == (3, ["custody is ready"])


def test_it_changes_nothing(told: Any, sandbox: Sandbox) -> None:  # noqa: ANN401
    before = len(sandbox.cloud.calls)
    told()
    asked = {call.operation for call in tuple(sandbox.cloud.calls)[before:] if "user/responder" in call.principal.arn}
    assert all(name.startswith(("Get", "List", "Describe", "Lookup", "Simulate", "Head")) for name in asked)


def test_a_policy_that_is_not_understood_is_no_checkup(told: Any) -> None:  # noqa: ANN401
    ran = CliRunner().invoke(app, ["doctor", "--policy", "nowhere.toml"])
    assert isinstance(ran.exception, BadInput)


def test_a_level_of_the_call_list_that_could_not_be_told_is_found_beforehand(told: Any, sandbox: Sandbox) -> None:  # noqa: ANN401
    recording(sandbox)
    topic = sandbox.root().client("sns").create_topic(Name="consultants")["TopicArn"]
    calls = (
        f'[paging]\ncall_list = [{{to = "topic"}}, {{to = "{topic}"}}, {{to = "webhook", secret = "env:TOOL_THAT_IS_NOT_SET"}}]\n'
    )
    code, wrong = told(POLICY + calls)
    assert (code, list(wrong)) == (3, ["level 2 of the call list", "level 3 of the call list"])
