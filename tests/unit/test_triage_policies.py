"""Whom a written policy lets in."""

import json

import pytest

from shared.triage.policy_document import Reach, gives_everything, reach

HOME = frozenset({"111122223333"})


def statement(principal: object, **more: object) -> dict[str, object]:
    return {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "*", **more}


def held(**condition: object) -> dict[str, object]:
    return statement("*", Condition=condition)


ROWS = {
    "everybody": (statement("*"), Reach.WORLD),
    "everybody, as AWS": (statement({"AWS": "*"}), Reach.WORLD),
    "everybody in a list": (statement({"AWS": ["arn:aws:iam::111122223333:root", "*"]}), Reach.WORLD),
    "everybody but one": ({"Effect": "Allow", "NotPrincipal": {"AWS": "111122223333"}, "Action": "*"}, Reach.WORLD),
    "ourselves": (statement({"AWS": "arn:aws:iam::111122223333:role/r"}), Reach.NOBODY),
    "another account's number": (statement({"AWS": "999988887777"}), Reach.OUTSIDE),
    "another account's role": (statement({"AWS": "arn:aws:iam::999988887777:role/r"}), Reach.OUTSIDE),
    "another account, held to an address": (
        statement({"AWS": "999988887777"}, Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
        Reach.OUTSIDE,
    ),
    "a service": (statement({"Service": "cloudtrail.amazonaws.com"}), Reach.NOBODY),
    "a provider's people": (statement({"Federated": "cognito-identity.amazonaws.com"}), Reach.NOBODY),
    "a denial": ({"Effect": "Deny", "Principal": "*", "Action": "*"}, Reach.NOBODY),
    "held to the organisation": (held(StringEquals={"aws:PrincipalOrgID": "o-1"}), Reach.NOBODY),
    "held to a network": (held(StringLike={"aws:SourceVpc": "vpc-*"}), Reach.NOBODY),
    "held to a private address": (held(IpAddress={"aws:SourceIp": ["10.0.0.0/8"]}), Reach.NOBODY),
    "held to every address": (held(IpAddress={"aws:SourceIp": "0.0.0.0/0"}), Reach.WORLD),
    "held to a wildcard": (held(StringLike={"aws:PrincipalArn": "*"}), Reach.WORLD),
    "held by what anybody can say": (held(StringEquals={"s3:prefix": "x"}), Reach.WORLD),
    "held by a secret word": (held(StringEquals={"sts:ExternalId": "12345"}), Reach.WORLD),
    "kept from some": (held(StringNotEquals={"aws:PrincipalOrgID": "o-1"}), Reach.WORLD),
    "no principal": ({"Effect": "Allow", "Action": "*", "Resource": "*"}, Reach.NOBODY),
    "no statement": ("nonsense", Reach.NOBODY),
}


@pytest.mark.parametrize(("content", "expected"), ROWS.values(), ids=ROWS.keys())
def test_a_statement_lets_in(content: object, expected: Reach) -> None:
    policy = {"Version": "2012-10-17", "Statement": [content]}
    assert reach({"policy": policy}, HOME) is expected
    assert reach({"attributes": {"Policy": json.dumps(policy)}}, HOME) is expected


def test_one_open_statement_opens_the_whole() -> None:
    whole = {"Statement": [held(StringEquals={"aws:PrincipalOrgID": "o-1"}), statement("*")]}
    assert reach({"policy": whole}, HOME) is Reach.WORLD


def test_without_knowing_ourselves_only_everybody_is_outside() -> None:
    assert reach({"policy": {"Statement": [statement({"AWS": "999988887777"})]}}, frozenset()) is Reach.NOBODY


def test_everything_is_every_action_on_everything() -> None:
    everything = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    assert gives_everything({"policyDocument": json.dumps(everything)})
    assert not gives_everything({"policyDocument": json.dumps(everything).replace('"*"', '"s3:Get*"', 1)})
