"""Sessions: who may have one, what it inherits, and what stops it."""

import json
from typing import Any

import pytest

from shared.sandbox.aws.refusals import Refusal
from shared.sandbox.aws.server import ACCOUNT, Sandbox
from shared.sandbox.aws.sts_rules import instance_session
from tests.contract.sandbox_scenes import ALLOW_ALL, OTHER, assume, document, refused, role, statement, trust, user


def test_a_deny_in_the_trust_policy_counts(sandbox: Sandbox) -> None:
    caller, arn = user(sandbox), role(sandbox, "r")
    assume(sandbox, caller, arn)
    everybody = json.loads(trust({"AWS": "*"}, "Deny"))["Statement"]
    allowed = json.loads(trust({"AWS": ACCOUNT}))["Statement"]
    iam = sandbox.root().client("iam")
    iam.update_assume_role_policy(RoleName="r", PolicyDocument=document(*allowed, *everybody))
    code, message = refused(caller.client("sts").assume_role, RoleArn=arn, RoleSessionName="session")
    assert (code, message.endswith("with an explicit deny in a resource-based policy")) == ("AccessDenied", True)


def test_trusting_the_account_needs_the_callers_own_permission_and_trusting_the_caller_does_not(sandbox: Sandbox) -> None:
    nobody = user(sandbox, "nobody", policy=None)
    by_account = role(sandbox, "by-account", {"AWS": ACCOUNT})
    by_name = role(sandbox, "by-name", {"AWS": f"arn:aws:iam::{ACCOUNT}:user/nobody"})
    assert refused(nobody.client("sts").assume_role, RoleArn=by_account, RoleSessionName="session")[0] == "AccessDenied"
    assume(sandbox, nobody, by_name)


def test_another_account_needs_both(sandbox: Sandbox) -> None:
    stranger = user(sandbox, "stranger", account=OTHER)
    closed = role(sandbox, "closed")
    assert refused(stranger.client("sts").assume_role, RoleArn=closed, RoleSessionName="session")[0] == "AccessDenied"
    arn = assume(sandbox, stranger, role(sandbox, "open", {"AWS": OTHER})).client("sts").get_caller_identity()["Arn"]
    assert arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/open/session"


def test_an_unknown_role_is_refused_like_a_forbidden_one(sandbox: Sandbox) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:role/none"
    assert refused(user(sandbox).client("sts").assume_role, RoleArn=arn, RoleSessionName="session")[0] == "AccessDenied"


def test_source_identity_and_transitive_tags_go_down_a_chain(sandbox: Sandbox) -> None:
    first, second = role(sandbox, "first"), role(sandbox, "second")
    tags: dict[str, Any] = {"Tags": [{"Key": "ward", "Value": "7"}], "TransitiveTagKeys": ["ward"], "SourceIdentity": "alice"}
    chained = assume(sandbox, assume(sandbox, user(sandbox), first, **tags), second)
    fence = statement("Deny", "iam:*", StringEquals={"aws:SourceIdentity": "alice", "aws:PrincipalTag/ward": "7"})
    chained.client("iam").list_users()
    sandbox.root().client("iam").put_role_policy(RoleName="second", PolicyName="fence", PolicyDocument=document(fence))
    assert refused(chained.client("iam").list_users)[0] == "AccessDenied"
    assume(sandbox, user(sandbox, "bob"), second).client("iam").list_users()


def test_a_chained_session_lasts_an_hour_at_most(sandbox: Sandbox) -> None:
    first, second = role(sandbox, "first"), role(sandbox, "second")
    chained = assume(sandbox, user(sandbox), first).client("sts")
    asked = {"RoleArn": second, "RoleSessionName": "session", "DurationSeconds": 7200}
    assert refused(chained.assume_role, **asked)[0] == "ValidationError"


