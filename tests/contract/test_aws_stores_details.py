"""What a write of one facet leaves alone, what it will not do, and what a read makes of other people's settings."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from shared.domain.errors import Refused
from shared.domain.facet import (
    AccessGrant,
    CustomerKeysBlocked,
    Grant,
    KeyState,
    LifecycleRule,
    ReplicationRule,
    Rotated,
    SharedWith,
    TrailSelectors,
    Versioning,
)
from shared.domain.resource import Ref
from shared.sandbox.aws.faults import Fault
from shared.sandbox.aws.server import ACCOUNT
from tests.contract.aws_stores import OUTSIDER, Stage, staged

ROLE = f"arn:aws:iam::{ACCOUNT}:role/copy"


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with staged() as stage:
        yield stage


def test_blocking_callers_keys_keeps_the_default_key(stage: Stage) -> None:
    bucket, key, s3 = stage.bucket(), stage.key(), stage.client("s3")
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key.id}
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]}
    s3.put_bucket_encryption(Bucket=bucket.name, ServerSideEncryptionConfiguration=rules)
    stage.world.write(bucket, [CustomerKeysBlocked(on=True)])
    (now,) = s3.get_bucket_encryption(Bucket=bucket.name)["ServerSideEncryptionConfiguration"]["Rules"]
    assert now["ApplyServerSideEncryptionByDefault"] == default
    assert now["BucketKeyEnabled"] is True


def _replicated(stage: Stage, *destinations: dict[str, Any]) -> Ref:
    bucket = stage.bucket()
    stage.world.write(bucket, [Versioning(status="Enabled")])
    rules = [
        {"ID": f"rule-{n}", "Priority": n, "Status": "Enabled", "Filter": {"Prefix": ""}, "Destination": destination}
        for n, destination in enumerate(destinations)
    ]
    stage.client("s3").put_bucket_replication(Bucket=bucket.name, ReplicationConfiguration={"Role": ROLE, "Rules": rules})
    return bucket


def _destination(stage: Stage) -> Ref:
    other = stage.bucket()
    stage.world.write(other, [Versioning(status="Enabled")])
    return other


def test_suspending_a_replication_rule_keeps_the_others_exactly(stage: Stage) -> None:
    other = _destination(stage)
    bucket = _replicated(stage, {"Bucket": other.id, "StorageClass": "GLACIER"}, {"Bucket": other.id})
    read = stage.client("s3").get_bucket_replication
    before = read(Bucket=bucket.name)["ReplicationConfiguration"]
    stage.world.write(bucket, [ReplicationRule(rule_id="rule-1", enabled=False)])
    after = read(Bucket=bucket.name)["ReplicationConfiguration"]
    kept, suspended = after["Rules"]
    assert (after["Role"], kept) == (before["Role"], before["Rules"][0])
    assert suspended == {**before["Rules"][1], "Status": "Disabled"}


def _foreign_bucket(stage: Stage) -> str:
    name = stage.bucket().name.replace("charts", "loot")
    stage.sandbox.root(OUTSIDER).client("s3", region_name="us-east-1").create_bucket(Bucket=name)
    stage.sandbox.root(OUTSIDER).client("s3", region_name="us-east-1").put_bucket_versioning(
        Bucket=name, VersioningConfiguration={"Status": "Enabled"}
    )
    return f"arn:aws:s3:::{name}"


@pytest.mark.parametrize(
    ("said", "account"),
    [
        pytest.param({}, "", id="a destination of which nothing is known belongs to nobody known"),
        pytest.param({"Account": ACCOUNT}, "", id="a rule that only says the account is ours proves nothing"),
        pytest.param(
            {"Account": OUTSIDER, "AccessControlTranslation": {"Owner": "Destination"}},
            OUTSIDER,
            id="a rule that hands the copies over says to whom",
        ),
    ],
)
def test_whose_a_replication_destination_is_is_proved_and_not_believed(stage: Stage, said: dict[str, Any], account: str) -> None:
    bucket = _replicated(stage, {"Bucket": _foreign_bucket(stage), **said})
    (rule,) = stage.world.look(bucket, ReplicationRule)
    assert rule.destination_account == account


def test_a_destination_in_the_buckets_own_account_is_known(stage: Stage) -> None:
    other = _destination(stage)
    (rule,) = stage.world.look(_replicated(stage, {"Bucket": other.id}), ReplicationRule)
    assert (rule.destination, rule.destination_account) == (other.id, ACCOUNT)


LIFECYCLE = (
    ("expiry after days deletes", {"Expiration": {"Days": 1}}, True),
    ("expiry of old versions deletes", {"NoncurrentVersionExpiration": {"NoncurrentDays": 1}}, True),
    ("tidying delete markers deletes nothing", {"Expiration": {"ExpiredObjectDeleteMarker": True}}, False),
    ("ending unfinished uploads deletes nothing", {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}, False),
    ("moving to cold storage deletes nothing", {"Transitions": [{"Days": 30, "StorageClass": "GLACIER"}]}, False),
)


@pytest.mark.parametrize(("does", "destructive"), [pytest.param(*row, id=sentence) for sentence, *row in LIFECYCLE])
def test_what_a_lifecycle_rule_destroys(stage: Stage, does: dict[str, Any], destructive: bool) -> None:
    bucket = stage.bucket()
    rules = [{"ID": "rule", "Status": "Enabled", "Filter": {"Prefix": ""}, **does}]
    stage.client("s3").put_bucket_lifecycle_configuration(Bucket=bucket.name, LifecycleConfiguration={"Rules": rules})
    assert stage.world.look(bucket, LifecycleRule) == (LifecycleRule(rule_id="rule", enabled=True, destructive=destructive),)


def test_a_rule_that_is_gone_is_off_and_can_not_be_switched_on(stage: Stage) -> None:
    bucket = stage.bucket()
    assert stage.world.write(bucket, [LifecycleRule(rule_id="gone", enabled=False)]).request_ids == ()
    with pytest.raises(Refused, match="the rule is gone"):
        stage.world.write(bucket, [LifecycleRule(rule_id="gone", enabled=True)])
    with pytest.raises(Refused, match="the rule is gone"):
        stage.world.write(bucket, [ReplicationRule(rule_id="gone", enabled=True)])


SCOPES = (
    ("a grant on the bucket reaches into it", "s3://{bucket}/*", True),
    ("a grant on a prefix reaches into the bucket", "s3://{bucket}/2026/mary*", True),
    ("a grant on one object reaches into the bucket", "s3://{bucket}/chart.pdf", True),
    ("a grant on the whole account reaches into the bucket", "s3://*", True),
    ("a grant on another bucket does not", "s3://other/*", False),
    ("a grant on a bucket with a longer name does not", "s3://{bucket}0/*", False),
)


@pytest.mark.parametrize(("scope", "reaches"), [pytest.param(*row, id=sentence) for sentence, *row in SCOPES])
def test_which_access_grants_reach_into_a_bucket(stage: Stage, scope: str, reaches: bool) -> None:
    bucket = stage.bucket()
    stage.sandbox.cloud.books.access_grants.clear()
    made = stage.access_grant(scope.format(bucket=bucket.name), ROLE)
    expected = (AccessGrant(grant_id=made, grantee=ROLE, present=True),) if reaches else ()
    assert stage.world.look(bucket, AccessGrant) == expected


def test_an_access_grant_is_found_behind_a_page_of_others(stage: Stage) -> None:
    bucket = stage.bucket()
    for _ in range(101):
        stage.access_grant("s3://elsewhere/*", ROLE)
    made = stage.access_grant(f"s3://{bucket.name}/*", ROLE)
    assert [grant.grant_id for grant in stage.world.look(bucket, AccessGrant)] == [made]


def test_an_account_without_access_grants_has_none(stage: Stage) -> None:
    stage.sandbox.cloud.books.access_grants.clear()
    assert stage.world.look(stage.bucket(), AccessGrant) == ()


def _granted(stage: Stage, key: Ref, grantee: str, **more: Any) -> None:  # noqa: ANN401  # CreateGrant's own parameters
    stage.client("kms").create_grant(KeyId=key.id, GranteePrincipal=grantee, Operations=["Decrypt"], **more)


@pytest.mark.parametrize(
    "grantee",
    [
        pytest.param("backup.amazonaws.com", id="a service"),
        pytest.param(f"arn:aws:sts::{ACCOUNT}:assumed-role/aws:ec2-infrastructure/i-0abc", id="the machine behind a volume"),
        pytest.param(f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS", id="a service's role"),
    ],
)
def test_a_services_grant_is_seen_and_never_revoked(stage: Stage, grantee: str) -> None:
    key = stage.key()
    _granted(stage, key, grantee)
    (grant,) = stage.world.look(key, Grant)
    with pytest.raises(Refused, match="AWS service"):
        stage.world.write(key, [grant.but(present=False)])
    assert stage.world.look(key, Grant) == (grant,)


def test_exactly_the_grants_of_one_specification_are_revoked(stage: Stage) -> None:
    key = stage.key()
    thief, nurse = f"arn:aws:iam::{OUTSIDER}:root", f"arn:aws:iam::{ACCOUNT}:root"
    _granted(stage, key, nurse)
    _granted(stage, key, thief, Name="one")
    _granted(stage, key, thief, Constraints={"EncryptionContextEquals": {"ward": "7"}}, RetiringPrincipal=thief)
    grants = stage.world.look(key, Grant)
    (bound,) = (grant for grant in grants if "Constraints" in grant.spec)
    stage.world.write(key, [bound.but(present=False)])
    assert set(stage.world.look(key, Grant)) == set(grants) - {bound}
    stage.world.write(key, [bound])
    assert set(stage.world.look(key, Grant)) == set(grants)


def test_a_grants_specification_is_what_create_grant_takes(stage: Stage) -> None:
    key = stage.key()
    _granted(stage, key, ROLE.replace("role/copy", "root"), Name="nightly")
    (grant,) = stage.world.look(key, Grant)
    assert json.loads(grant.spec) == {
        "GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:root",
        "Name": "nightly",
        "Operations": ["Decrypt"],
    }


def test_a_cancelled_deletion_leaves_the_key_enabled_by_two_calls(stage: Stage) -> None:
    key = stage.key()
    stage.client("kms").schedule_key_deletion(KeyId=key.id, PendingWindowInDays=7)
    receipt = stage.world.write(key, [KeyState(enabled=True, deletion_pending=False)])
    calls = [stage.sandbox.cloud.calls.find(request) for request in receipt.request_ids]
    assert [call.operation for call in calls if call] == ["CancelKeyDeletion", "EnableKey"]


def test_a_write_that_stops_half_way_keeps_the_request_ids_of_what_was_done(stage: Stage) -> None:
    key, faults = stage.key(), stage.sandbox.cloud.faults
    stage.client("kms").schedule_key_deletion(KeyId=key.id, PendingWindowInDays=7)
    faults.add(Fault("throttle", operation="EnableKey"))
    receipt = stage.world.write(key, [KeyState(enabled=True, deletion_pending=False)])
    faults.clear()
    first = stage.sandbox.cloud.calls.find(receipt.request_ids[0])
    assert first is not None
    assert first.operation == "CancelKeyDeletion"
    assert receipt.notes == ("begun, not finished: EnableKey: ThrottlingException",)


def test_a_rotation_is_asked_for_once(stage: Stage) -> None:
    key = stage.key()
    created = stage.client("kms").describe_key(KeyId=key.id)["KeyMetadata"]["CreationDate"]
    assert len(stage.world.write(key, [Rotated(since=created)]).request_ids) == 1
    assert stage.world.write(key, [Rotated(since=created)]).request_ids == ()


def test_a_trail_with_advanced_selectors_is_read_and_written_back(stage: Stage) -> None:
    trail = stage.trail()
    fields = [{"Field": "eventCategory", "Equals": ["Data"]}, {"Field": "resources.type", "Equals": ["AWS::S3::Object"]}]
    advanced = [{"Name": "charts", "FieldSelectors": fields}]
    stage.client("cloudtrail").put_event_selectors(TrailName=trail.id, AdvancedEventSelectors=advanced)
    (before,) = stage.world.look(trail, TrailSelectors)
    assert json.loads(before.selectors) == {"AdvancedEventSelectors": advanced}
    plain = [{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": False, "DataResources": []}]
    stage.client("cloudtrail").put_event_selectors(TrailName=trail.id, EventSelectors=plain)
    stage.world.write(trail, [before])
    assert stage.world.look(trail, TrailSelectors) == (before,)


@pytest.mark.parametrize("kind", ["snapshot", "image", "database_snapshot", "cluster_snapshot"])
def test_the_world_is_taken_off_the_list_and_partners_stay(stage: Stage, kind: str) -> None:
    ref: Ref = getattr(stage, kind)()
    everyone, partner = SharedWith(account="all", shared=True), SharedWith(account="444455556666", shared=True)
    stage.world.write(ref, [everyone, partner])
    assert set(stage.world.look(ref, SharedWith)) == {everyone, partner}
    stage.world.write(ref, [everyone.but(shared=False), SharedWith(account=OUTSIDER, shared=True)])
    assert set(stage.world.look(ref, SharedWith)) == {partner, SharedWith(account=OUTSIDER, shared=True)}
