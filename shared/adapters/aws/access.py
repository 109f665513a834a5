"""What a principal's own policies say of a key: whether they name it, and what IAM's simulator makes of them (AWS IAM API).

The simulator weighs what the principal holds, and for roles no resource policy (IAM user guide, "Testing IAM policies with the IAM
policy simulator"): what the key's own policy says is read here, and where the two do not settle it, nothing is claimed.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from shared.adapters.aws import policies
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call, pages
from shared.domain.actor import Actor
from shared.domain.errors import Refused
from shared.domain.resource import Kind, Ref

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient

USE = ("kms:Decrypt", "kms:GenerateDataKey")
"""What readers and writers of encrypted data need."""

_HOLDERS = frozenset({Kind.USER, Kind.ROLE})
_EVERYTHING = frozenset({"*", "kms:*"})

PERMISSIONS = frozenset(
    {
        "iam:GetGroupPolicy",
        "iam:GetPolicy",
        "iam:GetPolicyVersion",
        "iam:GetRole",
        "iam:GetRolePolicy",
        "iam:GetUser",
        "iam:GetUserPolicy",
        "iam:ListAttachedGroupPolicies",
        "iam:ListAttachedRolePolicies",
        "iam:ListAttachedUserPolicies",
        "iam:ListGroupPolicies",
        "iam:ListGroupsForUser",
        "iam:ListRolePolicies",
        "iam:ListUserPolicies",
        "iam:SimulatePrincipalPolicy",
        "kms:GetKeyPolicy",
    }
)


class AwsAccess:
    """The `Access` port on AWS. Raises `CloudError` as any call does."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def names_key(self, actor: Actor, key: Ref) -> bool:
        """Inline and attached policies, those of a user's groups, and the boundary; AWS's own name nobody's key.

        The bare id is looked for, which is in every ARN of the key and of its replicas.
        """
        holder = _holder(actor)
        if holder is None:
            return False
        return any(key.name in policies.text(document) for document in _documents(self._clients.iam(holder.account), holder))

    def can_use(self, actor: Actor, key: Ref) -> bool | None:
        """Whether the principal may do all of `USE`.

        None where the endpoint has no simulator, or where it is the key's own policy that would let the principal in.
        """
        holder = _holder(actor)
        if holder is None:
            return None
        decisions = self._simulated(holder, key)
        if not decisions:
            return None
        if "explicitDeny" in decisions:
            return False
        read = self._clients.kms(key.account, key.region).get_key_policy
        allows = _allows(policies.parse(call(read, KeyId=key.id, PolicyName="default")["Policy"]))
        if decisions == {"allowed"} and any(_hands_over(statement, key.account) for statement in allows):
            return True
        named = {name for statement in allows for name in policies.principals(statement)}
        return None if named & {"*", holder.id} else False

    def _simulated(self, holder: Ref, key: Ref) -> set[str]:
        """What IAM decides on each action by the principal's own policies; nothing where the endpoint can not simulate."""
        iam = self._clients.iam(holder.account)
        try:
            answer = call(iam.simulate_principal_policy, PolicySourceArn=holder.id, ActionNames=USE, ResourceArns=[key.id])
        except Refused as error:
            if error.code == "NotImplemented":
                return set()
            raise
        return {str(result["EvalDecision"]) for result in answer["EvaluationResults"]}


def _holder(actor: Actor) -> Ref | None:
    return actor.principal if actor.principal and actor.principal.kind in _HOLDERS else None


def _allows(document: policies.Document) -> list[policies.Statement]:
    return [statement for _, statement in policies.listed(document) if statement.get("Effect") == "Allow"]


def _hands_over(statement: policies.Statement, account: str) -> bool:
    """Whether the key leaves the decision to the account's IAM policies (KMS developer guide, "Default key policy")."""
    said = statement.get("Action", [])
    actions = {said} if isinstance(said, str) else set(said) if isinstance(said, list) else set()
    roots = {name for name in policies.principals(statement) if name == account or name.endswith(f"::{account}:root")}
    whole = bool(actions & _EVERYTHING) or actions.issuperset(USE)
    return bool(roots) and whole and "Condition" not in statement


def _documents(iam: "IAMClient", holder: Ref) -> Iterator[policies.Document]:
    kind, name = str(holder.kind), holder.name
    yield from _held(iam, kind, name)
    read: Any = getattr(iam, f"get_{kind}")
    boundary = call(read, **_named(kind, name))[kind.capitalize()].get("PermissionsBoundary")
    if boundary:
        yield _managed(iam, boundary["PermissionsBoundaryArn"])
    if holder.kind is Kind.USER:
        groups = (group for page in pages(iam.get_paginator("list_groups_for_user"), UserName=name) for group in page["Groups"])
        for group in groups:
            yield from _held(iam, "group", group["GroupName"])


def _held(iam: "IAMClient", kind: str, name: str) -> Iterator[policies.Document]:
    """The inline and attached policies of one user, role or group."""
    for policy in _listed(iam, f"list_{kind}_policies", "PolicyNames", _named(kind, name)):
        read: Any = getattr(iam, f"get_{kind}_policy")
        yield call(read, **_named(kind, name), PolicyName=policy)["PolicyDocument"]
    for attached in _listed(iam, f"list_attached_{kind}_policies", "AttachedPolicies", _named(kind, name)):
        if "::aws:policy/" not in attached["PolicyArn"]:
            yield _managed(iam, attached["PolicyArn"])


def _listed(iam: "IAMClient", operation: str, items: str, named: Mapping[str, str]) -> Iterator[Any]:
    paginator: Any = iam.get_paginator(operation)  # type: ignore[call-overload]  # named at run time
    for page in pages(paginator, **named):
        yield from page[items]


def _managed(iam: "IAMClient", arn: str) -> policies.Document:
    version = call(iam.get_policy, PolicyArn=arn)["Policy"].get("DefaultVersionId", "v1")
    document: Any = call(iam.get_policy_version, PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    found: policies.Document = document
    return found


def _named(kind: str, name: str) -> dict[str, str]:
    return {f"{kind.capitalize()}Name": name}
