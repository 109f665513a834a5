"""Pure rules of the sandbox: what is public, what counts against a quota, which fault befalls which call."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.sandbox.aws.faults import Fault
from shared.sandbox.aws.http import Incoming, Reply
from shared.sandbox.aws.iam_rules import characters
from shared.sandbox.aws.refusals import Refusal, render
from shared.sandbox.aws.s3_policies import is_public

EVERYBODY: dict[str, Any] = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}


@pytest.mark.parametrize(
    ("statement", "public"),
    [
        (EVERYBODY, True),
        (EVERYBODY | {"Principal": {"AWS": "*"}}, True),
        (EVERYBODY | {"Principal": {"AWS": ["111122223333", "*"]}}, True),
        (EVERYBODY | {"Principal": {"AWS": "111122223333"}}, False),
        (EVERYBODY | {"Principal": {"Service": "logging.s3.amazonaws.com"}}, False),
        (EVERYBODY | {"Effect": "Deny"}, False),
        (EVERYBODY | {"Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}}, False),
        (EVERYBODY | {"Condition": {"StringLike": {"aws:SourceVpc": "vpc-*"}}}, True),
        (EVERYBODY | {"Condition": {"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}}, False),
        (EVERYBODY | {"Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}}, True),
        (EVERYBODY | {"Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}}, True),
        (EVERYBODY | {"Condition": {"StringEqualsIfExists": {"aws:SourceVpc": "vpc-1"}}}, True),
        (EVERYBODY | {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}, True),
    ],
)
def test_a_policy_is_public_when_it_lets_everybody_in_without_a_fixed_restriction(statement: dict[str, Any], public: bool) -> None:
    assert is_public({"Statement": [statement]}) is public
    assert is_public({"Statement": statement}) is public


@given(st.lists(st.text(alphabet='ab{}": \n\t', max_size=30), max_size=5))
def test_whitespace_never_counts_against_a_quota(documents: list[str]) -> None:
    assert characters(documents) == sum(not letter.isspace() for letter in "".join(documents))


@pytest.mark.parametrize(
    ("fault", "matches"),
    [
        (Fault("throttle"), True),
        (Fault("throttle", service="iam"), True),
        (Fault("throttle", service="s3"), False),
        (Fault("throttle", operation="List*"), True),
        (Fault("throttle", operation="Put*"), False),
        (Fault("throttle", caller="*:user/mallory"), True),
        (Fault("throttle", caller="*:user/alice"), False),
        (Fault("throttle", region="us-*"), True),
        (Fault("throttle", region="eu-west-1"), False),
    ],
)
def test_a_fault_befalls_the_calls_it_names(fault: Fault, matches: bool) -> None:
    assert fault.matches("iam", "ListUsers", "arn:aws:iam::111122223333:user/mallory", "us-east-1") is matches


@pytest.mark.parametrize(
    ("service", "protocol", "expected"),
    [
        ("kms", "json", {"__type": "Code", "message": "why <&>", "Message": "why <&>"}),
        ("s3", "rest-xml", "<Code>Code</Code><Message>why &lt;&amp;&gt;</Message>"),
        ("iam", "query", "<Type>Sender</Type><Code>Code</Code>"),
        ("ec2", "ec2", "<Response><Errors><Error><Code>Code</Code>"),
    ],
)
def test_a_refusal_is_written_in_the_services_protocol(service: str, protocol: str, expected: object) -> None:
    reply = render(Refusal("Code", "why <&>", 403), service, protocol)
    assert reply.status == 403
    if isinstance(expected, dict):
        assert json.loads(reply.body) == expected
    else:
        assert str(expected) in reply.body.decode()


def test_an_answer_to_head_has_no_body() -> None:
    assert render(Refusal("Code", "why"), "s3", "rest-xml", head=True).body == b""


def test_a_header_is_found_and_replaced_in_any_case() -> None:
    reply = Reply(200, (("X-Amz-Version-Id", "1"), ("ETag", "x")))
    assert reply.header("x-amz-version-id") == "1"
    assert reply.with_headers(x_amz_version_id="null").headers == (("ETag", "x"), ("x-amz-version-id", "null"))


def test_the_query_string_is_read_decoded() -> None:
    assert Incoming("GET", "h", "/", "a=%26&b", {}, b"").parameters == {"a": "&", "b": ""}
