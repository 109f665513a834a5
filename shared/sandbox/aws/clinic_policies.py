"""The policies of the imaginary clinic, as a careful administrator would have written them before anything happened."""

import json
from collections.abc import Sequence

from shared.sandbox.aws import scenario_names as names

type Statement = dict[str, object]

#: What a deployment pipeline changes in the clinic's account.
PIPELINE_ACTIONS = (
    "iam:AttachRolePolicy",
    "iam:CreateRole",
    "iam:DeleteRole",
    "iam:DeleteRolePolicy",
    "iam:GetRole",
    "iam:PutRolePolicy",
    "iam:TagRole",
    "s3:GetBucketPolicy",
    "s3:ListBucket",
    "s3:PutBucketPolicy",
)

OBJECT_ACTIONS = ("s3:DeleteObject", "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject")
KEY_USE = ("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey")


def document(*statements: Statement) -> str:
    """A policy document as JSON."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions: Sequence[str], resources: Sequence[str] = ("*",)) -> Statement:
    """A statement of an identity policy."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)}


def trust(*, service: str = "", arns: Sequence[str] = ()) -> str:
    """A trust policy that lets in a service, or principals."""
    principal: Statement = {"Service": service} if service else {"AWS": list(arns)}
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def bucket_arns(bucket: str) -> list[str]:
    """The bucket and everything in it."""
    return [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]


def key_policy(account: str, users: Sequence[str]) -> str:
    """A PHI key's: the account administers it by IAM; named principals use it, through S3 and by themselves."""
    return document(
        {
            "Sid": "AccountAdministersByIam",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
            "Action": "kms:*",
            "Resource": "*",
        },
        {
            "Sid": "CareUsesTheKey",
            "Effect": "Allow",
            "Principal": {"AWS": list(users)},
            "Action": list(KEY_USE),
            "Resource": "*",
        },
    )


def store_policy(bucket: str) -> str:
    """A PHI bucket's, as the deployment pipeline keeps it: its own statements, known by their Sids."""
    return document(
        {
            "Sid": "OnlyOverTls",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": bucket_arns(bucket),
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    )


def log_policy(account: str) -> str:
    """The audit log bucket's, as CloudTrail asks for it (CloudTrail user guide, "Amazon S3 bucket policy for CloudTrail")."""
    service = {"Service": "cloudtrail.amazonaws.com"}
    bucket, _ = bucket_arns(names.AUDIT_LOG)
    return document(
        {"Sid": "TrailChecks", "Effect": "Allow", "Principal": service, "Action": "s3:GetBucketAcl", "Resource": bucket},
        {
            "Sid": "TrailWrites",
            "Effect": "Allow",
            "Principal": service,
            "Action": "s3:PutObject",
            "Resource": f"{bucket}/AWSLogs/{account}/*",
            "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}},
        },
    )
