"""What S3 refuses, and how: each test is a rule of the documentation that moto does not keep."""

import base64
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from shared.sandbox.aws.server import ACCOUNT, Sandbox
from tests.contract.sandbox_scenes import document, refused, statement, user

type Client = Any
"""A boto3 S3 client, not typed further: these tests send what a client's types would not let through."""

OTHER = "444455556666"
CUSTOMER = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": b"k" * 32}
OPEN = {"BlockPublicAcls": False, "IgnorePublicAcls": False, "BlockPublicPolicy": False, "RestrictPublicBuckets": False}


@pytest.fixture
def s3(sandbox: Sandbox) -> Client:
    client = sandbox.root().client("s3")
    client.create_bucket(Bucket="records")
    return client


@pytest.fixture
def key(sandbox: Sandbox) -> str:
    return str(sandbox.root().client("kms").create_key()["KeyMetadata"]["Arn"])


def put_encrypted(s3: Client, key: str, name: str = "x") -> None:
    s3.put_object(Bucket="records", Key=name, Body=b"phi", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)


@pytest.mark.parametrize("name", ["a\nb", "a b+c", "../x", "é/ü", "a//b", "%41", "x?y=z&encryption", "trailing/"])
def test_a_key_of_any_spelling_comes_back(s3: Client, name: str) -> None:
    s3.put_object(Bucket="records", Key=name, Body=b"phi")
    assert s3.get_object(Bucket="records", Key=name)["Body"].read() == b"phi"
    assert [each["Key"] for each in s3.list_objects_v2(Bucket="records")["Contents"]] == [name]


def test_an_unknown_subresource_is_refused_and_never_taken_for_a_put(sandbox: Sandbox, s3: Client) -> None:
    s3.put_object(Bucket="records", Key="x", Body=b"phi")

    def add_subresource(params: dict[str, Any], **_: object) -> None:
        params["url"] += "?brand-new-feature"

    s3.meta.events.register("before-call.s3.PutObject", add_subresource)
    assert refused(s3.put_object, Bucket="records", Key="x", Body=b"<config/>")[0] == "NotImplemented"
    assert s3.get_object(Bucket="records", Key="x")["Body"].read() == b"phi"


def test_what_neither_moto_nor_a_rule_knows_is_refused(s3: Client) -> None:
    assert refused(s3.get_bucket_request_payment, Bucket="records")[0] == "NotImplemented"


def test_an_object_is_unreadable_and_unwritable_under_a_disabled_key(sandbox: Sandbox, s3: Client, key: str) -> None:
    put_encrypted(s3, key)
    sandbox.root().client("kms").disable_key(KeyId=key)
    expected = ("KMS.DisabledException", f"{key} is disabled.")
    assert refused(s3.get_object, Bucket="records", Key="x") == expected
    assert refused(s3.copy_object, Bucket="records", Key="y", CopySource={"Bucket": "records", "Key": "x"}) == expected
    with pytest.raises(ClientError, match=r"KMS\.DisabledException"):
        put_encrypted(s3, key, "y")
    assert s3.head_object(Bucket="records", Key="x")["SSEKMSKeyId"] == key


def test_an_object_needs_decrypt_on_its_key_through_s3(sandbox: Sandbox, s3: Client, key: str) -> None:
    put_encrypted(s3, key)
    reader = user(sandbox, "reader", document(statement("Allow", "s3:*"))).client("s3")
    code, message = refused(reader.get_object, Bucket="records", Key="x")
    assert code == "AccessDenied"
    assert message.startswith(
        f"User: arn:aws:iam::{ACCOUNT}:user/reader is not authorized to perform: kms:Decrypt on resource: {key}"
    )
    through_s3 = statement("Allow", "kms:Decrypt", key, StringEquals={"kms:ViaService": "s3.us-east-1.amazonaws.com"})
    text = document(statement("Allow", "s3:*"), through_s3)
    sandbox.root().client("iam").put_user_policy(UserName="reader", PolicyName="given", PolicyDocument=text)
    assert reader.get_object(Bucket="records", Key="x")["Body"].read() == b"phi"


