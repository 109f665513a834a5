"""The responder's own bucket and key in a Region, where an update of encryption is tried before it touches anybody's data."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from shared.adapters.aws.canaries import DAYS, KEY, bucket_of

from .acknowledged import acknowledge


class Canary(Construct):
    """Nothing but canaries is ever in it, and each for a day."""

    def __init__(self, scope: Construct, ident: str, *, account: str, region: str) -> None:
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
