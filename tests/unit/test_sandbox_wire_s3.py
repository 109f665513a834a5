"""S3 on the wire: which permissions each operation needs, and what is refused because no operation has it."""

from collections.abc import Mapping
from typing import Any

import pytest

from shared.sandbox.aws.wire import UnknownSubresource
from tests.unit.sdk_requests import KEY, REGION, ROLE, Received, read, sent

S3_ROWS: tuple[tuple[str, Mapping[str, Any], tuple[str, ...]], ...] = (
    ("ListBuckets", {}, ("s3:ListAllMyBuckets *",)),
    (
        "CreateBucket",
        {"Bucket": "ward", "ObjectLockEnabledForBucket": True},
        ("s3:CreateBucket ward", "s3:PutBucketObjectLockConfiguration ward"),
    ),
    ("HeadBucket", {"Bucket": "ward"}, ("s3:ListBucket ward",)),
    ("ListObjects", {"Bucket": "ward"}, ("s3:ListBucket ward",)),
    ("ListObjectsV2", {"Bucket": "ward", "Prefix": "p/"}, ("s3:ListBucket ward",)),
    ("ListObjectVersions", {"Bucket": "ward"}, ("s3:ListBucketVersions ward",)),
    ("ListMultipartUploads", {"Bucket": "ward"}, ("s3:ListBucketMultipartUploads ward",)),
    ("GetBucketLocation", {"Bucket": "ward"}, ("s3:GetBucketLocation ward",)),
    ("GetBucketPolicy", {"Bucket": "ward"}, ("s3:GetBucketPolicy ward",)),
    ("PutBucketPolicy", {"Bucket": "ward", "Policy": "{}"}, ("s3:PutBucketPolicy ward",)),
    ("DeleteBucketPolicy", {"Bucket": "ward"}, ("s3:DeleteBucketPolicy ward",)),
    ("GetBucketPolicyStatus", {"Bucket": "ward"}, ("s3:GetBucketPolicyStatus ward",)),
    ("GetBucketEncryption", {"Bucket": "ward"}, ("s3:GetEncryptionConfiguration ward",)),
    ("DeleteBucketEncryption", {"Bucket": "ward"}, ("s3:PutEncryptionConfiguration ward",)),
    ("GetPublicAccessBlock", {"Bucket": "ward"}, ("s3:GetBucketPublicAccessBlock ward",)),
    ("PutPublicAccessBlock", {"Bucket": "ward", "PublicAccessBlockConfiguration": {}}, ("s3:PutBucketPublicAccessBlock ward",)),
    ("DeletePublicAccessBlock", {"Bucket": "ward"}, ("s3:PutBucketPublicAccessBlock ward",)),
    ("PutBucketVersioning", {"Bucket": "ward", "VersioningConfiguration": {"Status": "Enabled"}}, ("s3:PutBucketVersioning ward",)),
    ("GetBucketReplication", {"Bucket": "ward"}, ("s3:GetReplicationConfiguration ward",)),
    ("DeleteBucketReplication", {"Bucket": "ward"}, ("s3:PutReplicationConfiguration ward",)),
    (
        "PutBucketReplication",
        {
            "Bucket": "ward",
            "ReplicationConfiguration": {
                "Role": ROLE,
                "Rules": [{"Status": "Enabled", "Destination": {"Bucket": "arn:aws:s3:::far"}}],
            },
        },
        ("s3:PutReplicationConfiguration ward", f"iam:PassRole {ROLE}"),
    ),
    ("GetBucketLifecycleConfiguration", {"Bucket": "ward"}, ("s3:GetLifecycleConfiguration ward",)),
    ("DeleteBucketLifecycle", {"Bucket": "ward"}, ("s3:PutLifecycleConfiguration ward",)),
    ("GetObjectLockConfiguration", {"Bucket": "ward"}, ("s3:GetBucketObjectLockConfiguration ward",)),
    ("PutBucketOwnershipControls", {"Bucket": "ward", "OwnershipControls": {"Rules": []}}, ("s3:PutBucketOwnershipControls ward",)),
    ("GetBucketLogging", {"Bucket": "ward"}, ("s3:GetBucketLogging ward",)),
    ("GetBucketAcl", {"Bucket": "ward"}, ("s3:GetBucketAcl ward",)),
    ("GetObject", {"Bucket": "ward", "Key": "a/b c"}, ("s3:GetObject ward/a/b c",)),
    ("GetObject", {"Bucket": "ward", "Key": "a", "VersionId": "v"}, ("s3:GetObjectVersion ward/a",)),
    ("HeadObject", {"Bucket": "ward", "Key": "a"}, ("s3:GetObject ward/a",)),
    ("HeadObject", {"Bucket": "ward", "Key": "a", "VersionId": "v"}, ("s3:GetObjectVersion ward/a",)),
    ("GetObject", {"Bucket": "ward", "Key": "line\nbreak+é//../x"}, ("s3:GetObject ward/line\nbreak+é//../x",)),
    (
        "GetObjectAttributes",
        {"Bucket": "ward", "Key": "a", "ObjectAttributes": ["ETag"]},
        ("s3:GetObjectAttributes ward/a", "s3:GetObject ward/a"),
    ),
    ("PutObject", {"Bucket": "ward", "Key": "a", "Body": b"x"}, ("s3:PutObject ward/a",)),
    (
        "PutObject",
        {"Bucket": "ward", "Key": "a", "Body": b"x", "ACL": "private", "Tagging": "k=v"},
        ("s3:PutObject ward/a", "s3:PutObjectAcl ward/a", "s3:PutObjectTagging ward/a"),
    ),
    ("DeleteObject", {"Bucket": "ward", "Key": "a"}, ("s3:DeleteObject ward/a",)),
    (
        "DeleteObject",
        {"Bucket": "ward", "Key": "a", "VersionId": "v", "BypassGovernanceRetention": True},
        ("s3:DeleteObjectVersion ward/a", "s3:BypassGovernanceRetention ward/a"),
    ),
    (
        "DeleteObjects",
        {"Bucket": "ward", "Delete": {"Objects": [{"Key": "a&b"}, {"Key": "c", "VersionId": "v"}]}},
        ("s3:DeleteObject ward/a&b", "s3:DeleteObjectVersion ward/c"),
    ),
    (
        "CopyObject",
        {"Bucket": "ward", "Key": "a", "CopySource": {"Bucket": "far", "Key": "b c"}},
        ("s3:GetObject far/b c", "s3:PutObject ward/a"),
    ),
    (
        "CopyObject",
        {"Bucket": "ward", "Key": "a", "CopySource": {"Bucket": "far", "Key": "b?", "VersionId": "v"}},
        ("s3:GetObjectVersion far/b?", "s3:PutObject ward/a"),
    ),
    ("CreateMultipartUpload", {"Bucket": "ward", "Key": "a"}, ("s3:PutObject ward/a",)),
    ("UploadPart", {"Bucket": "ward", "Key": "a", "PartNumber": 1, "UploadId": "u", "Body": b"x"}, ("s3:PutObject ward/a",)),
    (
        "UploadPartCopy",
        {"Bucket": "ward", "Key": "a", "PartNumber": 1, "UploadId": "u", "CopySource": "far/b"},
        ("s3:GetObject far/b", "s3:PutObject ward/a"),
    ),
    ("CompleteMultipartUpload", {"Bucket": "ward", "Key": "a", "UploadId": "u"}, ("s3:PutObject ward/a",)),
    ("AbortMultipartUpload", {"Bucket": "ward", "Key": "a", "UploadId": "u"}, ("s3:AbortMultipartUpload ward/a",)),
    ("ListParts", {"Bucket": "ward", "Key": "a", "UploadId": "u"}, ("s3:ListMultipartUploadParts ward/a",)),
    ("GetObjectRetention", {"Bucket": "ward", "Key": "a", "VersionId": "v"}, ("s3:GetObjectRetention ward/a",)),
    ("PutObjectLegalHold", {"Bucket": "ward", "Key": "a", "LegalHold": {"Status": "ON"}}, ("s3:PutObjectLegalHold ward/a",)),
    ("GetObjectTagging", {"Bucket": "ward", "Key": "a", "VersionId": "v"}, ("s3:GetObjectVersionTagging ward/a",)),
    (
        "UpdateObjectEncryption",
        {"Bucket": "ward", "Key": "a", "VersionId": "v", "ObjectEncryption": {"SSEKMS": {"KMSKeyArn": KEY}}},
        ("s3:UpdateObjectEncryption ward/a", "s3:PutObject ward/a"),
    ),
)


