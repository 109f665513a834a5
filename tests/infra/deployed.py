"""The responder as it is deployed, in the embedded AWS: the roles of the templates, and every function under its own.

The clinic is the account that is responded for, and custody is in another. Roles, their policies and the policies of custody's
buckets are those of the templates, account by account; each function is invoked in process with a session of its role, as Lambda
gives it, and enters the clinic as its power's spoke role. What CloudFormation would make besides, queues and alarms, is not made.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions import environment, ingest, stage
from infra_cdk.roster import MACHINE, POSTS
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.custody_init import init
from shared.bootstrap import deps
from shared.domain.case import Case, Stage
from shared.sandbox.aws import clinic
from shared.sandbox.aws import scenario_names as names
from shared.sandbox.aws.clinic_people import hired, role_arn
from shared.sandbox.aws.clinic_policies import allow
from shared.sandbox.aws.clock import utc
from shared.sandbox.aws.server import REGION, Sandbox
from shared.sandbox.aws.sts_rules import compute_session
from shared.settings import CustodyPlaces
from shared.workflow.deps import Deps
from shared.workflow.stages import STEPS
from tests.infra.conftest import HOME, WARD, Assembly

SECURITY, CLINIC = "555566667777", names.ACCOUNT
"""The accounts of the scene, in the places of the template's."""

HERE = {HOME: SECURITY, WARD: CLINIC}
STACKS = ("CodeblueCustody", "CodeblueCustodySecond", "CodeblueResponder", f"CodeblueSpoke-{WARD}")
MOST = 400

NOTHING = json.dumps({"StartAt": "done", "States": {"done": {"Type": "Succeed"}}})
"""A machine to be started: `Deployed.work` does what the generated one would."""

type Template = Mapping[str, Any]


@dataclass
class SandboxClock:
    """The sandbox's time, which a wait moves on at once."""

    sandbox: Sandbox

    def now(self) -> datetime:
        return utc(self.sandbox.cloud.clock.now())

    def monotonic(self) -> float:
        return self.sandbox.cloud.clock.now()

    def sleep(self, seconds: float) -> None:
        self.sandbox.cloud.clock.advance(max(0.0, seconds))


@dataclass
class Deployed:
    """Everything that works, and where. `waited`: seconds that the workflow was told to wait."""

    sandbox: Sandbox
    clinic: clinic.Clinic
    variables: Mapping[str, str]
    policy: Path
    workers: dict[str, Deps] = field(default_factory=dict)
    waited: float = 0.0

    @contextmanager
    def running(self, name: str) -> Iterator[None]:
        """In the worker of this function: its variables, its role's session, and what it has made once."""
        with pytest.MonkeyPatch.context() as patch:
            for variable in [each for each in os.environ if each.startswith(("AWS_", "CODEBLUE_"))]:
                patch.delenv(variable)
            for variable, text in self._told(name).items():
                patch.setenv(variable, text)
            environment.settings.cache_clear()
            environment.policy.cache_clear()
            self.workers.setdefault(name, deps(environment.policy(), SandboxClock(self.sandbox)))
            patch.setattr(environment, "ready", lambda: self.workers[name])
            yield

    def _told(self, name: str) -> dict[str, str]:
        given = compute_session(
            self.sandbox.cloud, f"arn:aws:iam::{SECURITY}:role/codeblue-{name}", "lambda.amazonaws.com", f"codeblue-{name}"
        )
        return {
            **self.variables,
            "CODEBLUE_POWER": POSTS[name].power,
            "CODEBLUE_POLICY": str(self.policy),
            "AWS_ENDPOINT_URL": self.sandbox.endpoint_url,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": given.access_key_id,
            "AWS_SECRET_ACCESS_KEY": given.secret,
            "AWS_SESSION_TOKEN": given.token,
        }

    def alert(self, event: bytes) -> Case:
        """The case that this alert opens, by the queue's function."""
        self.take_in(event)
        with self.running("ingest"):
            (case,) = self.workers["ingest"].cases.all()
        return case

    def take_in(self, *events: bytes) -> None:
        """What the queue holds, handed to its function."""
        with self.running("ingest"):
            for cached in (
                environment.judge,
                environment.remembered,
                environment.workflows,
                environment.tokens,
                environment._workflow,
            ):
                cached.cache_clear()
            records = [{"messageId": f"m-{n}", "body": event.decode(), "eventSource": "aws:sqs"} for n, event in enumerate(events)]
            failed = ingest.handler({"Records": records}, LambdaContext())
            assert failed == {"batchItemFailures": []}

    def case(self, case_id: str) -> Case:
        with self.running("record"):
            return self.workers["record"].cases.load(case_id)

    def work(self, case_id: str, until: Stage | None = None) -> Case:
        """Run stage after stage, each in the function of its power, as the state machine does; to the end, or until this one."""
        at: str = Stage.OPEN
        for number in range(MOST):
            if at == until:
                break
            said = self.stage(case_id, Stage(at), f"request-{number}")
            self.waited += said["wait"]
            self.sandbox.cloud.clock.advance(said["wait"])
            if said["stage"] is None or said["ask"]:
                break
            at = said["stage"]
        return self.case(case_id)

    def stage(self, case_id: str, at: Stage, request: str) -> dict[str, Any]:
        """The answer of one invocation."""
        context = LambdaContext()
        context._aws_request_id = request  # Lambda sets it
        with self.running(STEPS[at].power.value):
            return stage.handler({"case": case_id, "stage": at.value}, context)


