"""Roles by groups that nobody can be taken out of, by a responder with exactly the declared rights."""

from copy import replace
from uuid import uuid4

import pytest

from shared.adapters.azure.group_roles import FACETS, RELATIONS
from shared.adapters.azure.world import AzureWorld
from shared.domain.errors import CloudError
from shared.domain.facet import Membership, RoleByGroup
from shared.domain.resource import Kind, Ref
from shared.ports import Relation
from shared.sandbox.azure.directory import Group
from tests.contract.azure.scenes import SCOPE
from tests.contract.azure.test_principal_facets import FOREVER, Night

PLACE = f"{SCOPE}/resourceGroups/hospital"
RULE = "user.department -eq 'ward 7'"


@pytest.fixture(scope="module")
def night() -> Night:
    return Night()


def made(night: Night, *members: str, rule: str = RULE, elsewhere: bool = False) -> str:
    """A new group with these in it."""
    group = Group(str(uuid4()), "ward 7", set(members), rule=rule, elsewhere=elsewhere)
    night.scene.cloud.entra.directory.groups[group.id] = group
    return group.id


def given(night: Night, group: str, role: str = "Reader", until: float | None = None) -> None:
    assigned = night.scene.cloud.rbac.assign(group, role, PLACE)
    assigned.until, assigned.how = until, "Activated" if until else assigned.how


def someone(night: Night, kind: Kind = Kind.USER) -> Ref:
    directory, name = night.scene.cloud.entra.directory, str(uuid4())
    if kind is Kind.USER:
        return night.user.but(id=directory.add_user(f"{name}@hospital.example", "a-password-EXAMPLE").id)
    return night.application.but(id=directory.add_application(name)[1].id)


@pytest.mark.parametrize("kind", [Kind.USER, Kind.SERVICE_PRINCIPAL])
def test_it_is_taken_from_the_group_twice_as_once_and_given_back(night: Night, kind: Kind) -> None:
    world, who = night.world((kind, RoleByGroup)), someone(night, kind)
    group = made(night, who.id)
    given(night, group)
    given(night, group, "Key Vault Administrator", FOREVER)
    found = world.look(who, RoleByGroup)
    assert {(role.group, bool(role.until)) for role in found} == {(group, False), (group, True)}
    for one in found:
        for _ in range(2):
            world.write(who, [one.absent])
        assert one not in world.look(who, RoleByGroup)
        for _ in range(2):
            world.write(who, [one])
    assert set(world.look(who, RoleByGroup)) == set(found)


def test_what_it_has_by_itself_or_by_a_group_that_it_can_leave_is_not_told_here(night: Night) -> None:
    who = someone(night)
    night.scene.cloud.rbac.assign(who.id, "Reader", PLACE)
    given(night, made(night, who.id, rule=""))
    assert night.world((Kind.USER, RoleByGroup)).look(who, RoleByGroup) == ()


@pytest.mark.parametrize("elsewhere", [False, True], ids=["a rule", "another directory"])
def test_nobody_is_taken_out_and_what_wider_groups_have_is_told_too(night: Night, *, elsewhere: bool) -> None:
    who = someone(night)
    group = made(night, who.id, rule="" if elsewhere else RULE, elsewhere=elsewhere)
    wider = made(night, group, rule="")
    given(night, wider)
    (role,) = night.world((Kind.USER, RoleByGroup)).look(who, RoleByGroup)
    assert role.group == wider
    memberships = night.world((Kind.USER, Membership))
    assert memberships.look(who, Membership) == ()
    with pytest.raises(CloudError):
        memberships.write(who, [Membership(group=group, present=False)])


@pytest.mark.parametrize("right", sorted(FACETS[Kind.USER, RoleByGroup].writes.actions))
def test_no_declared_right_can_be_spared(night: Night, right: str) -> None:
    reads, writes = AzureWorld.permissions([(Kind.USER, RoleByGroup)])
    who = someone(night)
    group = made(night, who.id)
    given(night, group)
    given(night, group, "Key Vault Administrator", FOREVER)
    found = night.world((Kind.USER, RoleByGroup)).look(who, RoleByGroup)
    world = night.world(rights=reads | replace(writes, actions=writes.actions - {right}))
    with pytest.raises(CloudError):
        _there_and_back(world, who, found)


def _there_and_back(world: AzureWorld, who: Ref, found: tuple[RoleByGroup, ...]) -> None:
    for one in found:
        world.write(who, [one.absent])
        world.write(who, [one])


def test_everybody_in_a_group_is_listed_through_others_too(night: Night) -> None:
    nurse, program = someone(night), someone(night, Kind.SERVICE_PRINCIPAL)
    outer = made(night, program.id, made(night, nurse.id))
    world = night.world(rights=RELATIONS[Kind.GROUP, Relation.MEMBERS].reads)
    found = world.related(nurse.but(kind=Kind.GROUP, id=outer), Relation.MEMBERS)
    assert {(each.kind, each.id) for each in found} == {(Kind.USER, nurse.id), (Kind.SERVICE_PRINCIPAL, program.id)}
