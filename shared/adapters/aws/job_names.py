"""What the jobs of S3 Batch Operations are known by, for whoever orders none: their service, their role and their place."""

import json
from typing import Any

ROLE = "codeblue-batch"
"""The role of jobs, by convention."""

SERVICE = "batchoperations.s3.amazonaws.com"
PLACE = "codeblue/jobs"

LENT = f"arn:*:iam::*:role/{ROLE}"
"""The role, in whichever account: a service has it, so that what is done under it is not by that alone ours."""


def lent(trust: object, service: str = SERVICE) -> bool:
    """Whether a role with this trust policy is the service's and nobody else's."""
    return all(_to(service, statement) for statement in statements(trust))


def _to(service: str, statement: dict[str, Any]) -> bool:
    principal = statement.get("Principal")
    services = listed(principal["Service"]) if isinstance(principal, dict) and principal.keys() == {"Service"} else []
    return statement["Effect"] != "Allow" or services == [service]


def statements(policy: object) -> list[dict[str, Any]]:
    """The statements of a policy, whether the SDK has read it already or not; a single one may stand without a list."""
    read: Any = json.loads(policy) if isinstance(policy, str) else policy
    return listed(read["Statement"])


def listed(value: Any) -> list[Any]:  # noqa: ANN401  # JSON
    """What a policy's element holds, one or many."""
    return value if isinstance(value, list) else [value]
