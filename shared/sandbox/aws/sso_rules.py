"""IAM Identity Center, what moto lacks: reserved roles, and policies that work only once they are provisioned.

A permission set becomes the role `AWSReservedSSO_<set>_<16 digits>` in each account where it is assigned. Its policy there is as
old as the last provisioning. Ending an assignment ends no session (IAM Identity Center user guide, "Permission sets").
"""

import hashlib
import json
import uuid
from typing import Any

from moto.iam.models import Role
from moto.ssoadmin.models import PermissionSet, SSOAdminBackend, ssoadmin_backends

from shared.sandbox.aws.cloud import Ask, Cloud, Rule, forward
from shared.sandbox.aws.history import iam_of, plant_aws_managed
from shared.sandbox.aws.http import Reply
from shared.sandbox.aws.iam_rules import plant_reserved_role
from shared.sandbox.aws.principals import Session
from shared.sandbox.aws.refusals import Refusal
from shared.sandbox.aws.sts_rules import role_session

INLINE = "AwsSSOInlinePolicy"


def _backend(ask: Ask) -> SSOAdminBackend:
    return ssoadmin_backends[ask.account][ask.region]


def _set(ask: Ask) -> PermissionSet:
    arn = ask.params["PermissionSetArn"]
    found = next((each for each in _backend(ask).permission_sets if each.permission_set_arn == arn), None)
    if found is None:
        raise Refusal("ResourceNotFoundException", "Could not find PermissionSet")
    return found


def _assigned(ask: Ask, arn: str) -> set[str]:
    """Accounts in which a permission set is assigned to somebody."""
    return {each.target_id for each in _backend(ask).account_assignments if each.permission_set_arn == arn}


def role_name(permission_set: PermissionSet) -> str:
    """The name of the role that a permission set becomes."""
    digits = hashlib.sha256(permission_set.permission_set_arn.encode()).hexdigest()[:16]
    return f"AWSReservedSSO_{permission_set.name}_{digits}"


def _role(account: str, permission_set: PermissionSet) -> Role | None:
    name = role_name(permission_set)
    return next((role for role in iam_of(account).roles.values() if role.name == name), None)


def _provision(cloud: Cloud, account: str, permission_set: PermissionSet) -> None:
    """Make the account's reserved role what the permission set says."""
    if _role(account, permission_set) is None:
        provider = {"Federated": f"arn:aws:iam::{account}:saml-provider/AWSSSO_0123456789abcdef_DO_NOT_DELETE"}
        trusted = {"Effect": "Allow", "Principal": provider, "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"]}
        plant_reserved_role(
            cloud, account, role_name(permission_set), json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
        )
    role = _role(account, permission_set)
    if role is None:
        raise AssertionError("the reserved role was just made")
    role.policies = {INLINE: permission_set.inline_policy} if permission_set.inline_policy else {}
    arns = [policy.arn for policy in permission_set.managed_policies if plant_aws_managed(account, policy.arn)]
    role.managed_policies = {arn: iam_of(account).managed_policies[arn] for arn in arns}
    cloud.history.record(account)
    cloud.books.behind.get(permission_set.permission_set_arn, set()).discard(account)


def change_set(cloud: Cloud, ask: Ask) -> Reply:
    """A change of a permission set: every account it is provisioned to is behind until it is provisioned again."""
    arn = _set(ask).permission_set_arn
    reply = forward(cloud, ask)
    if reply.ok:
        cloud.books.behind[arn] = _assigned(ask, arn)
    return reply


def provision_permission_set(cloud: Cloud, ask: Ask) -> Reply:
    """ProvisionPermissionSet: to one account, or to all that have it."""
    permission_set = _set(ask)
    everywhere = ask.params["TargetType"] == "ALL_PROVISIONED_ACCOUNTS"
    accounts = _assigned(ask, permission_set.permission_set_arn) if everywhere else {ask.params["TargetId"]}
    for account in sorted(accounts):
        _provision(cloud, account, permission_set)
    return _begun(cloud, ask, "PermissionSetProvisioningStatus", {"PermissionSetArn": permission_set.permission_set_arn})


