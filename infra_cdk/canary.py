"""The responder's own bucket and key in a Region, where an update of encryption is tried before it touches anybody's data."""

from collections.abc import Sequence

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from shared.adapters.aws.arns import partition_of
from shared.adapters.aws.canaries import DAYS, KEY, bucket_of
from shared.adapters.aws.job_names import PLACE, ROLE

from .acknowledged import acknowledge


class Canary(Construct):
    """Nothing but canaries, reports of jobs and the files of runs is ever in it, each for a day.

    `accounts`: whose jobs report here.
    """

    def __init__(self, scope: Construct, ident: str, *, account: str, region: str, accounts: Sequence[str]) -> None:
        super().__init__(scope, ident)
        kms.Key(
            self, "Key", alias=KEY, enable_key_rotation=True, pending_window=Duration.days(30), removal_policy=RemovalPolicy.RETAIN
        )
        bucket = s3.Bucket(
            self,
            "Bucket",
            bucket_name=bucket_of(account, region),
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            versioned=True,
            lifecycle_rules=[
                s3.LifecycleRule(expiration=Duration.days(DAYS), noncurrent_version_expiration=Duration.days(DAYS)),
            ],
            removal_policy=RemovalPolicy.DESTROY,
        )
        bucket.add_to_resource_policy(
            _reports(bucket, [f"arn:{partition_of(region)}:iam::{each}:role/{ROLE}" for each in accounts])
        )
        own = "it holds a byte of ours for a day; that it is under S3's own key is what the try begins with"
        acknowledge(
            bucket,
            {
                "AwsSolutions-S1": own,
                "HIPAA.Security-S3BucketLoggingEnabled": own,
                "HIPAA.Security-S3BucketReplicationEnabled": own,
                "HIPAA.Security-S3DefaultEncryptionKMS": own,
            },
        )


def _reports(bucket: s3.Bucket, roles: list[str]) -> iam.PolicyStatement:
    """Their jobs may report here, each account's to its own place.

    By condition, for a policy that names a role which is not made yet is refused.
    """
    return iam.PolicyStatement(
        principals=[iam.AnyPrincipal()],
        actions=["s3:PutObject"],
        resources=[bucket.arn_for_objects(f"{PLACE}/${{aws:PrincipalAccount}}/*")],
        conditions={"StringEquals": {"aws:PrincipalArn": roles}},
    )