@contextmanager
def deployed(assembly: Assembly, folder: Path, policy: str) -> Iterator[Deployed]:
    """The clinic with the responder in it. `policy`: what `response.toml` says besides the clinic's own."""
    with clinic.before() as sandbox:
        built = clinic.build(sandbox)
        path = folder / "response.toml"
        path.write_text(clinic.response_policy(built).replace(role_arn(names.RESPONDER), "AROANOBODYEXAMPLE") + policy)
        _custody(sandbox)
        resources = {name: _here(assembly.templates[name])["Resources"] for name in STACKS}
        ids = {account: _roles(sandbox, account, resources) for account in HERE.values()}
        for name in STACKS[:2]:
            _buckets(sandbox, resources[name])
        ours = [ids[SECURITY][f"codeblue-{name}"] for name in POSTS]
        sandbox.cloud.history.settle()
        sfn = sandbox.root(SECURITY).client("stepfunctions")
        sfn.create_state_machine(name=MACHINE, definition=NOTHING, roleArn=f"arn:aws:iam::{SECURITY}:role/codeblue-workflow")
        variables = {
            "CODEBLUE_EXTERNAL_ID": "EXAMPLE-external-id",
            "CODEBLUE_ROLES": ",".join(ours),
            "CODEBLUE_STATE_MACHINE": f"arn:aws:states:{REGION}:{SECURITY}:stateMachine:{MACHINE}",
        }
        yield Deployed(sandbox, built, variables, path)


def _here(template: Template) -> dict[str, Any]:
    """The template with the scene's accounts."""
    text = json.dumps(template)
    for theirs, ours in HERE.items():
        text = text.replace(theirs, ours)
    found: dict[str, Any] = json.loads(text)
    return found


def _custody(sandbox: Sandbox) -> None:
    """The record's places, as `codeblue init` makes them."""
    admin = hired(sandbox.root(SECURITY).client("iam"), "administrator", allow(("*",)))
    with pytest.MonkeyPatch.context() as patch:
        for name, text in {**admin.environment, "AWS_ENDPOINT_URL": sandbox.endpoint_url, "AWS_DEFAULT_REGION": REGION}.items():
            patch.setenv(name, text)
        patch.delenv("AWS_SESSION_TOKEN", raising=False)
        init(Clients(), CustodyPlaces())


def _roles(sandbox: Sandbox, account: str, stacks: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Every role of an account with its policies, as its templates have them; unique ids by name."""
    iam, made = sandbox.root(account).client("iam"), {}
    resources = {k: r for name, each in stacks.items() if _of(name) == account for k, r in each.items()}
    for said in (r["Properties"] for r in resources.values() if r["Type"] == "AWS::IAM::Role"):
        name, trust = said.get("RoleName", ""), json.dumps(_plain(said["AssumeRolePolicyDocument"], resources))
        if name:
            made[name] = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["RoleId"]
    for said in (r["Properties"] for r in resources.values() if r["Type"] == "AWS::IAM::ManagedPolicy"):
        document = json.dumps(_plain(said["PolicyDocument"], resources))
        arn = iam.create_policy(PolicyName=said["ManagedPolicyName"], PolicyDocument=document)["Policy"]["Arn"]
        for role in said.get("Roles", ()):
            iam.attach_role_policy(RoleName=_plain(role, resources), PolicyArn=arn)
    return made


def _of(stack: str) -> str:
    return CLINIC if stack.startswith("CodeblueSpoke") else SECURITY


def _buckets(sandbox: Sandbox, resources: Mapping[str, Any]) -> None:
    """The policies of custody's buckets."""
    s3 = sandbox.root(SECURITY).client("s3")
    for said in (r["Properties"] for r in resources.values() if r["Type"] == "AWS::S3::BucketPolicy"):
        bucket = _plain(said["Bucket"], resources)
        if str(bucket).startswith("codeblue-custody-") and not str(bucket).endswith("-log"):
            s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(_plain(said["PolicyDocument"], resources)))


def _plain(thing: Any, resources: Mapping[str, Any]) -> Any:  # noqa: ANN401  # JSON with CloudFormation's functions in it
    """What CloudFormation makes of a value: references to what the same template has, joined (`Ref`, `Fn::GetAtt`, `Fn::Join`)."""
    match thing:
        case {"Ref": str(name)}:
            said = resources.get(name, {}).get("Properties", {})
            there = said.get("RoleName") or said.get("BucketName") or f"arn:aws:lambda:{REGION}:{SECURITY}:function:{name}"
            return "aws" if name == "AWS::Partition" else there
        case {"Fn::GetAtt": [str(name), "Arn"]}:
            return _arn(name, resources)
        case {"Fn::Join": [str(between), list(parts)]}:
            return between.join(str(_plain(part, resources)) for part in parts)
        case dict():
            return {key: _plain(value, resources) for key, value in thing.items()}
        case list():
            return [_plain(value, resources) for value in thing]
    return thing


def _arn(name: str, resources: Mapping[str, Any]) -> str:
    resource = resources[name]
    if resource["Type"] == "AWS::S3::Bucket":
        return f"arn:aws:s3:::{resource['Properties']['BucketName']}"
    kind = resource["Type"].split("::")[1].lower()
    return f"arn:aws:{kind}:{REGION}:{SECURITY}:{'key/' if kind == 'kms' else ''}{name}"
