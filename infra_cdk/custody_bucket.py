"""One of custody's two buckets: written once, by the responder's roles alone, and locked in compliance mode."""

from collections.abc import Sequence

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from .acknowledged import acknowledge

HIDES = ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutLifecycleConfiguration", "s3:BypassGovernanceRetention"]
"""What would hide an object: a locked version can not be destroyed, but a marker or an expiry rule hides it."""

CHANGES = ["s3:PutObjectAcl", "s3:PutObjectRetention", "s3:PutObjectLegalHold", "s3:PutObjectTagging", "s3:RestoreObject"]


class CustodyBucket(Construct):
    """The bucket `name`, with its access log beside it. `writers` are role ARNs; nobody else puts anything there."""

    def __init__(self, scope: Construct, ident: str, *, name: str, days: int, writers: Sequence[str]) -> None:
        super().__init__(scope, ident)
        log = self._bucket("AccessLog", f"{name}-log", expires=days)
        self.bucket = self._bucket("Record", name, log=log, locked=days)
        for statement in self._denied(writers):
            self.bucket.add_to_resource_policy(statement)
        _explain(log, self.bucket)

    def _bucket(self, ident: str, name: str, *, log: s3.IBucket | None = None, locked: int = 0, expires: int = 0) -> s3.Bucket:
        return s3.Bucket(
            self,
            ident,
            bucket_name=name,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            object_lock_enabled=True if locked else None,
            object_lock_default_retention=s3.ObjectLockRetention.compliance(Duration.days(locked)) if locked else None,
            server_access_logs_bucket=log,
            lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(expires))] if expires else None,
            removal_policy=RemovalPolicy.RETAIN,
        )

    def _denied(self, writers: Sequence[str]) -> tuple[iam.PolicyStatement, ...]:
        """An append by a writer is all that is left: a new object, under a name that nothing has."""
        objects = [self.bucket.arn_for_objects("*")]
        once = {"Null": {"s3:if-none-match": "true"}}
        others = {"ArnNotEquals": {"aws:PrincipalArn": list(writers)}}
        return (
            _deny("CodeblueCustodyKeep", HIDES, [self.bucket.bucket_arn, *objects]),
            _deny("CodeblueCustodyChange", CHANGES, objects),
            _deny("CodeblueCustodyOnce", ["s3:PutObject"], objects, once),
            _deny("CodeblueCustodyWriters", ["s3:PutObject"], objects, others),
        )


def _deny(sid: str, actions: Sequence[str], resources: Sequence[str], conditions: object = None) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid=sid,
        effect=iam.Effect.DENY,
        principals=[iam.AnyPrincipal()],
        actions=list(actions),
        resources=list(resources),
        conditions=conditions,
    )


def _explain(log: s3.Bucket, record: s3.Bucket) -> None:
    key = (
        "the record is under S3's own key, so that no deletion of a key can shred it; what could name a patient is encrypted before"
    )
    twice = "the responder writes every entry to a bucket of another Region itself, before it acts"
    acknowledge(record, {"HIPAA.Security-S3DefaultEncryptionKMS": key, "HIPAA.Security-S3BucketReplicationEnabled": twice})
    acknowledge(
        log,
        {
            "AwsSolutions-S1": "it is the access log",
            "HIPAA.Security-S3BucketLoggingEnabled": "it is the access log",
            "HIPAA.Security-S3BucketReplicationEnabled": "it is a log of accesses; what they were made to is kept in two Regions",
            "HIPAA.Security-S3DefaultEncryptionKMS": "S3 delivers access logs under its own key",
        },
    )
