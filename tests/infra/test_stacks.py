"""What is deployed: what the templates say about what must not be otherwise."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from infra_cdk import fan_out
from infra_cdk.duties import Home, duties
from infra_cdk.event_rules import event_rules
from infra_cdk.graph import definition
from infra_cdk.roster import MACHINE, POSTS, of_power
from infra_cdk.worker_role import ANYTHING, PARTS
from shared.adapters.aws import map_runs
from shared.adapters.aws.errors import DENIED
from shared.adapters.aws.powers import policies
from shared.containment.guard import KEPT_OFF
from shared.workflow.stages import Power
from tests.infra.conftest import APPROVER, HOME, STACKS, WARD, Assembly

CUSTODY = ("CodeblueCustody", "CodeblueCustodySecond")
SIX_YEARS = 2192


def statements(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from document["PolicyDocument"]["Statement"]


def test_the_rule_packs_find_nothing_that_is_not_explained(assembly: Assembly) -> None:
    assert assembly.findings == ""
    report = json.loads((assembly.folder / "validation-report.json").read_text())
    ran = {each["pluginName"] if "pluginName" in each else each["summary"]["pluginName"] for each in report["pluginReports"]}
    assert {"AwsSolutions", "HIPAA.Security"} <= ran


def test_the_templates_are_what_cloudformation_understands(assembly: Assembly) -> None:
    paths = [str(assembly.folder / f"{name}.template.json") for name in STACKS]
    # W3005: the CDK says once more what a function depends on
    lint = [
        str(Path(sys.executable).parent / "cfn-lint"),
        "--regions",
        "us-east-1",
        "--ignore-checks",
        "W3005",
        "--template",
        *paths,
    ]
    said = subprocess.run(lint, capture_output=True, text=True, check=False)
    assert (said.stdout, said.returncode) == ("", 0)


class TestCustody:
    """The record, and what keeps it."""

    def test_it_is_locked_in_compliance_mode_in_two_regions(self, assembly: Assembly) -> None:
        buckets = [b["Properties"] for b in assembly.of("AWS::S3::Bucket", *CUSTODY).values()]
        locked = [b for b in buckets if "ObjectLockConfiguration" in b]
        names = {f"codeblue-custody-{HOME}-us-east-1", f"codeblue-custody-{HOME}-us-west-2"}
        assert {b["BucketName"] for b in locked} == names
        for bucket in locked:
            retention = bucket["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
            assert retention == {"Mode": "COMPLIANCE", "Days": SIX_YEARS}
            assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
            assert bucket["LoggingConfiguration"]

    @pytest.mark.parametrize("stack", CUSTODY)
    def test_an_append_by_a_recorder_is_all_that_is_let_through(self, assembly: Assembly, stack: str) -> None:
        every = [s for p in assembly.of("AWS::S3::BucketPolicy", stack).values() for s in statements(p["Properties"])]
        denies = {s["Sid"]: s for s in every if s["Effect"] == "Deny" and "Sid" in s}
        assert {"s3:DeleteObject", "s3:DeleteObjectVersion"} <= set(denies["CodeblueCustodyKeep"]["Action"])
        assert "Condition" not in denies["CodeblueCustodyKeep"]
        assert denies["CodeblueCustodyOnce"]["Condition"] == {"Null": {"s3:if-none-match": "true"}}
        writers = denies["CodeblueCustodyWriters"]["Condition"]["ArnNotEquals"]["aws:PrincipalArn"]
        assert writers == [f"arn:aws:iam::{HOME}:role/codeblue-{name}" for name, post in POSTS.items() if post.keeps]

    def test_every_bucket_refuses_plain_http(self, assembly: Assembly) -> None:
        buckets = assembly.of("AWS::S3::Bucket", *CUSTODY)
        plain = [
            s
            for p in assembly.of("AWS::S3::BucketPolicy", *CUSTODY).values()
            for s in statements(p["Properties"])
            if s.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
        ]
        assert len(plain) == len(buckets)

    def test_what_is_kept_outlives_its_stack(self, assembly: Assembly) -> None:
        kinds = ("AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::KMS::Key")
        kept = {name: r for kind in kinds for name, r in assembly.of(kind, *CUSTODY).items() if "Canary" not in name}
        assert {r["DeletionPolicy"] for r in kept.values()} == {"Retain"}

    def test_cases_can_be_brought_back_and_are_under_our_own_key(self, assembly: Assembly) -> None:
        for table in assembly.of("AWS::DynamoDB::Table", *CUSTODY).values():
            said = table["Properties"]
            assert said["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
            assert said["DeletionProtectionEnabled"] is True
            assert said["SSESpecification"]["SSEType"] == "KMS"

    def test_checkpoints_are_signed_by_an_asymmetric_key_that_others_do_not_use(self, assembly: Assembly) -> None:
        (key,) = (k["Properties"] for k in assembly.of("AWS::KMS::Key", *CUSTODY).values() if "KeySpec" in k["Properties"])
        assert (key["KeySpec"], key["KeyUsage"]) == ("ECC_NIST_P256", "SIGN_VERIFY")
        (deny,) = (s for s in key["KeyPolicy"]["Statement"] if s["Effect"] == "Deny")
        assert deny["Action"] == "kms:Sign"


class TestWorkflow:
    """Functions, the state machine, and who hears of what fails."""

    def test_the_machine_is_the_table_of_stages(self, assembly: Assembly) -> None:
        self._is_written(assembly, MACHINE, definition(), {*Power, "ask", "machine"})

    def test_the_machine_of_workers_is_one_distributed_map_over_the_workers_function(self, assembly: Assembly) -> None:
        self._is_written(assembly, map_runs.MACHINE, fan_out.definition(), {"worker", "bucket"})

    @staticmethod
    def _is_written(assembly: Assembly, name: str, wanted: Mapping[str, Any], filled_in: set[str]) -> None:
        machines = (m["Properties"] for m in assembly.of("AWS::StepFunctions::StateMachine").values())
        (machine,) = (m for m in machines if m["StateMachineName"] == name)
        text = json.dumps(wanted).replace("${partition}", "aws")
        assert json.loads(machine["DefinitionString"]) == json.loads(text)
        assert set(machine["DefinitionSubstitutions"]) == set(re.findall(r"\$\{(\w+)\}", text)) == filled_in

    def test_every_function_has_a_role_dead_letters_a_limit_and_a_kept_log(self, assembly: Assembly) -> None:
        functions = [f["Properties"] for f in assembly.of("AWS::Lambda::Function").values()]
        assert {f["FunctionName"] for f in functions} == {f"codeblue-{name}" for name in POSTS}
        assert len({json.dumps(f["Role"]) for f in functions}) == len(POSTS)
        for function in functions:
            assert function["ReservedConcurrentExecutions"] > 0
            assert function["DeadLetterConfig"]
            assert function["KmsKeyArn"]
            assert function["SnapStart"] == {"ApplyOn": "PublishedVersions"}
        logs = assembly.of("AWS::Logs::LogGroup").values()
        assert {log["Properties"]["RetentionInDays"] for log in logs} == {SIX_YEARS}
        assert all("KmsKeyId" in log["Properties"] for log in logs)

    def test_every_function_is_the_one_power_that_its_role_has(self, assembly: Assembly) -> None:
        for function in assembly.of("AWS::Lambda::Function").values():
            said = function["Properties"]
            name = said["FunctionName"].removeprefix("codeblue-")
            assert said["Environment"]["Variables"]["CODEBLUE_POWER"] == POSTS[name].power
            assert said["Environment"]["Variables"]["PYDANTIC_DISABLE_PLUGINS"] == "__all__"

    def test_people_are_paged_about_every_way_to_fail(self, assembly: Assembly) -> None:
        alarms = {a["Properties"]["AlarmName"] for a in assembly.of("AWS::CloudWatch::Alarm").values()}
        of_functions = {f"codeblue-{name}-{what}" for name in POSTS for what in ("errors", "throttles", "dead")}
        workflow = {f"codeblue-workflow-{what}" for what in ("failed", "timed-out", "stopped", "throttled")}
        logs = {"codeblue-guard-refused", "codeblue-key-denied", "codeblue-doctor-missing", "codeblue-rehearse-missing"}
        intake = {f"codeblue-intake-{what}" for what in ("late", "dead", "undelivered")}
        assert alarms == of_functions | workflow | logs | intake | {"codeblue-page-failed", "codeblue-page-flooded"}
        assert all(a["Properties"]["AlarmActions"] for a in assembly.of("AWS::CloudWatch::Alarm").values())

    def test_every_functions_log_is_searched_for_what_people_have_to_know(self, assembly: Assembly) -> None:
        every = [each["Properties"] for each in assembly.of("AWS::Logs::MetricFilter").values()]
        filters = [f for f in every if f["FilterPattern"].startswith('"')]
        assert {f["FilterPattern"] for f in filters} == {f'"{KEPT_OFF}"', f'"{DENIED}"'}
        assert len({json.dumps(f["LogGroupName"]) for f in filters}) == len(POSTS) == len(filters) / 2
        metrics = {(m["MetricNamespace"], m["MetricName"]) for f in filters for m in f["MetricTransformations"]}
        alarms = [a["Properties"] for a in assembly.of("AWS::CloudWatch::Alarm").values()]
        assert metrics <= {(a.get("Namespace"), a.get("MetricName")) for a in alarms}

    def test_a_message_that_can_not_be_read_ends_in_dead_letters_alone(self, assembly: Assembly) -> None:
        (reads,) = (m["Properties"] for m in assembly.of("AWS::Lambda::EventSourceMapping").values())
        assert reads["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        (queue,) = (
            q["Properties"]
            for q in assembly.of("AWS::SQS::Queue").values()
            if q["Properties"].get("QueueName") == "codeblue-intake"
        )
        assert queue["RedrivePolicy"]["maxReceiveCount"] == 5

    def test_only_signed_requests_of_approvers_decide(self, assembly: Assembly) -> None:
        urls = [url["Properties"]["AuthType"] for url in assembly.of("AWS::Lambda::Url").values()]
        assert urls == ["AWS_IAM"] * 2
        let_in = [
            p["Properties"] for p in assembly.of("AWS::Lambda::Permission").values() if p["Properties"]["Principal"] == APPROVER
        ]
        assert {p["Action"] for p in let_in} == {"lambda:InvokeFunctionUrl", "lambda:InvokeFunction"}

    @pytest.mark.parametrize("name", ["doctor", "rehearse"])
    def test_who_does_not_come_every_day_is_missed(self, assembly: Assembly, name: str) -> None:
        (alarm,) = (
            said
            for each in assembly.of("AWS::CloudWatch::Alarm").values()
            if (said := each["Properties"])["AlarmName"] == f"codeblue-{name}-missing"
        )
        assert (alarm["TreatMissingData"], alarm["ComparisonOperator"]) == ("breaching", "LessThanThreshold")
        assert alarm["Period"] * alarm["EvaluationPeriods"] > 24 * 60 * 60
        rules = [r["Properties"].get("ScheduleExpression") for r in assembly.of("AWS::Events::Rule").values()]
        assert {rule for rule in rules if rule} == {"rate(5 minutes)", "rate(1 day)"}

    def test_events_can_be_replayed(self, assembly: Assembly) -> None:
        (archive,) = assembly.of("AWS::Events::Archive").values()
        assert archive["Properties"]["RetentionDays"] == 30


@pytest.mark.parametrize("name", POSTS)
def test_what_a_function_may_do_at_home_fits_for_as_many_accounts_as_are_allowed(name: str) -> None:
    home = Home("aws", HOME, "us-east-1", f"arn:aws:kms:us-east-1:{HOME}:key/EXAMPLE")
    accounts = (HOME, *(str(number) for number in range(10**11, 10**11 + 79)))
    documents = duties(name, home, accounts)
    assert len(documents) <= 10
    assert max(map(len, documents.values())) <= 6144


class TestOtherAccounts:
    """What they let the responder do, and what they tell it."""

    @pytest.mark.parametrize("power", Power, ids=lambda power: f"the power to {power}")
    def test_only_the_functions_of_a_power_enter_with_it(self, assembly: Assembly, power: Power) -> None:
        roles = {
            r["Properties"]["RoleName"]: r["Properties"] for r in assembly.of("AWS::IAM::Role", f"CodeblueSpoke-{WARD}").values()
        }
        trust = roles[f"codeblue-spoke-{power}"]["AssumeRolePolicyDocument"]
        assert len(json.dumps(trust, separators=(",", ":"))) <= 2048  # IAM's quota
        (statement,) = trust["Statement"]
        assert statement["Condition"]["StringEquals"]["sts:ExternalId"] == "EXAMPLE-external-id"
        assert statement["Condition"]["StringEquals"]["aws:RequestTag/codeblue:power"] == power
        named = statement["Principal"]["AWS"]
        assert {*([named] if isinstance(named, str) else named)} == {
            f"arn:aws:iam::{HOME}:role/codeblue-{name}" for name in of_power(power, sign_in=True)
        }

    @pytest.mark.parametrize("power", Power, ids=lambda power: f"the power to {power}")
    def test_a_role_may_what_the_adapters_declare_for_its_power(self, assembly: Assembly, power: Power) -> None:
        made = assembly.of("AWS::IAM::ManagedPolicy", f"CodeblueSpoke-{WARD}").values()
        texts = {p["Properties"]["ManagedPolicyName"]: p["Properties"]["PolicyDocument"] for p in made}
        for word, text in policies(power).items():
            wanted = [_plain(s) for s in json.loads(text)["Statement"]]
            assert [_plain(s) for s in texts[f"codeblue-spoke-{power}-{word}"]["Statement"]] == wanted

    def test_no_resource_is_everything_without_a_reason(self, assembly: Assembly) -> None:
        for name, policy in assembly.of("AWS::IAM::ManagedPolicy").items():
            word = str(policy["Properties"].get("ManagedPolicyName", "")).rsplit("-", 1)[-1]
            for statement in statements(policy["Properties"]):
                for resource in [r] if isinstance(r := statement["Resource"], str) else r:
                    wild = isinstance(resource, str) and "*" in resource
                    assert not wild or (word in ANYTHING if resource == "*" else any(part in resource for part in PARTS)), name

    def test_no_policy_of_a_role_is_written_inline(self, assembly: Assembly) -> None:
        assert assembly.of("AWS::IAM::Policy") == {}
        assert not any(r["Properties"].get("Policies") for r in assembly.of("AWS::IAM::Role").values())

    def test_their_events_come_by_the_rules_that_are_generated(self, assembly: Assembly) -> None:
        made = assembly.of("AWS::Events::Rule", f"CodeblueForwarding-{WARD}-us-east-1").values()
        said = {r["Properties"]["Name"]: (r["Properties"]["EventPattern"], r["Properties"]["State"]) for r in made}
        assert said == {f"codeblue-{rule.name}": (rule.pattern, rule.state) for rule in event_rules()}
        assert all(t["DeadLetterConfig"] for r in made for t in r["Properties"]["Targets"])


def _plain(statement: dict[str, Any]) -> dict[str, Any]:
    """A statement in one form: the CDK writes a list of one as its one."""
    return {k: v[0] if isinstance(v, list) and len(v) == 1 else v for k, v in statement.items()}


def test_no_function_takes_a_role_that_the_response_runs_under_for_a_newcomer_s(assembly: Assembly) -> None:
    roles = assembly.of("AWS::IAM::Role", "CodeblueResponder")
    runs = {
        name.partition("/")[2]
        for name, role in roles.items()
        if {"lambda.amazonaws.com", "states.amazonaws.com", "ssm.amazonaws.com"}
        & {each["Principal"].get("Service") for each in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]}
    }
    assert len(runs) == len(POSTS) + len(("workflow", "movers", "runbooks"))
    for function in assembly.of("AWS::Lambda::Function", "CodeblueResponder").values():
        known = json.dumps(function["Properties"]["Environment"]["Variables"]["CODEBLUE_ROLES"])
        assert not {name for name in runs if f'"{name}", "RoleId"' not in known}
