"""Bucket policies, public access and presigned URLs: who gets in, and what cannot be written."""

import json
from typing import Any

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from urllib3 import PoolManager

from shared.sandbox.aws.server import ACCOUNT, Sandbox
from tests.contract.sandbox_scenes import OTHER, Client, document, refused, statement, user

OPEN = {"BlockPublicAcls": False, "IgnorePublicAcls": False, "BlockPublicPolicy": False, "RestrictPublicBuckets": False}


class TestBucketPolicies:
    def put(self, s3: Client, *statements: dict[str, Any]) -> tuple[str, str]:
        return refused(s3.put_bucket_policy, Bucket="records", Policy=document(*statements))

    def test_a_deny_stops_those_whom_iam_allows_everything(self, sandbox: Sandbox, s3: Client) -> None:
        thief = user(sandbox).client("s3")
        thief.list_objects_v2(Bucket="records")
        deny = statement("Deny", "s3:*", ["arn:aws:s3:::records", "arn:aws:s3:::records/*"], "*")
        only_thief = deny | {"Condition": {"StringEquals": {"aws:username": "mallory"}}}
        s3.put_bucket_policy(Bucket="records", Policy=document(only_thief))
        code, message = refused(thief.list_objects_v2, Bucket="records")
        assert code == "AccessDenied"
        assert message.endswith("with an explicit deny in a resource-based policy")
        s3.list_objects_v2(Bucket="records")

    def test_plain_http_can_be_denied(self, sandbox: Sandbox, s3: Client) -> None:
        deny = statement("Deny", "s3:*", "arn:aws:s3:::records/*", "*", Bool={"aws:SecureTransport": "false"})
        s3.put_bucket_policy(Bucket="records", Policy=document(deny))
        s3.put_object(Bucket="records", Key="x", Body=b"phi")
        plain = sandbox.root().client("s3", endpoint_url=sandbox.plaintext_url)
        assert refused(plain.get_object, Bucket="records", Key="x")[0] == "AccessDenied"

    def test_old_tls_can_be_denied_and_the_sandbox_counts_as_tls_1_3(self, s3: Client) -> None:
        deny = statement("Deny", "s3:*", "arn:aws:s3:::records/*", "*", NumericLessThan={"s3:TlsVersion": "1.3"})
        s3.put_bucket_policy(Bucket="records", Policy=document(deny))
        s3.put_object(Bucket="records", Key="x", Body=b"phi")

    def test_the_owners_root_can_always_take_a_policy_away(self, s3: Client) -> None:
        s3.put_bucket_policy(Bucket="records", Policy=document(statement("Deny", "s3:*", ["arn:aws:s3:::records"], "*")))
        assert refused(s3.list_objects_v2, Bucket="records")[0] == "AccessDenied"
        s3.delete_bucket_policy(Bucket="records")
        s3.list_objects_v2(Bucket="records")

    def test_a_principal_that_does_not_exist_is_invalid(self, s3: Client, sandbox: Sandbox) -> None:
        user(sandbox)
        nobody = statement("Allow", "s3:GetObject", "arn:aws:s3:::records/*", {"AWS": f"arn:aws:iam::{ACCOUNT}:role/nobody"})
        assert self.put(s3, nobody) == ("MalformedPolicy", "Invalid principal in policy")

    def test_a_deleted_principal_shows_as_its_id_and_poisons_the_next_write(self, sandbox: Sandbox, s3: Client) -> None:
        user(sandbox, "x", policy=None)
        iam = sandbox.root().client("iam")
        unique_id = iam.get_user(UserName="x")["User"]["UserId"]
        allow = statement("Allow", "s3:GetObject", "arn:aws:s3:::records/*", {"AWS": f"arn:aws:iam::{ACCOUNT}:user/x"})
        s3.put_bucket_policy(Bucket="records", Policy=document(allow))
        iam.delete_access_key(UserName="x", AccessKeyId=iam.list_access_keys(UserName="x")["AccessKeyMetadata"][0]["AccessKeyId"])
        iam.delete_user(UserName="x")
        read = s3.get_bucket_policy(Bucket="records")["Policy"]
        assert json.loads(read)["Statement"][0]["Principal"] == {"AWS": unique_id}
        assert refused(s3.put_bucket_policy, Bucket="records", Policy=read) == ("MalformedPolicy", "Invalid principal in policy")

    def test_twenty_kilobytes_without_whitespace_are_the_most(self, s3: Client) -> None:
        deny = statement("Deny", "s3:GetObject", "arn:aws:s3:::records/*", {"AWS": OTHER})
        frame = len(document(deny | {"Sid": ""}).replace(", ", ",").replace(": ", ":"))
        fits = json.dumps(json.loads(document(deny | {"Sid": "x" * (20_480 - frame)})), indent=4)
        s3.put_bucket_policy(Bucket="records", Policy=fits)
        assert self.put(s3, deny | {"Sid": "x" * (20_481 - frame)})[0] == "MalformedPolicy"

    @pytest.mark.parametrize(
        ("flawed", "sentence"),
        [
            (statement("Allow", "s3:GetObject", "arn:aws:s3:::other/*", {"AWS": OTHER}), "Policy has invalid resource"),
            (statement("Allow", "kms:Decrypt", "arn:aws:s3:::records/*", {"AWS": OTHER}), "Policy has invalid action"),
            (statement("Allow", "s3:GetObject", "arn:aws:s3:::records/*"), "Missing required field Principal"),
        ],
    )
    def test_a_malformed_statement_is_named(self, s3: Client, flawed: dict[str, Any], sentence: str) -> None:
        assert self.put(s3, flawed) == ("MalformedPolicy", sentence)

    def test_another_account_needs_both_sides(self, sandbox: Sandbox, s3: Client) -> None:
        s3.put_object(Bucket="records", Key="x", Body=b"phi")
        stranger = user(sandbox, "stranger", account=OTHER).client("s3")
        assert refused(stranger.get_object, Bucket="records", Key="x")[0] == "AccessDenied"
        allow = statement("Allow", "s3:GetObject", "arn:aws:s3:::records/*", {"AWS": f"arn:aws:iam::{OTHER}:user/stranger"})
        s3.put_bucket_policy(Bucket="records", Policy=document(allow))
        assert stranger.get_object(Bucket="records", Key="x")["Body"].read() == b"phi"


