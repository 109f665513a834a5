"""Entries: one spelling for everything, and nothing that could have two."""

import string
from contextlib import suppress
from datetime import UTC, datetime

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from shared.custody.entry import GENESIS, SAFE, Entry, decode, encode, evidence
from shared.domain.errors import BadInput, Tampered

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
KEYS = st.text(string.printable, max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(1 - SAFE, SAFE - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
BODIES = st.dictionaries(KEYS, VALUES, max_size=5)


def entry(body: dict[str, object]) -> Entry:
    return Entry(7, datetime(2026, 11, 21, tzinfo=UTC).isoformat(), "case-1", "intended", GENESIS, body)


@given(BODIES)
def test_the_bytes_are_those_of_rfc_8785(body: dict[str, object]) -> None:
    made = entry(body)
    fields = {name: getattr(made, name) for name in ("v", "seq", "at", "case", "kind", "prev", "body")}
    assert encode(made) == rfc8785.dumps(fields)


@given(BODIES)
def test_decoding_gives_back_what_was_encoded(body: dict[str, object]) -> None:
    assert decode(encode(entry(body))) == entry(body)


@given(BODIES, st.data())
def test_other_spellings_of_the_same_entry_are_refused(body: dict[str, object], data: st.DataObject) -> None:
    content = encode(entry(body))
    at = data.draw(st.integers(0, len(content)))
    spaced = content[:at] + b" " + content[at:]
    with suppress(Tampered):
        assert decode(spaced) != entry(body)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(1.5, id="a float"),
        pytest.param(float("nan"), id="no number"),
        pytest.param(SAFE, id="an integer that a double does not hold"),
        pytest.param(-SAFE, id="a negative integer that a double does not hold"),
        pytest.param({"é": 1}, id="a key that is not ASCII"),
        pytest.param({1: 1}, id="a key that is no text"),
        pytest.param(b"x", id="bytes"),
        pytest.param(datetime(2026, 1, 1, tzinfo=UTC), id="a time that nobody spelled"),
        pytest.param({1, 2}, id="a set, which has no order"),
        pytest.param("\ud800", id="half a character"),
    ],
)
def test_an_entry_refuses(value: object) -> None:
    with pytest.raises(BadInput):
        encode(entry({"deep": [{"in": value}]}))


def test_an_entry_refuses_nesting_that_could_exhaust_a_reader() -> None:
    body: dict[str, object] = {}
    for _ in range(100):
        body = {"in": body}
    with pytest.raises(BadInput):
        encode(entry(body))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda c: c.replace(b'"a":1', b'"a":1.0'), id="a number spelled as a float"),
        pytest.param(lambda c: c.replace(b'"a":1', b'"a":1,"a":1'), id="a key that stands twice"),
        pytest.param(lambda c: c.replace(b'"a":1', b'"\\u0061":1'), id="a letter spelled as an escape"),
        pytest.param(lambda c: c.replace(b'{"at"', b'{"zz":1,"at"'), id="a field that entries do not have"),
        pytest.param(lambda c: c.replace(b'"v":1', b'"v":2'), id="a version from the future"),
        pytest.param(lambda c: c.replace(b'"a":1', b'"a":1.5'), id="a float, canonically spelled"),
        pytest.param(lambda c: c.replace(b'"a":1', b'"a":9007199254740993'), id="an integer beyond doubles"),
        pytest.param(lambda c: c[:-1], id="a torn file"),
        pytest.param(lambda _: b"", id="an empty file"),
        pytest.param(lambda _: b"\xff", id="no text"),
        pytest.param(lambda _: b"[" * 100_000, id="a file that digs without end"),
    ],
)
def test_reading_refuses(change: object) -> None:
    assert callable(change)
    content = encode(entry({"a": 1}))
    assert change(content) != content
    with pytest.raises(Tampered):
        decode(change(content))


def test_text_that_looks_like_a_reference_is_none() -> None:
    name = "ab" * 32
    assert evidence(encode(entry({"blobs": [{"cipher": name}]}))) == {name}
    assert evidence(encode(entry({"why": f'"cipher":"{name}"'}))) == set()
