"""What we ask and hear is what the SDK asks and hears, header by header."""

import io
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.aws import objects_seen
from shared.adapters.aws.objects_copied import Place, copy
from shared.adapters.aws.wire.answers import READ, answered, described
from shared.adapters.aws.wire.exchange import Reply, Request
from shared.adapters.aws.wire.forms import Forms
from shared.domain.errors import Absent, CloudError, Refused, Throttled, Unreachable
from shared.ports.asking import Ask, Copy, Head, Update
from shared.ports.objects import CUSTOMER_KEY, Checksum, Encryption, Facts, Moved, Scheme, Version
from tests.unit.reencryption import ACCOUNT, NEW
from tests.unit.test_reencryption_lanes import FACTS, NOW

KEY = "ward 7/jane+doe/ü//../x%"
UNDER = Encryption(Scheme.SSE_KMS, NEW, bucket_key=True)
FORMS = Forms("charts", ACCOUNT)
REDIRECTED = (("content-type", "text/plain"), ("x-amz-website-redirect-location", "/there"))
PLAIN = Facts(10, "e", NOW, UNDER)
SUMMED = Facts(10, "e", NOW, UNDER, "STANDARD_IA", checksum=Checksum("SHA256", "x"), headers=REDIRECTED)
NO_GRANTS = b"<AccessControlPolicy><Owner><ID>1</ID></Owner><AccessControlList></AccessControlList></AccessControlPolicy>"
COPIED = b"<CopyObjectResult><ETag>&quot;new&quot;</ETag></CopyObjectResult>"


class Raw(io.BytesIO):
    def stream(self) -> list[bytes]:
        return [self.getvalue()]


class Sdk:
    """The SDK's client; what it would send is kept, and what comes back is ours to say."""

    def __init__(self) -> None:
        self.client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="x")
        self.client.meta.events.register("before-send.s3", self._send)
        self.sent: list[AWSPreparedRequest] = []
        self.answers: Iterator[tuple[int, dict[str, str], bytes]] = iter(())

    def _send(self, request: AWSPreparedRequest, **_: object) -> Any:  # noqa: ANN401  # the SDK says that handlers return nothing
        self.sent.append(request)
        status, headers, body = next(self.answers, (200, {}, b""))
        said = HTTPHeaders()
        for name, value in headers.items():
            said[name] = value
        return AWSResponse(request.url, status, said, Raw(body))


@pytest.fixture(scope="module")
def sdk() -> Sdk:
    return Sdk()


def asked(sdk: Sdk, call: Callable[[], object]) -> tuple[str, str, dict[str, str], bytes]:
    """The last request of a call, without what the SDK says of itself and of the moment."""
    sdk.sent.clear()
    call()
    request = sdk.sent[-1]
    url = urlsplit(request.url)
    said = {n.lower(): _text(v) for n, v in request.headers.items()}
    body = request.body or b""
    return request.method, f"{url.path}?{url.query}".rstrip("?"), _meant(said), bytes(body) if isinstance(body, bytes) else b""


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _meant(headers: dict[str, str]) -> dict[str, str]:
    own = ("amz-sdk", "user-agent", "authorization", "content-length", "x-amz-date", "x-amz-content-sha256")
    return {name: value for name, value in headers.items() if not name.startswith(own)}


def ours(request: Request) -> tuple[str, str, dict[str, str], bytes]:
    form = request.form
    varying = dict(zip(form.varying, request.values, strict=True))
    return form.method, f"/{request.path}?{request.sent}".rstrip("?"), {**form.headers, **varying}, form.body


NAMED = {"Bucket": "charts", "Key": KEY, "ExpectedBucketOwner": ACCOUNT}
REQUESTS: dict[str, tuple[Request, Callable[[Any], object]]] = {
    "a look": (FORMS.head(KEY, "v+/="), lambda s3: s3.head_object(**NAMED, VersionId="v+/=", ChecksumMode="ENABLED")),
    "a look without checksums": (FORMS.head(KEY, "null", sums=False), lambda s3: s3.head_object(**NAMED, VersionId="null")),
    "tags": (FORMS.tags(KEY, "null"), lambda s3: s3.get_object_tagging(**NAMED, VersionId="null")),
    "grants": (FORMS.acl(KEY, "null"), lambda s3: s3.get_object_acl(**NAMED, VersionId="null")),
    "an update": (
        FORMS.update(KEY, "v1", UNDER),
        lambda s3: s3.update_object_encryption(
            **NAMED, VersionId="v1", ObjectEncryption={"SSEKMS": {"KMSKeyArn": NEW, "BucketKeyEnabled": True}}
        ),
    ),
    "a listing": (FORMS.versions(None), lambda s3: s3.list_object_versions(Bucket="charts", MaxKeys=1000)),
}


