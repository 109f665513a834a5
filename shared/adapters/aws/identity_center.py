"""Permission sets of IAM Identity Center: the only way to the roles that it reserves, and the assignments that open them.

A permission set's policy works in an account once it has been provisioned there, so a fence counts as written only where no
account is behind. Ending an assignment ends no session: those go on under the fence until they expire.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call, pages, request_id
from shared.adapters.aws.facets import FacetAdapter, FacetTable, RelationAdapter, RelationTable
from shared.adapters.aws.policies import Document, body, parse
from shared.adapters.aws.principal import RESERVED
from shared.adapters.aws.rewrite import PolicyPlace, rewrite, statements
from shared.containment.parallel import in_parallel
from shared.domain.errors import Refused, Throttled, Unreachable
from shared.domain.facet import Assignment, DenyAll, Fence, PolicyStatement
from shared.domain.resource import Cloud, Kind, Ref
from shared.ports import Receipt, Relation

if TYPE_CHECKING:
    from types_boto3_sso_admin import SSOAdminClient
    from types_boto3_sso_admin.type_defs import CreateAccountAssignmentRequestTypeDef, DescribePermissionSetRequestTypeDef

DENY_ALL = "CodeblueDenyAll"
DENY_BODY = body({"Sid": DENY_ALL, "Effect": "Deny", "Action": "*", "Resource": "*"})

SUFFIX = 16
"""Hexadecimal digits that end the name of a reserved role, `AWSReservedSSO_<permission set>_<digits>`."""

PATIENCE = 60.0
"""Seconds that Identity Center gets to provision an account; it takes a few."""

PAUSE = 0.5
"""Seconds between two looks at a job."""

_ONE_AT_A_TIME = Lock()
"""A set has one inline policy for all facets of it, and Identity Center refuses a second provisioning beside the first."""


def _read_fences(clients: Clients, ref: Ref) -> tuple[Fence, ...]:
    return tuple(Fence(sid=s.sid, body=s.body) for s in _in_force(clients, ref) if s.sid != DENY_ALL and _is_deny(s))


def _write_fences(clients: Clients, ref: Ref, facets: Sequence[Fence]) -> Receipt:
    return _rewrite(clients, ref, [PolicyStatement(sid=f.sid, body=f.body) for f in facets])


def _read_deny_all(clients: Clients, ref: Ref) -> tuple[DenyAll, ...]:
    on = PolicyStatement(sid=DENY_ALL, body=DENY_BODY) in _in_force(clients, ref)
    return (DenyAll(on=on, via="inline" if on else ""),)


def _write_deny_all(clients: Clients, ref: Ref, facets: Sequence[DenyAll]) -> Receipt:
    (facet,) = facets
    return _rewrite(clients, ref, [PolicyStatement(sid=DENY_ALL, body=DENY_BODY if facet.on else None)])


def _is_deny(statement: PolicyStatement) -> bool:
    return parse(statement.body or "{}").get("Effect") == "Deny"


def _in_force(clients: Clients, ref: Ref) -> tuple[PolicyStatement, ...]:
    """The inline policy's statements, none of them while some account still has an older policy."""
    sso = _sso(clients, ref)
    found = statements(_place(sso, ref))
    return found if found and not _accounts(sso, ref, ProvisioningStatus="LATEST_PERMISSION_SET_NOT_PROVISIONED") else ()


def _place(sso: "SSOAdminClient", ref: Ref) -> PolicyPlace:
    def read() -> Document | None:
        found = call(sso.get_inline_policy_for_permission_set, **_set(ref)).get("InlinePolicy", "")
        return parse(found) if found else None

    return PolicyPlace(
        read,
        write=lambda text: call(sso.put_inline_policy_to_permission_set, **_set(ref), InlinePolicy=text),
        remove=lambda: call(sso.delete_inline_policy_from_permission_set, **_set(ref)),
    )


