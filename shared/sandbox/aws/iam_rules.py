"""IAM, where moto is too kind: quotas, principals that must exist, roles nobody may change, user boundaries, ids that tell.

Source: IAM user guide, "IAM and AWS STS quotas", "Permissions boundaries", "IAM identifiers"; error texts of the IAM API.
"""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from moto.iam.models import Group, Role, User

from shared.sandbox.aws.cloud import Ask, Cloud, Rule, forward
from shared.sandbox.aws.history import iam_of, plant_aws_managed
from shared.sandbox.aws.http import Reply
from shared.sandbox.aws.policies import bind_trust, trust_policy_text
from shared.sandbox.aws.principals import new_id
from shared.sandbox.aws.refusals import CONFLICT, NOT_FOUND, Refusal
from shared.sandbox.aws.resource_policies import InvalidPrincipal

#: Characters of all inline policies of one identity, whitespace not counted.
INLINE_QUOTA: Mapping[str, int] = {"user": 2048, "role": 10_240, "group": 5120}
ATTACHED_QUOTA = 10
MANAGED_POLICY_QUOTA = 6144
TRUST_QUOTA = 2048

_WHITESPACE = re.compile(r"\s+")
_TRUST = re.compile(rb"(<AssumeRolePolicyDocument>)[^<]*(</AssumeRolePolicyDocument>)")

#: Writes that a role of AWS's own refuses.
_ROLE_WRITES = frozenset(
    {
        "AddRoleToInstanceProfile",
        "AttachRolePolicy",
        "DeleteRole",
        "DeleteRolePermissionsBoundary",
        "DeleteRolePolicy",
        "DetachRolePolicy",
        "PutRolePermissionsBoundary",
        "PutRolePolicy",
        "UpdateAssumeRolePolicy",
        "UpdateRole",
    }
)
_PROTECTED_PATHS = ("/aws-service-role/", "/aws-reserved/")


def guard(_: Cloud, ask: Ask) -> None:
    """Refuse writes to AWS's own roles, and policies that do not exist. Raises Refusal."""
    role = _find_role(ask) if ask.call.operation in _ROLE_WRITES else None
    if role and role.path.startswith(_PROTECTED_PATHS):
        sentence = f"Cannot perform the operation on the protected role '{role.name}' - this role is only modifiable by AWS"
        raise Refusal("UnmodifiableEntity", sentence)
    for name in ("PolicyArn", "PermissionsBoundary"):
        arn = str(ask.params.get(name, ""))
        if arn.startswith("arn:aws:iam::aws:") and not plant_aws_managed(ask.account, arn):
            raise Refusal("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.", NOT_FOUND)


def _find_role(ask: Ask) -> Role | None:
    return next((role for role in iam_of(ask.account).roles.values() if role.name == ask.params.get("RoleName")), None)


def _holder(ask: Ask) -> tuple[str, User | Role | Group | None]:
    """The kind of identity a request is about, and the identity."""
    iam, params = iam_of(ask.account), ask.params
    if "UserName" in params:
        return "user", iam.users.get(params["UserName"])
    if "GroupName" in params:
        return "group", iam.groups.get(params["GroupName"])
    return "role", _find_role(ask)


def characters(documents: Iterable[str]) -> int:
    """The length that IAM counts against a quota: all characters but whitespace."""
    return sum(len(_WHITESPACE.sub("", document)) for document in documents)


def put_inline_policy(cloud: Cloud, ask: Ask) -> Reply:
    """PutUserPolicy, PutRolePolicy, PutGroupPolicy: within the identity's quota."""
    kind, holder = _holder(ask)
    others = {name: text for name, text in (holder.policies if holder else {}).items() if name != ask.params["PolicyName"]}
    if characters((*others.values(), ask.params["PolicyDocument"])) > INLINE_QUOTA[kind]:
        name = holder.name if holder else ""
        raise Refusal("LimitExceeded", f"Maximum policy size of {INLINE_QUOTA[kind]} bytes exceeded for {kind} {name}", CONFLICT)
    return forward(cloud, ask)


def attach_policy(cloud: Cloud, ask: Ask) -> Reply:
    """AttachUserPolicy, AttachRolePolicy, AttachGroupPolicy: ten at most."""
    kind, holder = _holder(ask)
    attached = holder.managed_policies if holder else {}
    if len(attached) >= ATTACHED_QUOTA and ask.params["PolicyArn"] not in attached:
        raise Refusal("LimitExceeded", f"Cannot exceed quota for PoliciesPer{kind.capitalize()}: {ATTACHED_QUOTA}", CONFLICT)
    if ask.params["PolicyArn"] in attached:
        return ask.answer({})
    return forward(cloud, ask)


def create_policy(cloud: Cloud, ask: Ask) -> Reply:
    """CreatePolicy, CreatePolicyVersion: a managed policy has 6,144 characters at most."""
    if characters([ask.params["PolicyDocument"]]) > MANAGED_POLICY_QUOTA:
        raise Refusal("LimitExceeded", f"Cannot exceed quota for PolicySize: {MANAGED_POLICY_QUOTA}", CONFLICT)
    return forward(cloud, ask)


def create_user(cloud: Cloud, ask: Ask) -> Reply:
    """CreateUser: with an id that tells its kind (AIDA…), and with its boundary."""
    reply = forward(cloud, ask)
    if not reply.ok:
        return reply
    user = iam_of(ask.account).users[ask.params["UserName"]]
    made, user.id = user.id, new_id("AIDA")
    if "PermissionsBoundary" in ask.params:
        cloud.history.boundaries[ask.account, user.name] = ask.params["PermissionsBoundary"]
    else:
        cloud.history.boundaries.pop((ask.account, user.name), None)
    return Reply(reply.status, reply.headers, reply.body.replace(made.encode(), user.id.encode()))