def s3_permission(row: str) -> tuple[str, str]:
    action, _, resource = row.partition(" ")
    return action, resource if resource == "*" or resource.startswith("arn:") else f"arn:aws:s3:::{resource}"


@pytest.mark.parametrize(
    ("operation", "parameters", "expected"), S3_ROWS, ids=[f"{row[0]} needs {len(row[2])} permission(s)" for row in S3_ROWS]
)
def test_an_s3_operation_needs(operation: str, parameters: Mapping[str, Any], expected: tuple[str, ...]) -> None:
    call = read(sent("s3", operation, parameters))
    assert (call.service, call.operation, call.region) == ("s3", operation, REGION)
    assert call.actions == tuple(map(s3_permission, expected))


REFUSED = (
    ("an unknown sub-resource", Received("PUT", "h", "/b/k", "shred")),
    ("a sub-resource that its method does not have", Received("DELETE", "h", "/b/k", "encryption")),
    ("a bucket's sub-resource on an object", Received("PUT", "h", "/b/k", "publicAccessBlock")),
    ("two sub-resources at once", Received("GET", "h", "/b", "policy&acl")),
    ("a method that S3 does not know", Received("PATCH", "h", "/b/k")),
    ("a form upload", Received("POST", "h", "/b")),
)


@pytest.mark.parametrize("request_", [row[1] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_s3_refuses_what_has_no_model(request_: Received) -> None:
    with pytest.raises(UnknownSubresource):
        read(request_)


def test_the_error_of_an_unknown_sub_resource_names_no_object() -> None:
    with pytest.raises(UnknownSubresource) as raised:
        read(Received("PUT", "h", "/b/jane-doe.dcm", "shred"))
    assert "jane-doe" not in str(raised.value)


@pytest.mark.parametrize("query", ["x-id=GetObject", "response-content-type=text%2Fplain", "versionId=v&partNumber=1", "x-log=me"])
def test_s3_accepts_the_query_parameters_that_change_no_operation(query: str) -> None:
    assert read(Received("GET", "h", "/b/k", query)).operation == "GetObject"


def test_a_bucket_in_the_host_name_is_the_bucket() -> None:
    for host in ("ward.localhost:5000", "ward.s3.amazonaws.com", "ward.s3.eu-central-1.amazonaws.com"):
        assert read(Received("GET", host, "/k")).actions == (("s3:GetObject", "arn:aws:s3:::ward/k"),)
