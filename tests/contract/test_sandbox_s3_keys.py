"""Objects and their keys: what cannot be read, written, copied or moved to another key, and in which words."""

import pytest
from botocore.exceptions import ClientError

from shared.sandbox.aws.server import ACCOUNT, Sandbox
from tests.contract.sandbox_scenes import (
    OTHER,
    Client,
    document,
    locked_bucket,
    put_encrypted,
    put_locked,
    refused,
    statement,
    user,
)

CUSTOMER = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": b"k" * 32}


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
