"""What is hashed and signed is spelled as RFC 8785 says, whichever encoder spells it."""

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.value import canonical

NUMBERS = st.integers(-(2**54), 2**54) | st.floats()
KEYS = st.text(max_size=8)
CONTENT = st.dictionaries(
    KEYS,
    st.recursive(
        st.none() | st.booleans() | NUMBERS | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3) | st.tuples(inner, inner),
        max_leaves=5,
    ),
    max_size=4,
)
EDGES = [
    pytest.param({"\U0001f512": 1, "\ufb33": 2}, id="keys whose order is that of UTF-16"),
    pytest.param({"é": 1, "z": 2}, id="a key that is not ASCII"),
    pytest.param({"b": 1, "a": {"d": (), "c": []}}, id="keys out of order, and nothing in a list"),
    pytest.param({"a": '\x00\x1f\x7f\b\f\n\r\t"\\/\u2028é\U0001f512'}, id="what is escaped, and what is not"),
    pytest.param({"a": [True, False, None, 1, -1, 1.0, -0.0, 1e21, 5e-324]}, id="numbers and what looks like them"),
    pytest.param({"a": 2**53 - 1, "b": 1 - 2**53}, id="the greatest integers"),
    pytest.param({"a": 2**53}, id="an integer that shares its spelling"),
    pytest.param({"a": float("nan")}, id="no number"),
    pytest.param({"a": "\ud800"}, id="half a pair"),
    pytest.param({"a": {1: 2}}, id="a key that is no text"),
    pytest.param({"a": b"bytes"}, id="bytes"),
    pytest.param({"a": {1, 2}}, id="a set"),
]


@given(CONTENT)
def test_any_content_is_spelled_as_rfc_8785_says(content: dict[str, object]) -> None:
    try:
        expected = rfc8785.dumps(content)  # type: ignore[arg-type]  # as in the function
    except rfc8785.CanonicalizationError as error:
        with pytest.raises(type(error)):
            canonical(content)
    else:
        assert canonical(content) == expected


@pytest.mark.parametrize("content", EDGES)
def test_an_edge_is_spelled_or_refused_as_rfc_8785_says(content: dict[str, object]) -> None:
    test_any_content_is_spelled_as_rfc_8785_says.hypothesis.inner_test(content)  # type: ignore[attr-defined]
