"""Who else is in a group decides whether its role is taken by itself, by a person, or not at all."""

from dataclasses import replace

import pytest

from shared.containment.actions import ACTIONS
from shared.domain.errors import Refused
from shared.domain.plan import Change
from shared.domain.resource import Kind, Ref
from shared.intake.azure_names import principal
from shared.ports import Relation
from tests.unit.action_rows import Row
from tests.unit.action_rows_doors import BY_SECRET, PROGRAM
from tests.unit.action_rows_vaults import BY_RULE
from tests.unit.test_actions import situation

ACTION = ACTIONS["remove-group-roles"]
NURSES = tuple(principal(Kind.USER, f"nurse-{number:02}") for number in range(14))
US = principal(Kind.SERVICE_PRINCIPAL, "us")


def proposed(members: dict[str, tuple[Ref, ...]]) -> tuple[Change, ...]:
    """What is proposed where these are in the groups, beside the thief."""
    there = tuple(BY_RULE.but(group=group) for group in members)
    world, seen = situation(Row(ACTION.name, PROGRAM, there, BY_SECRET))
    for group, others in members.items():
        world.put(principal(Kind.GROUP, group))
        world.relate(principal(Kind.GROUP, group), Relation.MEMBERS, PROGRAM, *others)
    return tuple(ACTION.propose(ACTION, PROGRAM, replace(seen, exempt=frozenset({US.id}))))


def test_where_nobody_else_is_in_it_nobody_is_asked() -> None:
    (change,) = proposed({"ward": ()})
    assert change.blast.clear


def test_where_others_are_a_person_is_shown_who() -> None:
    (change,) = proposed({"ward": NURSES[:2]})
    assert change.blast.others == tuple(map(str, NURSES[:2]))


def test_of_many_the_first_are_named_and_the_others_counted() -> None:
    (change,) = proposed({"ward": NURSES})
    assert change.blast.others == (*map(str, NURSES[:10]), "and 4 more")


def test_a_group_that_we_are_in_keeps_its_roles() -> None:
    assert [change.after.part.split()[0] for change in proposed({"ours": (US,), "ward": NURSES})] == ["ward"]


def test_where_it_is_the_only_one_people_are_told() -> None:
    with pytest.raises(Refused, match="we or break-glass are in the group ours too"):
        proposed({"ours": (US,)})