def test_the_default_encryption_counts_for_a_put_that_names_none(s3: Client, key: str) -> None:
    assert s3.get_bucket_encryption(Bucket="records")["ServerSideEncryptionConfiguration"]["Rules"] == [
        {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}
    ]
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}, "BucketKeyEnabled": True}
    s3.put_bucket_encryption(Bucket="records", ServerSideEncryptionConfiguration={"Rules": [rule]})
    answered = s3.put_object(Bucket="records", Key="x", Body=b"phi")
    assert (answered["ServerSideEncryption"], answered["SSEKMSKeyId"], answered["BucketKeyEnabled"]) == ("aws:kms", key, True)
    assert s3.put_object(Bucket="records", Key="y", Body=b"", ServerSideEncryption="AES256")["ServerSideEncryption"] == "AES256"
    assert "SSEKMSKeyId" not in s3.head_object(Bucket="records", Key="y")


def test_a_copy_with_a_stale_etag_is_refused(s3: Client) -> None:
    s3.put_object(Bucket="records", Key="x", Body=b"old")
    stale = s3.head_object(Bucket="records", Key="x")["ETag"]
    s3.put_object(Bucket="records", Key="x", Body=b"new")
    copy = {"Bucket": "records", "Key": "y", "CopySource": {"Bucket": "records", "Key": "x"}}
    assert refused(s3.copy_object, **copy, CopySourceIfMatch=stale)[0] == "PreconditionFailed"
    s3.copy_object(**copy, CopySourceIfMatch=s3.head_object(Bucket="records", Key="x")["ETag"])


