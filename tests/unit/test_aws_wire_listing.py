"""A listing read by us is the listing read by the SDK, whatever the order of its elements and the spelling of its keys."""

import io
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus
from xml.sax.saxutils import escape

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.aws import objects_seen
from shared.adapters.aws.wire.listing import page
from shared.domain.errors import Unreachable

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1, max_size=12)
KEYS = st.one_of(st.sampled_from(["a b+c", "é/ü", "a//b", "../x", "%41", "x&y<z>'\"", "trailing/"]), TEXT)
WORDS = st.text("abcdefXYZ0123456789._", min_size=1, max_size=20)
TIMES = st.datetimes(datetime(2006, 3, 14), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis adds it
LINES = st.fixed_dictionaries(
    {
        "Key": KEYS,
        "VersionId": st.one_of(st.just("null"), WORDS),
        "IsLatest": st.sampled_from(["true", "false"]),
        "LastModified": TIMES.map(lambda at: at.strftime("%Y-%m-%dT%H:%M:%S.000Z")),
    }
)
CONTENT = st.fixed_dictionaries(
    {
        "ETag": st.one_of(WORDS.map('"{}"'.format), WORDS),
        "ChecksumAlgorithm": st.sampled_from(["", "CRC64NVME"]),
        "Size": st.integers(0, 5 * 1024**4).map(str),
        "Owner": st.booleans(),
        "StorageClass": st.sampled_from(["", "STANDARD", "DEEP_ARCHIVE"]),
    }
)
ROWS = st.lists(st.tuples(LINES, st.none() | CONTENT), max_size=6)


def xml(
    rows: list[tuple[dict[str, str], dict[str, Any] | None]], after: tuple[str, str] | None, *, url: bool, turned: bool
) -> bytes:
    """A page as a service writes it; `turned`: its elements in another order, on lines of their own."""

    def key(text: str) -> str:
        return quote_plus(text, safe="/") if url else escape(text)

    def element(line: dict[str, str], content: dict[str, Any] | None) -> str:
        said = {name: key(value) if name == "Key" else escape(value) for name, value in line.items()}
        said |= {name: escape(str(value), {'"': "&quot;"}) for name, value in (content or {}).items() if value and name != "Owner"}
        owner = "<Owner><ID>75aa</ID><DisplayName>x</DisplayName></Owner>" if content and content["Owner"] else ""
        parts = [f"<{name}>{value}</{name}>" for name, value in said.items()]
        kind = "DeleteMarker" if content is None else "Version"
        if turned:
            return f"<{kind}>\n" + "\n".join([owner, *reversed(parts)]) + f"\n</{kind}>"
        where = -1 if content and content["StorageClass"] else len(parts)
        return f"<{kind}>{''.join([*parts[:where], owner, *parts[where:]])}</{kind}>"

    markers = (
        f"<NextKeyMarker>{key(after[0])}</NextKeyMarker><NextVersionIdMarker>{after[1]}</NextVersionIdMarker>" if after else ""
    )
    head = f"<Name>charts</Name><KeyMarker></KeyMarker>{markers}<IsTruncated>{'true' if after else 'false'}</IsTruncated>"
    encoding = "<EncodingType>url</EncodingType>" if url else ""
    lines = "".join(element(*row) for row in rows)
    return f'<?xml version="1.0"?>\n<ListVersionsResult xmlns="x">{head}{encoding}{lines}</ListVersionsResult>\n'.encode()


class Sdk:
    """The SDK's client, with the service's answers in our hands."""

    def __init__(self) -> None:
        self._client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="x")
        self._client.meta.events.register("before-send.s3", self._answer)
        self.body = b""

    def _answer(self, **_: object) -> Any:  # noqa: ANN401  # the SDK says that handlers return nothing
        class Raw(io.BytesIO):
            def stream(self) -> list[bytes]:
                return [self.getvalue()]

        return AWSResponse("", 200, HTTPHeaders(), Raw(self.body))

    def page(self, body: bytes) -> dict[str, Any]:
        self.body = body
        return dict(self._client.list_object_versions(Bucket="charts"))


@pytest.fixture(scope="module")
def sdk() -> Sdk:
    return Sdk()


@settings(max_examples=120, deadline=None)
@given(rows=ROWS, after=st.none() | st.tuples(KEYS, WORDS), url=st.booleans(), turned=st.booleans())
def test_a_page_is_what_the_sdk_makes_of_it(
    sdk: Sdk, rows: list[tuple[dict[str, str], dict[str, Any] | None]], after: tuple[str, str] | None, url: bool, turned: bool
) -> None:
    body = xml(rows, after, url=url, turned=turned)
    ours, theirs = page(body), objects_seen.page(sdk.page(body))
    # the SDK tells versions and delete markers apart, and so loses their order within a key
    assert sorted(ours.versions, key=lambda line: (line.key, line.delete_marker)) == list(theirs.versions)
    assert ours.after == theirs.after
    assert [line.key for line in ours.versions] == sorted(line.key for line in ours.versions)


WHOLE = xml(
    [({"Key": "jane", "VersionId": "v", "IsLatest": "true", "LastModified": "2026-01-01T00:00:00.000Z"}, None)],
    None,
    url=True,
    turned=False,
)


@pytest.mark.parametrize("cut", [2, 10, 40, len(WHOLE) - 5])
def test_half_a_page_is_no_page(cut: int) -> None:
    with pytest.raises(Unreachable):
        page(WHOLE[:-cut])


def test_a_line_that_is_not_understood_is_not_passed_over() -> None:
    with pytest.raises(Unreachable):
        page(WHOLE.replace(b"LastModified", b"Modified"))


def test_no_key_is_in_a_repr() -> None:
    assert "jane" not in repr(page(WHOLE))
