"""Our signatures are the SDK's: for any key, header, token, Region and second."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as SdkCredentials
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.adapters.aws.wire.signing import Credentials, Form, Signer, Template, in_path, in_query

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOST = "charts.s3.amazonaws.com"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"  # pragma: allowlist secret
LASTING = Credentials("AKIDEXAMPLE", SECRET)
AWKWARD = (
    "a",
    "a b+c",
    "é/ü/日本",
    "//double//",
    "../up/./dot/..",
    "%2Fenc%25",
    "x?y=z&encryption#f",
    "line\nbreak\t",
    "it's(1)*!~",
)

KEYS = st.one_of(
    st.sampled_from(AWKWARD),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60),
    st.text("/.%+ ~*'()!?#&=\\\"<>äñ語", min_size=1, max_size=30),
)
VISIBLE = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)
REGIONS = st.sampled_from(["us-east-1", "eu-central-1", "us-gov-west-1", "cn-north-1"])
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis adds it


def sdk(form: Form, path: str, query: str, lines: Sequence[str], credentials: Credentials, region: str) -> str:
    """What the SDK makes of the same request: its signature and the names it signs."""
    headers = dict(line.split(": ", 1) for line in lines if not line.startswith("Authorization"))
    url = f"https://{HOST}{path}" + (f"?{query}" if query else "")
    request = AWSRequest(method=form.method, url=url, data=form.body, headers=headers)
    request.context["timestamp"] = headers["x-amz-date"]
    auth = S3SigV4Auth(SdkCredentials(credentials.access_key, credentials.secret_key, credentials.token or None), "s3", region)
    signed = auth.signed_headers(auth.headers_to_sign(request))
    signature = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    return f"AWS4-HMAC-SHA256 Credential={auth.scope(request)}, SignedHeaders={signed}, Signature={signature}"


def ours(lines: Sequence[str]) -> str:
    return next(line.removeprefix("Authorization: ") for line in lines if line.startswith("Authorization"))


def signer(credentials: Credentials = LASTING, region: str = "us-east-1", now: datetime = NOON) -> Signer:
    return Signer(lambda: credentials, region, lambda: now)


@settings(max_examples=150, deadline=None)
@given(key=KEYS, version=VISIBLE, token=st.one_of(st.just(""), VISIBLE), region=REGIONS, now=MOMENTS, value=VISIBLE)
@example(key="a", version="null", token="", region="us-east-1", now=datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC), value="%s")
def test_a_signature_is_the_sdks(key: str, version: str, token: str, region: str, now: datetime, value: str) -> None:
    credentials = Credentials("AKIDEXAMPLE", SECRET, token)
    form = Form(
        "PUT",
        {"x-amz-expected-bucket-owner": "111122223333", "if-match": "a  b %", "x-amz-sdk-checksum-algorithm": "CRC32"},
        ("x-amz-storage-class", "x-amz-copy-source"),
        body=b"<ObjectEncryption/>",
    )
    path, query = f"/charts/{in_path(key)}", f"encryption=&versionId={in_query(version)}"
    lines = Template(form, HOST, signer(credentials, region, now).stamp()).headers(path, query, (in_path(key), value))
    assert ours(lines) == sdk(form, path, query, lines, credentials, region)


@given(key=KEYS)
def test_a_key_is_encoded_by_byte_and_never_normalised(key: str) -> None:
    assert in_path(key) == quote(key.encode(), safe="/~")
    assert in_query(key) == quote(key.encode(), safe="~")


def test_a_template_outlives_neither_its_second_nor_its_day() -> None:
    moments = [NOON + timedelta(hours=11, minutes=59, seconds=s) for s in (59, 59, 60, 61)]
    turn = iter(moments)
    moving = Signer(lambda: LASTING, "us-east-1", lambda: next(turn))
    first, same, next_day, later = (moving.stamp() for _ in moments)
    assert first is same
    assert [s.date for s in (first, next_day, later)] == ["20261122T235959Z", "20261123T000000Z", "20261123T000001Z"]
    assert [s.scope[:8] for s in (first, next_day, later)] == ["20261122", "20261123", "20261123"]
    assert first.key != next_day.key
    assert next_day.key is later.key
    form = Form("HEAD")
    lines = Template(form, HOST, next_day).headers("/jane")
    assert ours(lines) == sdk(form, "/jane", "", lines, LASTING, "us-east-1")


CHANGES: Mapping[str, tuple[Credentials, str, timedelta]] = {
    "other credentials": (Credentials("AKIDEXAMPLE", SECRET, "fresh"), "us-east-1", timedelta()),
    "another Region": (LASTING, "eu-west-1", timedelta()),
    "a clock that was wrong": (LASTING, "us-east-1", timedelta(minutes=20)),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_is_learned_on_the_way_is_in_the_next_stamp(what: str) -> None:
    held = [LASTING]
    moving = Signer(lambda: held[0], "us-east-1", lambda: NOON)
    first = moving.stamp()
    held[0], region, ahead = CHANGES[what]
    moving.learn(region=region, ahead=ahead)
    form = Form("GET", query="tagging=")
    lines = Template(form, HOST, moving.stamp()).headers("/jane", "tagging=")
    assert moving.stamp() is not first
    assert ours(lines) == sdk(form, "/jane", "tagging=", lines, held[0], moving.region)


def test_no_secret_is_in_a_repr() -> None:
    said = repr(signer(Credentials("AKIDEXAMPLE", SECRET, "the-token")).stamp())
    assert SECRET not in said
    assert "the-token" not in said
    assert "key=" not in said.replace("access_key=", "")
