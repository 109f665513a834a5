"""Scenes for the contract of the store adapters: each gives a resource and a facet that it does not have yet and is to have."""

from collections.abc import Callable
from datetime import UTC, datetime

from shared.domain.facet import (
    AccessGrant,
    CustomerKeysBlocked,
    Facet,
    Grant,
    KeyState,
    LifecycleRule,
    ObjectOwnership,
    PublicAccessBlock,
    ReplicationRule,
    Rotated,
    SharedWith,
    TrailLogging,
    TrailSelectors,
    Versioning,
)
from shared.domain.resource import Ref
from shared.sandbox.aws.server import ACCOUNT
from tests.contract import aws_rekey_scenes as rekey
from tests.contract.aws_stores import OUTSIDER, Stage, allow, deny, document, fresh

type Scene = tuple[Ref, Facet]
type Play = Callable[[Stage], Scene]

BLOCKED = PublicAccessBlock(block_acls=True, ignore_acls=True, block_policy=True, restrict_buckets=True)
DATA_EVENTS = '{"EventSelectors":[{"DataResources":[],"IncludeManagementEvents":true,"ReadWriteType":"All"}]}'


def a_bucket_without_a_policy(stage: Stage) -> Scene:
    bucket = stage.bucket()
    return bucket, deny("CodeblueA1", f"{bucket.id}/*", "s3:*")


def a_bucket_with_somebodys_policy(stage: Stage) -> Scene:
    bucket = stage.bucket()
    stage.client("s3").put_bucket_policy(Bucket=bucket.name, Policy=document(allow("Terraform", bucket.id, "s3:ListBucket")))
    return bucket, deny("CodeblueA1", f"{bucket.id}/*", "s3:*")


def a_bucket_with_a_statement_to_remove(stage: Stage) -> Scene:
    bucket, ours = a_bucket_with_somebodys_policy(stage)
    stage.world.write(bucket, [ours])
    return bucket, ours.but(body=None)


def a_bucket_with_only_a_statement_to_remove(stage: Stage) -> Scene:
    bucket, ours = a_bucket_without_a_policy(stage)
    stage.world.write(bucket, [ours])
    return bucket, ours.but(body=None)


def a_bucket_open_to_public_settings(stage: Stage) -> Scene:
    bucket = stage.bucket()
    stage.world.write(bucket, [BLOCKED.absent])
    return bucket, BLOCKED


def a_bucket_with_acls(stage: Stage) -> Scene:
    bucket = stage.bucket()
    stage.world.write(bucket, [ObjectOwnership(rule="ObjectWriter")])
    return bucket, ObjectOwnership(rule="BucketOwnerEnforced")


def a_bucket_without_ownership_controls(stage: Stage) -> Scene:
    bucket = stage.bucket()
    stage.client("s3").delete_bucket_ownership_controls(Bucket=bucket.name)
    return bucket, ObjectOwnership(rule="BucketOwnerEnforced")


def a_bucket_that_keeps_no_versions(stage: Stage) -> Scene:
    bucket = stage.bucket()
    stage.world.write(bucket, [Versioning(status="Suspended")])
    return bucket, Versioning(status="Enabled")


def a_bucket_that_takes_callers_keys(stage: Stage) -> Scene:
    return stage.bucket(), CustomerKeysBlocked(on=True)


def a_bucket_that_is_copied_elsewhere(stage: Stage) -> Scene:
    bucket, other = stage.bucket(), stage.bucket()
    for each in (bucket, other):
        stage.world.write(each, [Versioning(status="Enabled")])
    rules = [
        {"ID": name, "Priority": n, "Status": "Enabled", "Filter": {}, "Destination": {"Bucket": other.id}}
        for n, name in enumerate(("night", "thief"))
    ]
    copying = {"Role": f"arn:aws:iam::{ACCOUNT}:role/copy", "Rules": rules}
    stage.client("s3").put_bucket_replication(Bucket=bucket.name, ReplicationConfiguration=copying)
    return bucket, ReplicationRule(rule_id="thief", enabled=False, destination=other.id, destination_account=ACCOUNT)


def a_bucket_that_forgets(stage: Stage) -> Scene:
    bucket = stage.bucket()
    rules = [
        {"ID": "tidy", "Status": "Enabled", "Filter": {"Prefix": ""}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}},
        {"ID": "burn", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}},
    ]
    stage.client("s3").put_bucket_lifecycle_configuration(Bucket=bucket.name, LifecycleConfiguration={"Rules": rules})
    return bucket, LifecycleRule(rule_id="burn", enabled=False, destructive=True)


def a_bucket_with_an_access_grant(stage: Stage) -> Scene:
    bucket = stage.bucket()
    thief = f"arn:aws:iam::{ACCOUNT}:role/thief"
    return bucket, AccessGrant(grant_id=stage.access_grant(f"s3://{bucket.name}/*", thief), grantee=thief, present=False)


