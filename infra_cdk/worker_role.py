"""A role with its policies written out as managed policies of its own, and no other way to get more."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from aws_cdk import aws_iam as iam
from constructs import Construct

from .acknowledged import acknowledge

ANYTHING: Mapping[str, str] = {
    "look": "what a breach touches is not known beforehand; none of these actions changes anything",
    "change": "what a breach touches is not known beforehand; the actions are those of the power's own waves",
    "move": "stores and keys are found by what depends on a key; keys open through S3 alone (kms:ViaService)",
    "tasks": "a job updates versions of any store in place; keys open through S3 alone (kms:ViaService)",
    "prove": "every version of every store that was moved is looked at; keys open through S3 alone (kms:ViaService)",
    "evidence": "trails keep their files where their owners said; conditions narrow lists and keys to what trails write",
    "rehearse": "roles, buckets and aliases are found by listing them; nothing of them is changed but by its own name",
    "run": "delivering logs and traces of a state machine takes no resource (Step Functions developer guide)",
}
"""Why a policy of this word has the resource `*`."""

PARTS: Mapping[str, str] = {
    "codeblue-rehearsal-": "a rehearsal names its role and its bucket by when it began",
    "role/codeblue-batch": "the role of S3 Batch Operations, by its name in whichever account; handed to that service alone",
    "table/codeblue-*": "custody's two tables have one name, and what triage counts its ending",
    "iam::": "whoever is named as responder or break-glass is looked up, user or role",
    "key/*": "keys are known by alias: the statement's condition (kms:ResourceAliases) leaves custody's, or the canary's, alone",
    "automation-definition/Codeblue-": "whichever version of a runbook is the newest",
    "automation-execution/": "an execution of a runbook has its name from nobody beforehand",
    "log-group:/codeblue/": "the streams of the function's own log group",
    "execution:codeblue-move": "an execution of the machine of workers has its name from the record, and a child of it from nobody",
    "mapRun:codeblue-move/": "a Map Run of that machine has its id from nobody beforehand",
    "s3:::codeblue-custody-": "the record's bucket and its twin in the second Region, with all that is in them",
    "s3:::codeblue-canary-": "the responder's own bucket in each Region",
    "*/AWSLogs/*": "the place where trails keep their files, in whichever bucket",
}
"""Why a resource with this in it has a wildcard."""


class WorkerRole(Construct):
    """The role `name`, assumed by `trusted`; `documents` are policies (JSON) by a word for each."""

    def __init__(self, scope: Construct, ident: str, *, name: str, trusted: iam.IPrincipal, documents: Mapping[str, str]) -> None:
        super().__init__(scope, ident)
        self.name = name
        self.role = iam.Role(self, "Resource", role_name=name, assumed_by=trusted)
        self.policies: list[iam.CfnManagedPolicy] = []
        for word, text in documents.items():
            self.may(word, text)

    def may(self, word: str, text: str) -> None:
        """One policy (JSON) more, where what it names is made after the role."""
        document = json.loads(text)
        policy = iam.CfnManagedPolicy(
            self,
            word.capitalize(),
            managed_policy_name=f"{self.name}-{word}",
            policy_document=iam.PolicyDocument.from_json(document),
            roles=[self.role.role_name],
        )
        acknowledge(policy, dict(wild(word, document)))
        self.policies.append(policy)


def wild(word: str, document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every resource with a wildcard, by the finding's name, and why it has one; without a reason it stays a finding."""
    for statement in document["Statement"]:
        named = statement["Resource"]
        for resource in [named] if isinstance(named, str) else named:
            why = ANYTHING.get(word) if resource == "*" else next((why for part, why in PARTS.items() if part in resource), None)
            if "*" in resource and why:
                # cdk-nag writes a policy variable so
                yield f"AwsSolutions-IAM5[Resource::{resource.replace('${', '<').replace('}', '>')}]", why
