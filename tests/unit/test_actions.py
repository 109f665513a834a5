"""Every action proposes what it says, and proposes nothing new once it holds."""

import json
from copy import replace
from datetime import timedelta

import pytest

from shared.adapters.aws.traits import TRAITS
from shared.adapters.memory.clock import BEGINNING
from shared.adapters.memory.world import MemoryWorld
from shared.containment import engine
from shared.containment.action import Action, Situation
from shared.containment.actions import ACTIONS
from shared.domain.actor import Lineage
from shared.domain.case import Declared, Scope
from shared.domain.errors import Refused
from shared.domain.facet import (
    AnyFacet,
    Fence,
    LogSent,
    NetworkRules,
    PolicyStatement,
    SessionsRevoked,
    SignInRule,
    SoftDelete,
    StoreKey,
)
from shared.domain.plan import Change, Origin, Plan, Status, Wave
from shared.domain.uses import Used
from tests.doubles import ListJournal
from tests.hospital import ALERT, CHARTS, CLINICIAN, EXPORT, HOME, KEY, THIEF
from tests.unit.action_rows import EVERYBODY, ROLE, ROWS, Row, with_
from tests.unit.action_rows_doors import BY_KEY, DOORS, GAVE, KEPT_CALLS, KEY_CALLS, LOG_CALLS, PROGRAM
from tests.unit.action_rows_vaults import AT_VAULT, OPEN, SEEN, US, VAULT, VAULTS
from tests.unit.action_rows_ways import ABROAD, CHANGE, CLEAR, MONTHLY, OWNERS, RULE, WAYS, WAYS_CALLS, changed


def situation(row: Row) -> tuple[MemoryWorld, Situation]:
    world = MemoryWorld({**TRAITS, **WAYS_CALLS, StoreKey: KEY_CALLS, LogSent: LOG_CALLS, SoftDelete: KEPT_CALLS})
    world.put(row.target, *row.there)
    world.put(row.target.successor)
    seen = Situation(
        case="c",
        scope=row.scope,
        world=world,
        now=BEGINNING,
        since=ALERT,
        exempt=frozenset({"AROAUS"}),
        accounts=frozenset({HOME}),
        one_way=row.one_way,
        rotates=row.rotates,
        own_vaults=row.own_vaults,
        renews=row.renews,
        places=row.places,
        seals=row.seals,
        observed=row.observed,
    )
    return world, seen


def proposed(row: Row) -> tuple[MemoryWorld, tuple[Change, ...]]:
    action = ACTIONS[row.action]
    world, seen = situation(row)
    return world, tuple(action.propose(action, row.target, seen))


def plan(*changes: Change) -> Plan:
    return Plan(wave=Wave.FENCE, lineage=Lineage(root=THIEF), policy="p", changes=changes)


ALL = ROWS | DOORS | VAULTS | WAYS

EACH = pytest.mark.parametrize("row", ALL.values(), ids=ALL)


def test_every_action_has_rows() -> None:
    assert {row.action for row in ALL.values()} == set(ACTIONS)


def test_every_action_proposes_something_in_some_row_but_those_that_need_more_than_a_look() -> None:
    assert {row.action for row in ALL.values() if row.changes} == set(ACTIONS) - {"unpoison-policy", "return-edit", "migrate"}


@EACH
def test_as_many_changes_are_proposed_as_the_row_says(row: Row) -> None:
    _, changes = proposed(row)
    assert len(changes) == row.changes


@EACH
def test_changes_are_of_the_actions_own_facets_targets_and_name(row: Row) -> None:
    action = ACTIONS[row.action]
    assert row.target.kind in action.targets
    for change in proposed(row)[1]:
        assert (change.action, change.citation) == (action.name, action.citation)
        assert change.target in {row.target, row.target.successor}
        assert isinstance(change.after, action.facets)
        assert change.why


@EACH
def test_no_slot_is_changed_twice(row: Row) -> None:
    _, changes = proposed(row)
    assert len({c.slot for c in changes}) == len(changes)