class TestPublicAccess:
    PUBLIC = statement("Allow", "s3:GetObject", "arn:aws:s3:::records/*", "*")

    def anonymous(self, sandbox: Sandbox) -> Client:
        return sandbox.root().client("s3", config=Config(signature_version=UNSIGNED))

    def test_a_new_bucket_blocks_a_public_policy(self, s3: Client) -> None:
        code, message = refused(s3.put_bucket_policy, Bucket="records", Policy=document(self.PUBLIC))
        assert code == "AccessDenied"
        assert "BlockPublicPolicy" in message

    def test_a_public_policy_opens_a_bucket_until_it_is_restricted(self, sandbox: Sandbox, s3: Client) -> None:
        s3.put_object(Bucket="records", Key="x", Body=b"phi")
        s3.delete_public_access_block(Bucket="records")
        s3.put_bucket_policy(Bucket="records", Policy=document(self.PUBLIC))
        assert s3.get_bucket_policy_status(Bucket="records")["PolicyStatus"]["IsPublic"] is True
        assert self.anonymous(sandbox).get_object(Bucket="records", Key="x")["Body"].read() == b"phi"
        s3.put_public_access_block(Bucket="records", PublicAccessBlockConfiguration=OPEN | {"RestrictPublicBuckets": True})
        assert refused(self.anonymous(sandbox).get_object, Bucket="records", Key="x")[0] == "AccessDenied"

    def test_the_accounts_own_block_counts_for_every_bucket(self, sandbox: Sandbox, s3: Client) -> None:
        s3.delete_public_access_block(Bucket="records")
        blocked: Any = dict.fromkeys(OPEN, True)
        control = sandbox.root().client("s3control")
        control.put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration=blocked)
        assert refused(s3.put_bucket_policy, Bucket="records", Policy=document(self.PUBLIC))[0] == "AccessDenied"

    def test_a_fixed_network_is_not_public(self, s3: Client) -> None:
        fixed = self.PUBLIC | {"Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}}
        s3.put_bucket_policy(Bucket="records", Policy=document(fixed))
        assert s3.get_bucket_policy_status(Bucket="records")["PolicyStatus"]["IsPublic"] is False

    def test_acls_are_disabled_on_a_new_bucket(self, s3: Client) -> None:
        expected = ("AccessControlListNotSupported", "The bucket does not allow ACLs")
        assert refused(s3.put_bucket_acl, Bucket="records", ACL="public-read") == expected
        assert refused(s3.put_object, Bucket="records", Key="x", Body=b"", ACL="public-read") == expected

    def test_a_public_acl_opens_an_object_until_acls_are_ignored(self, sandbox: Sandbox, s3: Client) -> None:
        s3.delete_public_access_block(Bucket="records")
        s3.put_bucket_ownership_controls(Bucket="records", OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
        s3.put_object(Bucket="records", Key="x", Body=b"phi", ACL="public-read")
        assert self.anonymous(sandbox).get_object(Bucket="records", Key="x")["Body"].read() == b"phi"
        s3.put_public_access_block(Bucket="records", PublicAccessBlockConfiguration=OPEN | {"IgnorePublicAcls": True})
        assert refused(self.anonymous(sandbox).get_object, Bucket="records", Key="x")[0] == "AccessDenied"


def test_that_an_object_is_missing_is_told_to_those_only_who_may_list(sandbox: Sandbox, s3: Client) -> None:
    reader = user(sandbox, "reader", document(statement("Allow", "s3:GetObject"))).client("s3")
    code, message = refused(reader.get_object, Bucket="records", Key="none")
    assert (code, "s3:ListBucket on resource: arn:aws:s3:::records" in message) == ("AccessDenied", True)
    assert refused(reader.head_object, Bucket="records", Key="none")[0] == "403"
    assert refused(s3.get_object, Bucket="records", Key="none")[0] == "NoSuchKey"


def test_an_unknown_condition_operator_is_refused_when_it_is_written(s3: Client) -> None:
    deny = statement("Deny", "s3:GetObject", "arn:aws:s3:::records/*", "*", StringSimilar={"aws:userid": "x"})
    code, message = refused(s3.put_bucket_policy, Bucket="records", Policy=document(deny))
    assert (code, message.startswith("Invalid Condition type")) == ("MalformedPolicy", True)


def test_a_presigned_url_lives_as_long_as_it_says_and_dies_with_its_key(sandbox: Sandbox, s3: Client) -> None:
    s3.put_object(Bucket="records", Key="x", Body=b"phi")
    old_urls = statement("Deny", "s3:GetObject", "arn:aws:s3:::records/*", "*", NumericGreaterThan={"s3:signatureAge": "600000"})
    s3.put_bucket_policy(Bucket="records", Policy=document(old_urls))
    signer = sandbox.root().client("s3", config=Config(signature_version="s3v4"))
    url = signer.generate_presigned_url("get_object", Params={"Bucket": "records", "Key": "x"}, ExpiresIn=3600)
    assert fetch(url) == (200, b"phi")
    sandbox.cloud.clock.advance(601)
    assert fetch(url)[0] == 403
    s3.delete_bucket_policy(Bucket="records")
    assert fetch(url) == (200, b"phi")
    sandbox.cloud.clock.advance(3600)
    status, body = fetch(url)
    assert (status, b"Request has expired" in body) == (403, True)


def fetch(url: str) -> tuple[int, bytes]:
    answer = PoolManager().request("GET", url)
    return answer.status, answer.data
