"""The role of jobs in an account that responds without the stacks: made by `codeblue init`, as the stacks make it elsewhere."""

import json
from collections.abc import Iterator
from typing import Any

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call
from shared.adapters.aws.job_names import ROLE, SERVICE, lent, listed, statements
from shared.adapters.aws.permissions import document, tasks
from shared.domain.errors import Absent, NotReady

POLICY = "tasks"

MOST = 1_000
"""Policies in one answer of IAM; a role has room for fewer."""


def make_role(clients: Clients) -> str:
    """Make the role in the responder's own account, or what is missing of it; its ARN.

    Raises `NotReady` where one of its name is there that others than the service can have, or that may do what no job needs: our
    fences spare it.
    """
    iam: Any = clients.iam("")
    trust = {"Effect": "Allow", "Principal": {"Service": SERVICE}, "Action": "sts:AssumeRole"}
    try:
        held = call(iam.get_role, RoleName=ROLE)["Role"]
    except Absent:
        held = call(iam.create_role, RoleName=ROLE, AssumeRolePolicyDocument=document(dict(trust)))["Role"]
    if not lent(held["AssumeRolePolicyDocument"]):
        raise NotReady(f"the role {ROLE} is there, and lets others in than jobs of S3: see who made it")
    ours = document(*tasks(clients.home))
    known = set(_allowed(ours))
    for name, policy in _policies(iam):
        if not known.issuperset(_allowed(policy)):
            raise NotReady(f"the role {ROLE} is there, and its policy {name} allows what no job needs: see who made it")
    call(iam.put_role_policy, RoleName=ROLE, PolicyName=POLICY, PolicyDocument=ours)
    return str(held["Arn"])


def _policies(iam: Any) -> Iterator[tuple[str, object]]:  # noqa: ANN401  # the SDK's client
    """Every policy of the role by name, but for the one that is put anew. Attached ones are their versions that count."""
    for name in call(iam.list_role_policies, RoleName=ROLE, MaxItems=MOST)["PolicyNames"]:
        if name != POLICY:
            yield name, call(iam.get_role_policy, RoleName=ROLE, PolicyName=name)["PolicyDocument"]
    for each in call(iam.list_attached_role_policies, RoleName=ROLE, MaxItems=MOST)["AttachedPolicies"]:
        arn = each["PolicyArn"]
        version = call(iam.get_policy, PolicyArn=arn)["Policy"]["DefaultVersionId"]
        yield arn, call(iam.get_policy_version, PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]


def _allowed(policy: object) -> Iterator[tuple[str, str]]:
    """What a policy allows, action by action, with all the rest of its statement; templates write the same their own way."""
    for statement in statements(policy):
        if statement["Effect"] != "Allow":
            continue
        rest = {name: each for name, each in statement.items() if name not in {"Sid", "Action", "Resource"}}
        for resource in listed(statement.get("Resource", [])) or [""]:
            for action in listed(statement.get("Action", [])) or [""]:
                yield action, json.dumps([resource, rest], sort_keys=True)