@EACH
def test_what_was_applied_is_not_proposed_as_anything_new(row: Row) -> None:
    world, changes = proposed(row)
    results = engine.apply(plan(*changes), world, ListJournal(), 1)
    assert {r.outcome.status for r in results} <= {Status.APPLIED}
    action = ACTIONS[row.action]
    again = tuple(action.propose(action, row.target, replace(situation(row)[1], world=world)))
    assert {r.outcome.status for r in engine.apply(plan(*again), world, ListJournal(), 1)} <= {Status.ALREADY}


@EACH
def test_what_was_applied_can_be_undone_or_says_that_it_can_not(row: Row) -> None:
    world, changes = proposed(row)
    before = world.state()
    results = engine.apply(plan(*changes), world, ListJournal(), 1)
    back = engine.undo(plan(*(r.change for r in results)), world, ListJournal())
    lasting = [r for r in back if r.outcome.status is not Status.UNDONE]
    assert all(not r.change.reversible or r.change.origin is Origin.ATTACKER or row.action == "restore-key" for r in lasting)
    assert lasting or world.state() == before


HOLDINGS = [name for name, action in ACTIONS.items() if name.startswith("remove-") and PROGRAM.kind in action.targets]


@pytest.mark.parametrize("name", HOLDINGS)
def test_nobody_is_looked_at_whom_nothing_concerns(name: str) -> None:
    row = Row(name, PROGRAM, scope=BY_KEY)
    world, seen = situation(row)
    world.remove(PROGRAM)  # whoever looks is told that it is gone
    assert tuple(ACTIONS[name].propose(ACTIONS[name], PROGRAM, seen)) == ()


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
def test_every_text_of_an_action_is_written(action: Action) -> None:
    assert all([action.name, action.title, action.hurts, action.undone])
    assert action.citation.startswith("45 CFR 164.")
    assert action.targets
    assert action.facets


@pytest.mark.parametrize(
    "allow",
    [
        pytest.param(EVERYBODY, id="the rightful, where they are declared"),
        pytest.param(EVERYBODY.but(allow=(), declared=()), id="foreign accounts alone, where nobody is known"),
        pytest.param(EVERYBODY.but(declared=()), id="foreign accounts alone, where a bucket's readers are only seen"),
    ],
)
def test_a_bucket_is_kept_from_all_but(allow: Scope) -> None:
    _, (change,) = proposed(Row("restrict-store", CHARTS, scope=allow))
    condition = _body(change.after)["Condition"]
    assert ("ArnNotLike" in condition) == (allow == EVERYBODY)
    assert ("StringNotEquals" in condition) == (allow != EVERYBODY)


def test_a_key_is_kept_from_all_but_those_who_were_seen_using_it() -> None:
    _, (change, _) = proposed(Row("restrict-key", KEY, scope=EVERYBODY.but(declared=())))
    assert CLINICIAN.id in str(_body(change.after)["Condition"]["ArnNotLike"])


LABS = Declared(targets=("arn:aws:s3:::lab",), principals=(CLINICIAN.id,))


@pytest.mark.parametrize(
    ("row", "refuses"),
    [
        pytest.param(
            Row("restrict-store", CHARTS, scope=EVERYBODY.but(declared=(LABS,))), False, id="nobody, at a store of another's"
        ),
        pytest.param(
            Row("restrict-key", KEY, scope=EVERYBODY.but(declared=(LABS,), listed=False)), False, id="nobody, at a key of another's"
        ),
        pytest.param(Row("restrict-store", CHARTS, scope=EVERYBODY.but(listed=False)), True, id="strangers, at its own stores"),
    ],
)
def test_what_one_tenant_declares_refuses_while_the_log_is_unread(row: Row, refuses: bool) -> None:
    _, (change, *_) = proposed(row)
    assert ("ArnNotLike" in _body(change.after)["Condition"]) == refuses


