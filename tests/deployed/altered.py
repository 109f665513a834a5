"""What ministack can not carry of the synthesised templates: every difference from what is deployed to AWS, and why.

A row that changes nothing any more fails the test: what the emulator has learned is taken back into the template.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

type Resource = dict[str, Any]
"""Any: a resource of a template in CloudFormation's own JSON."""

FINDINGS_SOURCE = "codeblue.guardduty"
"""Whose events the scene puts on the bus: PutEvents takes no `aws.` from a customer, here as on AWS."""


SESSION_OF = re.compile(r"arn:aws:iam::(\d{12}):role/(.+)")


@dataclass(frozen=True)
class Alteration:
    """What `alter` makes of every resource of these `kinds`: true where it changed something."""

    why: str
    kinds: tuple[str, ...]
    alter: Callable[[Resource], bool]


def _without(statements: str, unwanted: Callable[[Any], bool]) -> Callable[[Resource], bool]:
    def alter(resource: Resource) -> bool:
        document = resource["Properties"][statements]
        kept = [statement for statement in document["Statement"] if not unwanted(statement)]
        changed = len(kept) < len(document["Statement"])
        document["Statement"] = kept
        return changed

    return alter


def _in_clear(statement: Mapping[str, Any]) -> bool:
    return statement["Effect"] == "Deny" and "aws:SecureTransport" in json.dumps(statement.get("Condition", {}))


def _only_once(statement: Mapping[str, Any]) -> bool:
    return statement["Effect"] == "Deny" and "s3:if-none-match" in json.dumps(statement.get("Condition", {}))


def _by_their_names(resource: Resource) -> bool:
    """Statements about keys with a certain alias: without the condition, and about what the call names, which is the alias."""
    statements = resource["Properties"]["PolicyDocument"]["Statement"]
    asking = [each for each in statements if "kms:ResourceAliases" in json.dumps(each.get("Condition", {}))]
    for statement in asking:
        del statement["Condition"]
        statement["Resource"] = [statement["Resource"], statement["Resource"].replace(":key/*", ":alias/codeblue-*")]
    return bool(asking)


def _sessions_too(resource: Resource) -> bool:
    """Roles that a condition names, by the ARNs of their sessions as well."""
    document = resource["Properties"].get("KeyPolicy") or resource["Properties"].get("PolicyDocument", {"Statement": []})
    named = [
        tests
        for statement in document["Statement"]
        for operator, tests in statement.get("Condition", {}).items()
        if operator.startswith("Arn") and any(":role/" in arn for arn in tests.get("aws:PrincipalArn", ()))
    ]
    for tests in named:
        roles = tests["aws:PrincipalArn"]
        tests["aws:PrincipalArn"] = [*roles, *(SESSION_OF.sub(r"arn:aws:sts::\1:assumed-role/\2/*", arn) for arn in roles)]
    return bool(named)


def _slow_start(resource: Resource) -> bool:
    return resource["Properties"].pop("SnapStart", None) is not None


def _from_the_scene(resource: Resource) -> bool:
    pattern = resource["Properties"].get("EventPattern", {})
    if pattern.get("source") != ["aws.guardduty"]:
        return False
    pattern["source"] = [FINDINGS_SOURCE]
    return True


def _dropped(resource: Resource) -> bool:
    resource.clear()
    return True


def _emptied(resource: Resource) -> bool:
    return not resource["Properties"]["PolicyDocument"]["Statement"] and _dropped(resource)


POLICIES = ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy")

ALTERATIONS = (
    Alteration("the archive of the bus: no such type", ("AWS::Events::Archive",), _dropped),
    Alteration("the policy of the bus: no such type, and one account needs none", ("AWS::Events::EventBusPolicy",), _dropped),
    Alteration("runbooks: Systems Manager has no automation", ("AWS::SSM::Document",), _dropped),
    Alteration("it serves HTTP, which these policies refuse", POLICIES, _without("PolicyDocument", _in_clear)),
    Alteration("s3:if-none-match is not known: nothing could be written", POLICIES, _without("PolicyDocument", _only_once)),
    Alteration("a policy without a statement is none", POLICIES, _emptied),
    Alteration(
        "kms:ResourceAliases is not known, and a key that is called by an alias is judged by the alias's ARN",
        ("AWS::IAM::ManagedPolicy",),
        _by_their_names,
    ),
    Alteration(
        "aws:PrincipalArn of a session is the session's ARN, not its role's",
        ("AWS::KMS::Key", "AWS::S3::BucketPolicy"),
        _sessions_too,
    ),
    Alteration("SnapStart: all functions would start at once, used or not", ("AWS::Lambda::Function",), _slow_start),
    Alteration("no customer puts events of GuardDuty's on a bus", ("AWS::Events::Rule",), _from_the_scene),
)


def altered(template: Mapping[str, Any], variables: Mapping[str, str]) -> tuple[dict[str, Any], frozenset[str]]:
    """The template as ministack takes it, and why it differs. `variables`: of every function, besides or instead of its own."""
    made: dict[str, Any] = json.loads(json.dumps(template))
    made.pop("Rules", None)
    made["Parameters"] = {name: each for name, each in made.get("Parameters", {}).items() if name != "BootstrapVersion"}
    why = {
        row.why for row in ALTERATIONS for each in made["Resources"].values() if each.get("Type") in row.kinds and row.alter(each)
    }
    for each in made["Resources"].values():
        if each.get("Type") == "AWS::Lambda::Function":
            each["Properties"]["Environment"]["Variables"] |= variables
    made["Resources"] = {name: each for name, each in made["Resources"].items() if each}
    return made, frozenset(why)