def get_user(cloud: Cloud, ask: Ask) -> Reply:
    """GetUser: with the boundary, which moto leaves out."""
    reply = forward(cloud, ask)
    boundary = cloud.history.boundaries.get(
        (ask.account, str(ask.params.get("UserName", ask.caller.principal.arn.rpartition("/")[2])))
    )
    if not boundary:
        return reply
    kind = "<PermissionsBoundaryType>Policy</PermissionsBoundaryType>"
    element = f"<PermissionsBoundary>{kind}<PermissionsBoundaryArn>{boundary}</PermissionsBoundaryArn></PermissionsBoundary></User>"
    return Reply(reply.status, reply.headers, reply.body.replace(b"</User>", element.encode()))


def _user_of(ask: Ask) -> User:
    user = iam_of(ask.account).users.get(ask.params["UserName"])
    if user is None:
        raise Refusal("NoSuchEntity", f"The user with name {ask.params['UserName']} cannot be found.", NOT_FOUND)
    return user


def put_user_boundary(cloud: Cloud, ask: Ask) -> Reply:
    """PutUserPermissionsBoundary."""
    boundary = ask.params["PermissionsBoundary"]
    if boundary not in iam_of(ask.account).managed_policies:
        raise Refusal("NoSuchEntity", f"Scope ARN: {boundary} does not exist or is not attachable.", NOT_FOUND)
    cloud.history.boundaries[ask.account, _user_of(ask).name] = boundary
    return ask.answer({})


def delete_user_boundary(cloud: Cloud, ask: Ask) -> Reply:
    """DeleteUserPermissionsBoundary."""
    if cloud.history.boundaries.pop((ask.account, _user_of(ask).name), None) is None:
        raise Refusal("NoSuchEntity", f"User {ask.params['UserName']} does not have a permission boundary.", NOT_FOUND)
    return ask.answer({})


def put_role_boundary(cloud: Cloud, ask: Ask) -> Reply:
    """PutRolePermissionsBoundary: the policy must exist."""
    boundary = ask.params["PermissionsBoundary"]
    if boundary not in iam_of(ask.account).managed_policies:
        raise Refusal("NoSuchEntity", f"Scope ARN: {boundary} does not exist or is not attachable.", NOT_FOUND)
    return forward(cloud, ask)


def create_role(cloud: Cloud, ask: Ask) -> Reply:
    """CreateRole: paths of AWS's own are refused, and the trust policy names only who exists."""
    path = str(ask.params.get("Path", "/"))
    if path.startswith(_PROTECTED_PATHS):
        raise Refusal("ValidationError", f"Roles with a path of {path} can only be created by AWS.")
    arn = f"arn:aws:iam::{ask.account}:role{path}{ask.params['RoleName']}"
    _bind(cloud, arn, ask.params["AssumeRolePolicyDocument"])
    return forward(cloud, ask)


def update_trust(cloud: Cloud, ask: Ask) -> Reply:
    """UpdateAssumeRolePolicy: who is named must exist, and the document fits its quota."""
    role = _find_role(ask)
    if role:
        _bind(cloud, role.arn, ask.params["PolicyDocument"])
    return forward(cloud, ask)


def _bind(cloud: Cloud, role_arn: str, trust: str) -> None:
    if characters([trust]) > TRUST_QUOTA:
        raise Refusal("LimitExceeded", f"Cannot exceed quota for ACLSizePerRole: {TRUST_QUOTA}", CONFLICT)
    try:
        bind_trust(cloud, role_arn, trust)
    except InvalidPrincipal as invalid:
        raise Refusal("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{invalid}"') from invalid
    except ValueError as unreadable:
        raise Refusal("MalformedPolicyDocument", "This policy contains invalid Json") from unreadable


def get_role(cloud: Cloud, ask: Ask) -> Reply:
    """GetRole: a deleted principal in the trust policy shows as its unique id."""
    reply, role = forward(cloud, ask), _find_role(ask)
    if role is None:
        return reply
    text = quote(trust_policy_text(cloud, role.arn, role.assume_role_policy_document))
    return Reply(reply.status, reply.headers, _TRUST.sub(lambda found: found[1] + text.encode() + found[2], reply.body))


def plant_reserved_role(cloud: Cloud, account: str, name: str, trust: str, path: str = "/aws-reserved/sso.amazonaws.com/") -> str:
    """A role that only AWS makes, such as `AWSReservedSSO_…`, for setting scenes; its ARN."""
    role = iam_of(account).create_role(name, trust, path, None, "", [], "3600")
    cloud.history.record(account)
    return str(role.arn)


RULES: dict[str, Rule] = {
    "AttachGroupPolicy": attach_policy,
    "AttachRolePolicy": attach_policy,
    "AttachUserPolicy": attach_policy,
    "CreatePolicy": create_policy,
    "CreatePolicyVersion": create_policy,
    "CreateRole": create_role,
    "CreateUser": create_user,
    "DeleteUserPermissionsBoundary": delete_user_boundary,
    "GetRole": get_role,
    "GetUser": get_user,
    "PutGroupPolicy": put_inline_policy,
    "PutRolePermissionsBoundary": put_role_boundary,
    "PutRolePolicy": put_inline_policy,
    "PutUserPermissionsBoundary": put_user_boundary,
    "PutUserPolicy": put_inline_policy,
    "UpdateAssumeRolePolicy": update_trust,
}