def an_access_point(stage: Stage) -> Scene:
    point = stage.access_point()
    return point, deny("CodeblueA1", f"{point.id}/object/*", "s3:*")


def an_access_point_open_to_public_settings(stage: Stage) -> Scene:
    name, bucket = fresh("public"), stage.bucket()
    off = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False)
    make = stage.client("s3control").create_access_point
    make(AccountId=ACCOUNT, Name=name, Bucket=bucket.name, PublicAccessBlockConfiguration=off)
    return stage.access_point_ref(name), BLOCKED


def an_account_open_to_public_settings(stage: Stage) -> Scene:
    some = {"BlockPublicAcls": True, "IgnorePublicAcls": False, "BlockPublicPolicy": True, "RestrictPublicBuckets": False}
    stage.client("s3control").put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration=some)
    return stage.account(), BLOCKED


def a_key(stage: Stage) -> Scene:
    return stage.key(), deny("CodeblueA1", "*", "kms:Decrypt")


def a_disabled_key(stage: Stage) -> Scene:
    key = stage.key()
    stage.client("kms").disable_key(KeyId=key.id)
    return key, KeyState(enabled=True, deletion_pending=False)


def a_key_about_to_be_deleted(stage: Stage) -> Scene:
    key = stage.key()
    stage.client("kms").schedule_key_deletion(KeyId=key.id, PendingWindowInDays=7)
    return key, KeyState(enabled=True, deletion_pending=False)


def a_key_with_a_grant(stage: Stage) -> Scene:
    key = stage.key()
    grantee = f"arn:aws:iam::{OUTSIDER}:root"
    for _ in range(2):
        stage.client("kms").create_grant(KeyId=key.id, GranteePrincipal=grantee, Operations=["Encrypt", "Decrypt"])
    (grant,) = stage.world.look(key, Grant)
    return key, grant.but(present=False)


def a_key_never_rotated(stage: Stage) -> Scene:
    return stage.key(), Rotated(since=datetime(2020, 1, 1, tzinfo=UTC))


def a_silent_trail(stage: Stage) -> Scene:
    return stage.trail(), TrailLogging(on=True)


def a_trail_that_records_little(stage: Stage) -> Scene:
    trail = stage.trail()
    little = [{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True, "DataResources": []}]
    stage.client("cloudtrail").put_event_selectors(TrailName=trail.id, EventSelectors=little)
    return trail, TrailSelectors(selectors=DATA_EVENTS)


def a_shared_snapshot(stage: Stage) -> Scene:
    return _shared(stage, stage.snapshot())


def a_shared_image(stage: Stage) -> Scene:
    return _shared(stage, stage.image())


def a_shared_database_snapshot(stage: Stage) -> Scene:
    return _shared(stage, stage.database_snapshot())


def a_shared_cluster_snapshot(stage: Stage) -> Scene:
    return _shared(stage, stage.cluster_snapshot())


def _shared(stage: Stage, ref: Ref) -> Scene:
    stage.world.write(ref, [SharedWith(account=OUTSIDER, shared=True), SharedWith(account="444455556666", shared=True)])
    return ref, SharedWith(account=OUTSIDER, shared=False)


def a_vault(stage: Stage) -> Scene:
    vault = stage.vault()
    return vault, deny("CodeblueA1", "*", "backup:DeleteRecoveryPoint")


UNDONE = (
    a_bucket_without_a_policy,
    a_bucket_with_somebodys_policy,
    a_bucket_with_a_statement_to_remove,
    a_bucket_with_only_a_statement_to_remove,
    a_bucket_open_to_public_settings,
    a_bucket_with_acls,
    a_bucket_without_ownership_controls,
    a_bucket_that_keeps_no_versions,
    a_bucket_that_takes_callers_keys,
    a_bucket_that_is_copied_elsewhere,
    a_bucket_that_forgets,
    an_access_point,
    a_key,
    a_disabled_key,
    a_key_with_a_grant,
    a_trail_that_records_little,
    a_shared_snapshot,
    a_shared_image,
    a_shared_database_snapshot,
    a_shared_cluster_snapshot,
    a_vault,
    *rekey.UNDONE,
)
ONE_WAY = (a_bucket_with_an_access_grant, a_key_about_to_be_deleted, a_key_never_rotated, a_silent_trail, *rekey.ONE_WAY)
SEEN_ONLY = (an_access_point_open_to_public_settings, an_account_open_to_public_settings)
"""What is fixed, or for people: it is looked at and never written."""

ELSEWHERE: dict[Play, frozenset[str]] = {
    rekey.a_bucket_under_no_key: rekey.RESOLVED,
    a_shared_database_snapshot: frozenset({"rds:DescribeDBClusterSnapshotAttributes"}),
    a_shared_cluster_snapshot: frozenset({"rds:DescribeDBSnapshotAttributes"}),
}
"""Permissions to look that only another scene of the same facet needs."""


def sentence(scene: object) -> str:
    """The name of a scene, in words."""
    return str(getattr(scene, "__name__", scene)).replace("_", " ")
