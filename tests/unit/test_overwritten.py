"""What the log shows to be lost to our own rewrites, and what of it is put back."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.memory.clock import BEGINNING
from shared.containment.openness import why_not
from shared.containment.overwritten import (
    ACTORS,
    AGAIN,
    REMOVED,
    SINCE,
    STRANGER,
    TIED,
    TURNED,
    UNREAD,
    Bounds,
    Hand,
    Loss,
    Written,
    alike,
    lost,
)
from shared.domain.facet import PolicyStatement
from shared.ports import Edit
from tests.hospital import EXPORT, FOREIGN, HOME, READERS, THIEF, statement
from tests.policy_edits import OURS, PIPELINE, US, Shared, allowed, edit, merged

BOUNDS = Bounds(accounts=frozenset({HOME}), actors=frozenset({EXPORT.id}))
GLASS = f"arn:aws:iam::{HOME}:role/glass"
NEW = allowed("Ward7")
NEWER = allowed("Ward7", "s3:GetObjectVersion")
THEIRS = allowed("Ward8")


def at(second: int, hand: Hand, *statements: PolicyStatement) -> Written:
    actor = {Hand.OURS: US, Hand.OTHER: PIPELINE, Hand.ACTOR: THIEF}[hand]
    return Written(edit(actor, BEGINNING + timedelta(seconds=second), *statements), hand)


def ours(second: int, *statements: PolicyStatement) -> Written:
    return at(second, Hand.OURS, *statements)


def other(second: int, *statements: PolicyStatement) -> Written:
    return at(second, Hand.OTHER, *statements)


def thief(second: int, *statements: PolicyStatement) -> Written:
    return at(second, Hand.ACTOR, *statements)


def reasons(loss: Loss) -> list[str]:
    return [reason for _, reason, _ in loss.told]


DENY = statement(
    "Tls", Effect="Deny", Principal="*", Action="s3:*", Resource="*", Condition={"Bool": {"aws:SecureTransport": "false"}}
)
STRICTER = statement(
    "Tls", Effect="Deny", Principal="*", Action="*", Resource="*", Condition={"Bool": {"aws:SecureTransport": "false"}}
)


@pytest.mark.parametrize(
    ("history", "now", "back"),
    [
        pytest.param([other(1, READERS, NEW), ours(2, READERS, OURS)], (READERS, OURS), (NEW,), id="a new statement"),
        pytest.param([other(2, READERS, NEW), ours(2, READERS, OURS)], (READERS, OURS), (NEW,), id="one of the same second"),
        pytest.param([other(1, READERS, NEWER), ours(2, READERS, NEW, OURS)], (READERS, NEW, OURS), (NEWER,), id="a later form"),
        pytest.param([other(1, STRICTER), ours(2, DENY, OURS)], (DENY, OURS), (STRICTER,), id="a deny that says more"),
        pytest.param(
            [other(1, READERS, NEW, OURS), ours(2, READERS, OURS)], (READERS, OURS), (NEW,), id="and never what bears our name"
        ),
        pytest.param(
            [other(1, NEW, THEIRS), thief(2, NEW, THEIRS, OURS), ours(3, OURS)],
            (OURS,),
            (NEW, THEIRS),
            id="what an actor only carried on",
        ),
    ],
)
def test_it_is_put_back(history: list[Written], now: tuple[PolicyStatement, ...], back: tuple[PolicyStatement, ...]) -> None:
    assert lost(history, now, BOUNDS).returned == back


@pytest.mark.parametrize(
    ("history", "now"),
    [
        pytest.param([], (READERS,), id="nobody wrote"),
        pytest.param([ours(2, READERS, OURS)], (READERS, OURS), id="nobody else wrote"),
        pytest.param([other(1, READERS, NEW)], (READERS,), id="we did not write"),
        pytest.param([other(1, NEW), ours(2, NEW, OURS)], (NEW, OURS), id="our write kept it"),
        pytest.param([ours(1, READERS, OURS), other(2, READERS, NEW)], (READERS, OURS), id="the edit is newer than our last write"),
        pytest.param([other(1, NEW), ours(2, OURS), other(3, NEWER, OURS)], (NEWER, OURS), id="its owner wrote it anew"),
        pytest.param([thief(0, NEW), other(1, NEW), ours(2, OURS)], (OURS,), id="an actor of the case had written it"),
        pytest.param([thief(1, NEW), other(1, NEW), ours(2, OURS)], (OURS,), id="or may have, in the same second"),
        pytest.param([thief(1, NEW), ours(2, OURS)], (OURS,), id="an actor alone wrote"),
    ],
)
def test_nothing_is_said_where(history: list[Written], now: tuple[PolicyStatement, ...]) -> None:
    assert lost(history, now, BOUNDS).nothing


OPEN = allowed("Open", principal="*")
UNREADABLE = Written(Edit(other(1).edit.act, other(1).edit.target, None), Hand.OTHER)


@pytest.mark.parametrize(
    ("history", "now", "reason"),
    [
        pytest.param([other(1, NEW), ours(2, OURS), other(3, THEIRS, OURS)], (THEIRS, OURS), SINCE, id="who has written since"),
        pytest.param([other(1, NEW), ours(2, OURS)], (THEIRS, OURS), SINCE, id="whom the log does not show yet"),
        pytest.param([other(1, NEW), ours(1, NEW, OURS), ours(3, OURS)], (OURS,), AGAIN, id="after it had stood beside ours"),
        pytest.param([other(1, NEW), thief(2, READERS), ours(3, READERS)], (READERS,), ACTORS, id="an actor wrote in between"),
        pytest.param([other(1, READERS, NEW), other(1, READERS), ours(1, OURS)], (OURS,), "", id="two wrote in one second"),
        pytest.param([other(1, NEW), ours(2, READERS, NEW, OURS)], (READERS, NEW, OURS), REMOVED, id="what was taken out is back"),
        pytest.param([UNREADABLE, ours(2, OURS)], (OURS,), UNREAD, id="the log does not hold it"),
        pytest.param([other(1, OPEN), ours(2, OURS)], (OURS,), "it opens the resource to the world", id="it opens to the world"),
        pytest.param(
            [other(1, statement("Tls", Effect="Allow", Principal={"AWS": HOME}, Action="s3:*", Resource="*")), ours(2, DENY, OURS)],
            (DENY, OURS),
            TURNED,
            id="it turns a deny into an allow",
        ),
    ],
)
def test_it_is_left_for_people(history: list[Written], now: tuple[PolicyStatement, ...], reason: str) -> None:
    loss = lost(history, now, BOUNDS)
    if reason:
        assert (loss.returned, reasons(loss)) == ((), [reason])
    else:
        assert loss.returned == (READERS,)


def test_of_several_edits_in_one_second_only_what_all_have_is_put_back_and_the_rest_is_told() -> None:
    loss = lost([other(1, READERS, NEW), other(1, READERS, NEWER), ours(1, OURS)], (OURS,), BOUNDS)
    assert (loss.returned, reasons(loss)) == ((READERS,), [TIED])


def test_an_edit_of_another_account_is_left_for_people() -> None:
    visitor = PIPELINE.but(account=FOREIGN)
    history = [Written(edit(visitor, BEGINNING, NEW), Hand.OTHER), ours(2, OURS)]
    assert reasons(lost(history, (OURS,), BOUNDS)) == [STRANGER]


def test_what_we_took_out_on_purpose_stays_out() -> None:
    history = [other(1, NEW, THEIRS), ours(2, OURS)]
    bounds = Bounds(BOUNDS.accounts, BOUNDS.actors, ours=frozenset({NEW.sid}))
    assert lost(history, (OURS,), bounds).returned == (THEIRS,)


def test_an_edit_that_somebody_else_wrote_over_later_is_told_of_once_for_each_statement() -> None:
    history = [other(1, NEW, READERS), ours(2, OURS), other(3, THEIRS, OURS), ours(4, THEIRS, OURS)]
    loss = lost(history, (THEIRS, OURS), BOUNDS)
    assert (loss.returned, [(reason, times) for _, reason, times in loss.told]) == ((), [(SINCE, 2)])


@pytest.mark.parametrize(
    ("elements", "fit"),
    [
        pytest.param({"Principal": {"AWS": f"arn:aws:iam::{HOME}:role/x"}}, True, id="a role of ours"),
        pytest.param({"Principal": {"AWS": [HOME]}}, True, id="our account by its number"),
        pytest.param({"Principal": {"AWS": f"arn:aws:sts::{HOME}:assumed-role/x/y"}}, True, id="a session of ours"),
        pytest.param({"Principal": {"Service": "cloudtrail.amazonaws.com"}}, True, id="a service"),
        pytest.param({"Principal": {"AWS": [HOME, FOREIGN]}}, False, id="a foreign account beside ours"),
        pytest.param({"Principal": {"AWS": f"arn:aws:iam::{FOREIGN}:root"}}, False, id="a foreign root"),
        pytest.param({"Principal": "*"}, False, id="the world"),
        pytest.param(
            {"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}, False, id="conditions count not"
        ),
        pytest.param({"Principal": {"AWS": "AROAEXAMPLEDELETED1"}}, False, id="a deleted principal"),
        pytest.param({"Principal": {"CanonicalUser": "79a59d"}}, False, id="a canonical user"),
        pytest.param({"Principal": {"AWS": EXPORT.id}}, False, id="an actor of the case"),
        pytest.param({"NotPrincipal": {"AWS": HOME}}, False, id="everybody but some"),
        pytest.param({"Effect": "Deny", "Principal": "*"}, False, id="a deny that shuts everybody out"),
        pytest.param({"Effect": "Deny", "Principal": "*", "Condition": {"Bool": {}}}, True, id="a deny of some"),
        pytest.param({"Effect": "Deny", "Principal": {"AWS": FOREIGN}}, True, id="a deny of one"),
        pytest.param({"Effect": "Maybe", "Principal": {"AWS": HOME}}, False, id="neither allow nor deny"),
        pytest.param({}, False, id="nobody"),
        pytest.param({"Effect": "Deny", "Principal": {"AWS": GLASS}}, False, id="a deny of the last resort"),
    ],
)
def test_a_statement_is_fit_to_be_written_by_us_where_it_lets_nobody_in_but_our_own(
    elements: dict[str, object], *, fit: bool
) -> None:
    content = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", **elements}
    assert (why_not(content, BOUNDS.accounts, BOUNDS.actors, {GLASS}) == "") == fit


def test_statements_say_the_same_in_any_order_and_form() -> None:
    one = {"Action": ["s3:A", "s3:B"], "Principal": {"AWS": HOME}, "Resource": ["x"]}
    two = {"Resource": "x", "Action": ["s3:B", "s3:A"], "Principal": {"AWS": [f"arn:aws:iam::{HOME}:root"]}}
    assert alike(json.dumps(one), json.dumps(two))
    assert not alike(json.dumps(one), json.dumps({**two, "Action": "s3:A"}))
    assert not alike(None, json.dumps(one))


STEPS = st.lists(st.sampled_from(["they read", "they write", "we read", "we write", "a second passes"]), max_size=30)


def revision(number: int) -> PolicyStatement:
    return allowed("Revision", f"s3:Get{number}")


@given(STEPS)
def test_whoever_reads_and_writes_in_whatever_order_in_the_end_both_stand(steps: list[str]) -> None:
    policy = Shared((READERS,))
    theirs, mine, number, behind = policy.now, policy.now, 0, True
    for step in steps:
        if step == "they read":
            theirs = policy.now
        elif step == "they write" and behind:
            number, behind = number + 1, False
            policy.write(Hand.OTHER, *merged(theirs, revision(number)))
        elif step == "we read":
            mine = policy.now
        elif step == "we write":
            policy.write(Hand.OURS, *merged(mine, OURS))
            mine = policy.now
        elif step == "a second passes":
            policy.passes()
            behind = True
    policy.write(Hand.OURS, *merged(policy.now, OURS))
    for _ in range(2):
        if back := lost(policy.log, policy.now, BOUNDS).returned:
            policy.write(Hand.OURS, *merged(policy.now, *back))
    assert OURS in policy.now
    assert number == 0 or revision(number) in policy.now
    assert not lost(policy.log, policy.now, BOUNDS).returned
