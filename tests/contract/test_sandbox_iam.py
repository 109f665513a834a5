"""What IAM refuses, and how: each row is a rule of the documentation that moto does not keep."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from shared.sandbox.aws.iam_rules import plant_reserved_role
from shared.sandbox.aws.server import ACCOUNT, Sandbox
from tests.contract.sandbox_scenes import ALLOW_ALL, assume, refused, role, trust, user


@pytest.mark.parametrize(("kind", "quota"), [("user", 2048), ("role", 10_240), ("group", 5120)])
def test_inline_policies_fit_a_quota_that_does_not_count_whitespace(sandbox: Sandbox, kind: str, quota: int) -> None:
    iam = sandbox.root().client("iam")
    make: dict[str, Callable[[], object]] = {
        "user": lambda: iam.create_user(UserName="x"),
        "role": lambda: iam.create_role(RoleName="x", AssumeRolePolicyDocument=trust({"AWS": ACCOUNT})),
        "group": lambda: iam.create_group(GroupName="x"),
    }
    make[kind]()
    put = getattr(iam, f"put_{kind}_policy")
    frame = len(json.dumps(_padded(0), separators=(",", ":")))
    fits, too_long = (json.dumps(_padded(quota - frame + extra), indent=8) for extra in (0, 1))
    put(**{f"{kind.capitalize()}Name": "x"}, PolicyName="p", PolicyDocument=fits)
    code, message = refused(put, **{f"{kind.capitalize()}Name": "x"}, PolicyName="p", PolicyDocument=too_long)
    assert (code, message) == ("LimitExceeded", f"Maximum policy size of {quota} bytes exceeded for {kind} x")


def _padded(length: int) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::" + "x" * length}],
    }


def test_ten_managed_policies_are_the_most_that_can_be_attached(sandbox: Sandbox) -> None:
    iam = sandbox.root().client("iam")
    iam.create_user(UserName="x")
    for n in range(11):
        arn = iam.create_policy(PolicyName=f"p{n}", PolicyDocument=json.dumps(ALLOW_ALL))["Policy"]["Arn"]
        if n < 10:
            iam.attach_user_policy(UserName="x", PolicyArn=arn)
    assert refused(iam.attach_user_policy, UserName="x", PolicyArn=arn) == (
        "LimitExceeded",
        "Cannot exceed quota for PoliciesPerUser: 10",
    )


def test_the_managed_policy_that_denies_everything_exists_and_denies(sandbox: Sandbox) -> None:
    thief = user(sandbox)
    thief.client("iam").list_users()
    sandbox.root().client("iam").attach_user_policy(UserName="mallory", PolicyArn="arn:aws:iam::aws:policy/AWSDenyAll")
    code, message = refused(thief.client("iam").list_users)
    assert code == "AccessDenied"
    assert message.endswith("with an explicit deny in an identity-based policy")


def test_a_managed_policy_that_aws_does_not_have_cannot_be_attached(sandbox: Sandbox) -> None:
    user(sandbox)
    attach = sandbox.root().client("iam").attach_user_policy
    assert refused(attach, UserName="mallory", PolicyArn="arn:aws:iam::aws:policy/NoSuchThing")[0] == "NoSuchEntity"


def test_an_inactive_key_is_unknown_at_once(sandbox: Sandbox) -> None:
    thief = user(sandbox)
    key = thief.get_credentials()
    assert key is not None
    sandbox.root().client("iam").update_access_key(UserName="mallory", AccessKeyId=key.access_key, Status="Inactive")
    sentence = "The security token included in the request is invalid."
    assert refused(thief.client("sts").get_caller_identity) == ("InvalidClientTokenId", sentence)
    assert refused(thief.client("s3").list_buckets)[0] == "InvalidAccessKeyId"


def test_a_wrong_secret_is_refused(sandbox: Sandbox) -> None:
    key = user(sandbox).get_credentials()
    assert key is not None
    forged = sandbox.session(key.access_key, "x" * 40)
    assert refused(forged.client("sts").get_caller_identity)[0] == "SignatureDoesNotMatch"


@pytest.mark.parametrize("kind", ["user", "role"])
def test_a_boundary_limits_what_an_identity_may_do(sandbox: Sandbox, kind: str) -> None:
    iam = sandbox.root().client("iam")
    only_s3 = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    boundary = iam.create_policy(PolicyName="only-s3", PolicyDocument=json.dumps(only_s3))["Policy"]["Arn"]
    someone = user(sandbox, "x")
    if kind == "role":
        someone = role_session(sandbox, "x")
    put = iam.put_user_permissions_boundary if kind == "user" else iam.put_role_permissions_boundary
    put(**{f"{kind.capitalize()}Name": "x"}, PermissionsBoundary=boundary)
    someone.client("s3").list_buckets()
    code, message = refused(someone.client("iam").list_users)
    assert (code, message.rpartition("because ")[2]) == ("AccessDenied", "no permissions boundary allows the iam:ListUsers action")


def role_session(sandbox: Sandbox, name: str, caller: boto3.Session | None = None) -> boto3.Session:
    arn = role(sandbox, name)
    return assume(sandbox, caller or user(sandbox, f"user-of-{name}"), arn)


def test_a_boundary_is_shown_and_can_be_taken_away(sandbox: Sandbox) -> None:
    iam = sandbox.root().client("iam")
    boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    iam.create_user(UserName="x", PermissionsBoundary=boundary)
    assert iam.get_user(UserName="x")["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
    iam.delete_user_permissions_boundary(UserName="x")
    assert "PermissionsBoundary" not in iam.get_user(UserName="x")["User"]
    assert refused(iam.delete_user_permissions_boundary, UserName="x")[0] == "NoSuchEntity"


NO_POLICY = f"arn:aws:iam::{ACCOUNT}:policy/none"


@pytest.mark.parametrize(
    ("operation", "arguments", "code"),
    [
        ("put_user_permissions_boundary", {"UserName": "x", "PermissionsBoundary": NO_POLICY}, "NoSuchEntity"),
        ("put_role_permissions_boundary", {"RoleName": "x", "PermissionsBoundary": NO_POLICY}, "NoSuchEntity"),
        ("delete_user_permissions_boundary", {"UserName": "none"}, "NoSuchEntity"),
        ("create_policy", {"PolicyName": "p", "PolicyDocument": "x" * 6145}, "LimitExceeded"),
        ("create_role", {"RoleName": "y", "AssumeRolePolicyDocument": "x" * 2049}, "LimitExceeded"),
        ("create_role", {"RoleName": "y", "AssumeRolePolicyDocument": "not json"}, "MalformedPolicyDocument"),
        ("create_role", {"RoleName": "y", "AssumeRolePolicyDocument": "{}", "Path": "/aws-reserved/sso/"}, "ValidationError"),
        ("create_access_key", {"UserName": "x"}, "LimitExceeded"),
    ],
)
def test_what_does_not_exist_or_does_not_fit_is_refused(
    sandbox: Sandbox, operation: str, arguments: dict[str, Any], code: str
) -> None:
    iam = sandbox.root().client("iam")
    iam.create_user(UserName="x")
    iam.create_role(RoleName="x", AssumeRolePolicyDocument=trust({"AWS": ACCOUNT}))
    for _ in range(2):
        iam.create_access_key(UserName="x")
    assert refused(getattr(iam, operation), **arguments)[0] == code


def test_attaching_a_policy_twice_is_attaching_it_once(sandbox: Sandbox) -> None:
    iam = sandbox.root().client("iam")
    iam.create_user(UserName="x")
    for _ in range(2):
        iam.attach_user_policy(UserName="x", PolicyArn="arn:aws:iam::aws:policy/AWSDenyAll")
    assert len(iam.list_attached_user_policies(UserName="x")["AttachedPolicies"]) == 1


def test_a_deleted_user_in_a_trust_policy_turns_into_its_id_and_a_new_one_of_the_name_is_not_trusted(sandbox: Sandbox) -> None:
    iam = sandbox.root().client("iam")
    user(sandbox, "x", policy=None)
    unique_id = iam.get_user(UserName="x")["User"]["UserId"]
    arn = f"arn:aws:iam::{ACCOUNT}:user/x"
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust({"AWS": arn}))
    iam.delete_access_key(UserName="x", AccessKeyId=iam.list_access_keys(UserName="x")["AccessKeyMetadata"][0]["AccessKeyId"])
    iam.delete_user(UserName="x")
    assert iam.get_role(RoleName="r")["Role"]["AssumeRolePolicyDocument"] == json.loads(trust({"AWS": unique_id}))
    code, message = refused(iam.update_assume_role_policy, RoleName="r", PolicyDocument=trust({"AWS": unique_id}))
    assert (code, message) == ("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{unique_id}"')
    again = user(sandbox, "x", policy=None)
    assert unique_id.startswith("AIDA")
    assert (
        refused(again.client("sts").assume_role, RoleArn=f"arn:aws:iam::{ACCOUNT}:role/r", RoleSessionName="session")[0]
        == "AccessDenied"
    )


def test_a_recreated_role_has_another_id_and_old_sessions_keep_nothing(sandbox: Sandbox) -> None:
    iam = sandbox.root().client("iam")
    old = role_session(sandbox, "r")
    before = iam.get_role(RoleName="r")["Role"]["RoleId"]
    iam.delete_role_policy(RoleName="r", PolicyName="given")
    iam.delete_role(RoleName="r")
    role_session(sandbox, "r", caller=user(sandbox, "y"))
    after = iam.get_role(RoleName="r")["Role"]["RoleId"]
    assert before != after
    assert before.startswith("AROA")
    assert refused(old.client("iam").list_users)[0] == "AccessDenied"


@pytest.mark.parametrize("path", ["/aws-reserved/sso.amazonaws.com/", "/aws-service-role/ecs.amazonaws.com/"])
def test_roles_of_awss_own_cannot_be_changed(sandbox: Sandbox, path: str) -> None:
    plant_reserved_role(sandbox.cloud, ACCOUNT, "AWSReservedSSO_x", trust({"AWS": ACCOUNT}), path)
    put = sandbox.root().client("iam").put_role_policy
    code, message = refused(put, RoleName="AWSReservedSSO_x", PolicyName="p", PolicyDocument=json.dumps(ALLOW_ALL))
    assert code == "UnmodifiableEntity"
    assert message == "Cannot perform the operation on the protected role 'AWSReservedSSO_x' - this role is only modifiable by AWS"


def test_a_change_of_identity_takes_its_time(sandbox: Sandbox) -> None:
    thief = user(sandbox)
    sandbox.cloud.history.set_delay(4)
    sandbox.root().client("iam").put_user_policy(
        UserName="mallory", PolicyName="deny", PolicyDocument=json.dumps(ALLOW_ALL).replace("Allow", "Deny")
    )
    thief.client("iam").list_users()
    sandbox.cloud.clock.advance(4.1)
    assert refused(thief.client("iam").list_users)[0] == "AccessDenied"