@pytest.mark.parametrize("what", REQUESTS)
def test_a_request_is_the_sdks(sdk: Sdk, what: str) -> None:
    request, call = REQUESTS[what]
    mine, theirs = ours(request), asked(sdk, lambda: call(sdk.client))
    assert (mine[0], mine[2:]) == (theirs[0], theirs[2:])
    assert sorted(mine[1].split("?")[-1].split("&")) == sorted(theirs[1].split("?")[-1].split("&"))
    assert mine[1].split("?")[0] == theirs[1].split("?")[0]


@pytest.mark.parametrize("facts", [PLAIN, SUMMED], ids=["plain", "with a checksum and a redirect"])
def test_a_copy_is_the_one_that_the_sdk_would_make(sdk: Sdk, facts: Facts) -> None:
    sdk.answers = iter([(200, {}, NO_GRANTS), (200, {}, COPIED)])
    place = Place(sdk.client, "charts", ACCOUNT, KEY)
    assert ours(FORMS.copy(KEY, facts, UNDER)) == asked(sdk, lambda: copy(place, "v1", facts, UNDER))


def test_a_listing_goes_on_after_any_key(sdk: Sdk) -> None:
    def theirs() -> object:
        return sdk.client.list_object_versions(Bucket="charts", MaxKeys=7, KeyMarker=KEY, VersionIdMarker="v+")

    assert set(ours(FORMS.versions((KEY, "v+"), 7))[1][2:].split("&")) == set(asked(sdk, theirs)[1][2:].split("&"))


WORDS = st.text("abcdef0123456789-./=", min_size=1, max_size=12)
DATES = st.sampled_from(["Sat, 21 Nov 2026 03:00:00 GMT", "Thu, 01 Jan 2026 00:00:00 GMT"])
HEADERS = st.fixed_dictionaries(
    {"Content-Length": st.integers(0, 9**12).map(str), "ETag": WORDS.map('"{}"'.format), "Last-Modified": DATES},
    optional={
        "Cache-Control": WORDS,
        "Content-Type": WORDS,
        "Expires": st.one_of(DATES, st.just("0")),
        "x-amz-archive-status": st.just("ARCHIVE_ACCESS"),
        "x-amz-checksum-crc64nvme": WORDS,
        "x-amz-checksum-algorithm": WORDS,
        "x-amz-checksum-type": st.sampled_from(["FULL_OBJECT", "COMPOSITE"]),
        "x-amz-meta-ward": WORDS,
        "x-amz-meta-Two-Words": WORDS,
        "x-amz-object-lock-legal-hold": st.sampled_from(["ON", "OFF"]),
        "x-amz-object-lock-mode": st.sampled_from(["GOVERNANCE", "COMPLIANCE"]),
        "x-amz-object-lock-retain-until-date": st.just("2036-11-21T03:00:00.123Z"),
        "x-amz-restore": st.sampled_from(['ongoing-request="true"', 'ongoing-request="false", expiry-date="x"']),
        "x-amz-server-side-encryption": st.sampled_from(["AES256", "aws:kms", "aws:kms:dsse", "aws:fsx"]),
        "x-amz-server-side-encryption-aws-kms-key-id": st.just(NEW),
        "x-amz-server-side-encryption-bucket-key-enabled": st.sampled_from(["true", "false"]),
        "x-amz-storage-class": st.sampled_from(["GLACIER", "STANDARD_IA"]),
        "x-amz-tagging-count": st.just("2"),
        "x-amz-website-redirect-location": WORDS,
    },
)


@settings(max_examples=80, deadline=None)
@given(headers=HEADERS)
def test_an_objects_headers_are_read_as_the_sdk_reads_them(sdk: Sdk, headers: dict[str, str]) -> None:
    sdk.answers = iter([(200, headers, b"")])
    theirs = objects_seen.facts(sdk.client.head_object(Bucket="charts", Key="k"), ())
    lines = tuple(f"{name}: {value}\r\n".encode() for name, value in headers.items())
    said = described(Reply(200, (b"HTTP/1.1 200 OK\r\n", *lines), b"").headers)
    assert (objects_seen.facts(said, ()), said.get("TagCount")) == (theirs, 2 if "x-amz-tagging-count" in headers else None)


def come_to(ask: Ask, *replies: tuple[int, dict[str, str], bytes]) -> object:
    """What a call comes to when these are the answers; the error, where it is one."""
    exchange, left = answered(FORMS, ask), iter(replies)
    try:
        next(exchange)
        while True:
            status, headers, body = next(left)
            lines = tuple(f"{name}: {value}\r\n".encode() for name, value in headers.items())
            exchange.send(Reply(status, lines, body))
    except StopIteration as end:
        return end.value
    except CloudError as error:
        return (type(error), error.code)


def said(code: str) -> bytes:
    return f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>about {KEY}</Message></Error>".encode()


