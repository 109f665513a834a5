"""Runbooks in the console of Systems Manager (schema 0.3): thin, for each only calls a function that people reach otherwise too.

What a runbook hands over is the id of its execution; the function asks Systems Manager for the rest (`adapters.aws.runbooks`).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from shared.adapters.aws.arns import partition_of
from shared.adapters.aws.permissions import allow, document
from shared.adapters.aws.runbooks import ALIAS, PATTERNS, QUESTION, RUNBOOKS, Runbook

from .acknowledged import acknowledge
from .duties import Home
from .worker_role import WorkerRole, wild

SECONDS = 300
"""A call of a function by a runbook ends after this (Systems Manager user guide, `aws:invokeLambdaFunction`)."""

OPEN_SECONDS = 4 * 60 * 60
"""How long an approver is waited for: as long as a question stays open where the policy says nothing else."""

WORDS = {
    "Case": "The case, cb-…",
    "Digest": "The digest of what the case asks, as its page and Codeblue-Status show it",
    "Finding": "The ARN of the finding, as GuardDuty's console shows it",
}

type Step = dict[str, Any]
"""Any: a step in the schema's own JSON."""

CONSOLES = {"aws": "console.aws.amazon.com", "aws-us-gov": "console.amazonaws-us-gov.com", "aws-cn": "console.amazonaws.cn"}
"""The console's host, by partition (General Reference, "AWS service endpoints")."""

DECIDING = "Codeblue-Approve"


def opens(runbook: str, region: str) -> str:
    """The address of the console's page that begins this runbook."""
    host = CONSOLES[partition_of(region)]
    return f"https://{host}/systems-manager/automation/execute/{runbook}?region={region}"


ROLE = "codeblue-runbooks"
PEOPLE = "codeblue-runbooks-people"


def run_by(home: Home) -> iam.IPrincipal:
    """Who has that role: Systems Manager, for an execution in this account."""
    within: dict[str, object] = {
        "StringEquals": {"aws:SourceAccount": home.account},
        "ArnLike": {"aws:SourceArn": home.arn("ssm", "automation-execution/*")},
    }
    return iam.PrincipalWithConditions(iam.ServicePrincipal("ssm.amazonaws.com"), within)


class Runbooks(Construct):
    """All of them under `role`, and a policy for people who start them, to be attached to whoever may."""

    def __init__(
        self,
        scope: Construct,
        ident: str,
        *,
        home: Home,
        role: WorkerRole,
        functions: Mapping[str, lambda_.Alias],
        approvers: Sequence[str],
    ) -> None:
        super().__init__(scope, ident)
        names = sorted({each.function for each in RUNBOOKS.values()})
        called: dict[str, lambda_.Alias] = {name: self._beside(name, functions[name]) for name in names}
        arns = [alias.function_arn for alias in called.values()]
        calls = json.dumps({"Version": "2012-10-17", "Statement": [{**allow({"lambda:InvokeFunction"}, ""), "Resource": arns}]})
        role.may("run", calls)
        self.role = role.role
        for name, runbook in RUNBOOKS.items():
            self._document(name, runbook, called, approvers)
        self._people(home)

    def _beside(self, name: str, live: lambda_.Alias) -> lambda_.Alias:
        """The alias of the same version that runbooks alone call: by it a function takes an execution's id, and no URL's event."""
        return lambda_.Alias(self, f"{name.capitalize()}Called", alias_name=ALIAS, version=live.version)

    def _document(self, name: str, runbook: Runbook, called: Mapping[str, lambda_.Alias], approvers: Sequence[str]) -> None:
        content = written(runbook, self.role.role_arn, {n: alias.function_arn for n, alias in called.items()}, approvers)
        ident = name.rpartition("-")[2]
        ssm.CfnDocument(
            self, ident, name=name, document_type="Automation", content=content, document_format="JSON", update_method="NewVersion"
        )

    def _people(self, home: Home) -> None:
        starts = [home.arn("ssm", f"{kind}/{name}{end}") for name in RUNBOOKS for kind, end in KINDS]
        text = document(
            {**allow({"ssm:StartAutomationExecution"}, ""), "Resource": starts},
            {**allow({"ssm:GetDocument", "ssm:DescribeDocument"}, ""), "Resource": starts[::2]},
            allow({"ssm:GetAutomationExecution", "ssm:SendAutomationSignal", "ssm:StopAutomationExecution"}, _executions(home)),
            {
                **allow({"iam:PassRole"}, f"arn:{home.partition}:iam::{home.account}:role/{ROLE}"),
                "Condition": {"StringEquals": {"iam:PassedToService": "ssm.amazonaws.com"}},
            },
        )
        policy = iam.PolicyDocument.from_json(json.loads(text))
        made = iam.CfnManagedPolicy(self, "People", managed_policy_name=PEOPLE, policy_document=policy)
        acknowledge(made, dict(wild("people", json.loads(text))))


KINDS = (("document", ""), ("automation-definition", ":*"))
"""How a runbook is called by the actions on it: by its name, and with a version."""


def _executions(home: Home) -> str:
    return home.arn("ssm", "automation-execution/*")


def written(runbook: Runbook, role: str, functions: Mapping[str, str], approvers: Sequence[str]) -> dict[str, Any]:
    """The document (JSON) of a runbook; `functions` are ARNs of aliases, `approvers` of roles."""
    return {
        "schemaVersion": "0.3",
        "description": runbook.about,
        "assumeRole": role,
        "parameters": {
            name: {"type": "String", "description": WORDS[name], "allowedPattern": PATTERNS[name]} for name in runbook.parameters
        },
        "mainSteps": list(_steps(runbook, functions, approvers)),
        "outputs": [f"{'record' if runbook.function == 'decide' else 'ask'}.Payload"],
    }


def _steps(runbook: Runbook, functions: Mapping[str, str], approvers: Sequence[str]) -> Iterator[Step]:
    if runbook.function == "desk":
        yield {**_call("ask", functions["desk"]), "isEnd": True}
        return
    yield {**_call("show", functions["desk"]), "nextStep": QUESTION}
    yield _question(approvers)
    yield {**_call("record", functions["decide"]), "isEnd": True}


def _call(name: str, function: str) -> Step:
    """A call of a function, once: what it does it does not do twice."""
    return {
        "name": name,
        "action": "aws:invokeLambdaFunction",
        "maxAttempts": 1,
        "timeoutSeconds": SECONDS,
        "onFailure": "Abort",
        "inputs": {"FunctionName": function, "InputPayload": {"automation": "{{ automation:EXECUTION_ID }}"}},
    }


def _question(approvers: Sequence[str]) -> Step:
    """An approver is asked; a refusal fails this step, and is put on record as well."""
    return {
        "name": QUESTION,
        "action": "aws:approve",
        "timeoutSeconds": OPEN_SECONDS,
        "onFailure": "step:record",
        "inputs": {
            "Message": "Case {{ Case }} asks with the digest {{ Digest }}. What it would do is the output of the step before.",
            "MinRequiredApprovals": 1,
            "Approvers": list(approvers),
        },
        "nextStep": "record",
    }