def _begun(cloud: Cloud, ask: Ask, member: str, facts: dict[str, Any]) -> Reply:
    """The answer that a job has begun, and a note that it is done when asked for."""
    job = str(uuid.uuid4())
    cloud.books.jobs[job] = {"Status": "SUCCEEDED", "RequestId": job, **facts}
    return ask.answer({member: {"Status": "IN_PROGRESS", "RequestId": job, **facts}})


def _job(cloud: Cloud, ask: Ask, parameter: str, member: str) -> Reply:
    if ask.params[parameter] not in cloud.books.jobs:
        raise Refusal("ResourceNotFoundException", "Could not find the request")
    return ask.answer({member: cloud.books.jobs[ask.params[parameter]]})


def create_assignment(cloud: Cloud, ask: Ask) -> Reply:
    """CreateAccountAssignment: also provisions the permission set to the account."""
    reply, facts = forward(cloud, ask), _assignment(ask)
    if not reply.ok:
        return reply
    _provision(cloud, ask.params["TargetId"], _set(ask))
    return _begun(cloud, ask, "AccountAssignmentCreationStatus", facts)


def delete_assignment(cloud: Cloud, ask: Ask) -> Reply:
    """DeleteAccountAssignment: the role stays, and with it the sessions that are under way."""
    reply, facts = forward(cloud, ask), _assignment(ask)
    return _begun(cloud, ask, "AccountAssignmentDeletionStatus", facts) if reply.ok else reply


def _assignment(ask: Ask) -> dict[str, Any]:
    return {name: ask.params[name] for name in ("TargetId", "TargetType", "PermissionSetArn", "PrincipalType", "PrincipalId")}


def list_accounts(cloud: Cloud, ask: Ask) -> Reply:
    """ListAccountsForProvisionedPermissionSet, all or those (not) up to date."""
    arn, wanted = _set(ask).permission_set_arn, ask.params.get("ProvisioningStatus")
    assigned, behind = _assigned(ask, arn), cloud.books.behind.get(arn, set())
    chosen = {"LATEST_PERMISSION_SET_NOT_PROVISIONED": assigned & behind, "LATEST_PERMISSION_SET_PROVISIONED": assigned - behind}
    return ask.answer({"AccountIds": sorted(chosen.get(wanted, assigned) if wanted else assigned)})


def list_sets(_: Cloud, ask: Ask) -> Reply:
    """ListPermissionSetsProvisionedToAccount."""
    held = {each.permission_set_arn for each in _backend(ask).account_assignments if each.target_id == ask.params["AccountId"]}
    return ask.answer({"PermissionSets": sorted(held)})


def sign_in(cloud: Cloud, role_arn: str, person: str, seconds: float = 3600) -> Session:
    """Credentials of a person who signs in to a reserved role, for setting scenes. Raises Refusal where there is no such role."""
    account, name = role_arn.split(":")[4], role_arn.rpartition("/")[2]
    role = cloud.history.find(account, "role", name)
    if role is None:
        raise Refusal("AccessDenied", f"No role {name} in {account}")
    return role_session(cloud, role, person, seconds)


def _describe(parameter: str, member: str) -> Rule:
    return lambda cloud, ask: _job(cloud, ask, parameter, member)


RULES: dict[str, Rule] = {
    "AttachManagedPolicyToPermissionSet": change_set,
    "CreateAccountAssignment": create_assignment,
    "DeleteAccountAssignment": delete_assignment,
    "DeleteInlinePolicyFromPermissionSet": change_set,
    "DescribeAccountAssignmentCreationStatus": _describe("AccountAssignmentCreationRequestId", "AccountAssignmentCreationStatus"),
    "DescribeAccountAssignmentDeletionStatus": _describe("AccountAssignmentDeletionRequestId", "AccountAssignmentDeletionStatus"),
    "DescribePermissionSetProvisioningStatus": _describe("ProvisionPermissionSetRequestId", "PermissionSetProvisioningStatus"),
    "DetachManagedPolicyFromPermissionSet": change_set,
    "ListAccountsForProvisionedPermissionSet": list_accounts,
    "ListPermissionSetsProvisionedToAccount": list_sets,
    "ProvisionPermissionSet": provision_permission_set,
    "PutInlinePolicyToPermissionSet": change_set,
}
