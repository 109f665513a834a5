"""A digest is intent, and the inverse of a plan is a plan."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.memory.clock import BEGINNING
from shared.domain.actor import Actor, Credential, Lineage
from shared.domain.envelope import Envelope
from shared.domain.facet import AccessKeyStatus, AnyFacet, DenyAll, PublicAccessBlock, Versioning
from shared.domain.plan import Blast, Change, Origin, Plan, Wave
from tests.facets import TARGETS, any_facet
from tests.hospital import CHARTS, CLINICIAN, EXPORT, HOME, KEY, SESSION, THIEF

changes = st.builds(
    Change,
    target=st.sampled_from(TARGETS),
    after=any_facet,
    action=st.sampled_from(["one", "two"]),
    why=st.sampled_from(["because", "therefore"]),
    citation=st.just("45 CFR 164.312"),
    reversible=st.booleans(),
)


def plan(*wanted: Change, policy: str = "p", lineage: Lineage | None = None, wave: Wave = Wave.FENCE) -> Plan:
    return Plan(wave=wave, lineage=lineage or Lineage(root=THIEF), policy=policy, changes=wanted)


def change(after: AnyFacet = Versioning(status="Enabled"), **fields: object) -> Change:  # noqa: B008  # frozen
    said: dict[str, object] = {"target": CHARTS, "after": after, "action": "a", "why": "w", "citation": "c"}
    return Change.model_validate(said | fields)


@given(st.lists(changes, max_size=6).flatmap(lambda listed: st.tuples(st.just(listed), st.permutations(listed))))
def test_the_order_in_which_changes_were_proposed_makes_no_difference(pair: tuple[list[Change], list[Change]]) -> None:
    one, other = pair
    assert plan(*one).digest == plan(*other).digest


@given(changes, any_facet, st.sampled_from(Origin), st.booleans())
def test_what_was_there_and_whom_it_hurts_is_no_part_of_a_digest(c: Change, before: AnyFacet, origin: Origin, known: bool) -> None:
    seen = c.but(before=before, origin=origin, blast=Blast(others=("somebody",), known=known))
    assert plan(c).digest == plan(seen).digest


@given(changes, changes)
def test_two_plans_have_one_digest_only_if_they_intend_the_same(one: Change, other: Change) -> None:
    assert (plan(one).digest == plan(other).digest) == (one.intent == other.intent)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(plan(change(target=KEY)), id="another target"),
        pytest.param(plan(change(Versioning(status="Suspended"))), id="another value"),
        pytest.param(plan(change(why="x")), id="another reason"),
        pytest.param(plan(change(reversible=False)), id="another answer to whether it can be undone"),
        pytest.param(plan(change(), change(target=KEY)), id="one change more"),
        pytest.param(plan(), id="one change fewer"),
        pytest.param(plan(change(), policy="q"), id="another policy"),
        pytest.param(plan(change(), lineage=Lineage(root=SESSION)), id="another actor"),
    ],
)
def test_anything_else_changes_a_digest(other: Plan) -> None:
    assert plan(change()).digest != other.digest


@pytest.mark.parametrize(
    "same",
    [
        pytest.param(plan(change(), wave=Wave.SWEEP), id="in another wave"),
        pytest.param(plan(change(), lineage=Lineage(root=THIEF, members=(SESSION,))), id="with a descendant found since"),
        pytest.param(plan(change(before=Versioning(status="Suspended"))), id="over another state"),
    ],
)
def test_the_same_intent_keeps_its_digest(same: Plan) -> None:
    assert plan(change()).digest == same.digest


@given(changes, any_facet)
def test_the_inverse_of_an_inverse_has_the_first_values_again(c: Change, before: AnyFacet) -> None:
    seen = c.but(before=before, reversible=True)
    twice = seen.inverse().inverse()
    assert (twice.target, twice.after, twice.before) == (seen.target, seen.after, seen.before)


def test_an_inverse_restores_exactly_and_does_not_ratchet() -> None:
    half = PublicAccessBlock(block_acls=True, ignore_acls=False, block_policy=False, restrict_buckets=False)
    full = PublicAccessBlock(block_acls=True, ignore_acls=True, block_policy=True, restrict_buckets=True)
    undo = change(full, before=half).inverse()
    assert half.satisfied_by(full)
    assert not undo.holds(full)
    assert undo.holds(half)


@pytest.mark.parametrize(
    "lasting",
    [
        pytest.param(change(reversible=False, before=Versioning(status="")), id="what can not be undone"),
        pytest.param(change(), id="what nobody saw before"),
    ],
)
def test_an_inverse_is_refused_for(lasting: Change) -> None:
    with pytest.raises(ValueError, match="can not be undone"):
        lasting.inverse()


def test_a_rollback_takes_the_last_change_first_and_leaves_out_what_lasts() -> None:
    was = Versioning(status="Suspended")
    first, second, lasting = change(before=was), change(before=was, target=KEY), change(before=was, reversible=False)
    undo = plan(first, lasting, second).inverse()
    assert undo.wave is Wave.ROLLBACK
    assert [c.target for c in undo.changes] == [KEY, CHARTS]


MADE = Actor(credential=Credential.LONG_TERM_KEY, account=HOME, principal=CLINICIAN, unique_id="AROANEW")
APPROVED = Envelope(
    case="c",
    lineage=Lineage(root=THIEF),
    resources=frozenset({CHARTS}),
    actions=frozenset({"a"}),
    cap=2,
    expires=BEGINNING + timedelta(hours=4),
)


@pytest.mark.parametrize(
    ("wanted", "members", "hours", "covered"),
    [
        pytest.param(change(), (), 0, True, id="an approved action on an approved store"),
        pytest.param(change(action="b"), (), 0, False, id="not another action"),
        pytest.param(change(target=KEY), (), 0, False, id="not another resource"),
        pytest.param(change(DenyAll(on=True), target=EXPORT), (), 0, True, id="the approved actor"),
        pytest.param(change(DenyAll(on=True), target=CLINICIAN), (), 0, False, id="not a principal outside the lineage"),
        pytest.param(change(DenyAll(on=True), target=CLINICIAN), (MADE,), 0, True, id="a principal that joined the lineage since"),
        pytest.param(change(), (), 4, False, id="not after it expired"),
    ],
)
def test_an_envelope_covers(wanted: Change, members: tuple[Actor, ...], hours: int, covered: bool) -> None:
    lineage = Lineage(root=THIEF, members=members)
    assert APPROVED.covers(wanted, lineage, BEGINNING + timedelta(hours=hours)) is covered


def test_an_envelope_covers_no_principal_beyond_its_cap_but_the_resources_still() -> None:
    third = MADE.but(principal=EXPORT.but(id="arn:aws:iam::111122223333:user/third"))
    lineage = Lineage(root=THIEF, members=(MADE, third))
    assert not APPROVED.covers(change(DenyAll(on=True), target=EXPORT), lineage, BEGINNING)
    assert APPROVED.covers(change(), lineage, BEGINNING)


def test_an_envelope_covers_nothing_of_another_lineage() -> None:
    assert not APPROVED.covers(change(), Lineage(root=SESSION), BEGINNING)


def test_an_envelope_keeps_its_digest_while_the_actor_makes_principals() -> None:
    assert APPROVED.digest == APPROVED.but(lineage=Lineage(root=THIEF, members=(MADE,))).digest


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(APPROVED.but(resources=frozenset({CHARTS, KEY})), id="one resource more"),
        pytest.param(APPROVED.but(actions=frozenset({"a", "b"})), id="one action more"),
        pytest.param(APPROVED.but(cap=3), id="a larger cap"),
        pytest.param(APPROVED.but(expires=BEGINNING + timedelta(hours=5)), id="a later end"),
        pytest.param(APPROVED.but(lineage=Lineage(root=SESSION)), id="another actor"),
        pytest.param(APPROVED.but(case="d"), id="another case"),
    ],
)
def test_an_envelope_has_another_digest_with(other: Envelope) -> None:
    assert APPROVED.digest != other.digest


def test_a_change_knows_its_slot_by_target_facet_and_part() -> None:
    keys = [change(AccessKeyStatus(key_id=i, active=False), target=EXPORT).slot for i in ("AKIA1", "AKIA2")]
    assert len(set(keys)) == 2
