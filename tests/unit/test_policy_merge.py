"""The rules by which a policy document is changed statement by statement."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.aws import policies
from shared.adapters.aws.policies import Document, Statement
from shared.domain.facet import PolicyStatement

SIDS = ("CodeblueA1", "CodeblueA2", "Terraform", "Audit")


def statement(sid: str, action: str) -> Statement:
    named = {"Sid": sid} if sid else {}
    return {**named, "Effect": "Deny", "Principal": "*", "Action": action, "Resource": "arn:aws:s3:::charts/*"}


def put(stated: Statement) -> PolicyStatement:
    sid = policies.parts({"Statement": [stated]})[0]
    return PolicyStatement(sid=sid, body=policies.body(stated))


def remove(part: str) -> PolicyStatement:
    return PolicyStatement(sid=part, body=None)


ACTIONS = st.sampled_from(["s3:GetObject", "s3:PutObject", "s3:*"])
STATEMENTS = st.builds(statement, st.sampled_from(["", *SIDS]), ACTIONS)
DOCUMENTS = st.lists(STATEMENTS, max_size=6).map(lambda listed: {"Version": "2012-10-17", "Id": "theirs", "Statement": listed})
TIDY = DOCUMENTS.filter(lambda document: not policies.doubles(document, [remove(sid) for sid in SIDS]))
OURS = st.builds(statement, st.sampled_from(SIDS), ACTIONS)
CHANGES = st.lists(OURS.map(put) | st.sampled_from(SIDS).map(remove), max_size=3, unique_by=lambda change: change.sid)


@given(DOCUMENTS, CHANGES)
def test_after_a_merge_every_change_holds(document: Document, changes: list[PolicyStatement]) -> None:
    merged = policies.merge(document, changes)
    assert all(policies.holds(merged, change) for change in changes)


@given(DOCUMENTS, CHANGES)
def test_a_merge_keeps_every_other_statement_in_its_order(document: Document, changes: list[PolicyStatement]) -> None:
    names = {change.sid for change in changes}

    def others(of: Document) -> list[str]:
        listed = of["Statement"]
        assert isinstance(listed, list)
        return [policies.body(s) for s in listed if s.get("Sid", "") not in names]

    merged = policies.merge(document, changes)
    assert others(merged) == others(document)
    assert policies.differences(document, merged, changes) == ()


@given(DOCUMENTS, CHANGES)
def test_a_merge_keeps_version_and_id(document: Document, changes: list[PolicyStatement]) -> None:
    merged = policies.merge(document, changes)
    assert {**merged, "Statement": None} == {**document, "Statement": None}


@given(DOCUMENTS, CHANGES)
def test_merging_twice_is_merging_once(document: Document, changes: list[PolicyStatement]) -> None:
    once = policies.merge(document, changes)
    assert policies.merge(once, changes) == once


@given(TIDY, CHANGES)
def test_merging_what_was_there_before_undoes_a_merge(document: Document, changes: list[PolicyStatement]) -> None:
    before = policies.statements(document)
    inverse = [PolicyStatement(sid=change.sid, body=before.get(change.sid)) for change in changes]
    restored = policies.merge(policies.merge(document, changes), inverse)
    assert policies.statements(restored) == before


@given(DOCUMENTS)
def test_each_statement_can_be_removed_by_its_part(document: Document) -> None:
    emptied = policies.merge(document, [remove(part) for part in policies.parts(document)])
    assert emptied["Statement"] == []


@given(DOCUMENTS)
def test_text_and_parse_are_inverse(document: Document) -> None:
    assert policies.parse(policies.text(document)) == document


def test_a_replaced_statement_keeps_its_place_and_a_new_one_comes_last() -> None:
    document = {"Statement": [statement("Audit", "s3:*"), statement("Terraform", "s3:*")]}
    merged = policies.merge(document, [put(statement("Audit", "s3:GetObject")), put(statement("CodeblueA1", "s3:*"))])
    assert policies.parts(merged) == ("Audit", "Terraform", "CodeblueA1")


def test_a_statement_without_a_list_counts_as_a_list_of_one() -> None:
    alone = {"Version": "2008-10-17", "Statement": statement("Audit", "s3:*")}
    merged = policies.merge(alone, [put(statement("CodeblueA1", "s3:*"))])
    assert policies.parts(merged) == ("Audit", "CodeblueA1")
    assert merged["Version"] == "2008-10-17"


def test_a_document_that_does_not_exist_yet_gets_the_current_policy_language() -> None:
    assert policies.merge(policies.EMPTY, [put(statement("CodeblueA1", "s3:*"))])["Version"] == "2012-10-17"


def test_statements_that_share_a_sid_are_told_apart_by_their_digest() -> None:
    document = {"Statement": [statement("Audit", "s3:*"), statement("Audit", "s3:GetObject"), statement("", "s3:*")]}
    parts = policies.parts(document)
    assert len(set(parts)) == 3
    assert all(part.startswith("~") and len(part) == 17 for part in parts)
    kept = policies.merge(document, [remove(parts[1])])
    assert list(policies.statements(kept).values()) == [
        policies.statements(document)[parts[0]],
        policies.statements(document)[parts[2]],
    ]


def test_a_double_that_bears_our_sid_is_replaced_and_told() -> None:
    planted = {"Statement": [statement("CodeblueA1", "s3:GetObject"), statement("CodeblueA1", "s3:PutObject")]}
    ours = put(statement("CodeblueA1", "s3:*"))
    assert not policies.holds(planted, ours)
    assert policies.doubles(planted, [ours]) == ("CodeblueA1",)
    assert policies.statements(policies.merge(planted, [ours])) == {"CodeblueA1": ours.body}


def test_our_sid_with_other_content_does_not_count_as_ours() -> None:
    planted = {"Statement": [statement("CodeblueA1", "s3:GetObject")]}
    assert not policies.holds(planted, put(statement("CodeblueA1", "s3:*")))


@pytest.mark.parametrize(
    ("now", "note"),
    [
        pytest.param([], "statement Audit was removed by someone else meanwhile", id="a removal is noted"),
        pytest.param(
            [statement("Audit", "s3:GetObject")], "statement Audit was changed by someone else meanwhile", id="a change is noted"
        ),
        pytest.param(
            [statement("Audit", "s3:*"), statement("Terraform", "s3:*")],
            "statement Terraform was added by someone else meanwhile",
            id="an addition is noted",
        ),
    ],
)
def test_foreign_edits_are_told(now: list[Statement], note: str) -> None:
    ours = [put(statement("CodeblueA1", "s3:*"))]
    before = {"Statement": [statement("Audit", "s3:*")]}
    assert policies.differences(before, policies.merge({"Statement": now}, ours), ours) == (note,)


@pytest.mark.parametrize(
    ("principal", "stale"),
    [
        pytest.param({"AWS": "AIDACKCEVSQ6C2EXAMPLE"}, True, id="a deleted user's id is stale"),
        pytest.param(
            {"AWS": ["arn:aws:iam::111122223333:root", "AROADBQP57FF2AEXAMPLE"]}, True, id="one stale id in a list is found"
        ),
        pytest.param({"AWS": "arn:aws:iam::111122223333:role/AROADBQP57FF2AEXAMPLE"}, False, id="a role named like an id is alive"),
        pytest.param({"Service": "cloudtrail.amazonaws.com"}, False, id="a service is alive"),
        pytest.param("*", False, id="everyone is alive"),
    ],
)
def test_deleted_principals_are_found_by_their_bare_id(principal: object, stale: bool) -> None:
    document = {"Statement": [{"Sid": "Old", "Effect": "Allow", "Principal": principal, "Action": "s3:*", "Resource": "*"}]}
    assert policies.stale_principals(document) == (("Old",) if stale else ())


def test_a_deleted_principal_in_not_principal_is_found() -> None:
    document = {"Statement": [{"Sid": "Old", "Effect": "Deny", "NotPrincipal": {"AWS": "AROADBQP57FF2AEXAMPLE"}, "Action": "*"}]}
    assert policies.stale_principals(document) == ("Old",)


def test_a_number_too_large_to_be_exact_does_not_stop_the_merge() -> None:
    padded = json.dumps({"Statement": [{"Sid": "Pad", "Condition": {"NumericLessThan": {"s3:max-keys": 10**400}}}]})
    assert "1" + "0" * 400 in policies.statements(policies.parse(padded))["Pad"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(
            PolicyStatement(sid="CodeblueA1", body=policies.body(statement("Audit", "s3:*"))), id="another statement's body"
        ),
        pytest.param(PolicyStatement(sid="CodeblueA1", body=json.dumps(statement("CodeblueA1", "s3:*"))), id="a body with spaces"),
        pytest.param(PolicyStatement(sid="", body=policies.body(statement("", "s3:*"))), id="a statement without a name"),
    ],
)
def test_a_body_that_does_not_belong_to_its_name_is_an_error(change: PolicyStatement) -> None:
    with pytest.raises(ValueError, match="canonical form"):
        policies.merge(policies.EMPTY, [change])
