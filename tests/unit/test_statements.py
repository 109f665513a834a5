"""Our deny statements, word for word, and the exemptions that keep hospitals running."""

import json
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.containment import statements
from shared.containment.statements import Condition, Ordinal
from shared.domain.actor import Actor, Credential
from shared.domain.case import Reach, Standing
from tests.hospital import HOME, SESSION, THIEF

WHOLE = Standing(actor=THIEF, reach=Reach.PRINCIPAL)
ONE = Standing(actor=SESSION, reach=Reach.SESSION)
ANONYMOUS = Actor(credential=Credential.ANONYMOUS, account="")
ROOT = Actor(credential=Credential.ROOT, account=HOME, unique_id=HOME)
TOKEN = THIEF.but(credential=Credential.FEDERATION_TOKEN, session="bob")

ALL_BUT: dict[str, Condition] = {
    "all but the rightful": statements.all_but(["arn:aws:iam::1:role/a"], ["AROAUS"]),
    "all but our own ids": statements.all_but_ids(["AROAUS"]),
    "outsiders": statements.outsiders([HOME]),
}


@given(st.text(min_size=1), st.sampled_from(Ordinal), st.integers(0, 99))
def test_a_sid_is_of_letters_and_digits_only(case: str, ordinal: Ordinal, number: int) -> None:
    assert re.fullmatch(r"Codeblue[0-9a-f]{8}\d{4}", statements.sid(case, ordinal, number))


def test_every_statement_of_a_case_has_a_sid_of_its_own() -> None:
    sids = {statements.sid(case, ordinal, number) for case in ("a", "b") for ordinal in Ordinal for number in range(3)}
    assert len(sids) == 2 * len(Ordinal) * 3


@pytest.mark.parametrize(
    ("standings", "ids"),
    [
        pytest.param([WHOLE], ["AIDAEXPORT", "AIDAEXPORT:*"], id="a user as a whole"),
        pytest.param([ONE], ["AROACLINIC:mallory"], id="one session of a role"),
        pytest.param([ONE.but(reach=Reach.PRINCIPAL)], ["AROACLINIC", "AROACLINIC:*"], id="every session of a role"),
        pytest.param([WHOLE, ONE], ["AIDAEXPORT", "AIDAEXPORT:*", "AROACLINIC:mallory"], id="both at once"),
        pytest.param([Standing(actor=TOKEN, reach=Reach.SESSION)], [f"{HOME}:bob"], id="a federation token by its own name"),
        pytest.param(
            [Standing(actor=TOKEN, reach=Reach.PRINCIPAL)], [f"{HOME}:bob", "AIDAEXPORT", "AIDAEXPORT:*"], id="its user with it"
        ),
    ],
)
def test_actors_are_named_by_unique_id(standings: list[Standing], ids: list[str]) -> None:
    assert statements.the_actors(standings) == {"StringLike": {"aws:userid": ids}}


@pytest.mark.parametrize(
    "nobody",
    [
        pytest.param([], id="nobody"),
        pytest.param([ONE.but(reach=Reach.UNDECIDED)], id="somebody about whom a person decides"),
        pytest.param([ONE.but(reach=Reach.NETWORK)], id="somebody who is refused by network"),
        pytest.param([Standing(actor=ROOT, reach=Reach.PRINCIPAL)], id="an account's root user"),
        pytest.param([Standing(actor=ANONYMOUS, reach=Reach.SESSION)], id="an anonymous caller"),
    ],
)
def test_no_statement_names(nobody: list[Standing]) -> None:
    assert statements.the_actors(nobody) == {}


