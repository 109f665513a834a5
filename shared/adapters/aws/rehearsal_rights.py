"""What a rehearsal may do in an account, and the most that its own role may: by the names of what it makes, and by nothing else."""

from shared.adapters.aws.arns import partition_of
from shared.adapters.aws.permissions import Statement, allow

NAME = "codeblue-rehearsal"
ALIAS = f"alias/{NAME}"

ENTERED = "codeblue-spoke-rehearse"
"""The role by which a deployed responder rehearses in an account."""

BOUNDARY = "codeblue-rehearsal-bounds"
"""The managed policy beyond which no role goes that it makes."""

GIVEN = frozenset({"iam:CreateRole", "iam:PutRolePolicy"})
ROLES = frozenset(f"iam:{action}" for action in ("TagRole", "ListRolePolicies", "DeleteRolePolicy", "DeleteRole")) | {
    "iam:ListAttachedRolePolicies",
    "iam:DetachRolePolicy",
    "sts:AssumeRole",
}
BUCKETS = frozenset(
    f"s3:{action}"
    for action in (
        "CreateBucket",
        "PutBucketTagging",
        "PutBucketVersioning",
        "ListBucketVersions",
        "DeleteBucketPolicy",
        "DeleteBucket",
    )
)
KEYS = frozenset({"kms:DescribeKey", "kms:GenerateDataKey"})
NAMED: Statement = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": ALIAS}}
"""The condition that leaves the rehearsals' own key. A tag would leave any: who may tag one key may tag others (TagResource)."""

MAKES = frozenset({"kms:CreateAlias", "kms:PutKeyPolicy"})
"""What the policy of the rehearsals' key lets its maker do; KMS makes no key that its maker could not open again (CreateKey)."""


def role_prefix(region: str, account: str) -> str:
    """How the ARN of every rehearsal's role in this account begins."""
    return f"arn:{partition_of(region)}:iam::{account}:role/{NAME}-"


def permissions(partition: str, account: str, boundary: str = "") -> tuple[Statement, ...]:
    """What a run takes, and nothing that is not a rehearsal's: by the names of roles, buckets and aliases.

    `boundary`: the ARN of the permissions boundary that every role it makes must have, in an account that has boundary and key.
    Without one, who holds this can make a role that may do anything, as whoever may make roles can.
    """
    bucket = _buckets(partition, account)
    keys = f"arn:{partition}:kms:*:{account}"
    roles = f"arn:{partition}:iam::{account}:role/{NAME}-*"
    bounded = {"Condition": {"StringEquals": {"iam:PermissionsBoundary": boundary}}} if boundary else {}
    return (
        {**allow(GIVEN, roles), **bounded},
        allow(ROLES, roles),
        allow(BUCKETS, bucket),
        allow({"s3:PutObject", "s3:DeleteObjectVersion"}, f"{bucket}/*"),
        {**allow(KEYS, f"{keys}:key/*"), "Condition": NAMED},
        allow({"iam:ListRoles", "kms:ListAliases", "s3:ListAllMyBuckets"}, "*"),
        *(() if boundary else (allow({"kms:CreateAlias"}, f"{keys}:{ALIAS}"), allow({"kms:CreateKey"}, "*"))),
    )


def bounds(partition: str, account: str) -> tuple[Statement, ...]:
    """The most that a rehearsal's actor may be given: its deed, and reading what lies in a rehearsal's bucket."""
    bucket = _buckets(partition, account)
    through = {"StringLike": {"kms:ViaService": "s3.*.amazonaws.com"}}
    return (
        allow({"s3:GetObject"}, f"{bucket}/*"),
        allow({"s3:PutBucketVersioning"}, bucket),
        {**allow({"kms:Decrypt"}, f"arn:{partition}:kms:*:{account}:key/*"), "Condition": through},
    )


def boundary_of(partition: str, account: str) -> str:
    """The ARN of the boundary in an account that has one."""
    return f"arn:{partition}:iam::{account}:policy/{BOUNDARY}"


def _buckets(partition: str, account: str) -> str:
    return f"arn:{partition}:s3:::{NAME}-{account}-*"