def _rewrite(clients: Clients, ref: Ref, changes: Sequence[PolicyStatement]) -> Receipt:
    sso = _sso(clients, ref)
    with _ONE_AT_A_TIME:
        written = rewrite(_place(sso, ref), changes)
        begun = call(sso.provision_permission_set, **_set(ref), TargetType="ALL_PROVISIONED_ACCOUNTS")
        _await(begun["PermissionSetProvisioningStatus"], lambda job: _provisioning(sso, ref, job))
    return Receipt((*written.request_ids, request_id(begun)), written.notes)


def _provisioning(sso: "SSOAdminClient", ref: Ref, job: str) -> Mapping[str, Any]:
    ask = sso.describe_permission_set_provisioning_status
    return call(ask, InstanceArn=_instance(ref), ProvisionPermissionSetRequestId=job)["PermissionSetProvisioningStatus"]


def _read_assignments(clients: Clients, ref: Ref) -> tuple[Assignment, ...]:
    sso = _sso(clients, ref)
    found = in_parallel(lambda account: _assigned(sso, ref, account), _accounts(sso, ref))
    return tuple(one for account in found for one in account)


def _assigned(sso: "SSOAdminClient", ref: Ref, account: str) -> list[Assignment]:
    listed = pages(sso.get_paginator("list_account_assignments"), **_set(ref), AccountId=account)
    return [
        Assignment(account=account, principal_type=one["PrincipalType"], principal_id=one["PrincipalId"], present=True)
        for page in listed
        for one in page["AccountAssignments"]
    ]


def _write_assignment(clients: Clients, ref: Ref, facets: Sequence[Assignment]) -> Receipt:
    """Create or delete one assignment and wait until Identity Center has done it."""
    (facet,) = facets
    sso = _sso(clients, ref)
    with _ONE_AT_A_TIME:
        if facet.present == (facet.but(present=True) in _assigned(sso, ref, facet.account)):
            return Receipt((), ("the assignment was so already",))
        return Receipt((_create(sso, ref, facet) if facet.present else _delete(sso, ref, facet),))


def _create(sso: "SSOAdminClient", ref: Ref, facet: Assignment) -> str:
    begun = call(sso.create_account_assignment, **_assignment(ref, facet))
    ask = sso.describe_account_assignment_creation_status
    key: Final = "AccountAssignmentCreationStatus"
    _await(begun[key], lambda job: call(ask, InstanceArn=_instance(ref), AccountAssignmentCreationRequestId=job)[key])
    return request_id(begun)


def _delete(sso: "SSOAdminClient", ref: Ref, facet: Assignment) -> str:
    begun = call(sso.delete_account_assignment, **_assignment(ref, facet))
    ask = sso.describe_account_assignment_deletion_status
    key: Final = "AccountAssignmentDeletionStatus"
    _await(begun[key], lambda job: call(ask, InstanceArn=_instance(ref), AccountAssignmentDeletionRequestId=job)[key])
    return request_id(begun)


def _await(job: Mapping[str, Any], again: Callable[[str], Mapping[str, Any]]) -> None:
    """Wait for an asynchronous job. Raises `Refused` where it failed, `Throttled` where it takes too long."""
    until = time.monotonic() + PATIENCE
    while job["Status"] == "IN_PROGRESS":
        if time.monotonic() >= until:
            raise Throttled("Identity Center is still at it", "IN_PROGRESS", job["RequestId"])
        time.sleep(PAUSE)
        job = again(job["RequestId"])
    if job["Status"] == "FAILED":
        raise Refused("Identity Center could not do it", "FAILED", job["RequestId"])


