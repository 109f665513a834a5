"""Scenes that any AWS endpoint can play, each with the outcomes that the services document."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from tests.contract.second_opinion import ACCOUNT, Credential, Stage, allow, deny, document, outcome

type Scene = Callable[[Stage], tuple[str, ...]]

ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
ALL = allow()


def without_policies(stage: Stage) -> tuple[str, ...]:
    stage.make_bucket()
    return (stage.read(stage.make_user()),)


def deny_beats_allow(stage: Stage) -> tuple[str, ...]:
    stage.make_bucket()
    alice = stage.make_user(ALL)
    before = stage.read(alice)
    stage.give_user(deny("s3:*"), name="quarantine")
    return before, stage.read(alice)


def group_policy(stage: Stage) -> tuple[str, ...]:
    stage.make_bucket()
    alice, iam = stage.make_user(), stage.client("iam")
    iam.create_group(GroupName=stage.role)
    iam.put_group_policy(GroupName=stage.role, PolicyName="p", PolicyDocument=document(allow("s3:*")))
    before = stage.read(alice)
    iam.add_user_to_group(GroupName=stage.role, UserName=stage.user)
    return before, stage.read(alice)


def wildcards(stage: Stage) -> tuple[str, ...]:
    stage.make_bucket()
    alice = stage.make_user(allow("S3:Get?bject", Resource="arn:aws:s3:::phi-*/pat*"))
    return stage.read(alice), outcome(stage.client("s3", alice).list_objects_v2, Bucket=stage.bucket)


def variables(stage: Stage) -> tuple[str, ...]:
    stage.make_bucket()
    alice = stage.make_user(allow("s3:GetObject", Resource="arn:aws:s3:::*/${aws:username}"))
    stage.client("s3").put_object(Bucket=stage.bucket, Key=stage.user, Body=b"x")
    return stage.read(alice), outcome(stage.client("s3", alice).get_object, Bucket=stage.bucket, Key=stage.user)


def boundary_cuts(stage: Stage) -> tuple[str, ...]:
    stage.make_bucket()
    alice, iam = stage.make_user(ALL), stage.client("iam")
    limit = iam.create_policy(PolicyName=stage.role, PolicyDocument=document(allow("kms:*")))["Policy"]["Arn"]
    iam.put_user_permissions_boundary(UserName=stage.user, PermissionsBoundary=limit)
    return stage.read(alice), outcome(stage.client("kms", alice).list_keys)


def boundary_and_bucket_policy(stage: Stage) -> tuple[str, ...]:
    boundary_cuts(stage)
    alice = _key_of(stage)
    stage.give_bucket(allow("s3:GetObject", Principal={"AWS": stage.user_arn}))
    return (stage.read(alice),)


def _key_of(stage: Stage) -> Credential:
    key = stage.client("iam").create_access_key(UserName=stage.user)["AccessKey"]
    return Credential(key["AccessKeyId"], key["SecretAccessKey"])


def inactive_key(stage: Stage) -> tuple[str, ...]:
    stage.make_bucket()
    alice = stage.make_user(ALL)
    before = stage.read(alice)
    stage.client("iam").update_access_key(UserName=stage.user, AccessKeyId=alice.id, Status="Inactive")
    return before, stage.read(alice), outcome(stage.client("kms", alice).list_keys)


def wrong_secret(stage: Stage) -> tuple[str, ...]:
    stage.make_bucket()
    alice = stage.make_user(ALL)
    forged = Credential(alice.id, alice.secret[::-1])
    return stage.read(forged), outcome(stage.client("kms", forged).list_keys)


def session_of_a_role(stage: Stage) -> tuple[str, ...]:
    stage.make_bucket()
    alice = stage.make_user(allow("sts:AssumeRole"))
    stage.make_role(allow("s3:*"))
    night = stage.assume(alice)
    before = stage.read(night)
    stage.give_role(deny(), name="quarantine")
    return stage.read(alice), before, stage.read(night)


def sessions_revoked(stage: Stage) -> tuple[str, ...]:
    stage.make_bucket()
    alice = stage.make_user(allow("sts:AssumeRole"))
    stage.make_role(allow("s3:*"))
    old = stage.assume(alice)
    stamp = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    revoked = {"DateLessThan": {"aws:TokenIssueTime": stamp.isoformat().replace("+00:00", "Z")}}
    stage.give_role(deny(Condition=revoked), name="revoked")
    time.sleep(max(0.0, (stamp - datetime.now(UTC)).total_seconds()))
    return stage.read(old), stage.read(stage.assume(alice))


def tokens_only(stage: Stage) -> tuple[str, ...]:
    stage.make_bucket()
    revoked = {"DateLessThan": {"aws:TokenIssueTime": "2099-01-01T00:00:00Z"}}
    return (stage.read(stage.make_user(ALL, deny(Condition=revoked))),)


def one_session_fenced(stage: Stage) -> tuple[str, ...]:
    stage.make_bucket()
    alice = stage.make_user(allow("sts:AssumeRole"))
    stage.make_role(allow("s3:*"))
    thief, clinician = stage.assume(alice, "i-0thief"), stage.assume(alice, "clinician")
    stage.give_role(deny(Condition={"StringLike": {"aws:userid": "*:i-0thief"}}), name="fence")
    return stage.read(thief), stage.read(clinician)


def session_policy(stage: Stage) -> tuple[str, ...]:
    stage.make_bucket()
    alice = stage.make_user(allow("sts:AssumeRole"))
    stage.make_role(ALL)
    narrow = stage.assume(alice, Policy=document(allow("kms:*")))
    return stage.read(narrow), outcome(stage.client("kms", narrow).list_keys)


def trust_denies(stage: Stage) -> tuple[str, ...]:
    alice = stage.make_user(ALL)
    stage.make_role(trust=(allow("sts:AssumeRole", Principal=ROOT), deny("sts:AssumeRole", Principal={"AWS": stage.user_arn})))
    return (outcome(stage.client("sts", alice).assume_role, RoleArn=stage.role_arn, RoleSessionName="night"),)


def trust_names_another(stage: Stage) -> tuple[str, ...]:
    alice = stage.make_user(ALL)
    stage.make_role(trust=(allow("sts:AssumeRole", Principal={"Service": "ec2.amazonaws.com"}),))
    return (outcome(stage.client("sts", alice).assume_role, RoleArn=stage.role_arn, RoleSessionName="night"),)


def trust_names_the_account(stage: Stage) -> tuple[str, ...]:
    alice = stage.make_user()
    stage.make_role()
    before = outcome(stage.client("sts", alice).assume_role, RoleArn=stage.role_arn, RoleSessionName="night")
    stage.give_user(allow("sts:AssumeRole"))
    return before, outcome(stage.client("sts", alice).assume_role, RoleArn=stage.role_arn, RoleSessionName="night")


def trust_names_the_user(stage: Stage) -> tuple[str, ...]:
    alice = stage.make_user()
    stage.make_role(trust=(allow("sts:AssumeRole", Principal={"AWS": stage.user_arn}),))
    return (outcome(stage.client("sts", alice).assume_role, RoleArn=stage.role_arn, RoleSessionName="night"),)


def bucket_policy_denies(stage: Stage) -> tuple[str, ...]:
    stage.make_bucket()
    alice = stage.make_user(ALL)
    stage.make_role(ALL)
    night = stage.assume(alice)
    stage.give_bucket(deny("s3:GetObject", Principal="*", Condition={"ArnEquals": {"aws:PrincipalArn": stage.role_arn}}))
    return stage.read(alice), stage.read(night)


def bucket_policy_allows(stage: Stage) -> tuple[str, ...]:
    alice = stage.make_user()
    stage.make_bucket(allow("s3:GetObject", Principal=ROOT))
    by_account = stage.read(alice)
    stage.give_bucket(allow("s3:GetObject", Principal={"AWS": stage.user_arn}))
    return by_account, stage.read(alice)


def bucket_policy_and_role_boundary(stage: Stage) -> tuple[str, ...]:
    alice, iam = stage.make_user(allow("sts:AssumeRole")), stage.client("iam")
    stage.make_role()
    limit = iam.create_policy(PolicyName=stage.role, PolicyDocument=document(allow("kms:*")))["Policy"]["Arn"]
    stage.make_bucket(allow("s3:GetObject", Principal={"AWS": stage.role_arn}))
    night = stage.assume(alice)
    before = stage.read(night)
    iam.put_role_permissions_boundary(RoleName=stage.role, PermissionsBoundary=limit)
    return before, stage.read(night)


def bucket_policy_on_encryption(stage: Stage) -> tuple[str, ...]:
    wrong = {"StringNotEquals": {"s3:x-amz-server-side-encryption": "AES256"}, "Null": {"s3:x-amz-server-side-encryption": "false"}}
    stage.make_bucket(deny("s3:PutObject", Principal="*", Condition=wrong))
    put = stage.client("s3", stage.make_user(ALL)).put_object
    return (
        outcome(put, Bucket=stage.bucket, Key="a", Body=b"x"),
        outcome(put, Bucket=stage.bucket, Key="a", Body=b"x", ServerSideEncryption="AES256"),
        outcome(put, Bucket=stage.bucket, Key="a", Body=b"x", ServerSideEncryption="aws:kms"),
    )


def key_policy_hands_over(stage: Stage) -> tuple[str, ...]:
    key, alice = stage.make_key(), stage.make_user()
    before = stage.encrypt(alice, key)
    stage.give_user(allow("kms:*"))
    return before, stage.encrypt(alice, key)


def key_policy_forgets_the_account(stage: Stage) -> tuple[str, ...]:
    alice = stage.make_user(ALL)
    stage.make_role()
    key = stage.make_key(allow("kms:*", Principal={"AWS": stage.role_arn}))
    return (stage.encrypt(alice, key),)


def key_policy_names_the_user(stage: Stage) -> tuple[str, ...]:
    alice = stage.make_user()
    return (stage.encrypt(alice, stage.make_key(allow("kms:*", Principal={"AWS": stage.user_arn}))),)


def key_policy_denies(stage: Stage) -> tuple[str, ...]:
    alice = stage.make_user(ALL)
    stage.make_role(ALL)
    night = stage.assume(alice)
    fence = deny("kms:Encrypt", Principal="*", Condition={"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/ward-*"}})
    key = stage.make_key(allow("kms:*", Principal=ROOT), fence)
    return stage.encrypt(alice, key), stage.encrypt(night, key)


def grant_opens_the_key(stage: Stage) -> tuple[str, ...]:
    key, alice = stage.make_key(), stage.make_user()
    stage.client("kms").create_grant(KeyId=key, GranteePrincipal=stage.user_arn, Operations=["Encrypt"])
    return (stage.encrypt(alice, key),)


def federation_token(stage: Stage) -> tuple[str, ...]:
    stage.make_bucket()
    alice = stage.make_user(ALL)
    found = stage.client("sts", alice).get_federation_token(Name="temp", Policy=document(allow("kms:*")))["Credentials"]
    temp = Credential(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])
    return stage.read(temp), outcome(stage.client("kms", temp).list_keys), outcome(stage.client("iam", temp).list_users)


def encrypted_object_of_a_closed_key(stage: Stage) -> tuple[str, ...]:
    alice, key = stage.make_user(ALL), stage.make_key(allow("kms:*", Principal=ROOT))
    stage.make_bucket()
    stage.client("s3").put_object(Bucket=stage.bucket, Key="patient", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    stage.give_user(deny("kms:Decrypt"), name="fence")
    return (stage.read(alice),)


ROWS: tuple[tuple[Scene, tuple[str, ...]], ...] = (
    (without_policies, ("refused",)),
    (deny_beats_allow, ("ok", "refused")),
    (group_policy, ("refused", "ok")),
    (wildcards, ("ok", "refused")),
    (variables, ("refused", "ok")),
    (boundary_cuts, ("refused", "ok")),
    (boundary_and_bucket_policy, ("ok",)),
    (inactive_key, ("ok", "not admitted", "not admitted")),
    (wrong_secret, ("not admitted", "not admitted")),
    (session_of_a_role, ("refused", "ok", "refused")),
    (sessions_revoked, ("refused", "ok")),
    (tokens_only, ("ok",)),
    (one_session_fenced, ("refused", "ok")),
    (session_policy, ("refused", "ok")),
    (trust_denies, ("refused",)),
    (trust_names_another, ("refused",)),
    (trust_names_the_account, ("refused", "ok")),
    (trust_names_the_user, ("ok",)),
    (bucket_policy_denies, ("ok", "refused")),
    (bucket_policy_allows, ("refused", "ok")),
    (bucket_policy_and_role_boundary, ("ok", "refused")),
    (bucket_policy_on_encryption, ("ok", "ok", "refused")),
    (key_policy_hands_over, ("refused", "ok")),
    (key_policy_forgets_the_account, ("refused",)),
    (key_policy_names_the_user, ("ok",)),
    (key_policy_denies, ("ok", "refused")),
    (grant_opens_the_key, ("ok",)),
    (federation_token, ("refused", "ok", "refused")),
    (encrypted_object_of_a_closed_key, ("refused",)),
)
