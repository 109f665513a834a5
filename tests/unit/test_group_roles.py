"""Who else is in a group decides whether its role is taken by itself, by a person, or not at all."""

from collections.abc import Iterator
from copy import replace

import pytest

from shared.containment.actions import ACTIONS
from shared.containment.guard import Protected, check
from shared.domain.actor import Actor, Credential
from shared.domain.case import Reach, Scope, Standing
from shared.domain.errors import OutOfReach, Spared
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


def proposed(
    members: dict[str, tuple[Ref, ...]], scope: Scope = BY_SECRET, thief: tuple[Ref, ...] = (PROGRAM,)
) -> Iterator[Change]:
    """What is proposed where these are in the groups, beside the thief."""
    there = tuple(BY_RULE.but(group=group) for group in members)
    world, seen = situation(Row(ACTION.name, PROGRAM, there, scope))
    for group, others in members.items():
        world.put(principal(Kind.GROUP, group))
        world.relate(principal(Kind.GROUP, group), Relation.MEMBERS, *thief, *others)
    yield from ACTION.propose(ACTION, PROGRAM, replace(seen, exempt=frozenset({US.id})))


def test_where_nobody_else_is_in_it_nobody_is_asked() -> None:
    (change,) = proposed({"ward": ()})
    assert change.blast.clear


def test_where_others_are_a_person_is_shown_who() -> None:
    (change,) = proposed({"ward": NURSES[:2]})
    assert change.blast.others == tuple(map(str, NURSES[:2]))


def test_of_many_the_first_are_named_and_the_others_counted() -> None:
    (change,) = proposed({"ward": NURSES})
    assert change.blast.others == (*map(str, NURSES[:10]), "and 4 more")


@pytest.mark.parametrize(("reach", "asked"), [(Reach.PRINCIPAL, False), (Reach.UNDECIDED, True)])
def test_whom_a_person_decides_about_is_one_of_the_others(reach: Reach, asked: bool) -> None:
    actor = Actor(credential=Credential.ENTRA_USER, account="", principal=NURSES[0], unique_id=NURSES[0].id)
    scope = BY_SECRET.but(standings=(*BY_SECRET.standings, Standing(actor=actor, reach=reach)))
    (change,) = proposed({"ward": NURSES[:1]}, scope)
    assert change.blast.clear is not asked


@pytest.mark.parametrize("thief", [(), (PROGRAM,)], ids=["not whole", "whole"])
def test_a_list_without_the_one_whom_it_was_found_by_is_not_believed(thief: tuple[Ref, ...]) -> None:
    (change,) = proposed({"ward": ()}, thief=thief)
    assert change.blast.known is bool(thief)


@pytest.mark.parametrize("others", [{}, {"ward": NURSES}], ids=["the only ones", "beside others"])
def test_groups_that_we_are_in_keep_their_roles_and_people_are_told(others: dict[str, tuple[Ref, ...]]) -> None:
    found = proposed({"ours": (US,), "ours-too": (US,), **others})
    assert [next(found).after.part.split()[0] for _ in others] == list(others)
    with pytest.raises(Spared, match="we or break-glass too are in ours, ours-too"):
        next(found)


@pytest.mark.parametrize("named", ["ids", "resources"])
def test_a_group_that_the_policy_protects_keeps_its_roles(named: str) -> None:
    (change,) = proposed({"ward": ()})
    with pytest.raises(OutOfReach, match="the group ward is protected"):
        check(change, BY_SECRET, Protected(**{named: frozenset({"ward"})}))
