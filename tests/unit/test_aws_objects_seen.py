"""What S3 says, read: the shapes that the sandbox does not give."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.adapters.aws import objects_copied, objects_seen
from shared.ports.objects import Checksum, Consumer, Encryption, Facts, Lock, Scheme

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
HEAD: dict[str, Any] = {"ContentLength": 3, "ETag": '"e"', "LastModified": NOW, "ServerSideEncryption": "AES256"}
KEY = "arn:aws:kms:us-east-1:111122223333:key/a"


@pytest.mark.parametrize(
    ("said", "encryption"),
    [
        ({}, Encryption(Scheme.SSE_S3)),
        ({"ServerSideEncryption": ""}, Encryption(Scheme.NONE)),
        ({"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": KEY}, Encryption(Scheme.SSE_KMS, KEY)),
        ({"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": KEY, "BucketKeyEnabled": True}, Encryption(Scheme.SSE_KMS, KEY, True)),  # noqa: FBT003
        ({"ServerSideEncryption": "aws:kms:dsse", "SSEKMSKeyId": KEY}, Encryption(Scheme.DSSE, KEY)),
        ({"ServerSideEncryption": "aws:fsx"}, Encryption(Scheme.SERVICE)),
        ({"SSECustomerAlgorithm": "AES256"}, Encryption(Scheme.SSE_C)),
    ],
)
def test_a_head_says_what_a_version_is_encrypted_with(said: dict[str, Any], encryption: Encryption) -> None:
    assert objects_seen.facts({**HEAD, **said}, ()).encryption == encryption


@pytest.mark.parametrize(
    ("said", "archived"),
    [
        pytest.param({}, False, id="standard is at hand"),
        pytest.param({"StorageClass": "GLACIER_IR"}, False, id="instant retrieval is at hand"),
        pytest.param({"StorageClass": "GLACIER"}, True, id="glacier is archived"),
        pytest.param({"StorageClass": "DEEP_ARCHIVE", "Restore": 'ongoing-request="true"'}, True, id="a restore under way"),
        pytest.param({"StorageClass": "GLACIER", "Restore": 'ongoing-request="false", expiry-date="…"'}, False, id="restored"),
        pytest.param({"StorageClass": "INTELLIGENT_TIERING", "ArchiveStatus": "ARCHIVE_ACCESS"}, True, id="an archive tier"),
        pytest.param({"StorageClass": "INTELLIGENT_TIERING"}, False, id="another tier is at hand"),
    ],
)
def test_what_has_to_be_restored_first_is_archived(said: dict[str, Any], archived: bool) -> None:
    assert objects_seen.facts({**HEAD, **said}, ()).archived is archived


def test_locks_are_read() -> None:
    said = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": NOW, "ObjectLockLegalHoldStatus": "ON"}
    assert objects_seen.facts({**HEAD, **said}, ()).lock == Lock("COMPLIANCE", NOW, legal_hold=True)
    assert objects_seen.facts({**HEAD, "ObjectLockLegalHoldStatus": "OFF"}, ()).lock == Lock()


@pytest.mark.parametrize(
    ("said", "checksum"),
    [
        pytest.param({}, None, id="no checksum"),
        pytest.param({"ChecksumType": "FULL_OBJECT"}, None, id="a type without a checksum"),
        pytest.param({"ChecksumCRC64NVME": "a="}, Checksum("CRC64NVME", "a="), id="a checksum is of the whole"),
        pytest.param({"ChecksumSHA256": "a=-2"}, Checksum("SHA256", "a=-2", whole=False), id="a dash tells of parts"),
        pytest.param({"ChecksumCRC32": "a=", "ChecksumType": "COMPOSITE"}, Checksum("CRC32", "a=", whole=False), id="or S3 says"),
    ],
)
def test_checksums_are_of_the_whole_or_of_parts(said: dict[str, Any], checksum: Checksum | None) -> None:
    assert objects_seen.checksum(said) == checksum


def test_consumers_are_everybody_who_is_told() -> None:
    rules = [{"Name": "Prefix", "Value": "a/"}, {"Name": "suffix", "Value": ".dcm"}]
    told = {"Events": ["s3:ObjectCreated:Copy"], "Filter": {"Key": {"FilterRules": rules}}}
    said = {"LambdaFunctionConfigurations": [told], "EventBridgeConfiguration": {}}
    assert objects_seen.consumers(said) == (
        Consumer(("s3:ObjectCreated:Copy",), "a/", ".dcm"),
        Consumer(("s3:ObjectCreated:*",)),
    )
    assert objects_seen.consumers({}) == ()


def test_headers_travel_as_they_were_written() -> None:
    said = {"ContentType": "text/plain", "Expires": NOW, "ExpiresString": "Sat, 21 Nov 2026 03:00:00 GMT"}
    facts = objects_seen.facts({**HEAD, **said}, ())
    assert facts.headers == (("content-type", "text/plain"), ("expires", "Sat, 21 Nov 2026 03:00:00 GMT"))


def test_a_listing_that_ends_says_so() -> None:
    assert objects_seen.page({"IsTruncated": False}).after is None
    more = {"IsTruncated": True, "NextKeyMarker": "a", "NextVersionIdMarker": "v"}
    assert objects_seen.page(more).after == ("a", "v")


@pytest.mark.parametrize(("algorithm", "kind"), [("CRC64NVME", "FULL_OBJECT"), ("SHA256", "COMPOSITE")])
def test_a_copy_in_parts_asks_for_the_checksum_that_the_object_had(algorithm: str, kind: str) -> None:
    facts = Facts(3, "e", NOW, Encryption(Scheme.SSE_KMS, KEY), checksum=Checksum(algorithm, "a="), tags=(("a b", "c&d"),))
    described = objects_copied._described(facts, facts.encryption)
    assert (described["ChecksumAlgorithm"], described["ChecksumType"]) == (algorithm, kind)
    assert described["Tagging"] == "a+b=c%26d"
