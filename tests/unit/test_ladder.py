"""What is done where a policy refuses to be written: no more is taken out of it than must be."""

import pytest

from shared.adapters.memory.world import MemoryWorld
from shared.containment.journal import Applied
from shared.containment.ladder import climb
from shared.domain.case import Outcome, Scope
from shared.domain.facet import PolicyStatement
from shared.domain.plan import Origin, Status
from tests.hospital import CHARTS, CLINICIAN, HOME, READERS, statement
from tests.unit.engine_plans import OURS, change

TRUSTED = {"Principal": {"AWS": f"arn:aws:iam::{HOME}:root"}, "Effect": "Allow", "Action": "s3:*", "Resource": "*"}
PUBLIC = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
WITHIN = statement("Within", **PUBLIC, Condition={"StringEquals": {"aws:SourceVpce": "vpce-1"}})
THEIRS = statement("Everybody", **PUBLIC)
CLOSED = statement("Closed", Effect="Deny", Principal="*", Action="s3:*", Resource="*")


def refused(error: str) -> Applied:
    wanted = change(CHARTS, OURS)
    outcome = Outcome(target=CHARTS, facet=OURS.facet, part=OURS.part, action="a", status=Status.FAILED, error=error)
    return Applied(change=wanted, outcome=outcome)


@pytest.mark.parametrize(
    ("found", "listed", "taken"),
    [
        pytest.param((THEIRS, READERS), True, {THEIRS.sid}, id="a statement for everybody goes, one for a clinician stays"),
        pytest.param((THEIRS,), False, set(), id="nothing goes while it is not known who is rightful"),
        pytest.param((WITHIN,), True, set(), id="what lets everybody in from one network only is not public"),
        pytest.param((CLOSED,), True, set(), id="a deny of everybody is no public statement, and only people unlock it"),
        pytest.param((statement("Home", **TRUSTED),), True, set(), id="the account's own delegation stays"),
    ],
)
def test_a_policy_that_is_refused_because_it_is_public(
    found: tuple[PolicyStatement, ...], *, listed: bool, taken: set[str]
) -> None:
    world = MemoryWorld()
    world.put(CHARTS, *found)
    scope = Scope(stores=(CHARTS,), allow=(CLINICIAN.id,), listed=listed)
    rung = climb([refused("Refused")], scope, frozenset({HOME}), world)
    assert {c.after.part for c in rung if c.after == c.after.absent} == taken
    assert all(c.origin is Origin.ATTACKER for c in rung if c.action == "unpoison-policy")
    assert (change(CHARTS, OURS) in rung) is bool(taken)


def test_nothing_is_tried_again_where_nothing_could_be_taken_out() -> None:
    world = MemoryWorld()
    world.put(CHARTS, READERS)
    assert climb([refused("Refused")], Scope(allow=(CLINICIAN.id,)), frozenset({HOME}), world) == ()
