"""IAM's policy simulator: what a user's or role's own policies decide, without any resource policy.

Source: IAM API reference, SimulatePrincipalPolicy. Identity policies, boundary and SCPs count.
"""

from dataclasses import replace
from typing import Any

from shared.sandbox.aws.authoriser import SCP, Decision, Named, Principal, Request, decide
from shared.sandbox.aws.cloud import Ask, Cloud, Rule
from shared.sandbox.aws.history import Identity
from shared.sandbox.aws.http import Reply
from shared.sandbox.aws.policies import collect
from shared.sandbox.aws.principals import Caller, user_principal
from shared.sandbox.aws.refusals import NOT_FOUND, Refusal

_WORDS = {"allow": "allowed", "explicit-deny": "explicitDeny", "implicit-deny": "implicitDeny"}


def simulate_principal_policy(cloud: Cloud, ask: Ask) -> Reply:
    """SimulatePrincipalPolicy: every action on every resource. Raises Refusal for a principal that does not exist."""
    caller = _caller(cloud, str(ask.params["PolicySourceArn"]))
    results = [
        _result(action, resource, _decide(cloud, caller, action, resource))
        for action in ask.params["ActionNames"]
        for resource in ask.params.get("ResourceArns", ["*"])
    ]
    answer: dict[str, Any] = {"EvaluationResults": results, "IsTruncated": False}
    return ask.answer(answer)


def _result(action: str, resource: str, decision: Decision) -> dict[str, Any]:
    allowed = decision.layer != SCP
    return {
        "EvalActionName": action,
        "EvalResourceName": resource,
        "EvalDecision": _WORDS[decision.effect],
        "OrganizationsDecisionDetail": {"AllowedByOrganizations": allowed},
    }


def _decide(cloud: Cloud, caller: Caller, action: str, resource: str) -> Decision:
    """As in the principal's own account; a key is taken to leave the decision to that account."""
    account = caller.principal.account
    held = collect(cloud, caller, "iam", resource, account)
    statement = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "kms:*", "Resource": "*"}
    delegating = Named("key policy that delegates", {"Version": "2012-10-17", "Statement": [statement]})
    return decide(
        Request(caller.principal, action, resource, account),
        replace(held, resource=delegating if action.startswith("kms:") else None),
    )


def _caller(cloud: Cloud, arn: str) -> Caller:
    account, kind, name = arn.split(":")[4], arn.split(":")[5].partition("/")[0], arn.rpartition("/")[2]
    found: Identity | None = cloud.history.find(account, "role" if kind == "role" else "user", name)
    if found is None:
        raise Refusal("NoSuchEntity", f"The principal {arn} cannot be found.", NOT_FOUND)
    principal = user_principal(found) if found.kind == "user" else _session(found)
    return Caller(principal, holder=(account, found.kind, found.name, found.id))


def _session(role: Identity) -> Principal:
    arn = f"arn:aws:sts::{role.account}:assumed-role/{role.name}/simulated"
    return Principal(kind="role", account=role.account, arn=arn, user_id=f"{role.id}:simulated", issuer=role.arn)


RULES: dict[str, Rule] = {"SimulatePrincipalPolicy": simulate_principal_policy}
