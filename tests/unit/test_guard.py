"""What no change may touch, known by unique id and not by name."""

import pytest

from shared.containment.guard import Protected, check, sorted_out
from shared.domain.case import Reach, Rightful, Scope, Standing
from shared.domain.errors import OutOfReach
from shared.domain.facet import DenyAll, PolicyStatement
from shared.domain.plan import Change
from shared.domain.resource import Kind, Ref
from tests.hospital import CHARTS, EXPORT, RESPONDER, SESSION, THIEF, ref

CUSTODY = ref(Kind.BUCKET, "codeblue-custody")
UNASKED = ref(Kind.ROLE, "on-call")
PROTECTED = Protected(
    ids=frozenset({"AROARESPONDER", "AROABREAKGLASS", UNASKED.id}), resources=frozenset({CUSTODY.id, RESPONDER.id})
)
BREAK_GLASS = ref(Kind.ROLE, "break-glass")


def change(target: Ref) -> Change:
    facet = DenyAll(on=True) if target.kind in {Kind.USER, Kind.ROLE} else PolicyStatement(sid="Codeblue1", body="{}")
    return Change(target=target, after=facet, action="a", why="w", citation="c")


def scope(principal: Ref, unique_id: str) -> Scope:
    actor = (SESSION if principal.kind is Kind.ROLE else THIEF).but(principal=principal, unique_id=unique_id)
    return Scope(standings=(Standing(actor=actor, reach=Reach.PRINCIPAL),))


@pytest.mark.parametrize(
    ("target", "unique_id"),
    [
        pytest.param(RESPONDER, "AROARESPONDER", id="the responder"),
        pytest.param(ref(Kind.ROLE, "renamed"), "AROARESPONDER", id="the responder under another name"),
        pytest.param(BREAK_GLASS, "AROABREAKGLASS", id="a break-glass identity"),
        pytest.param(RESPONDER, "", id="whoever bears our name and has no unique id that is known"),
        pytest.param(UNASKED, "AROAWHOEVER", id="one whose account did not say its id, whoever bears the name"),
        pytest.param(CUSTODY, "AIDAEXPORT", id="the custody bucket"),
    ],
)
def test_out_of_reach_is(target: Ref, unique_id: str) -> None:
    seen = scope(target if target.kind is Kind.ROLE else EXPORT, unique_id)
    with pytest.raises(OutOfReach, match=target.name):
        check(change(target), seen, PROTECTED)


def test_the_responder_is_out_of_reach_as_a_rightful_user_too() -> None:
    ours = Rightful(actor=SESSION.but(principal=RESPONDER, unique_id="AROARESPONDER"))
    with pytest.raises(OutOfReach, match=RESPONDER.name):
        check(change(RESPONDER), Scope(rightful=(ours,)), Protected(ids=PROTECTED.ids))


@pytest.mark.parametrize(
    ("target", "unique_id"),
    [
        pytest.param(RESPONDER, "AROANAMESAKE", id="a role re-created under the responder's name"),
        pytest.param(EXPORT, "AIDAEXPORT", id="anybody else"),
        pytest.param(CHARTS, "AIDAEXPORT", id="any other store"),
    ],
)
def test_within_reach_is(target: Ref, unique_id: str) -> None:
    check(change(target), scope(target if target.kind is not Kind.BUCKET else EXPORT, unique_id), PROTECTED)


def test_a_plan_is_sorted_into_what_may_be_done_and_what_may_not_with_the_reason() -> None:
    wanted = (change(CHARTS), change(CUSTODY))
    allowed, refused = sorted_out(wanted, scope(EXPORT, "AIDAEXPORT"), PROTECTED)
    assert allowed == (wanted[0],)
    assert list(refused) == [wanted[1]]
    assert "never changed" in refused[wanted[1]]
