"""The log that a service delivers into by itself, kept as long as the record ("Logging that requires additional permissions")."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct


def vended_log(scope: Construct, name: str, key: kms.IKey) -> logs.LogGroup:
    """The log group `/aws/vendedlogs/<name>`, which outlives the stack: under this prefix a policy of ours need not grow."""
    return logs.LogGroup(
        scope,
        "Log",
        log_group_name=f"/aws/vendedlogs/{name}",
        retention=logs.RetentionDays.SIX_YEARS,
        encryption_key=key,
        removal_policy=RemovalPolicy.RETAIN,
    )