def _permission_set(clients: Clients, role: Ref) -> tuple[Ref, ...]:
    """The set that a reserved role was made from. Raises `Unreachable` where our account does not administer Identity Center."""
    if f":role{RESERVED}" not in role.id:
        return ()
    region = _region(role)
    sso = clients.sso_admin("", region)
    instances = call(sso.list_instances)["Instances"]
    if not instances:
        raise Unreachable(f"IAM Identity Center of {region} is not administered from account {clients.home}")
    instance = instances[0]["InstanceArn"]
    listed = pages(sso.get_paginator("list_permission_sets_provisioned_to_account"), InstanceArn=instance, AccountId=role.account)
    arns = [arn for page in listed for arn in page["PermissionSets"]]
    names = in_parallel(lambda arn: _name(sso, instance, arn), arns)
    made = {arn: f"AWSReservedSSO_{name}_" for arn, name in zip(arns, names, strict=True)}
    return tuple(
        Ref(cloud=Cloud.AWS, kind=Kind.PERMISSION_SET, account=clients.home, region=region, id=arn)
        for arn, prefix in made.items()
        if role.name.removeprefix(prefix) == role.name[-SUFFIX:]
    )


def _name(sso: "SSOAdminClient", instance: str, arn: str) -> str:
    return call(sso.describe_permission_set, InstanceArn=instance, PermissionSetArn=arn)["PermissionSet"]["Name"]


def _region(role: Ref) -> str:
    """The Region of Identity Center, which stands in the role's path unless it is us-east-1."""
    path = role.id.partition(f":role{RESERVED}")[2].split("/")
    return path[1] if len(path) == len(("sso.amazonaws.com", "region", "name")) else "us-east-1"


def _sso(clients: Clients, ref: Ref) -> "SSOAdminClient":
    return clients.sso_admin(ref.account, ref.region)


def _accounts(sso: "SSOAdminClient", ref: Ref, **only: str) -> list[str]:
    """The accounts in which the set is provisioned."""
    paginator = sso.get_paginator("list_accounts_for_provisioned_permission_set")
    return [account for page in pages(paginator, **_set(ref), **only) for account in page["AccountIds"]]


def _instance(ref: Ref) -> str:
    """`arn:aws:sso:::permissionSet/ssoins-…/ps-…` names the instance that the set is in."""
    partition, instance = ref.id.split(":")[1], ref.id.split("/")[1]
    return f"arn:{partition}:sso:::instance/{instance}"


def _set(ref: Ref) -> "DescribePermissionSetRequestTypeDef":
    return {"InstanceArn": _instance(ref), "PermissionSetArn": ref.id}


def _assignment(ref: Ref, facet: Assignment) -> "CreateAccountAssignmentRequestTypeDef":
    return {
        **_set(ref),
        "TargetId": facet.account,
        "TargetType": "AWS_ACCOUNT",
        "PrincipalType": facet.principal_type,
        "PrincipalId": facet.principal_id,
    }


def _actions(*names: str) -> frozenset[str]:
    return frozenset(f"sso:{name}" for name in names)


_READ = _actions("GetInlinePolicyForPermissionSet", "ListAccountsForProvisionedPermissionSet")
_WRITE = _actions(
    "GetInlinePolicyForPermissionSet",
    "PutInlinePolicyToPermissionSet",
    "DeleteInlinePolicyFromPermissionSet",
    "ProvisionPermissionSet",
    "DescribePermissionSetProvisioningStatus",
)
_ASSIGN = _actions(
    "ListAccountAssignments",
    "CreateAccountAssignment",
    "DescribeAccountAssignmentCreationStatus",
    "DeleteAccountAssignment",
    "DescribeAccountAssignmentDeletionStatus",
)

FACETS: FacetTable = {
    (Kind.PERMISSION_SET, Fence): FacetAdapter(_read_fences, _write_fences, _READ, _WRITE),
    (Kind.PERMISSION_SET, DenyAll): FacetAdapter(_read_deny_all, _write_deny_all, _READ, _WRITE),
    (Kind.PERMISSION_SET, Assignment): FacetAdapter(
        _read_assignments,
        _write_assignment,
        _actions("ListAccountsForProvisionedPermissionSet", "ListAccountAssignments"),
        _ASSIGN,
    ),
}

RELATIONS: RelationTable = {
    (Kind.ROLE, Relation.ASSIGNED): RelationAdapter(
        _permission_set, _actions("ListInstances", "ListPermissionSetsProvisionedToAccount", "DescribePermissionSet")
    ),
}