def test_a_copy_in_place_moves_an_object_to_another_key(s3: Client, key: str) -> None:
    s3.put_bucket_versioning(Bucket="records", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="records", Key="x", Body=b"phi", Metadata={"ward": "7"})
    source = {"Bucket": "records", "Key": "x"}
    assert refused(s3.copy_object, Bucket="records", Key="x", CopySource=source)[0] == "InvalidRequest"
    s3.copy_object(Bucket="records", Key="x", CopySource=source, ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    head = s3.head_object(Bucket="records", Key="x")
    assert (head["SSEKMSKeyId"], head["Metadata"]) == (key, {"ward": "7"})
    assert len(s3.list_object_versions(Bucket="records")["Versions"]) == 2


class TestUpdateObjectEncryption:
    def test_it_changes_the_key_and_nothing_else(self, s3: Client, key: str) -> None:
        s3.put_object(Bucket="records", Key="x", Body=b"phi", Metadata={"ward": "7"}, ChecksumAlgorithm="SHA256")
        before = s3.head_object(Bucket="records", Key="x")
        s3.update_object_encryption(Bucket="records", Key="x", ObjectEncryption={"SSEKMS": {"KMSKeyArn": key}})
        after = s3.head_object(Bucket="records", Key="x")
        assert (after["ServerSideEncryption"], after["SSEKMSKeyId"]) == ("aws:kms", key)
        assert [after[f] for f in ("ETag", "LastModified", "Metadata")] == [before[f] for f in ("ETag", "LastModified", "Metadata")]
        assert s3.get_object(Bucket="records", Key="x")["Body"].read() == b"phi"

    def test_the_key_must_be_named_by_its_arn(self, s3: Client) -> None:
        s3.put_object(Bucket="records", Key="x", Body=b"phi")
        change = {"SSEKMS": {"KMSKeyArn": f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/aws/s3"}}
        code, message = refused(s3.update_object_encryption, Bucket="records", Key="x", ObjectEncryption=change)
        assert code == "InvalidRequest"
        assert "require a valid Amazon Web Services KMS key Amazon Resource Name (ARN)" in message

    def test_the_key_must_be_the_bucket_owners(self, sandbox: Sandbox, s3: Client) -> None:
        foreign = sandbox.root(OTHER).client("kms").create_key()["KeyMetadata"]["Arn"]
        s3.put_object(Bucket="records", Key="x", Body=b"phi")
        code, message = refused(
            s3.update_object_encryption, Bucket="records", Key="x", ObjectEncryption={"SSEKMS": {"KMSKeyArn": foreign}}
        )
        assert code == "AccessDenied"
        assert message.startswith("The Amazon Web Services KMS key in the request must be owned by the same account as the bucket.")

    def test_an_object_under_a_customers_key_is_not_supported(self, s3: Client, key: str) -> None:
        s3.put_object(Bucket="records", Key="x", Body=b"phi", **CUSTOMER)
        code, message = refused(
            s3.update_object_encryption, Bucket="records", Key="x", ObjectEncryption={"SSEKMS": {"KMSKeyArn": key}}
        )
        assert (code, "DSSE-KMS or SSE-C" in message) == ("InvalidRequest", True)

    def test_a_locked_version_stays_as_it_is(self, sandbox: Sandbox, key: str) -> None:
        s3 = locked_bucket(sandbox)
        put_locked(s3, "GOVERNANCE")
        change = {"SSEKMS": {"KMSKeyArn": key}}
        answer = refused(s3.update_object_encryption, Bucket="vault", Key="x", ObjectEncryption=change)
        assert answer == ("AccessDenied", "Access Denied because object protected by object lock.")

    def test_a_missing_object_is_no_such_key(self, s3: Client, key: str) -> None:
        change = {"SSEKMS": {"KMSKeyArn": key}}
        assert refused(s3.update_object_encryption, Bucket="records", Key="none", ObjectEncryption=change)[0] == "NoSuchKey"

    def test_the_old_key_must_be_usable(self, sandbox: Sandbox, s3: Client, key: str) -> None:
        put_encrypted(s3, key)
        kms = sandbox.root().client("kms")
        successor = kms.create_key()["KeyMetadata"]["Arn"]
        kms.disable_key(KeyId=key)
        change = {"SSEKMS": {"KMSKeyArn": successor}}
        assert (
            refused(s3.update_object_encryption, Bucket="records", Key="x", ObjectEncryption=change)[0] == "KMS.DisabledException"
        )


class TestCustomerKeys:
    def test_without_its_key_an_object_is_unreadable(self, s3: Client) -> None:
        s3.put_object(Bucket="records", Key="x", Body=b"phi", **CUSTOMER)
        code, message = refused(s3.get_object, Bucket="records", Key="x")
        assert code == "InvalidRequest"
        assert message.startswith("The object was stored using a form of Server Side Encryption.")
        wrong = CUSTOMER | {"SSECustomerKey": b"w" * 32}
        assert refused(s3.get_object, Bucket="records", Key="x", **wrong)[0] == "AccessDenied"
        assert s3.get_object(Bucket="records", Key="x", **CUSTOMER)["Body"].read() == b"phi"

    def test_a_bucket_may_block_them(self, s3: Client) -> None:
        rule = {
            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
            "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]},
        }
        s3.put_bucket_encryption(Bucket="records", ServerSideEncryptionConfiguration={"Rules": [rule]})
        read = s3.get_bucket_encryption(Bucket="records")["ServerSideEncryptionConfiguration"]["Rules"][0]
        assert read["BlockedEncryptionTypes"] == {"EncryptionType": ["SSE-C"]}
        assert refused(s3.put_object, Bucket="records", Key="x", Body=b"phi", **CUSTOMER)[0] == "AccessDenied"


def locked_bucket(sandbox: Sandbox) -> Client:
    s3 = sandbox.root().client("s3")
    s3.create_bucket(Bucket="vault", ObjectLockEnabledForBucket=True)
    return s3


def put_locked(s3: Client, mode: str, days: int = 10) -> None:
    until = datetime.now(UTC) + timedelta(days=days)
    s3.put_object(Bucket="vault", Key="x", Body=b"evidence", ObjectLockMode=mode, ObjectLockRetainUntilDate=until)


class TestObjectLock:
    LOCKED = ("AccessDenied", "Access Denied because object protected by object lock.")

    def test_compliance_keeps_a_version_from_everybody(self, sandbox: Sandbox) -> None:
        s3 = locked_bucket(sandbox)
        put_locked(s3, "COMPLIANCE")
        version = s3.head_object(Bucket="vault", Key="x")["VersionId"]
        deletion = {"Bucket": "vault", "Key": "x", "VersionId": version}
        assert refused(s3.delete_object, **deletion)[0] == "AccessDenied"
        assert refused(s3.delete_object, **deletion, BypassGovernanceRetention=True)[0] == "AccessDenied"

    @pytest.mark.parametrize(("mode", "days"), [("COMPLIANCE", 5), ("GOVERNANCE", 20)])
    def test_compliance_is_never_shortened_nor_weakened(self, sandbox: Sandbox, mode: str, days: int) -> None:
        s3 = locked_bucket(sandbox)
        put_locked(s3, "COMPLIANCE")
        wanted = {"Mode": mode, "RetainUntilDate": datetime.now(UTC) + timedelta(days=days)}
        assert refused(s3.put_object_retention, Bucket="vault", Key="x", Retention=wanted) == self.LOCKED
        assert (
            refused(s3.put_object_retention, Bucket="vault", Key="x", Retention=wanted, BypassGovernanceRetention=True)
            == self.LOCKED
        )

    def test_compliance_can_be_lengthened_and_is_read_back(self, sandbox: Sandbox) -> None:
        s3 = locked_bucket(sandbox)
        put_locked(s3, "COMPLIANCE")
        until = (datetime.now(UTC) + timedelta(days=30)).replace(microsecond=0)
        s3.put_object_retention(Bucket="vault", Key="x", Retention={"Mode": "COMPLIANCE", "RetainUntilDate": until})
        assert s3.get_object_retention(Bucket="vault", Key="x")["Retention"] == {"Mode": "COMPLIANCE", "RetainUntilDate": until}

    def test_an_object_without_retention_says_so(self, sandbox: Sandbox, s3: Client) -> None:
        vault = locked_bucket(sandbox)
        vault.put_object(Bucket="vault", Key="free", Body=b"")
        assert refused(vault.get_object_retention, Bucket="vault", Key="free")[0] == "NoSuchObjectLockConfiguration"
        s3.put_object(Bucket="records", Key="x", Body=b"")
        expected = ("InvalidRequest", "Bucket is missing Object Lock Configuration")
        assert refused(s3.get_object_retention, Bucket="records", Key="x") == expected

    def test_versioning_of_a_locked_bucket_cannot_be_suspended(self, sandbox: Sandbox) -> None:
        s3 = locked_bucket(sandbox)
        code, message = refused(s3.put_bucket_versioning, Bucket="vault", VersioningConfiguration={"Status": "Suspended"})
        assert code == "InvalidBucketState"
        assert message == "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed."

    def test_of_sixteen_writers_of_one_name_exactly_one_wins(self, sandbox: Sandbox) -> None:
        s3 = locked_bucket(sandbox)

        def write(n: int) -> bool:
            try:
                s3.put_object(Bucket="vault", Key="entry", Body=str(n).encode(), IfNoneMatch="*")
            except ClientError as error:
                assert error.response["Error"]["Code"] == "PreconditionFailed"  # noqa: PT017 - in a thread
                return False
            return True

        with ThreadPoolExecutor(16) as pool:
            assert sum(pool.map(write, range(16))) == 1


def test_older_versions_survive_a_suspended_versioning(s3: Client) -> None:
    s3.put_bucket_versioning(Bucket="records", VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket="records", Key="x", Body=b"first")["VersionId"]
    s3.put_bucket_versioning(Bucket="records", VersioningConfiguration={"Status": "Suspended"})
    s3.put_object(Bucket="records", Key="x", Body=b"second")
    s3.put_object(Bucket="records", Key="x", Body=b"third")
    assert len(s3.list_object_versions(Bucket="records")["Versions"]) == 2
    s3.delete_object(Bucket="records", Key="x")
    assert refused(s3.get_object, Bucket="records", Key="x")[0] == "NoSuchKey"
    assert s3.get_object(Bucket="records", Key="x", VersionId=first)["Body"].read() == b"first"


@pytest.mark.parametrize(
    ("checksum", "sentence"),
    [
        ({"ContentMD5": base64.b64encode(hashlib.md5(b"other", usedforsecurity=False).digest()).decode()}, "The Content-MD5 you"),
        ({"ChecksumSHA256": base64.b64encode(hashlib.sha256(b"other").digest()).decode()}, "The SHA256 you specified"),
        ({"ChecksumCRC32": "AAAAAA=="}, "The CRC32 you specified"),
    ],
)
def test_a_body_that_is_not_what_was_sent_is_refused(s3: Client, checksum: dict[str, str], sentence: str) -> None:
    code, message = refused(s3.put_object, Bucket="records", Key="x", Body=b"phi", **checksum)
    assert code == "BadDigest"
    assert message.startswith(sentence)


class TestMultipart:
    PART = b"p" * (5 * 1024 * 1024)

    def test_an_upload_keeps_the_encryption_it_began_with(self, s3: Client, key: str) -> None:
        upload = s3.create_multipart_upload(Bucket="records", Key="x", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)["UploadId"]
        named = {"Bucket": "records", "Key": "x", "UploadId": upload}
        etags = [s3.upload_part(**named, PartNumber=n, Body=body)["ETag"] for n, body in ((1, self.PART), (2, b"end"))]
        parts = [{"PartNumber": n, "ETag": etag} for n, etag in enumerate(etags, 1)]
        s3.complete_multipart_upload(**named, MultipartUpload={"Parts": parts})
        head = s3.head_object(Bucket="records", Key="x")
        assert (head["SSEKMSKeyId"], head["ContentLength"]) == (key, len(self.PART) + 3)

    def test_an_upload_cannot_be_finished_under_a_disabled_key(self, sandbox: Sandbox, s3: Client, key: str) -> None:
        upload = s3.create_multipart_upload(Bucket="records", Key="x", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)["UploadId"]
        named = {"Bucket": "records", "Key": "x", "UploadId": upload}
        etag = s3.upload_part(**named, PartNumber=1, Body=b"phi")["ETag"]
        sandbox.root().client("kms").disable_key(KeyId=key)
        finish = {"MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": etag}]}}
        assert refused(s3.complete_multipart_upload, **named, **finish)[0] == "KMS.DisabledException"

    def test_a_part_cannot_be_copied_from_what_cannot_be_read(self, sandbox: Sandbox, s3: Client, key: str) -> None:
        put_encrypted(s3, key)
        upload = s3.create_multipart_upload(Bucket="records", Key="y")["UploadId"]
        copy = {
            "Bucket": "records",
            "Key": "y",
            "UploadId": upload,
            "PartNumber": 1,
            "CopySource": {"Bucket": "records", "Key": "x"},
        }
        s3.upload_part_copy(**copy)
        sandbox.root().client("kms").disable_key(KeyId=key)
        assert refused(s3.upload_part_copy, **copy)[0] == "KMS.DisabledException"