def test_an_accounts_root_keeps_its_key() -> None:
    _, (change, _) = proposed(Row("restrict-key", KEY))
    assert f"arn:aws:iam::{HOME}:root" in str(_body(change.after)["Condition"]["ArnNotLike"])


def test_a_frozen_role_can_still_be_assumed_by_aws_services() -> None:
    _, (change,) = proposed(Row("freeze-trust", CLINICIAN, scope=with_(ROLE)))
    assert _body(change.after)["Condition"]["BoolIfExists"] == {"aws:PrincipalIsAWSService": "false"}


def test_a_stamp_on_sessions_lies_ahead_of_what_still_propagates_and_is_kept_until_it_has_passed() -> None:
    world, (change,) = proposed(Row("revoke-sessions", EXPORT))
    assert isinstance(change.after, SessionsRevoked)
    assert change.after.before
    assert change.after.before > BEGINNING + timedelta(seconds=4)
    engine.apply(plan(change), world, ListJournal(), 1)
    seen = situation(Row("revoke-sessions", EXPORT))[1]
    later = replace(seen, world=world, now=BEGINNING + timedelta(minutes=5))
    (again,) = ACTIONS["revoke-sessions"].propose(ACTIONS["revoke-sessions"], EXPORT, later)
    assert isinstance(again.after, SessionsRevoked)
    assert again.after.before
    assert again.after.before > later.now


@pytest.mark.parametrize(
    "name", ["fence-session", "deny-all", "deactivate-keys", "fence-key", "fence-store", "freeze-trust", "protect-log"]
)
def test_what_names_the_actor_alone_survives_a_rollback(name: str) -> None:
    assert ACTIONS[name].aimed


def _body(facet: AnyFacet) -> dict[str, dict[str, dict[str, object]]]:
    assert isinstance(facet, PolicyStatement | Fence)
    content: dict[str, dict[str, dict[str, object]]] = json.loads(facet.body or "{}")
    return content


@pytest.mark.parametrize(
    ("used", "clear"),
    [
        pytest.param(SEEN, True, id="where all that matter were seen it goes by itself"),
        pytest.param(SEEN.but(uses=(US.but(holder="officer"),)), False, id="we have to reach it too"),
        pytest.param(SEEN.but(uses=(US, US.but(holder="vm", place="10.1.2.3"))), False, id="a place that no rule can name"),
        pytest.param(SEEN.but(known=False, uses=()), False, id="where nothing is recorded a person is asked"),
    ],
)
def test_a_vault_is_closed_only_where_nobody_is_locked_out(used: Used, clear: bool) -> None:
    _, (change,) = proposed(Row("restrict-vault-network", VAULT, (OPEN,), AT_VAULT.but(used=(used,))))
    assert change.blast.clear is clear
    assert isinstance(change.after, NetworkRules)
    assert change.after.services, "stores and disks come to their keys by the trusted services' way"


@pytest.mark.parametrize(("row", "clear"), (CLEAR | GAVE).values(), ids=CLEAR | GAVE)
def test_what_goes_by_itself_and_what_a_person_decides(row: Row, clear: bool) -> None:
    _, (change,) = proposed(row)
    assert change.blast.clear is clear


def test_a_rule_of_signing_in_that_nobody_knows_any_more_is_put_right_by_people() -> None:
    with pytest.raises(Refused, match="does not have what it said"):
        proposed(Row("return-sign-in-rule", RULE, (changed(CHANGE.but(before="")),), ABROAD))


def test_a_rule_says_again_what_it_said_when_the_breach_began() -> None:
    later = CHANGE.but(at=OWNERS.at, before='{"state":"reporting"}')
    _, (change,) = proposed(Row("return-sign-in-rule", RULE, (changed(MONTHLY, CHANGE, later),), ABROAD))
    assert isinstance(change.after, SignInRule)
    assert (change.after.body, change.blast.others) == (CHANGE.before, (CHANGE.by,))