def test_a_session_policy_cuts_a_session_down(sandbox: Sandbox) -> None:
    only_s3 = document(statement("Allow", "s3:*"))
    session = assume(sandbox, user(sandbox), role(sandbox, "r"), Policy=only_s3)
    session.client("s3").list_buckets()
    assert refused(session.client("iam").list_users)[1].endswith("because no session policy allows the iam:ListUsers action")


def test_one_session_of_a_role_can_be_fenced_and_the_others_work_on(sandbox: Sandbox) -> None:
    arn, caller = role(sandbox, "clinician"), user(sandbox)
    thief, clinician = assume(sandbox, caller, arn, "thief"), assume(sandbox, caller, arn, "ward-7")
    unique_id = sandbox.root().client("iam").get_role(RoleName="clinician")["Role"]["RoleId"]
    fence = statement("Deny", "*", StringEquals={"aws:userid": f"{unique_id}:thief"})
    sandbox.root().client("iam").put_role_policy(RoleName="clinician", PolicyName="fence", PolicyDocument=document(fence))
    assert refused(thief.client("s3").list_buckets)[0] == "AccessDenied"
    clinician.client("s3").list_buckets()


def test_credentials_used_outside_their_vpc_can_be_fenced(sandbox: Sandbox) -> None:
    outside = statement("Deny", "s3:*", StringNotEquals={"aws:SourceVpc": "vpc-clinic"})
    policy = {"Version": "2012-10-17", "Statement": [*ALLOW_ALL["Statement"], outside]}
    arn = role(sandbox, "app", {"Service": "ec2.amazonaws.com"}, policy)
    issued = instance_session(sandbox.cloud, arn, "i-0123456789abcdef0")
    keys = (issued.access_key_id, issued.secret, issued.token)
    sandbox.session(*keys, vpc="vpc-clinic").client("s3").list_buckets()
    assert refused(sandbox.session(*keys, ip="198.51.100.7").client("s3").list_buckets)[0] == "AccessDenied"


def test_an_instance_gets_no_credentials_once_ec2_is_not_trusted(sandbox: Sandbox) -> None:
    arn = role(sandbox, "app", {"Service": "ec2.amazonaws.com"})
    instance_session(sandbox.cloud, arn, "i-0123456789abcdef0")
    sandbox.root().client("iam").update_assume_role_policy(RoleName="app", PolicyDocument=trust({"AWS": ACCOUNT}))
    with pytest.raises(Refusal, match="cannot assume the role"):
        instance_session(sandbox.cloud, arn, "i-0123456789abcdef0")


class TestFederation:
    def federate(self, sandbox: Sandbox, session: Any, **options: Any) -> Any:  # noqa: ANN401 - boto3 sessions
        issued = session.client("sts").get_federation_token(Name="temp", **options)["Credentials"]
        return sandbox.session(issued["AccessKeyId"], issued["SecretAccessKey"], issued["SessionToken"])

    def test_a_token_may_do_what_both_the_user_and_its_policy_allow(self, sandbox: Sandbox) -> None:
        caller = user(sandbox, policy=document(statement("Allow", ["s3:*", "sts:*"])))
        token = self.federate(sandbox, caller, Policy=document(statement("Allow", "*")))
        assert token.client("sts").get_caller_identity()["Arn"] == f"arn:aws:sts::{ACCOUNT}:federated-user/temp"
        token.client("s3").list_buckets()
        assert refused(token.client("iam").list_users)[0] == "AccessDenied"

    def test_a_token_without_a_policy_may_do_nothing(self, sandbox: Sandbox) -> None:
        assert refused(self.federate(sandbox, user(sandbox)).client("s3").list_buckets)[0] == "AccessDenied"

    def test_a_token_outlives_its_access_key_and_dies_with_a_deny_on_its_user(self, sandbox: Sandbox) -> None:
        caller = user(sandbox)
        token = self.federate(sandbox, caller, Policy=document(statement("Allow", "*"))).client("s3")
        iam = sandbox.root().client("iam")
        iam.update_access_key(UserName="mallory", AccessKeyId=caller.get_credentials().access_key, Status="Inactive")  # type: ignore[union-attr]
        token.list_buckets()
        iam.put_user_policy(UserName="mallory", PolicyName="deny", PolicyDocument=document(statement("Deny", "*")))
        assert refused(token.list_buckets)[0] == "AccessDenied"

    def test_a_session_cannot_make_one(self, sandbox: Sandbox) -> None:
        session = assume(sandbox, user(sandbox), role(sandbox, "r"))
        assert refused(session.client("sts").get_federation_token, Name="temp")[0] == "AccessDenied"


