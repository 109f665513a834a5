"""What S3 refuses of objects, and how: each test is a rule of the documentation that moto does not keep."""

import base64
import hashlib
from typing import Any

import pytest

from shared.sandbox.aws.server import Sandbox
from tests.contract.sandbox_scenes import (
    Client,
    refused,
)


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


def test_a_copy_with_a_stale_etag_is_refused(s3: Client) -> None:
    s3.put_object(Bucket="records", Key="x", Body=b"old")
    stale = s3.head_object(Bucket="records", Key="x")["ETag"]
    s3.put_object(Bucket="records", Key="x", Body=b"new")
    copy = {"Bucket": "records", "Key": "y", "CopySource": {"Bucket": "records", "Key": "x"}}
    assert refused(s3.copy_object, **copy, CopySourceIfMatch=stale)[0] == "PreconditionFailed"
    s3.copy_object(**copy, CopySourceIfMatch=s3.head_object(Bucket="records", Key="x")["ETag"])


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


def test_a_checksum_of_parts_says_that_it_is_one(s3: Client) -> None:
    named = {"Bucket": "records", "Key": "x"}
    upload = s3.create_multipart_upload(**named, ChecksumAlgorithm="SHA256")["UploadId"]
    sent = s3.upload_part(**named, UploadId=upload, PartNumber=1, Body=b"phi", ChecksumAlgorithm="SHA256")
    part = {"PartNumber": 1, "ETag": sent["ETag"], "ChecksumSHA256": sent["ChecksumSHA256"]}
    s3.complete_multipart_upload(**named, UploadId=upload, MultipartUpload={"Parts": [part]})
    assert s3.head_object(**named, ChecksumMode="ENABLED")["ChecksumType"] == "COMPOSITE"