@pytest.mark.parametrize(
    ("networks", "conditions"),
    [
        pytest.param(("vpc-1",), {"StringNotEquals": {"aws:SourceVpc": ["vpc-1"]}}, id="a VPC"),
        pytest.param(("vpce-1",), {"StringNotEquals": {"aws:SourceVpce": ["vpce-1"]}}, id="a VPC endpoint"),
        pytest.param(("10.0.0.9",), {"NotIpAddress": {"aws:SourceIp": ["10.0.0.9"]}}, id="an address"),
        pytest.param(
            ("10.0.0.9", "vpc-1", "vpce-1"),
            {
                "StringNotEquals": {"aws:SourceVpc": ["vpc-1"], "aws:SourceVpce": ["vpce-1"]},
                "NotIpAddress": {"aws:SourceIp": ["10.0.0.9"]},
            },
            id="all three, of which any one is enough to be let through",
        ),
    ],
)
def test_stolen_credentials_are_refused_except_from(networks: tuple[str, ...], conditions: Condition) -> None:
    shared = Standing(actor=SESSION, reach=Reach.NETWORK, networks=networks)
    assert statements.elsewhere(shared) == {
        "StringLike": {"aws:userid": ["AROACLINIC:mallory"]},
        "BoolIfExists": {"aws:ViaAWSService": "false"},
        **conditions,
    }


@pytest.mark.parametrize("condition", ALL_BUT.values(), ids=ALL_BUT)
def test_aws_services_are_exempt_from(condition: Condition) -> None:
    assert condition["Bool"] == {"aws:PrincipalIsAWSService": "false"}


@pytest.mark.parametrize("name", ["all but the rightful", "all but our own ids"])
def test_we_are_exempt_by_unique_id_with_all_our_sessions_from(name: str) -> None:
    assert ALL_BUT[name]["StringNotLike"] == {"aws:userid": ["AROAUS", "AROAUS:*"]}


def test_service_linked_roles_are_exempt_where_everybody_else_is_refused() -> None:
    assert "arn:aws:iam::*:role/aws-service-role/*" in ALL_BUT["all but the rightful"]["ArnNotLike"]["aws:PrincipalArn"]


def test_where_nobody_is_exempt_the_condition_still_has_a_value_that_nobody_bears() -> None:
    assert statements.all_but_ids([])["StringNotLike"] == {"aws:userid": ["-"]}


UNASKED = "arn:aws:iam::1:role/on-call"


@pytest.mark.parametrize(
    "condition",
    [
        pytest.param(statements.all_but([], ["AROAUS", UNASKED]), id="in a deny of strangers"),
        pytest.param(statements.all_but_ids(["AROAUS", UNASKED]), id="in a deny of everybody else"),
    ],
)
def test_whose_id_nobody_knows_is_spared_by_name(condition: Condition) -> None:
    assert condition["StringNotLike"] == {"aws:userid": ["AROAUS", "AROAUS:*"]}
    assert UNASKED in condition["ArnNotLike"]["aws:PrincipalArn"]


def test_new_sessions_are_those_begun_since_under_names_never_seen_and_not_delivered_by_aws() -> None:
    since = datetime(2026, 11, 21, 3, tzinfo=UTC)
    assert statements.new_sessions(SESSION, ["ward-7"], since) == {
        "StringLike": {"aws:userid": ["AROACLINIC:*"]},
        "StringNotEquals": {"aws:userid": ["AROACLINIC:ward-7"]},
        "DateGreaterThan": {"aws:TokenIssueTime": "2026-11-21T03:00:00Z"},
        "Null": {"ec2:SourceInstanceArn": "true", "lambda:SourceFunctionArn": "true"},
    }


def test_a_deny_of_a_resource_names_no_principal_but_everybody_and_lets_conditions_say_who() -> None:
    body = statements.deny("Codeblue1", ["s3:*"], ["arn:aws:s3:::b"], statements.the_actors([ONE]), principal=True)
    assert json.loads(body) == {
        "Sid": "Codeblue1",
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["s3:*"],
        "Resource": ["arn:aws:s3:::b"],
        "Condition": {"StringLike": {"aws:userid": ["AROACLINIC:mallory"]}},
    }


def test_a_deny_of_an_identity_has_no_principal() -> None:
    assert "Principal" not in json.loads(statements.deny("Codeblue1", ["*"], ["*"], {}, principal=False))


def test_a_deny_of_a_trust_policy_names_no_resource() -> None:
    assert "Resource" not in json.loads(statements.trust_deny("Codeblue1", ["sts:AssumeRole"], {}))


def test_a_statement_is_read_back_as_it_was_written() -> None:
    body = statements.deny("Codeblue1", ["*"], ["*"], {}, principal=False)
    assert statements.body(statements.parsed(body)) == body