def test_an_expired_session_says_so(sandbox: Sandbox) -> None:
    session = assume(sandbox, user(sandbox), role(sandbox, "r"))
    sandbox.cloud.clock.advance(3601)
    assert refused(session.client("sts").get_caller_identity) == (
        "ExpiredToken",
        "The security token included in the request is expired",
    )


def test_a_service_control_policy_binds_even_the_root_user(sandbox: Sandbox) -> None:
    deny = json.loads(document(statement("Allow", "*"), statement("Deny", "s3:*")))
    sandbox.guard(ACCOUNT, scps={"freeze": deny})
    assert refused(sandbox.root().client("s3").list_buckets)[1].endswith("with an explicit deny in a service control policy")
    sandbox.root(OTHER).client("s3").list_buckets()


def test_a_resource_control_policy_keeps_foreigners_out_of_an_open_bucket(sandbox: Sandbox) -> None:
    s3 = sandbox.root().client("s3")
    s3.create_bucket(Bucket="records")
    s3.put_bucket_policy(
        Bucket="records", Policy=document(statement("Allow", "s3:ListBucket", "arn:aws:s3:::records", {"AWS": OTHER}))
    )
    stranger = user(sandbox, "stranger", account=OTHER).client("s3")
    stranger.list_objects_v2(Bucket="records")
    foreigners = statement("Deny", "s3:*", "*", "*", StringNotEquals={"aws:PrincipalAccount": ACCOUNT})
    sandbox.guard(ACCOUNT, rcps={"ours": json.loads(document(statement("Allow", "*", "*", "*"), foreigners))})
    code, message = refused(stranger.list_objects_v2, Bucket="records")
    assert (code, message.endswith("with an explicit deny in a resource control policy")) == ("AccessDenied", True)
    s3.list_objects_v2(Bucket="records")


def test_a_users_own_session_may_do_what_the_user_may(sandbox: Sandbox) -> None:
    issued = user(sandbox).client("sts").get_session_token()["Credentials"]
    session = sandbox.session(issued["AccessKeyId"], issued["SecretAccessKey"], issued["SessionToken"])
    session.client("s3").list_buckets()
    assert refused(session.client("sts").get_session_token)[0] == "AccessDenied"


def test_the_account_of_an_access_key_is_told(sandbox: Sandbox) -> None:
    key = user(sandbox, "stranger", account=OTHER).get_credentials()
    assert key is not None
    sts = sandbox.root().client("sts")
    assert sts.get_access_key_info(AccessKeyId=key.access_key)["Account"] == OTHER
    assert refused(sts.get_access_key_info, AccessKeyId="AKIAIOSFODNN7EXAMPLE")[0] == "InvalidClientTokenId"


def test_credentials_that_the_sandbox_could_not_honour_are_not_handed_out(sandbox: Sandbox) -> None:
    sts = sandbox.root().client("sts")
    task: Any = {"arn": "arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy"}
    assert refused(sts.assume_root, TargetPrincipal=OTHER, TaskPolicyArn=task)[0] == "NotImplemented"
    somebody = {"RoleArn": role(sandbox, "r"), "RoleSessionName": "session", "WebIdentityToken": "anything"}
    assert refused(sts.assume_role_with_web_identity, **somebody)[0] == "AccessDenied"
