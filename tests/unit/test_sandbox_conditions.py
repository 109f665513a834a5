"""Condition operators, row by row as the IAM User Guide documents them."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.sandbox.aws.conditions import UnknownOperator, holds

CONTEXT: Mapping[str, tuple[str, ...]] = {
    "aws:principalarn": ("arn:aws:iam::111122223333:role/team/ward",),
    "aws:userid": ("AROAWARD:i-0abc",),
    "aws:username": ("alice",),
    "aws:sourceip": ("10.1.2.3",),
    "aws:securetransport": ("true",),
    "aws:tokenissuetime": ("2026-11-21T20:00:00Z",),
    "aws:epochtime": ("1795291200",),
    "s3:signatureage": ("60000",),
    "s3:tlsversion": ("1.2",),
    "aws:tagkeys": ("ward", "bed"),
    "aws:principaltag/empty": (),
}

ROWS: tuple[tuple[str, str, object, bool], ...] = (
    ("StringEquals", "aws:username", "alice", True),
    ("StringEquals", "AWS:UserName", "alice", True),
    ("StringEquals", "aws:username", "Alice", False),
    ("StringEquals", "aws:username", ["bob", "alice"], True),
    ("StringEquals", "aws:username", "al*", False),
    ("StringEquals", "aws:username", "${aws:username}", True),
    ("StringEquals", "aws:username", "${aws:nothing}", False),
    ("StringEquals", "aws:nothing", "x", False),
    ("StringEquals", "aws:principaltag/empty", "", False),
    ("StringEqualsIfExists", "aws:nothing", "x", True),
    ("StringEqualsIfExists", "aws:username", "x", False),
    ("StringNotEquals", "aws:username", "alice", False),
    ("StringNotEquals", "aws:username", ["bob", "eve"], True),
    ("StringNotEquals", "aws:username", ["bob", "alice"], False),
    ("StringNotEquals", "aws:nothing", "x", True),
    ("StringNotEquals", "aws:username", "${aws:nothing}", True),
    ("StringEqualsIgnoreCase", "aws:username", "ALICE", True),
    ("StringNotEqualsIgnoreCase", "aws:username", "ALICE", False),
    ("StringLike", "aws:userid", "AROAWARD:*", True),
    ("StringLike", "aws:userid", "AROAWARD:i-0ab?", True),
    ("StringLike", "aws:userid", "aroaward:*", False),
    ("StringNotLike", "aws:userid", "AROAWARD:*", False),
    ("StringNotLike", "aws:nothing", "*", True),
    ("ArnEquals", "aws:principalarn", "arn:aws:iam::111122223333:role/*", True),
    ("ArnLike", "aws:principalarn", "arn:aws:iam::*:role/team/ward", True),
    ("ArnLike", "aws:principalarn", "arn:aws:iam::*/ward", False),
    ("ArnLike", "aws:principalarn", "*", True),
    ("ArnNotEquals", "aws:principalarn", "arn:aws:iam::111122223333:role/*", False),
    ("ArnNotLike", "aws:nothing", "arn:aws:iam::*:role/*", True),
    ("ArnNotLikeIfExists", "aws:nothing", "arn:aws:iam::*:role/*", True),
    ("ArnLike", "aws:nothing", "*", False),
    ("Bool", "aws:securetransport", "true", True),
    ("Bool", "aws:securetransport", True, True),
    ("Bool", "aws:securetransport", "false", False),
    ("Bool", "aws:nothing", "false", False),
    ("BoolIfExists", "aws:nothing", "false", True),
    ("Null", "aws:nothing", "true", True),
    ("Null", "aws:nothing", "false", False),
    ("Null", "aws:tokenissuetime", "false", True),
    ("Null", "aws:tokenissuetime", True, False),
    ("Null", "aws:principaltag/empty", "true", True),
    ("DateLessThan", "aws:tokenissuetime", "2026-11-21T20:00:01Z", True),
    ("DateLessThan", "aws:tokenissuetime", "2026-11-21T20:00:00.000Z", False),
    ("DateLessThanEquals", "aws:tokenissuetime", "2026-11-21T20:00:00.000Z", True),
    ("DateGreaterThan", "aws:tokenissuetime", "2026-11-21T21:30:00+02:00", True),
    ("DateGreaterThanEquals", "aws:tokenissuetime", "2026-11-21", True),
    ("DateEquals", "aws:tokenissuetime", "1795291200", True),
    ("DateEquals", "aws:epochtime", "2026-11-21T20:00:00Z", True),
    ("DateNotEquals", "aws:tokenissuetime", "2026-11-21T20:00:00Z", False),
    ("DateLessThan", "aws:nothing", "2026-11-21T20:00:01Z", False),
    ("DateLessThan", "aws:username", "2026-11-21T20:00:01Z", False),
    ("NumericEquals", "s3:signatureage", "60000.0", True),
    ("NumericNotEquals", "s3:signatureage", 60000, False),
    ("NumericLessThan", "s3:tlsversion", 1.2, False),
    ("NumericLessThan", "s3:tlsversion", "1.3", True),
    ("NumericLessThan", "s3:tlsversion", "high", False),
    ("NumericLessThanEquals", "s3:tlsversion", "1.2", True),
    ("NumericGreaterThan", "s3:signatureage", "600000", False),
    ("NumericGreaterThanEquals", "s3:signatureage", "60000", True),
    ("NumericGreaterThan", "s3:nothing", "1", False),
    ("IpAddress", "aws:sourceip", "10.1.0.0/16", True),
    ("IpAddress", "aws:sourceip", "10.1.2.3", True),
    ("IpAddress", "aws:sourceip", ["192.168.0.0/16", "2001:db8::/32"], False),
    ("IpAddress", "aws:sourceip", "no network", False),
    ("NotIpAddress", "aws:sourceip", "10.1.0.0/16", False),
    ("NotIpAddress", "aws:nothing", "10.1.0.0/16", True),
    ("BinaryEquals", "aws:username", "alice", True),
    ("ForAllValues:StringEquals", "aws:tagkeys", ["ward", "bed", "x"], True),
    ("ForAllValues:StringEquals", "aws:tagkeys", ["ward"], False),
    ("ForAllValues:StringEquals", "aws:nothing", ["ward"], True),
    ("ForAnyValue:StringEquals", "aws:tagkeys", ["ward"], True),
    ("ForAnyValue:StringEquals", "aws:tagkeys", ["x"], False),
    ("ForAnyValue:StringEquals", "aws:nothing", ["ward"], False),
    ("ForAnyValue:StringNotEquals", "aws:tagkeys", ["ward"], True),
    ("ForAnyValue:StringNotEquals", "aws:nothing", ["ward"], False),
    ("ForAllValues:StringNotLike", "aws:tagkeys", ["w*"], False),
    ("ForAllValues:StringNotLike", "aws:tagkeys", ["x*"], True),
)


@pytest.mark.parametrize(
    ("operator", "key", "values", "expected"), ROWS, ids=[f"{op} {key} {value} is {expected}" for op, key, value, expected in ROWS]
)
def test_an_operator(operator: str, key: str, values: object, expected: bool) -> None:
    assert holds({operator: {key: values}}, CONTEXT, CONTEXT) is expected


def test_all_operators_and_keys_of_a_block_must_hold() -> None:
    block = {"StringEquals": {"aws:username": "alice"}, "Bool": {"aws:securetransport": "true"}}
    assert holds(block, CONTEXT, CONTEXT)
    assert not holds(block | {"Bool": {"aws:securetransport": "false"}}, CONTEXT, CONTEXT)


def test_a_document_without_variables_takes_them_as_letters() -> None:
    assert not holds({"StringEquals": {"aws:username": "${aws:username}"}}, CONTEXT, None)


def test_an_escaped_wildcard_is_a_letter() -> None:
    assert holds({"StringLike": {"k": "a${*}"}}, {"k": ("a*",)}, {})
    assert not holds({"StringLike": {"k": "a${*}"}}, {"k": ("ab",)}, {})
    assert holds({"StringEquals": {"k": "a${?}"}}, {"k": ("a?",)}, {})


@pytest.mark.parametrize("operator", ["StringMatches", "ForSomeValues:StringEquals", "IfExists"])
def test_an_operator_that_does_not_exist_is_an_error(operator: str) -> None:
    with pytest.raises(UnknownOperator, match=operator):
        holds({operator: {"aws:username": "alice"}}, CONTEXT, CONTEXT)


_POSITIVE = st.sampled_from(
    ["StringEquals", "StringLike", "StringEqualsIgnoreCase", "ArnLike", "NumericEquals", "DateEquals", "IpAddress"]
)
_TEXTS = st.lists(
    st.sampled_from(["a", "A", "a*", "1", "1.0", "10.0.0.1", "arn:aws:iam::1:role/x", "2026-01-01"]), min_size=1, max_size=3
)


@given(_POSITIVE, _TEXTS, _TEXTS.map(lambda texts: texts[:1]))
def test_a_negated_operator_is_the_opposite_of_the_positive_one(operator: str, wanted: list[str], present: list[str]) -> None:
    negated = (
        "NotIpAddress"
        if operator == "IpAddress"
        else operator.replace("String", "StringNot")
        .replace("Arn", "ArnNot")
        .replace("Numeric", "NumericNot")
        .replace("Date", "DateNot")
    )
    context = {"k": tuple(present)}
    assert holds({operator: {"k": wanted}}, context, {}) is not holds({negated: {"k": wanted}}, context, {})