def test_a_default_key_that_does_not_exist_is_found_out_by_the_first_put(s3: Client) -> None:
    nowhere = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/00000000-0000-0000-0000-000000000000"
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": nowhere}}
    s3.put_bucket_encryption(Bucket="records", ServerSideEncryptionConfiguration={"Rules": [rule]})
    assert refused(s3.put_object, Bucket="records", Key="x", Body=b"phi")[0] == "KMS.NotFoundException"
    s3.delete_bucket_encryption(Bucket="records")
    assert s3.put_object(Bucket="records", Key="x", Body=b"phi")["ServerSideEncryption"] == "AES256"


def test_an_object_without_a_named_key_is_under_the_accounts_own_s3_key(sandbox: Sandbox, s3: Client) -> None:
    answered = s3.put_object(Bucket="records", Key="x", Body=b"phi", ServerSideEncryption="aws:kms")
    own = sandbox.root().client("kms").describe_key(KeyId="alias/aws/s3")["KeyMetadata"]["Arn"]
    assert answered["SSEKMSKeyId"] == own
    reader = user(sandbox, "reader", document(statement("Allow", "s3:GetObject"))).client("s3")
    assert reader.get_object(Bucket="records", Key="x")["Body"].read() == b"phi"


@pytest.mark.parametrize(
    ("operation", "arguments", "code"),
    [
        ("get_object", {"Bucket": "nowhere", "Key": "x"}, "NoSuchBucket"),
        ("get_object", {"Bucket": "records", "Key": "x", "VersionId": "none"}, "NoSuchVersion"),
        ("get_bucket_policy", {"Bucket": "records"}, "NoSuchBucketPolicy"),
        ("copy_object", {"Bucket": "records", "Key": "y", "CopySource": {"Bucket": "records", "Key": "x"}}, "NoSuchKey"),
        ("copy_object", {"Bucket": "records", "Key": "y", "CopySource": {"Bucket": "nowhere", "Key": "x"}}, "NoSuchBucket"),
        ("put_bucket_policy", {"Bucket": "records", "Policy": "not json"}, "MalformedPolicy"),
        ("put_bucket_policy", {"Bucket": "records", "Policy": '{"Statement": {"Effect": "Perhaps"}}'}, "MalformedPolicy"),
    ],
)
def test_what_is_missing_or_malformed_is_named(s3: Client, operation: str, arguments: dict[str, Any], code: str) -> None:
    assert refused(getattr(s3, operation), **arguments)[0] == code


def test_an_unknown_condition_operator_is_refused_when_it_is_written(s3: Client) -> None:
    deny = statement("Deny", "s3:GetObject", "arn:aws:s3:::records/*", "*", StringSimilar={"aws:userid": "x"})
    code, message = refused(s3.put_bucket_policy, Bucket="records", Policy=document(deny))
    assert (code, message.startswith("Invalid Condition type")) == ("MalformedPolicy", True)


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
    from urllib3 import PoolManager  # noqa: PLC0415 - only here

    answer = PoolManager().request("GET", url)
    return answer.status, answer.data
