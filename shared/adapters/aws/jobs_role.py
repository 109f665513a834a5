"""The role of jobs in an account that responds without the stacks: made by `codeblue init`, as the stacks make it elsewhere."""

import json
from typing import Any

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call
from shared.adapters.aws.jobs import ROLE, SERVICE
from shared.adapters.aws.permissions import document, tasks
from shared.domain.errors import Absent, NotReady

POLICY = "tasks"


def make_role(clients: Clients) -> str:
    """Make the role in the responder's own account, or what is missing of it; its ARN.

    Raises `NotReady` where one of its name is there that others than the service can have.
    """
    iam: Any = clients.iam("")
    trust = {"Effect": "Allow", "Principal": {"Service": SERVICE}, "Action": "sts:AssumeRole"}
    try:
        held = call(iam.get_role, RoleName=ROLE)["Role"]
    except Absent:
        held = call(iam.create_role, RoleName=ROLE, AssumeRolePolicyDocument=document(dict(trust)))["Role"]
    if any(_lets_in(each) != {"Service": SERVICE} for each in _trust(held)["Statement"]):
        raise NotReady(f"the role {ROLE} is there, and lets others in than jobs of S3: see who made it")
    attached = call(iam.list_attached_role_policies, RoleName=ROLE)["AttachedPolicies"]
    if not attached:  # the stacks' own is a managed one
        call(iam.put_role_policy, RoleName=ROLE, PolicyName=POLICY, PolicyDocument=document(*tasks(clients.home)))
    return str(held["Arn"])


def _trust(role: Any) -> Any:  # noqa: ANN401  # JSON, which the SDK has read already
    trust = role["AssumeRolePolicyDocument"]
    return json.loads(trust) if isinstance(trust, str) else trust


def _lets_in(statement: Any) -> object:  # noqa: ANN401
    return statement["Principal"] if statement["Effect"] == "Allow" else {"Service": SERVICE}