HERE = {"Content-Length": "1", "ETag": '"e"', "Last-Modified": "Sat, 21 Nov 2026 03:00:00 GMT"}
TAGS = b"<Tagging><TagSet><Tag><Key>t</Key><Value>a&amp;b</Value></Tag><Tag><Key>e</Key><Value></Value></Tag></TagSet></Tagging>"
LOOK, UPDATE, COPY = Head(KEY, "v1"), Update(KEY, "v1", UNDER), Copy(Version(KEY, "v1", latest=True, modified=NOW), FACTS, UNDER)
GRANTED = NO_GRANTS.replace(b"</AccessControlList>", b"<Grant><Grantee><ID>2</ID></Grantee></Grant></AccessControlList>")
GRANTS, NOT_GRANTED = (200, dict[str, str](), GRANTED), (200, dict[str, str](), NO_GRANTS)

ANSWERS: dict[str, tuple[Ask, list[tuple[int, dict[str, str], bytes]], object]] = {
    "a look at what is gone": (LOOK, [(404, {}, b"")], (Absent, "404")),
    "a look that is denied": (LOOK, [(403, {}, b""), (403, {}, b"")], (Refused, "403")),
    "a look at a customer's": (LOOK, [(400, {}, b""), (400, {}, said("InvalidRequest"))], (Refused, CUSTOMER_KEY)),
    "a look under a key that is off": (
        LOOK,
        [(400, {}, b""), (400, {}, said("KMS.DisabledException"))],
        (Refused, "KMS.DisabledException"),
    ),
    "a look that explains itself to nobody": (LOOK, [(400, {}, b""), (206, {}, b"x")], (Refused, "400")),
    "a look at a busy store": (LOOK, [(503, {}, b"")], (Throttled, "503")),
    "a look that tells less than every object has": (LOOK, [(200, {"ETag": "e"}, b"")], (Unreachable, "IncompleteBody")),
    "an update": (UPDATE, [(200, {"x-amz-request-id": "R"}, b"")], Moved("v1", "", ("R",))),
    "an update of what is gone": (UPDATE, [(404, {}, said("NoSuchVersion"))], (Absent, "NoSuchVersion")),
    "an update that S3 does not do": (UPDATE, [(400, {}, said("InvalidRequest"))], (Refused, "InvalidRequest")),
    "an update where the call is unknown": (UPDATE, [(501, {}, said("NotImplemented"))], (Refused, "NotImplemented")),
    "an update that comes too soon": (UPDATE, [(503, {}, said("SlowDown"))], (Throttled, "SlowDown")),
    "an update that KMS has no time for": (UPDATE, [(400, {}, said("ThrottlingException"))], (Throttled, "ThrottlingException")),
    "a copy": (COPY, [NOT_GRANTED, (200, {"x-amz-version-id": "v2"}, COPIED)], Moved("v2", "new", ("",))),
    "a copy without versions": (COPY, [NOT_GRANTED, (200, {}, COPIED)], Moved("null", "new", ("",))),
    "a copy that loses grants": (COPY, [GRANTS, (200, {}, COPIED)], Moved("null", "new", ("",), ("acl",))),
    "a copy of what changed": (COPY, [NOT_GRANTED, (412, {}, said("PreconditionFailed"))], (Refused, "PreconditionFailed")),
    "a copy that fails after it was accepted": (
        COPY,
        [NOT_GRANTED, (200, {}, said("InternalError"))],
        (Throttled, "InternalError"),
    ),
    "a copy that is told to slow down after it was accepted": (
        COPY,
        [NOT_GRANTED, (200, {}, said("SlowDown"))],
        (Throttled, "SlowDown"),
    ),
    "half an answer to a copy": (COPY, [NOT_GRANTED, (200, {}, COPIED[:-5])], (Unreachable, "IncompleteBody")),
}


@pytest.mark.parametrize("what", ANSWERS)
def test_every_answer_is_classified(what: str) -> None:
    ask, replies, expected = ANSWERS[what]
    assert come_to(ask, *replies) == expected


def test_tags_are_read_where_there_are_any() -> None:
    found = come_to(LOOK, (200, {**HERE, "x-amz-tagging-count": "2"}, b""), (200, {}, TAGS))
    assert isinstance(found, Facts)
    assert found.tags == (("e", ""), ("t", "a&b"))


def test_no_error_repeats_what_the_service_said() -> None:
    exchange = answered(FORMS, UPDATE)
    request = next(exchange)
    with pytest.raises(Refused) as refused:
        exchange.send(Reply(403, (), said("AccessDenied")))
    assert "jane" not in f"{refused.value!r}{refused.value}{request!r}{Reply(403, (), said('AccessDenied'))!r}"


def test_every_header_that_is_read_is_one_of_the_sdks() -> None:
    shape = sdk_shape("HeadObject")
    assert {name: parameter for name, (parameter, _) in READ.items()}.items() <= shape.items()
    assert {name for name in shape if name.startswith("x-amz-checksum-")} <= READ.keys()


def sdk_shape(operation: str) -> dict[str, str]:
    """Header of an answer, and the SDK's name for it."""
    answer = boto3.client("s3", region_name="us-east-1").meta.service_model.operation_model(operation).output_shape
    assert answer
    said = ((shape.serialization, parameter) for parameter, shape in answer.members.items())
    return {where["name"].lower(): parameter for where, parameter in said if where.get("location") == "header"}
