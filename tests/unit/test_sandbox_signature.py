"""Signatures as SDK clients make them: they hold for one secret, one request and one body."""

from collections.abc import Callable, Mapping
from copy import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.sandbox.aws.wire import MalformedSignature, credential, signature_matches
from tests.unit.sdk_requests import REGION, ROLE, SECRET, Received, presigned, read, sent

SIGNED: Mapping[str, Callable[[], Received]] = {
    "a JSON call": lambda: sent("kms", "ListKeys", {}),
    "a JSON call of a session": lambda: sent("kms", "ListKeys", {}, token="session-token"),
    "a form": lambda: sent("sts", "AssumeRole", {"RoleArn": ROLE, "RoleSessionName": "s"}),
    "a REST call with an escaped path": lambda: sent("backup", "DescribeBackupVault", {"BackupVaultName": "v w"}),
    "an S3 read": lambda: sent("s3", "GetObject", {"Bucket": "b", "Key": "a b/é+\n//../x"}),
    "an S3 list": lambda: sent("s3", "ListObjectsV2", {"Bucket": "b", "Prefix": "a b/é+~"}),
    "an S3 write": lambda: sent("s3", "PutObject", {"Bucket": "b", "Key": "k", "Body": b"x"}),
    "an S3 write of metadata with spaces": lambda: sent("s3", "PutObject", {"Bucket": "b", "Key": "k", "Metadata": {"a": "b  c "}}),
    "a presigned URL": lambda: presigned("get_object", {"Bucket": "b", "Key": "a b/é+"}),
    "a presigned URL of a session": lambda: presigned("get_object", {"Bucket": "b", "Key": "k"}, token="session-token"),
    "a presigned URL of Version 2": lambda: presigned(
        "get_object", {"Bucket": "b", "Key": "a b/é+", "VersionId": "v"}, region="us-east-1", signature="s3"
    ),
    "a presigned URL of Version 2 of a session": lambda: presigned(
        "get_object", {"Bucket": "b", "Key": "k"}, region="us-east-1", token="t+/=", signature="s3"
    ),
}


@cache
def signed(name: str) -> Received:
    return SIGNED[name]()


@pytest.mark.parametrize("name", SIGNED)
def test_a_signature_matches_its_secret_and_no_other(name: str) -> None:
    request_ = signed(name)
    assert signature_matches(request_, SECRET)
    assert not signature_matches(request_, SECRET.lower())


@pytest.mark.parametrize("name", SIGNED)
def test_a_signature_holds_for_one_path_only(name: str) -> None:
    request_ = signed(name)
    assert not signature_matches(replace(request_, path=f"{request_.path}x"), SECRET)


@given(body=st.binary(max_size=8))
@settings(max_examples=25)
def test_a_signature_holds_for_one_body_only(body: bytes) -> None:
    for name in ("a JSON call", "a form", "an S3 write"):
        assert signature_matches(replace(signed(name), body=body), SECRET) is (body == signed(name).body)


def test_a_signed_header_cannot_be_changed() -> None:
    request = signed("a JSON call")
    assert not signature_matches(replace(request, headers={**request.headers, "x-amz-target": "TrentService.DisableKey"}), SECRET)


def test_an_unsigned_header_may_change_on_the_way() -> None:
    request = signed("a JSON call")
    assert signature_matches(replace(request, headers={**request.headers, "via": "a proxy"}), SECRET)


@pytest.mark.parametrize("declared", ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"])
def test_s3_takes_a_body_as_declared_when_the_declaration_says_so(declared: str) -> None:
    request = sent("s3", "GetObject", {"Bucket": "b", "Key": "k"})
    resigned = _resigned(request, declared)
    assert signature_matches(replace(resigned, body=b"anything"), SECRET)


def _resigned(request: Received, declared: str) -> Received:
    from botocore.auth import S3SigV4Auth  # noqa: PLC0415 - the oracle of this one test
    from botocore.awsrequest import AWSRequest  # noqa: PLC0415
    from botocore.credentials import Credentials  # noqa: PLC0415

    found = credential(request)
    assert found
    headers = {name: request.headers[name] for name in found.signed_headers} | {"x-amz-content-sha256": declared}
    again = AWSRequest(method=request.method, url=f"http://{request.host}{request.path}", headers=headers)
    again.context["timestamp"] = request.headers["x-amz-date"]
    auth = S3SigV4Auth(Credentials("AKIAALICE", SECRET), "s3", REGION)
    signature = auth.signature(auth.string_to_sign(again, auth.canonical_request(again)), again)
    authorization = request.headers["authorization"].rpartition("=")[0] + f"={signature}"
    return replace(request, headers={**request.headers, **headers, "authorization": authorization})


def test_a_credential_says_who_signed_for_what_and_until_when() -> None:
    header, query, old = (
        credential(signed(name)) for name in ("a JSON call of a session", "a presigned URL", "a presigned URL of Version 2")
    )
    assert header
    assert query
    assert old
    assert (header.access_key_id, header.region, header.service, header.token) == ("AKIAALICE", REGION, "kms", "session-token")
    assert not header.presigned
    assert query.presigned
    assert query.expires_at
    assert (query.expires_at - query.signed_at).total_seconds() == 3600
    assert (old.version, old.presigned, old.service) == ("AWS", True, "s3")


def test_a_credential_shows_neither_token_nor_signature() -> None:
    found = credential(signed("a JSON call of a session"))
    assert found
    assert "session-token" not in repr(found)
    assert found.signature not in repr(found)


def test_a_request_without_a_signature_has_no_credential_and_matches_no_secret() -> None:
    request = Received("GET", "h", "/b/k")
    assert credential(request) is None
    assert not signature_matches(request, SECRET)


MALFORMED = (
    ("another scheme", Received("GET", "h", "/", headers={"authorization": "Bearer x"})),
    ("no signature", Received("GET", "h", "/", headers={"authorization": "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host"})),
    (
        "no date",
        Received(
            "GET",
            "h",
            "/",
            headers={"authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/r/s3/aws4_request, SignedHeaders=host, Signature=0"},
        ),
    ),
    (
        "a scope of another day",
        Received(
            "GET",
            "h",
            "/",
            headers={
                "authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/r/s3/aws4_request, SignedHeaders=host, Signature=0",
                "x-amz-date": "20260102T000000Z",
            },
        ),
    ),
    ("a presigned URL without its parts", Received("GET", "h", "/b/k", "X-Amz-Algorithm=AWS4-HMAC-SHA256")),
    (
        "a presigned URL with an expiry that is no number",
        Received(
            "GET",
            "h",
            "/b/k",
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a&X-Amz-SignedHeaders=host&X-Amz-Signature=0&X-Amz-Expires=x",
        ),
    ),
    ("a presigned URL of Version 2 without expiry", Received("GET", "h", "/b/k", "AWSAccessKeyId=a&Signature=b")),
)


@pytest.mark.parametrize("request_", [row[1] for row in MALFORMED], ids=[row[0] for row in MALFORMED])
def test_a_signature_that_cannot_be_read_is_refused(request_: Received) -> None:
    with pytest.raises(MalformedSignature):
        credential(request_)


def test_a_presigned_url_is_a_read_by_query_string() -> None:
    call = read(signed("a presigned URL of Version 2"))
    assert (call.operation, call.presigned, call.access_key_id) == ("GetObject", True, "AKIAALICE")
    assert call.actions == (("s3:GetObjectVersion", "arn:aws:s3:::b/a b/é+"),)
